"""Where the bins and the depot stand, from a CSV file."""

import csv
from collections.abc import Sequence
from pathlib import Path

from lampyre.errors import ConfigError

DEPOT = "depot"
COLUMNS = ("place", "latitude", "longitude")
PLACES_MOST = 10_000  # more than that are no bins of one round
Place = tuple[float, float]  # latitude, longitude in degrees


def read_places(path: Path, wanted: Sequence[str]) -> dict[str, Place]:
    """Return where the depot and the wanted containers stand; ConfigError that names the line or what is missing."""
    found: dict[str, Place] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise ConfigError(f"{path}: line 1: the columns must be {', '.join(COLUMNS)}")
            for row in rows:
                if len(found) == PLACES_MOST:
                    raise ConfigError(f"{path}: more than {PLACES_MOST} places; leave out those of other rounds")
                found[row["place"]] = _place(f"{path}: line {rows.line_num}", row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: {error}; give a CSV file with {', '.join(COLUMNS)}") from error
    for name in (DEPOT, *wanted):
        if name not in found:
            raise ConfigError(f"{path}: no place {name!r}; add a line for it")
    return found


def _place(where: str, row: dict[str, str]) -> Place:
    try:
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
    except (TypeError, ValueError):
        raise ConfigError(f"{where}: latitude and longitude must be degrees, such as 50.08 and 14.44") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ConfigError(f"{where}: {latitude}, {longitude} is nowhere; latitude first, then longitude, in degrees")
    return latitude, longitude
