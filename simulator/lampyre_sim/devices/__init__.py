"""Twins of sensors from a shop: each speaks the bytes of the real one."""
