"""What the word `score` takes on the command line."""

import argparse
from pathlib import Path

from lampyre_sim.ranges import Whole, a_day
from lampyre_sim.share import JOBS_MOST


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say what `score` takes."""
    parser.add_argument("of", choices=["activity", "fill"], help="counts of passers, or fill levels of bins")
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="a folder with sets, one set's "
                        "folder, or one .parquet, .csv or .csv.gz; the columns: docs/score.md")  # fmt: skip
    parser.add_argument("--from", type=a_day, dest="since", metavar="DATE",
                        help="rows before that day only teach; the forecasts made from then on are judged")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME", help="only these sets")
    parser.add_argument("--sensor", nargs="+", default=[], metavar="NAME", help="only these sensors or containers")
    parser.add_argument("--each", action="store_true", help="also every sensor by itself")
    parser.add_argument("--held-out", action="store_true", help="only sensors that the model never learned from")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="another bundle than the one that is shipped")
    parser.add_argument("--zone", metavar="NAME", help="time zone, for times in UTC: Europe/Paris")
    parser.add_argument("--latitude", type=_latitude, metavar="DEGREES", help="of the place, north positive")
    parser.add_argument("--country", metavar="CODE", help="for the public holidays: FR, DE-NW")
    parser.add_argument("--day-first", action="store_true", help="dates in the CSV are DD/MM/YYYY")
    parser.add_argument("--jobs", type=Whole(1, JOBS_MOST), metavar="N", help="processes; default: one a core")


def _latitude(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not -90 <= number <= 90:
        raise argparse.ArgumentTypeError(f"{text!r}: give degrees from -90 to 90")
    return number
