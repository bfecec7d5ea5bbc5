"""The word `evaluate bins`: every policy lives through the same deposits, once for each seed; what it comes to."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import lampyre_models
from lampyre.decide.bins.collect import RISK_H, Wish
from lampyre.decide.inference import Model, load_model
from lampyre.errors import ConfigError
from lampyre_sim.score.levels import Levels, levels_of
from lampyre_sim.score.place import place_of
from lampyre_sim.score.sets import find_sets, read_set
from lampyre_sim.share import shared
from lampyre_sim.waste.deposits import rebuilt
from lampyre_sim.waste.node import ours, reactive
from lampyre_sim.waste.places import Place, read_places
from lampyre_sim.waste.policies import foreseen, rhythms
from lampyre_sim.waste.rounds import Driven, driven
from lampyre_sim.waste.route import router
from lampyre_sim.waste.world import WEEK_H, Tally, World

TAUGHT_H = 28 * 24  # before the first hour that is judged: a node looks back four weeks
THRESHOLDS = tuple(k / 100 for k in range(50, 96, 5))
RISKS = (12.0, 13.5, RISK_H, 16.5, 18.0, 21.0)
PRICES_H = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 20.0)  # hours full that a collection is worth
ALL = "all streams"
DRIVEN = (("town", 0.0), ("daily", 0.0), ("reactive", 0.8), ("ours", RISK_H))

Key = tuple[str, float]  # policy and its parameter


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    levels: Path
    zone: ZoneInfo | None = None
    streams: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    seeds: int = 3
    risks: tuple[float, ...] = RISKS
    truck_h: int = 6
    lead_h: int = 0
    hidden_times: float = 1.0
    straight: bool = False
    jobs: int = 1
    places: Path | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """One measure over the seeds."""

    mean: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Point:
    """One policy with one parameter; a measure is None where there was nothing to measure."""

    policy: str
    at: float
    per_week: Spread | None  # collections per bin and week
    overflow: Spread | None  # share of the hours at 100
    full: Spread | None  # share of the hours at 95 or more
    fill: Spread | None  # mean level at collection


@dataclass(frozen=True, slots=True)
class Judged:
    """One stream, or all."""

    name: str
    containers: int
    first: str
    last: str
    seeds: int
    hidden: float  # share of the deposits that is estimated
    recorded_full: float  # share of the recorded hours at 95 or more
    points: list[Point]
    driven: list[Driven]  # of the first seed; empty without places

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lived:
    """One container's share in the answer."""

    stream: str
    first_h: int
    last_h: int
    first_day: str  # local
    last_day: str
    hidden: float
    recorded_full: float
    tallies: dict[Key, list[Tally]]  # by seed
    name: str
    days: dict[Key, list[int]]  # since 1970, on which it is collected by the policies of DRIVEN with the first seed


def evaluate(wanted: Wanted, done: Callable[[int, int], None]) -> Iterator[Judged]:
    """Yield what each stream comes to, and all of them last; `done` hears of containers. LampyreError with the cure."""
    recorded = read_levels(wanted)
    places: dict[str, Place] = {}
    if wanted.places is not None:
        router()
        places = read_places(wanted.places, [levels.name for levels, _ in recorded])
    lived: list[Lived] = []
    for number, one in enumerate(_lived(wanted, recorded), 1):
        if one.tallies:
            lived.append(one)
        done(number, len(recorded))
    if not lived:
        raise ConfigError(f"{wanted.levels}: nothing to judge; give more than five weeks, or an earlier --from")
    streams = sorted({one.stream for one in lived})
    for stream in streams:
        yield _judged(stream or "no stream", [one for one in lived if one.stream == stream], wanted.seeds, places)
    if len(streams) > 1:
        yield _judged(ALL, lived, wanted.seeds, places)


def read_levels(wanted: Wanted) -> list[tuple[Levels, ZoneInfo]]:
    """Return each container's readings with its zone, up to `until`."""
    found: list[tuple[Levels, ZoneInfo]] = []
    for one in find_sets(wanted.levels, "fill", ()):
        rows = read_set(one.path, "fill")
        zone = place_of(one.name, wanted.zone, None, None).zone
        if zone is None:
            raise ConfigError(
                f"{one.path}: the local time of its place is not known; give --zone, such as Europe/Paris"
            )
        for name in sorted(rows.sensors):
            if wanted.containers and name not in wanted.containers:
                continue
            if wanted.streams and rows.sensors[name].stream not in wanted.streams:
                continue
            levels = levels_of(rows, name, zone, Counter())
            if levels is not None:
                found.append((_until(levels, wanted.until, zone), zone))
    there, found = found, [(levels, zone) for levels, zone in found if len(levels.hours) > 2]
    if there and not found:
        raise ConfigError(f"{wanted.levels}: less than three readings of each; give a later --until, or none")
    if not found:
        raise ConfigError(f"{wanted.levels}: no such container or stream in it; leave --stream and --container away")
    return found


