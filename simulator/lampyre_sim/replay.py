"""Recorded passages: a CSV of what a sensor saw, played again in the street."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lampyre.errors import ConfigError
from lampyre_sim.people import Kind, Passage

COLUMNS = ("time_local", "speed_km_h", "direction")
PASSAGES_LIMIT = 1_000_000  # 76 times the busiest day and a half that we have seen; 100 MB in memory
SLOWEST_KM_H, FASTEST_KM_H = 1.0, 250.0
ON_FOOT_KM_H = 8.0  # slower than that is somebody on foot


@dataclass(frozen=True, slots=True)
class Recorded:
    """One passage of a recording; `at` is aware, in the street's time zone."""

    at: datetime
    speed_km_h: float
    forth: bool


def load_recording(path: Path, zone: ZoneInfo) -> list[Recorded]:
    """Read a .csv or .csv.gz in order of time; raises ConfigError that names file, line and column."""
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            found = _read(path, csv.DictReader(file), zone)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}; give a .csv or .csv.gz") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text; give a .csv or .csv.gz") from error
    except csv.Error as error:
        raise ConfigError(f"{path}: not a CSV file: {error}") from error
    if not found:
        raise ConfigError(f"{path}: no passage in it; give at least one line below the heads")
    return sorted(found, key=lambda one: one.at)


def _read(path: Path, rows: "csv.DictReader[str]", zone: ZoneInfo) -> list[Recorded]:
    heads = rows.fieldnames or ()
    for column in COLUMNS:
        if column not in heads:
            raise ConfigError(f"{path}: line 1: no column {column!r}; the first line must name {', '.join(COLUMNS)}")
    found: list[Recorded] = []
    for row in rows:
        if len(found) == PASSAGES_LIMIT:
            raise ConfigError(f"{path}: line {rows.line_num}: more than {PASSAGES_LIMIT} passages; cut the file")
        found.append(_passage(f"{path}: line {rows.line_num}", row, zone))
    return found


def _passage(where: str, row: dict[str, str | None], zone: ZoneInfo) -> Recorded:
    column, cure = "time_local", "give YYYY-MM-DD HH:MM:SS in local time"
    try:
        at = datetime.fromisoformat(row[column] or "")
        if at.tzinfo is not None:
            raise ValueError
        column, cure = "speed_km_h", f"give a number from {SLOWEST_KM_H:g} to {FASTEST_KM_H:g}"
        speed = float(row[column] or "")
        if not SLOWEST_KM_H <= speed <= FASTEST_KM_H:
            raise ValueError
        column, cure = "direction", "give 0 or 1"
        direction = ("0", "1").index(row[column] or "")
    except ValueError:
        raise ConfigError(f"{where}: column {column!r} is {row[column] or ''!r}; {cure}") from None
    return Recorded(at.replace(tzinfo=zone), speed, direction == 0)


def replayed(recording: list[Recorded], start: datetime) -> Iterator[Passage]:
    """Yield the passages from `start` on; each enters the street when it was recorded."""
    for one in recording:
        at_s = one.at.timestamp() - start.timestamp()
        if at_s >= 0.0:
            kind = Kind.ON_FOOT if one.speed_km_h < ON_FOOT_KM_H else Kind.VEHICLE
            yield Passage(at_s, one.speed_km_h / 3.6, one.forth, kind)
