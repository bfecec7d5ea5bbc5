"""Dating: what was kept before the clock was set gets its right time once it is.

A record bears the wall time of its making. Where nobody believed that clock, the outbox notes beside the parcel what
it said at the moment at which the machine's own count of seconds began (`base`). Once the clock is set, that moment
is known, and the difference moves every stamp of the record. It then says `rtc`: carried by our own count of seconds.
What has been handed out stays as it is, `unsynced`: no number has two contents. So does what another boot of the
machine left behind: how long it was switched off, nobody knows.
"""

import re
import sqlite3
import zlib
from datetime import UTC, datetime, timedelta

from lampyre.clock import Clock, boot_id
from lampyre.records import Priority
from lampyre.sync.room import Room
from lampyre.sync.salvage import crc_of

UNSET, DATED = b'"time_quality":"unsynced"', b'"time_quality":"rtc"'
STAMP = re.compile(rb'(?<=":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=(?:\.\d{1,6})?Z")')  # of a text only a quote begins one
AHEAD_S = 60 * 86400  # a record tells of what is to come in days; a stamp later than that was of a better clock too
BATCH = 500  # parcels in one transaction
KERNEL = "kernel"  # which boot of the machine the noted ones are of

SCHEMA = "CREATE TABLE IF NOT EXISTS undated (seq INTEGER PRIMARY KEY, base INTEGER NOT NULL)"
NOTE = "INSERT OR REPLACE INTO undated VALUES (?, ?)"
NEXT = """SELECT seq, base, class, CAST(topic AS BLOB), CAST(body AS BLOB), crc
    FROM undated LEFT JOIN parcels USING (seq) ORDER BY seq LIMIT ?"""


def base_of(clock: Clock) -> int:
    """Return the wall time, seconds since 1970, at which by this clock our count of seconds began; never 0."""
    return round(clock.now().timestamp() - clock.monotonic()) or 1


def begin(db: sqlite3.Connection) -> bool:
    """Make the table; forget what another boot of the machine noted; return whether anything is noted."""
    db.execute(SCHEMA)
    kernel = zlib.crc32(boot_id().encode())
    if db.execute("SELECT value FROM counts WHERE name = ?", (KERNEL,)).fetchone() != (kernel,):
        db.execute("DELETE FROM undated")
        db.execute("INSERT OR REPLACE INTO counts VALUES (?, ?)", (KERNEL, kernel))
    return db.execute("SELECT 1 FROM undated LIMIT 1").fetchone() is not None


def note(db: sqlite3.Connection, seq: int, body: bytes, base: int) -> bool:
    """Note of a parcel that is being put that its stamps are not to be believed; return whether that is so."""
    if not base or UNSET not in body:
        return False
    db.execute(NOTE, (seq, base))
    return True


def date(db: sqlite3.Connection, room: Room, own: int, base: int, now_s: int) -> tuple[int, bool]:
    """Date what is noted, BATCH parcels at a time; return how many were, and whether there are more.

    `base` and `now_s` (since 1970) are of the clock that was set; `own`: the first number of this start, since of
    alarms only those are known not to have been handed out.
    """
    rows = db.execute(NEXT, (BATCH,)).fetchall()
    moved = 0
    for seq, was, class_, topic, body, crc in rows:
        if class_ is None or crc != crc_of(topic, body) or seq <= room.handed[Priority(class_)]:
            continue
        if class_ != Priority.SUMMARY and seq < own:
            continue
        new = dated(body, base - was, range(was, now_s + AHEAD_S - (base - was)))
        db.execute("UPDATE parcels SET body = ?, crc = ? WHERE seq = ?", (new, crc_of(topic, new), seq))
        room.tally.sizes[Priority(class_)] += len(new) - len(body)
        moved += 1
    db.executemany("DELETE FROM undated WHERE seq = ?", [(row[0],) for row in rows])
    return moved, len(rows) == BATCH


def dated(body: bytes, by_s: int, within: range) -> bytes:
    """Return a record whose stamps within that range (seconds since 1970) are moved by so many seconds.

    Others are of a better clock, from before the machine started: when a bin was emptied, say.
    """

    def move(found: re.Match[bytes]) -> bytes:
        try:
            at = datetime.fromisoformat(found[0].decode()).replace(tzinfo=UTC)
            if int(at.timestamp()) not in within:
                return found[0]
            moved = at + timedelta(seconds=by_s)
            if not at.second:  # it was told to the minute, and stays so
                moved = (moved + timedelta(seconds=30)).replace(second=0)
            return moved.isoformat()[:19].encode()
        except (OverflowError, ValueError):
            return found[0]

    return STAMP.sub(move, body).replace(UNSET, DATED, 1)
