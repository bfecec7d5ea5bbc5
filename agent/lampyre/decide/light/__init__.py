"""Light: night, classes, on-demand policy."""
