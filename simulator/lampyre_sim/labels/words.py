"""What the word `emptyings` takes on the command line."""

import argparse
from pathlib import Path


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say what `emptyings` takes."""
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="the folder of the judged containers, "
                        "or its file: simulator/lampyre_sim/labels/README.md")  # fmt: skip
    parser.add_argument("--each", action="store_true", help="also each container, and what was missed or wrong")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
