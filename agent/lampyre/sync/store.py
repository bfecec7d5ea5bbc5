"""The store: parcels in the outbox's file, in order and within limits; used by one thread alone."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lampyre.errors import OutboxFull
from lampyre.records import Parcel, Priority
from lampyre.sync.database import Database

Body = bytes | Callable[[int], bytes]  # a function gets the parcel's seq and returns the bytes to send

ROW_BYTES = 100  # what SQLite adds to a parcel (row, index, page slack), rounded up
RESERVE = 1 / 8  # of the limit, which summaries never use: room for alarms and replies when the broker is away
PARKED_LIMIT = 100  # refused parcels kept
PARKED_BODY_LIMIT = 4096  # bytes kept of each: enough to see what it was

SIZE = f"(LENGTH(CAST(topic AS BLOB)) + LENGTH(body) + LENGTH(correlation) + {ROW_BYTES})"
# read as bytes: what rotted may no longer be text
BYTES = "CAST(topic AS BLOB), CAST(body AS BLOB), CAST(correlation AS BLOB)"
NEXT = f"SELECT seq, {BYTES}, crc FROM parcels WHERE class = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - constants
REMOVE = f"DELETE FROM parcels WHERE seq = ? RETURNING class, {SIZE}"  # noqa: S608 - constants
OLDEST = f"SELECT seq, {SIZE} FROM parcels WHERE class = {Priority.SUMMARY.value} ORDER BY seq"  # noqa: S608 - constants
COUNT = f"SELECT class, COUNT(*), SUM({SIZE}) FROM parcels WHERE class IN (0, 1, 2) GROUP BY class"  # noqa: S608 - constants
KEEP_PARKED = "DELETE FROM parked WHERE seq NOT IN (SELECT seq FROM parked ORDER BY seq DESC LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Put:
    """A parcel to be: what `Outbox.put` was given."""

    topic: str
    body: Body
    priority: Priority
    correlation: bytes = b""
    command_id: str = ""  # of a reply: the command that it answers, remembered in the same transaction


@dataclass(frozen=True, slots=True)
class Parked:
    """A parcel that nobody will take, and why."""

    parcel: Parcel
    reason: str


@dataclass(slots=True)
class Tally:
    """What the file holds and what became of parcels since it was made."""

    waiting: dict[Priority, int]
    bytes: int = 0  # by our own count: topic, body and ROW_BYTES of each parcel
    parked: int = 0
    thinned: int = 0
    damaged: int = 0

    def became(self) -> dict[str, int]:
        """Return the part that is kept in the file."""
        return {"parked": self.parked, "thinned": self.thinned, "damaged": self.damaged}

    def copy(self) -> "Tally":
        """Return the same numbers, to go back to."""
        return Tally(dict(self.waiting), self.bytes, self.parked, self.thinned, self.damaged)


class Store:
    """The parcels. Each method is one transaction and raises OutboxError; after an error nothing has changed."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self.file = Database(path)
        self._limit = limit_bytes
        self._next = self.file.first
        self.tally = self._count()

    @property
    def newest(self) -> int:
        """The highest number given so far."""
        return self._next - 1

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, our own numbers included."""
        tally, following, quarantined = self.tally.copy(), self._next, self.file.quarantined
        try:
            with self.file.transaction() as db:
                yield db
                if self.tally.became() != tally.became():
                    db.executemany("INSERT OR REPLACE INTO counts VALUES (?, ?)", self.tally.became().items())
        except BaseException:
            self.tally, self._next = tally, following
            if self.file.quarantined != quarantined:
                self.tally = self._count()
            raise

    def commit(self, puts: Sequence[Put], done: Sequence[int], parked: Sequence[Parked]) -> list[int | OutboxFull]:
        """Forget `done`, park, add `puts`; return each put's number, or why it found no room."""
        self.file.reserve(self._next + len(puts))
        try:
            return self._commit(puts, done, parked)
        except OutboxFull:
            if not (done or parked) or not puts:
                raise
            self._commit((), done, parked)  # what leaves makes room, and must not wait for what comes
            return self._commit(puts, (), ())

    def _commit(self, puts: Sequence[Put], done: Sequence[int], parked: Sequence[Parked]) -> list[int | OutboxFull]:
        with self.transaction() as db:
            self._remove(db, done)
            self._park(db, parked)
            return [self._add(db, put) for put in puts]

    def after(self, cursors: Mapping[Priority, int], limit: int) -> list[Parcel]:
        """Return the next parcels behind the cursor of each class, alarms first; what rotted on the disk is parked."""
        sound: list[Parcel] = []
        rotten: list[Parked] = []
        with self.file.transaction() as db:
            for priority in Priority:
                rows = db.execute(NEXT, (priority, cursors[priority], limit - len(sound)))
                for seq, topic, body, correlation, crc in rows.fetchall():
                    parcel = Parcel(seq, topic.decode(errors="replace"), body, priority, correlation)
                    if crc == _crc(topic, body):
                        sound.append(parcel)
                    else:
                        rotten.append(Parked(parcel, "damaged on the disk"))
        if rotten:
            with self.transaction() as db:
                self._park(db, rotten)
                self.tally.damaged += len(rotten)
            return sound or self.after(cursors, limit)  # they are gone now: look behind them
        return sound

    def parked(self) -> list[tuple[int, str, str]]:
        """Return (seq, topic, reason) of the parked parcels, oldest first."""
        with self.file.transaction() as db:
            return db.execute("SELECT seq, topic, reason FROM parked ORDER BY seq").fetchall()

    def _count(self) -> Tally:
        tally = Tally(dict.fromkeys(Priority, 0))
        with self.file.transaction() as db:
            for priority, number, size in db.execute(COUNT):
                tally.waiting[Priority(priority)] = number
                tally.bytes += size
            known = dict(db.execute("SELECT name, value FROM counts"))
        tally.parked, tally.thinned, tally.damaged = (known.get(name, 0) for name in tally.became())
        return tally

    def _add(self, db: sqlite3.Connection, put: Put) -> int | OutboxFull:
        seq = self._next
        body = put.body if isinstance(put.body, bytes) else put.body(seq)
        size = len(put.topic.encode()) + len(body) + len(put.correlation) + ROW_BYTES
        limit = self._limit * (1 - RESERVE) if put.priority is Priority.SUMMARY else self._limit
        if not self._make_room(db, size, limit):
            return OutboxFull(f"{self.file.path}: {size} bytes for {put.topic} find no room in {self._limit}")
        self._next += 1
        row = (seq, put.priority, put.topic, body, put.correlation, _crc(put.topic.encode(), body))
        db.execute("INSERT INTO parcels VALUES (?, ?, ?, ?, ?, ?)", row)
        if put.command_id:
            db.execute("UPDATE commands SET reply = ? WHERE id = ?", (body, put.command_id))
        self.tally.waiting[put.priority] += 1
        self.tally.bytes += size
        return seq

    def _make_room(self, db: sqlite3.Connection, size: int, limit: float) -> bool:
        """Let the oldest summaries go until `size` fits; False, and none goes, if even all of them would not do."""
        need = self.tally.bytes + size - limit
        if need <= 0:
            return True
        going = []
        with closing(db.execute(OLDEST)) as oldest:
            for seq, freed in oldest:
                going.append(seq)
                need -= freed
                if need <= 0:
                    break
        if need > 0:
            return False
        self.tally.thinned += self._remove(db, going)
        return True

    def _remove(self, db: sqlite3.Connection, seqs: Sequence[int]) -> int:
        removed = 0
        for seq in seqs:
            for priority, size in db.execute(REMOVE, (seq,)).fetchall():
                self.tally.waiting[Priority(priority)] -= 1
                self.tally.bytes -= size
                removed += 1
        return removed

    def _park(self, db: sqlite3.Connection, parked: Sequence[Parked]) -> None:
        if not parked:
            return
        self._remove(db, [each.parcel.seq for each in parked])
        self.tally.parked += len(parked)
        rows = [(p.parcel.seq, p.parcel.topic, p.parcel.body[:PARKED_BODY_LIMIT], p.reason) for p in parked]
        db.executemany("INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?)", rows)
        db.execute(KEEP_PARKED, (PARKED_LIMIT,))


def _crc(topic: bytes, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(topic))
