"""Sense: bytes from sensors become readings."""
