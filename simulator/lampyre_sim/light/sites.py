"""Recorded sites: counts or single passages, where they were taken, and the passers of one seed."""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np

from lampyre.errors import ConfigError
from lampyre_sim.replay import load_recording
from lampyre_sim.score.grid import Series, period_of, series_of
from lampyre_sim.score.measures import Bools, Floats
from lampyre_sim.score.place import KNOWN as SCORED
from lampyre_sim.score.sets import find_sets, read_set
from lampyre_sim.world import REACH_M, SPACING_M

DAY_S = 86400.0
EVENTS = ("events.csv.gz", "events.csv")
BUSY = 99.0  # percentile of the hourly counts that stands for the flow a street is designed for


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was taken, and how fast people pass there."""

    zone: ZoneInfo
    latitude: float
    longitude: float
    country: str | None
    km_h: float


LONGITUDES_SPEEDS = {  # 15 km/h by bicycle, 30 in a side street, 5 on foot
    "muenster_bicycles_15min": (7.63, 15.0),
    "muenster_vehicles_1h": (7.63, 30.0),
    "auckland_pedestrians_1h": (174.76, 5.0),
    "melbourne_pedestrians_1h": (144.96, 5.0),
    "paris_bicycles_1h": (2.35, 15.0),
}
KNOWN = {
    name: Place(one.zone, one.latitude, *LONGITUDES_SPEEDS[name][:1], one.country, LONGITUDES_SPEEDS[name][1])
    for name, one in SCORED.items()
    if name in LONGITUDES_SPEEDS and one.zone is not None
} | {"moers_vehicle_events": Place(ZoneInfo("Europe/Berlin"), 51.45, 6.64, "DE-NW", 30.0)}


@dataclass(frozen=True, slots=True)
class Where:
    """What the command line says of the place; None: what is known of the folder."""

    zone: ZoneInfo | None = None
    latitude: float | None = None
    longitude: float | None = None
    country: str | None = None
    km_h: float | None = None

    def place(self, name: str) -> Place:
        """Return the place of a set; ConfigError that names what is missing."""
        known = KNOWN.get(name)
        if known is None:
            for word, value in (("zone", self.zone), ("latitude", self.latitude), ("longitude", self.longitude)):
                if value is None:
                    raise ConfigError(f"{name}: where was it recorded? Give --{word}")
            assert self.zone is not None
            known = Place(self.zone, self.latitude or 0.0, self.longitude or 0.0, None, 30.0)
        given = {key: value for key in self.__slots__ if (value := getattr(self, key)) is not None}
        return replace(known, **given)


@dataclass(frozen=True, slots=True)
class Passers:
    """Who passes the lamp: when each comes under it and when he leaves, seconds since 1970, in order of coming."""

    comes_s: Floats
    leaves_s: Floats
    back: Bools  # who goes from the last lamp to the first

    def at_lamp(self, number: int, lamps: int) -> tuple[Floats, Floats]:
        """Return when each comes under a lamp of the row and leaves it, in order; each keeps his speed."""
        stays_s = self.leaves_s - self.comes_s
        spans = np.where(self.back, lamps - 1 - number, number) * (SPACING_M / (2 * REACH_M))
        comes = self.comes_s + spans * stays_s
        order = np.argsort(comes, kind="stable")
        return comes[order], (comes + stays_s)[order]


@dataclass(frozen=True, slots=True)
class Site:
    """One sensor's record. Counts: `edges_s` begin the periods in UTC; passages: `recorded`."""

    name: str
    place: Place
    begins_s: float
    ends_s: float
    period_s: float = 0.0
    edges_s: Floats | None = None
    counts: Floats | None = None
    recorded: Passers | None = None

    def passers(self, seed: int) -> Passers:
        """Return the recorded passages, or a Poisson stream that has just these counts: uniform within each period."""
        if self.recorded is not None:
            return self.recorded
        assert self.edges_s is not None
        assert self.counts is not None
        chance = np.random.default_rng([seed, crc32(self.name.encode())])
        begins = np.repeat(self.edges_s, np.nan_to_num(self.counts).astype(np.int64))
        comes = np.sort(begins + chance.random(len(begins)) * self.period_s)
        back: Bools = chance.random(len(comes)) < 0.5
        return Passers(comes, comes + 2 * REACH_M / (self.place.km_h / 3.6), back)

    def busy_per_h(self) -> float:
        """Return the hourly flow that only one hour in a hundred of the whole record exceeds, 1 at least."""
        starts_s, counts = (self.edges_s, self.counts) if self.recorded is None else (self.recorded.comes_s, None)
        assert starts_s is not None
        number = ((starts_s - self.begins_s) // 3600).astype(np.int64)
        hours = np.bincount(number, counts).astype(np.float64)  # NaN where a period was not measured
        if counts is not None:
            hours = hours[(np.bincount(number) > 0) & ~np.isnan(hours)]
        return max(1.0, float(np.percentile(hours, BUSY))) if len(hours) else 1.0

    def measured(self, begin_s: float, end_s: float) -> bool:
        """Whether the record has no gap between these times."""
        if not self.begins_s <= begin_s <= end_s <= self.ends_s:
            return False
        if self.edges_s is None or self.counts is None:
            return True
        first, last = np.searchsorted(self.edges_s, [begin_s, end_s], side="right")
        inside: Bools = np.isnan(self.counts[max(0, first - 1) : last])
        steps = np.diff(self.edges_s[max(0, first - 1) : last])
        return not inside.any() and bool((steps <= self.period_s + 1.0).all())

    def within(self, begin_s: float, end_s: float) -> "Site":
        """Return the same site with no counts outside these times."""
        if self.edges_s is None or self.counts is None:
            return self
        keep = (self.edges_s >= begin_s) & (self.edges_s < end_s)
        return replace(self, edges_s=self.edges_s[keep], counts=self.counts[keep])


def read_sites(path: Path, where: Where, sensors: Sequence[str] = ()) -> list[Site]:
    """Return the sites of a file or folder, `sensors` only where some are named; ConfigError with the cure."""
    recording = _recording(path)
    if recording is not None:
        name = recording.resolve().parent.name if recording.name in EVENTS else recording.name.split(".")[0]
        return [_from_passages(recording, name, where.place(name))]
    found = []
    names: set[str] = set()
    for one in find_sets(path, "activity", ()):
        rows = read_set(one.path, "activity")
        place, period_s = where.place(one.name), period_of(rows)
        names |= rows.sensors.keys()
        for sensor in sorted(rows.sensors):
            series = series_of(rows, sensor, period_s, place.zone, rows.left_out) if _in(sensor, sensors) else None
            if series is not None:
                found.append(_from_counts(series, place))
    for sensor in sensors:
        if sensor not in names:
            few = ", ".join(sorted(names)[:8]) + (" …" if len(names) > 8 else "")
            raise ConfigError(f"--sensor {sensor!r}: not in {path}; there are {few}")
    return found


def day_s(day: date, zone: ZoneInfo) -> float:
    """Return noon of a day, when its lighting day begins, in seconds since 1970."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone).timestamp()


def _in(sensor: str, sensors: Sequence[str]) -> bool:
    return not sensors or sensor in sensors


def _recording(path: Path) -> Path | None:
    """Return the file of single passages that is meant, None where it holds counts."""
    if path.is_dir():
        return next((path / name for name in EVENTS if (path / name).is_file()), None)
    if not path.name.endswith((".csv", ".csv.gz")) or not path.is_file():
        return None
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            heads = next(csv.reader(file), [])
    except (OSError, EOFError, UnicodeDecodeError):
        return None  # whoever reads the counts says what is wrong
    return path if "speed_km_h" in heads else None


def _from_passages(path: Path, name: str, place: Place) -> Site:
    recording = load_recording(path, place.zone)
    comes = np.array([one.at.timestamp() for one in recording])
    stays = np.array([2 * REACH_M / (one.speed_km_h / 3.6) for one in recording])
    passers = Passers(comes, comes + stays, np.array([not one.forth for one in recording], np.bool_))
    return Site(name, place, float(comes[0]), float(comes[-1]), recorded=passers)


def _from_counts(series: Series, place: Place) -> Site:
    edges = series.start_s + np.arange(len(series.counts), dtype=np.float64) * series.period_s
    if series.zone is None:
        edges = _to_utc(edges, place.zone)
    order = np.argsort(edges, kind="stable")
    ends_s = float(edges[-1]) + series.period_s
    return Site(series.name, place, float(edges[0]), ends_s, series.period_s, edges[order], series.counts[order])


def _to_utc(walls: Floats, zone: ZoneInfo) -> Floats:
    """Return the moments of a clock on the wall; of an hour that comes twice the first."""
    hours, place = np.unique(walls // 3600, return_inverse=True)
    offsets = []
    for hour in hours.tolist():
        local = datetime.fromtimestamp(hour * 3600, UTC).replace(tzinfo=zone)
        offset = local.utcoffset()
        offsets.append(0.0 if offset is None else offset.total_seconds())
    found: Floats = walls - np.array(offsets)[place]
    return found
