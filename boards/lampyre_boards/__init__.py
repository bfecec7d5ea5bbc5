"""The shipped boards: for each a folder with board.toml and its MicroPython firmware."""

from pathlib import Path


def folder(kind: str) -> Path:
    """Return the folder of a kind of board."""
    return Path(__file__).parent / kind
