"""The plan for the morning after the last reading: which bins, why, and in which order."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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
from lampyre_sim.waste.places import DEPOT, Place, read_places
from lampyre_sim.waste.route import shortest_round


@dataclass(frozen=True, slots=True)
class Stop:
    """One bin of the plan; `order` in its stream's round, for no lorry mixes them; 0: nobody needs to come."""

    order: int
    container: str
    stream: str
    fill: float | None
    collect: bool
    reason: str
    waiting_h: float | None
    why: str


def write_plan(wanted: Wanted, path: Path, risk_h: float = RISK_H) -> str:
    """Write the plan as CSV or JSON, and return a line that says what it comes to; LampyreError with the cure."""
    if path.suffix not in (".csv", ".json"):
        raise ConfigError(f"--plan {path}: what is it to be? Give a file that ends in .csv or .json")
    recorded = read_levels(wanted)
    newest = max(_stamp(levels.hours[-1]) for levels, _ in recorded)
    truck = newest.replace(hour=wanted.truck_h, minute=0, second=0)
    truck += timedelta(0) if truck >= newest else DAY
    stops = [_stop(levels, zone, newest, truck, risk_h) for levels, zone in recorded]
    due = sorted((stop for stop in stops if stop.collect), key=lambda stop: -(stop.waiting_h or 0.0))
    at = None if wanted.places is None else read_places(wanted.places, [stop.container for stop in due])
    rows: list[Stop] = []
    streams = sorted({stop.stream for stop in due})
    length = 0.0
    for stream in streams:
        found, km = _round([stop for stop in due if stop.stream == stream], at)
        rows += found
        length += km
    rows += sorted((stop for stop in stops if not stop.collect), key=lambda stop: stop.container)
    _write(path, truck, rows)
    rounds = f" in {len(streams)} rounds" if len(streams) > 1 else ""
    driven = "" if at is None or not due else f", {length:.1f} km"
    return f"{path}: {len(due)} of {len(stops)} containers{rounds}, truck at {truck:%Y-%m-%d %H:%M} UTC{driven}"


def _round(due: list[Stop], at: dict[str, Place] | None) -> tuple[list[Stop], float]:
    """Return one stream's stops in their order, and its kilometres: the shortest round, else the most urgent first."""
    km = 0.0
    if at is not None:
        order, km = shortest_round([at[DEPOT], *(at[stop.container] for stop in due)])
        due = [due[k - 1] for k in order]
    return [replace(stop, order=number) for number, stop in enumerate(due, 1)], km


def _stop(levels: Levels, zone: ZoneInfo, at: datetime, truck: datetime, risk_h: float) -> Stop:
    since = at - KEEP
    history = [(when, fill) for when, fill in zip(map(_stamp, levels.hours), levels.fills.tolist(), strict=True)
               if when >= since]  # fmt: skip
    past = Past(history, at)
    seen = seen_of(past, outlook_of(shipped(), past, at, levels.stream, zone))
    found: Collection = collection(seen, at, (truck, truck + DAY), Wish(risk_h=risk_h))
    cost = None if found.waiting_h is None else round(found.waiting_h, 1)
    return Stop(
        0, levels.name, levels.stream, seen.fill, found.by is not None, found.reason or "", cost, found.why
    )  # fmt: skip


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
