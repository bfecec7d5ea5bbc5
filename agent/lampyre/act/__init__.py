"""Act: what is allowed becomes an order to a board."""
