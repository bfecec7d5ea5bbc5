"""What the word `bin-year` takes on the command line."""

import argparse
import os

from lampyre_sim.ranges import Number, Whole
from lampyre_sim.share import JOBS_MOST


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say what `bin-year` takes."""
    parser.add_argument("--bins", type=Whole(1, 64), default=32, metavar="N", help="bins, every fourth under a sensor "
                        "that stays")  # fmt: skip
    parser.add_argument("--days", type=Number(120.0, 3660.0), default=365.0, metavar="N", help="how long they stand")
    parser.add_argument("--step", type=Number(1.0, 300.0), default=60.0, metavar="SECONDS",
                        help="how often each is looked at; while it burns, every second")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another year")
    parser.add_argument("--jobs", type=Whole(1, JOBS_MOST), default=os.cpu_count() or 1, metavar="N",
                        help="processes; default: one a core")  # fmt: skip
