"""The lamp-and-bin board on an ESP32: definition in board.toml, pins in pins.py, the rest in common/."""
