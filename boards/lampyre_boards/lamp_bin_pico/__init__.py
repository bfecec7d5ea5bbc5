"""The lamp-and-bin board: definition in board.toml, MicroPython firmware in the other files."""
