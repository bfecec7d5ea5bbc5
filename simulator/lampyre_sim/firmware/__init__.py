"""What a board's firmware finds in place of its chip: pins, line and time of the simulator."""
