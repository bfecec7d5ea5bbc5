"""Salvage: what can still be read of a damaged outbox goes into the new one; each parcel's checksum vouches for it."""

import contextlib
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

TRIES = 10_000  # at places where the file cannot be read; a file of 50 MB has 12 000 pages
LONGEST_S = 30.0  # the start waits for it; what cannot be read by then stays in the file that was set aside
LARGEST = 4_000_000  # bytes of a row: a damaged length claims gigabytes, and pages that point in a circle deliver them
BATCH = 500  # parcels in one transaction
HIGHEST = 1 << 62
DAMAGED = object()  # instead of a row: it cannot be read

PARCELS = "seq, class, CAST(topic AS BLOB), CAST(body AS BLOB), CAST(correlation AS BLOB), crc, rung, at"
# one at a time: of several, the last one before a damaged page is lost (Python's cursor looks a row ahead)
UPWARDS = f"SELECT {PARCELS} FROM parcels WHERE seq > ? ORDER BY seq LIMIT 1"  # noqa: S608 - constants
DOWNWARDS = f"SELECT {PARCELS} FROM parcels WHERE seq < ? AND seq > ? ORDER BY seq DESC LIMIT 1"  # noqa: S608 - constants
INSERT = "INSERT OR IGNORE INTO parcels VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
TABLES = {"commands": 6, "counts": 2}  # → columns; without the first a command could be done twice

Row = tuple[int, int, str, bytes, bytes, int, int, int]

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)  # the last where SQLite quotes damaged text in its complaint


def crc_of(topic: bytes, body: bytes) -> int:
    """Return what vouches for a parcel."""
    return zlib.crc32(body, zlib.crc32(topic))


def salvage(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy every parcel that is whole, and the inbox; return how many parcels. Raises nothing for what is damaged."""
    saved = 0
    with contextlib.suppress(*UNREADABLE), closing(sqlite3.connect(damaged, isolation_level=None)) as db:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
        db.execute("PRAGMA locking_mode = EXCLUSIVE")  # needs no file more to read the WAL
        batch: list[Row] = []
        for row in _parcels(db):
            batch.append(row)
            if len(batch) == BATCH:
                saved += _keep(into, INSERT, batch)
                batch = []
        saved += _keep(into, INSERT, batch)
        for table, columns in TABLES.items():
            with contextlib.suppress(sqlite3.DatabaseError):
                insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * columns)})"  # noqa: S608 - constants
                _keep(into, insert, db.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - constants
    return saved


def _keep(into: sqlite3.Connection, insert: str, rows: list[Row]) -> int:
    into.execute("BEGIN IMMEDIATE")
    try:
        into.executemany(insert, rows)
    except BaseException:
        into.execute("ROLLBACK")
        raise
    into.execute("COMMIT")
    return len(rows)


def _parcels(db: sqlite3.Connection) -> Iterator[Row]:
    """Yield the parcels that are whole: upwards, and where a page cannot be read, back from behind it."""
    at, step, tries = -1, 0, 0
    until_s = time.monotonic() + LONGEST_S
    while tries < TRIES and time.monotonic() < until_s and at + step < HIGHEST:  # beyond it the root itself is gone
        row = _row(db, UPWARDS, at + step)
        if row is DAMAGED or (row is not None and row[0] <= at + step):  # a page of numbers may be damaged too
            tries, step = tries + 1, 2 * step or 1
            continue
        if step:
            yield from _back(db, HIGHEST if row is None else row[0], at)
        if row is None:
            return
        at, step = row[0], 0
        yield from _whole(row)


def _back(db: sqlite3.Connection, below: int, above: int) -> Iterator[Row]:
    row = _row(db, DOWNWARDS, below, above)
    while row is not None and row is not DAMAGED and above < row[0] < below:
        below = row[0]
        yield from _whole(row)
        row = _row(db, DOWNWARDS, below, above)


def _row(db: sqlite3.Connection, query: str, *numbers: int) -> Any:
    try:
        return db.execute(query, numbers).fetchone()
    except UNREADABLE:
        return DAMAGED


def _whole(row: tuple[object, ...]) -> Iterator[Row]:
    seq, class_, topic, body, correlation, crc, rung, at = row
    numbers = (seq, class_, crc, rung, at)
    if not isinstance(topic, bytes) or not isinstance(body, bytes) or not all(isinstance(n, int) for n in numbers):
        return
    if class_ in {0, 1, 2} and crc == crc_of(topic, body):
        yield seq, class_, topic.decode(errors="replace"), body, correlation, crc, rung, at  # type: ignore[misc]
