"""The shipped boards: for each a folder with board.toml and its MicroPython main.py."""
