"""Emptyings judged by eye in recorded fill levels, and how well ours are found beside them."""
