"""The lamp-and-bin board on an RP2040: definition in board.toml, pins in pins.py, the rest in common/."""