def _until(levels: Levels, until: date | None, zone: ZoneInfo) -> Levels:
    if until is None:
        return levels
    there = levels.hours < hour_of(until, zone)
    return replace(levels, hours=levels.hours[there], fills=levels.fills[there])


def hour_of(day: date, zone: ZoneInfo) -> float:
    """Return midnight of a day as hours since 1970."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() / 3600


def _lived(wanted: Wanted, recorded: Sequence[tuple[Levels, ZoneInfo]]) -> Iterator[Lived]:
    yield from shared(_live, [(wanted, levels, zone) for levels, zone in recorded], wanted.jobs)


def _live(task: tuple[Wanted, Levels, ZoneInfo]) -> Lived:
    wanted, levels, zone = task
    process = rebuilt(levels, zone, straight=wanted.straight)
    since = TAUGHT_H
    if wanted.since is not None:
        since = max(since, int(hour_of(wanted.since, zone)) - process.begin_h)
    tallies: dict[Key, list[Tally]] = {}
    days: dict[Key, list[int]] = {}
    for seed in range(1, wanted.seeds + 1 if since < process.hours else 1):
        world = World(process, seed, wanted.hidden_times, max(since - TAUGHT_H, 0))
        for key, emptied in _plans(wanted, world, zone, since):
            tallies.setdefault(key, []).append(world.tally(emptied, since))
            if seed == 1 and key in DRIVEN:
                days[key] = [(process.begin_h + hour) // 24 for hour in emptied if hour >= since]
    return Lived(
        process.stream, process.begin_h + since, process.begin_h + process.hours,
        _day(process.begin_h + since, zone), _day(process.begin_h + process.hours, zone), process.hidden_share,
        process.recorded_95, tallies, process.name, days,
    )  # fmt: skip


def _plans(wanted: Wanted, world: World, zone: ZoneInfo, since: int) -> Iterator[tuple[Key, list[int]]]:
    rounds: list[int] = world.rounds(wanted.truck_h).tolist()
    yield ("town", 0.0), world.process.emptied.tolist()
    yield ("daily", 0.0), rounds
    for number, plan in rhythms(world, rounds, since):
        yield ("rhythm", number), plan
    for threshold in THRESHOLDS:
        yield ("reactive", threshold), reactive(world, rounds, wanted.lead_h, threshold)
    for risk_h in wanted.risks:
        yield ("ours", risk_h), ours(world, rounds, wanted.lead_h, Wish(risk_h=risk_h), shipped(), zone)
    for price_h in PRICES_H:
        yield ("foresight", price_h), foreseen(world, rounds, price_h)


@lru_cache(maxsize=1)
def shipped() -> Model:
    """Return the model that is shipped, one for each process."""
    return load_model(lampyre_models.folder("fill_v1"))


def _judged(name: str, lived: Sequence[Lived], seeds: int, places: dict[str, Place]) -> Judged:
    together: dict[Key, list[Tally]] = {}
    for one in lived:
        for key, by_seed in one.tallies.items():
            for tally, other in zip(together.setdefault(key, [Tally() for _ in by_seed]), by_seed, strict=True):
                tally.take(other)
    points = [
        Point(
            policy,
            at,
            per_week=_spread(by_seed, "per_week"),
            overflow=_spread(by_seed, "overflow"),
            full=_spread(by_seed, "full"),
            fill=_spread(by_seed, "fill"),
        )
        for (policy, at), by_seed in together.items()
    ]
    return Judged(
        name=name,
        containers=len(lived),
        first=min(one.first_day for one in lived),
        last=max(one.last_day for one in lived),
        seeds=seeds,
        hidden=sum(one.hidden for one in lived) / len(lived),
        recorded_full=sum(one.recorded_full for one in lived) / len(lived),
        points=points,
        driven=_driven(lived, places) if places else [],
    )


def _driven(lived: Sequence[Lived], places: dict[str, Place]) -> list[Driven]:
    weeks = (max(one.last_h for one in lived) - min(one.first_h for one in lived)) / WEEK_H
    return [
        driven(policy, at, {one.name: one.days.get((policy, at), []) for one in lived}, places, weeks)
        for policy, at in DRIVEN
        if any((policy, at) in one.days for one in lived)
    ]


def _day(hour: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(hour * 3600, zone).date().isoformat()


def _spread(by_seed: Sequence[Tally], measure: str) -> Spread | None:
    values = [value for tally in by_seed if (value := tally.figures()[measure]) is not None]
    return Spread(sum(values) / len(values), min(values), max(values)) if values else None
