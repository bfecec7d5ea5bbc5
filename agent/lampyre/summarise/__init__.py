"""Summarise: fifteen minutes of decisions become a few numbers about no person."""
