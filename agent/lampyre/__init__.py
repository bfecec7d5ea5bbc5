"""Lampyre: the software of a roadside node."""

__version__ = "0.1.0"
