"""A real lighting circuit, minute by minute, as if it were one lamp: warm-up, steps, an interruption of 38 minutes.

`python -m tests.decide.cabinet --data FOLDER` plays the nights of `nights.csv.gz` (SLightliMon, Adamo Ferro, GPL-3.0;
the data are not part of this project) five times over and prints every alarm and what was learned.
"""

import argparse
import csv
import gzip
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.decide.lamps import NOON, seen

from lampyre.decide.health import LampHealth

RATED_W = 6800.0
STEPS = ((1022, 0.74), (782, 0.79), (662, 0.91), (0, 1.0))  # the levels that its own timers set, by the minute
DAY_S = 86400


def read(folder: Path) -> list[list[float | None]]:
    """Return each night's power in W, minute by minute; the night under test comes last."""
    nights: dict[str, list[float | None]] = {}
    with gzip.open(folder / "nights.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            nights.setdefault(row["night"], []).append(float(row["power_W"]) if row["power_W"] else None)
    return [*(nights[name] for name in sorted(nights) if name != "0"), nights["0"]]


def play(health: LampHealth, nights: list[list[float | None]]) -> Iterator[tuple[int, int, str, bool, str]]:
    """Yield (night, minute, event, whether it begins, why)."""
    for number, night in enumerate(nights):
        lit = [minute for minute, power_w in enumerate(night) if power_w]
        for minute, power_w in enumerate(night):
            on = lit[0] <= minute <= lit[-1]
            level = next(level for begin, level in STEPS if minute >= begin) if on else 0.0
            mono_s = number * DAY_S + minute * 60.0
            at = NOON + timedelta(seconds=mono_s)
            for event, begins, why in health.look(seen(power_w, at, mono_s), level):
                yield number, minute, event, begins, why


def main() -> int:
    """Play the nights; 1 where a circuit that is well was called ill."""
    parser = argparse.ArgumentParser(prog="python -m tests.decide.cabinet", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    health = LampHealth("b.power", RATED_W)
    alarms = 0
    for number, minute, event, begins, why in play(health, 5 * read(parser.parse_args().data)):
        alarms += 1
        sys.stdout.write(f"night {number} minute {minute}: {event} {'starts' if begins else 'is over'}: {why}\n")
    learned = ", ".join(f"{health.draw.power_w(level):.0f} W at {level}" for _, level in STEPS)
    sys.stdout.write(f"20 nights: {alarms} alarms; learned {learned}; drift {health.draw.drift}\n")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
