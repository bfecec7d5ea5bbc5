"""The plan for the morning after the last reading: which bins, why, and in which order."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lampyre.bin import KEEP
from lampyre.decide.bins.collect import RISK_H, Collection, Wish, collection
from lampyre.decide.bins.forecast import outlook_of
from lampyre.decide.bins.past import Past
from lampyre.errors import ConfigError
from lampyre_sim.score.levels import Levels
from lampyre_sim.waste.evaluate import Wanted, read_levels, shipped
from lampyre_sim.waste.node import DAY, seen_of
from lampyre_sim.waste.places import DEPOT, read_places
from lampyre_sim.waste.route import shortest_round


@dataclass(frozen=True, slots=True)
class Stop:
    """One bin of the plan; `order` 0: nobody needs to come."""

    order: int
    container: str
    stream: str
    fill: float | None
    collect: bool
    reason: str
    waiting_h: float | None
    why: str


def write_plan(wanted: Wanted, path: Path) -> str:
    """Write the plan as CSV or JSON, and return a line that says what it comes to; LampyreError with the cure."""
    if path.suffix not in (".csv", ".json"):
        raise ConfigError(f"--plan {path}: what is it to be? Give a file that ends in .csv or .json")
    recorded = read_levels(wanted)
    newest = max(_stamp(levels.hours[-1]) for levels, _ in recorded)
    truck = newest.replace(hour=wanted.truck_h, minute=0, second=0)
    truck += timedelta(0) if truck >= newest else DAY
    stops = [_stop(levels, zone, newest, truck) for levels, zone in recorded]
    due = sorted((stop for stop in stops if stop.collect), key=lambda stop: -(stop.waiting_h or 0.0))
    length = ""
    if wanted.places is not None and due:
        at = read_places(wanted.places, [stop.container for stop in due])
        order, km = shortest_round([at[DEPOT], *(at[stop.container] for stop in due)])
        due = [due[k - 1] for k in order]
        length = f", {km:.1f} km"
    rows = [_numbered(stop, number) for number, stop in enumerate(due, 1)]
    rows += sorted((stop for stop in stops if not stop.collect), key=lambda stop: stop.container)
    _write(path, truck, rows)
    return f"{path}: {len(due)} of {len(stops)} containers, truck at {truck:%Y-%m-%d %H:%M} UTC{length}"


def _stop(levels: Levels, zone: ZoneInfo, at: datetime, truck: datetime) -> Stop:
    since = at - KEEP
    history = [(when, fill) for when, fill in zip(map(_stamp, levels.hours), levels.fills.tolist(), strict=True)
               if when >= since]  # fmt: skip
    past = Past(history, at)
    risk = Wish(risk_h=RISK_H)
    seen = seen_of(past, outlook_of(shipped(), past, at, levels.stream, zone))
    found: Collection = collection(seen, at, (truck, truck + DAY), risk)
    cost = None if found.waiting_h is None else round(found.waiting_h, 1)
    return Stop(
        0, levels.name, levels.stream, seen.fill, found.by is not None, found.reason or "", cost, found.why
    )  # fmt: skip


def _numbered(stop: Stop, order: int) -> Stop:
    return Stop(order, *list(asdict(stop).values())[1:])


def _write(path: Path, truck: datetime, rows: Sequence[Stop]) -> None:
    plain = [asdict(row) for row in rows]
    if path.suffix == ".json":
        text = json.dumps({"truck": truck.isoformat(), "stops": plain}, indent=1, allow_nan=False) + "\n"
    else:
        out = io.StringIO()
        table = csv.DictWriter(out, list(plain[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(plain)
        text = out.getvalue()
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--plan {path}: {error.strerror}; give a file that can be written") from error


def _stamp(hour: float) -> datetime:
    return datetime.fromtimestamp(round(hour * 3600), UTC)
