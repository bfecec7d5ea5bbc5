"""The shipped models: for each a folder with model.tflite, card.toml and vectors.json."""

from pathlib import Path


def folder(name: str) -> Path:
    """Return the folder of the shipped model `name`, such as activity_v1; whether it is there is for its loader."""
    return Path(__file__).parent / name
