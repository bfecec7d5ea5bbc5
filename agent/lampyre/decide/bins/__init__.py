"""Bins: fill, emptied, forecast."""
