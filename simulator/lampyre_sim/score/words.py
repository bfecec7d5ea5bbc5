"""What the word `score` takes on the command line, and what it prints."""

import argparse
import json
import os
import sys
from datetime import date
from pathlib import Path

import lampyre_models
from lampyre.decide.card import read_card
from lampyre_sim.score.crew import Progress
from lampyre_sim.score.place import country_named, zone_named
from lampyre_sim.score.run import Wanted, score
from lampyre_sim.score.table import lines

JOBS_MOST = 64
INTERRUPTED = 130  # exit code: as a shell has it for Ctrl-C


def run(asked: argparse.Namespace) -> int:
    """Do what the words ask; LampyreError goes to whoever called."""
    model: Path = asked.model or Path(lampyre_models.__file__).parent / f"{asked.of}_v1"
    card = read_card(model / "card.toml")
    wanted = Wanted(
        of=asked.of,
        data=asked.data,
        model=model,
        since=asked.since,
        sets=tuple(asked.set),
        sensors=tuple(asked.sensor),
        held_out=asked.held_out,
        each=asked.each,
        jobs=min(asked.jobs or len(os.sched_getaffinity(0)), JOBS_MOST),
        zone=None if asked.zone is None else zone_named(asked.zone),
        latitude=asked.latitude,
        country=None if asked.country is None else country_named(asked.country),
        day_first=asked.day_first,
    )
    progress = Progress()
    try:
        found = score(wanted, f"{card.name} {card.version}", progress)
    except KeyboardInterrupt:
        sys.stderr.write("\nlampyre-sim: ended before all was judged\n")
        return INTERRUPTED
    finally:
        progress.end()
    text = json.dumps(found.to_json(), indent=1, allow_nan=False) if asked.json else "\n".join(lines(found))
    sys.stdout.write(text + "\n")
    return 0


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say what `score` takes."""
    parser.add_argument("of", choices=["activity", "fill"], help="counts of passers, or fill levels of bins")
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="a folder with sets, one set's "
                        "folder, or one .parquet, .csv or .csv.gz; the columns: docs/score.md")  # fmt: skip
    parser.add_argument("--from", type=_day, dest="since", metavar="DATE",
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
    parser.add_argument("--jobs", type=_jobs, metavar="N", help="processes; default: one a core")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: give a date such as 2025-03-01") from None


def _latitude(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not -90 <= number <= 90:
        raise argparse.ArgumentTypeError(f"{text!r}: give degrees from -90 to 90")
    return number


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= JOBS_MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number from 1 to {JOBS_MOST}")
    return int(text)
