"""The rows of one recorded set as they stand in its file, sorted by sensor; what is no measurement is counted."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lampyre.errors import ConfigError

ROWS_MOST = 50_000_000  # 29 times the largest set we know; 800 MB in memory
SENSORS_MOST = 10_000  # more names than that are no sensors: a wrong column
SENSOR_COLUMNS = ("sensor", "station", "detector", "counter")
TIME_COLUMNS = ("time_local", "time_utc")

NO_VALUE = "no value"
NEGATIVE = "negative"
NOT_FINITE = "not finite"
ABOVE = "above what can be"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of set; where there are several names, one of them must be there."""

    stem: str  # of its file in a set's folder
    keys: tuple[str, ...]
    value: str
    most: float
    stream: bool

    @property
    def said(self) -> str:
        """The columns in words."""
        stream = ["stream"] if self.stream else []
        return ", ".join([" or ".join(self.keys), *stream, " or ".join(TIME_COLUMNS), self.value])


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file is which; `stream` None: there is none."""

    key: int
    time: int
    value: int
    stream: int | None
    utc: bool

    @property
    def last(self) -> int:
        """The highest number of a column."""
        return max(self.key, self.time, self.value, self.stream or 0)


@dataclass(slots=True)
class Raw:
    """One sensor's rows: seconds since 1970 (UTC, or of the clock on the wall) and values, in the file's order."""

    stream: str = ""
    times: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Rows:
    """All rows of one file."""

    path: Path
    layout: Layout
    utc: bool  # the times are UTC; else a clock on the wall
    sensors: dict[str, Raw] = field(default_factory=dict)
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, where: str, sensor: str, time_s: int, value: float, stream: str) -> None:
        """Take in one row; ConfigError that begins with `where` when it is one too many."""
        self.rows += 1
        if self.rows > ROWS_MOST:
            raise ConfigError(f"{where}: more than {ROWS_MOST} rows; cut the file")
        raw = self.sensors.get(sensor)
        if raw is None:
            if len(self.sensors) == SENSORS_MOST:
                name = "/".join(self.layout.keys)
                raise ConfigError(f"{where}: more than {SENSORS_MOST} sensors; is column {name!r} the right one?")
            raw = self.sensors[sensor] = Raw(stream)
        if raw.stream != stream:
            raise ConfigError(f"{where}: {sensor!r} has stream {stream!r}, before {raw.stream!r}; give it one")
        if math.isnan(value):
            self.left_out[NO_VALUE] += 1
        elif math.isinf(value):
            self.left_out[NOT_FINITE] += 1
        elif value < 0:
            self.left_out[NEGATIVE] += 1
        elif value > self.layout.most:
            self.left_out[ABOVE] += 1
        else:
            raw.times.append(time_s)
            raw.values.append(value)


def columns_of(where: str, heads: Sequence[str], layout: Layout) -> Columns:
    """Return which column is which; ConfigError that begins with `where` and names what is missing."""
    names = [head.strip().lower() for head in heads]

    def find(wanted: Sequence[str]) -> int:
        found = [names.index(name) for name in wanted if name in names]
        if len(found) != 1:
            what = " or ".join(map(repr, wanted))
            fault = f"no column {what}" if not found else f"more than one of the columns {what}"
            raise ConfigError(f"{where}: {fault}; the columns are {', '.join(heads) or 'none'}, wanted: {layout.said}")
        return found[0]

    time = find(TIME_COLUMNS)
    return Columns(
        key=find(layout.keys),
        time=time,
        value=find((layout.value,)),
        stream=find(("stream",)) if layout.stream else None,
        utc=names[time] == "time_utc",
    )
