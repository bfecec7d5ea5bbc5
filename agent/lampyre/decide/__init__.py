"""Decide: what a lamp should do and how full a bin is; pure, no clock, no I/O."""
