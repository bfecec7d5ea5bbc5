"""Play recorded daylight through the production night: `python -m tests.bench.photocell --data light.csv.gz`.

The file has the columns `time_utc` and `illuminance_lux`; the figures of docs/night.md come from here.
"""

import argparse
import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from types import MappingProxyType

from lampyre.decide.light.night import By, Night, NightRule
from lampyre.decide.light.sun import Sun
from lampyre.records import Quantity, Reading, Snapshot

HOLE_S = 90.0  # between the logger's files lie days; here they follow one another


@dataclass
class Played:
    """What came of one run."""

    ons: list[float] = field(default_factory=list)  # heights of the sun at which night began
    offs: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)  # how much of the sky the cell was taken to see
    first: tuple[float, str] | None = None  # after how many days which complaint came
    complained_s: float = 0.0
    days: float = 0.0


def rows(path: Path) -> Iterator[tuple[datetime, float]]:
    """Yield the recorded moments and lux."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["time_utc"])
            yield at if at.tzinfo else at.replace(tzinfo=UTC), float(row["illuminance_lux"])


def play(light: list[tuple[datetime, float]], place: tuple[float, float], by: By, share: float, stray: float) -> Played:
    """Let a cell see that share of the sky and so many lux of other light."""
    night, sun, played = Night(*place, "cell", NightRule(by=by)), Sun(*place), Played()
    mono_s, last, was = 0.0, light[0][0], None
    for at, lux in light:
        passed_s = (at - last).total_seconds()
        step_s = passed_s if passed_s <= HOLE_S else 30.0
        mono_s, last = mono_s + step_s, at
        cell = Reading("cell", Quantity.ILLUMINANCE, share * lux + stray, at)
        verdict = night.judge(Snapshot(at, mono_s, True, MappingProxyType({"cell": cell})))
        if was is not None and verdict.night != was:
            (played.ons if verdict.night else played.offs).append(sun.height(at))
        was = verdict.night
        if night.cell.complaint:
            played.first = played.first or (mono_s / 86400, night.cell.complaint)
            played.complained_s += step_s
        if night.cell.share is not None:
            played.shares.append(night.cell.share)
    played.days = mono_s / 86400
    return played


def main() -> None:
    """Print a line for each cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="CSV, gzipped or not")
    parser.add_argument("--latitude", type=float, default=48.53)
    parser.add_argument("--longitude", type=float, default=9.04)
    asked = parser.parse_args()
    light = list(rows(asked.data))
    print("by         share stray  switches/day  on at degrees (least, median, most)   off at degrees      complaint")
    for by in (By.PHOTOCELL, By.WINDOW):
        for share, stray in ((1.0, 0.0), (0.5, 0.0), (0.25, 0.0), (0.15, 0.0), (0.05, 0.0), (1.0, 20.0), (1.0, 60.0)):
            print(_line(by, share, stray, play(light, (asked.latitude, asked.longitude), by, share, stray)))


def _line(by: By, share: float, stray: float, played: Played) -> str:
    turned = "  ".join(f"{min(at):6.2f} {median(at):6.2f} {max(at):6.2f}" for at in (played.ons, played.offs))
    per_day = (len(played.ons) + len(played.offs)) / played.days
    seen = f"{min(played.shares):.2f} to {max(played.shares):.2f}" if played.shares else "-"
    told = "none"
    if played.first:
        told = (
            f"day {played.first[0]:.1f}, {played.complained_s / played.days / 864:.0f} % of the time: {played.first[1]}"
        )
    return f"{by:10} {share:5.2f} {stray:5.0f} {per_day:9.2f}       {turned}   sees {seen}   {told}"


if __name__ == "__main__":
    main()
