"""Recorded sets from CSV, as town halls export them: commas or semicolons, with or without a byte order mark."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from lampyre.errors import ConfigError
from lampyre_sim.score.rows import Columns, Layout, Rows, columns_of

DELIMITERS = ",;\t"
BLANK = frozenset({"", "-", "na", "n/a", "nan", "null", "none"})
DAY_FIRST = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_csv(path: Path, layout: Layout, *, day_first: bool = False) -> Rows:
    """Return the rows of a .csv or .csv.gz; ConfigError that names file, line and column."""
    try:
        with _open(path) as file:
            return _Reader(path, layout, day_first).read(file)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}; give a .csv or .csv.gz") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text; save it as CSV UTF-8") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class _Reader:
    """One file being read."""

    def __init__(self, path: Path, layout: Layout, day_first: bool) -> None:
        self._path, self._layout, self._day_first = path, layout, day_first
        self._offset: bool | None = None  # do the times say their offset from UTC?

    def read(self, file: TextIO) -> Rows:
        first = file.readline()
        if not first.strip():
            raise ConfigError(f"{self._path}: empty; the first line must name the columns {self._layout.said}")
        delimiter = max(DELIMITERS, key=first.count)
        heads = next(csv.reader([first], delimiter=delimiter))
        columns = columns_of(f"{self._path}: line 1", heads, self._layout)
        rows = Rows(self._path, self._layout, columns.utc)
        for line, cells in self._lines(file, delimiter):
            if cells:
                self._row(rows, line, cells, columns, heads, comma=delimiter != ",")
        rows.utc = rows.utc or bool(self._offset)
        return rows

    def _lines(self, file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for cells in reader:
                yield reader.line_num + 1, cells
        except csv.Error as error:
            raise ConfigError(f"{self._path}: line {reader.line_num + 1}: not CSV ({error}); write it anew") from error

    def _row(self, rows: Rows, line: int, cells: list[str], columns: Columns, heads: list[str], *, comma: bool) -> None:
        where = f"{self._path}: line {line}"
        if len(cells) <= columns.last:
            raise ConfigError(f"{where}: {len(cells)} fields, the first line has {len(heads)}; complete the line")
        sensor = cells[columns.key].strip()
        if not sensor:
            raise ConfigError(f"{where}: column {heads[columns.key]!r} is empty; name the sensor")
        time_s = self._time(where, heads[columns.time], cells[columns.time].strip())
        text = cells[columns.value].strip()
        value = float("nan")
        if text.lower() not in BLANK:
            try:
                value = float(text.replace(",", ".") if comma else text)
            except ValueError:
                name = heads[columns.value]
                raise ConfigError(f"{where}: column {name!r} is {text!r}; give a number or leave it empty") from None
        stream = "" if columns.stream is None else cells[columns.stream].strip()
        rows.add(where, sensor, time_s, value, stream)

    def _time(self, where: str, column: str, text: str) -> int:
        at = self._moment(text)
        if at is None:
            cure = "give YYYY-MM-DD HH:MM"
            if "/" in text:
                cure = "give YYYY-MM-DD HH:MM, or say --day-first where it is DD/MM/YYYY HH:MM"
            raise ConfigError(f"{where}: column {column!r} is {text!r}; {cure}")
        offset = at.tzinfo is not None
        if self._offset is None:
            self._offset = offset
        elif self._offset != offset:
            raise ConfigError(f"{where}: column {column!r} is {text!r}; give all times an offset from UTC, or none")
        return round((at if offset else at.replace(tzinfo=UTC)).timestamp())

    def _moment(self, text: str) -> datetime | None:
        if self._day_first:
            for form in DAY_FIRST:
                try:
                    return datetime.strptime(text, form)  # noqa: DTZ007 - a clock on the wall
                except ValueError:
                    continue
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
