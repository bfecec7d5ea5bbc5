"""The firmware that every kind of board runs; what differs stands in the board's own pins.py."""
