"""The store: parcels in the outbox's file, in order and within limits; used by one thread alone."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lampyre.errors import OutboxError, OutboxFull
from lampyre.records import Parcel, Priority
from lampyre.sync import dating
from lampyre.sync.database import Database
from lampyre.sync.limits import Limits
from lampyre.sync.room import ROW_BYTES, SIZE, Room
from lampyre.sync.salvage import crc_of
from lampyre.sync.tally import Became, Tally

Body = bytes | Callable[[int], bytes]  # a function gets the parcel's seq and returns the bytes to send

PARKED_LIMIT = 100  # refused parcels kept
PARKED_BODY_LIMIT = 4096  # bytes kept of each: enough to see what it was
HANDED_BLOCK = 500  # summaries handed out for each time that it is written down: twenty commits a day
PROBE_BYTES = 16_384  # a disk that takes so much takes an alarm, and does not seem well only until the next one
DAY_S = 86_400

# read as bytes: what rotted may no longer be text
BYTES = "CAST(topic AS BLOB), CAST(body AS BLOB), CAST(correlation AS BLOB)"
NEXT = f"SELECT seq, {BYTES}, crc FROM parcels WHERE class = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - constants
COUNT = f"SELECT class, COUNT(*), SUM({SIZE}) FROM parcels WHERE class IN (0, 1, 2) GROUP BY class"  # noqa: S608 - constants
KEEP_PARKED = "DELETE FROM parked WHERE seq NOT IN (SELECT seq FROM parked ORDER BY seq DESC LIMIT ?)"
OLDEST = "SELECT seq, at FROM parcels WHERE class = ? ORDER BY seq"
# an answer is remembered as long as its command could come again, which is at most a day after it expired
FORGOTTEN = "DELETE FROM commands WHERE reply IS NOT NULL AND expires < ?"


@dataclass(frozen=True, slots=True)
class Put:
    """A parcel to be: what `Outbox.put` was given."""

    topic: str
    body: Body
    priority: Priority
    correlation: bytes = b""
    command_id: str = ""  # of a reply: the command that it answers, remembered in the same transaction
    at: int = 0  # seconds since 1970, 0 where no clock is trusted
    base: int = 0  # see `dating`; 0: the clock was trusted ever since the start


@dataclass(frozen=True, slots=True)
class Parked:
    """A parcel that nobody will take, and why."""

    parcel: Parcel
    reason: str
    at: int = 0  # seconds since 1970, 0 where no clock is trusted


class Store:
    """The parcels. Each method is one transaction and raises OutboxError; after an error nothing has changed."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.file = Database(path)
        self._limits = limits
        self._next = self.file.first
        self._at = 0  # of the youngest parcel: where no clock is trusted, the next one is at least as young
        self._handed = 0  # highest number of a summary that may be outside, as written in the file
        self.room = Room(limits, Tally())
        self.undated = False  # whether some parcels bear stamps that nobody believed
        try:
            self._count()
        except BaseException:
            self.file.close()  # it would keep the file locked against the next try
            raise

    @property
    def tally(self) -> Tally:
        """What it holds."""
        return self.room.tally

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
                if self.tally.became != tally.became:
                    db.executemany("INSERT OR REPLACE INTO counts VALUES (?, ?)", self.tally.became.items())
        except BaseException:
            self.room.tally, self._next = tally, following
            self.room.forget()
            if self.file.quarantined != quarantined:
                self._count()
            raise

    def commit(self, puts: Sequence[Put], done: Sequence[int], parked: Sequence[Parked]) -> list[int | OutboxFull]:
        """Forget `done`, park, add `puts`; return each put's number, or why it found no room."""
        try:
            return self._commit(puts, done, parked)
        except OutboxFull:
            if not (done or parked) or not puts:
                raise
            self._commit((), done, parked)  # what leaves makes room, and must not wait for what comes
            return self._commit(puts, (), ())

    def _commit(self, puts: Sequence[Put], done: Sequence[int], parked: Sequence[Parked]) -> list[int | OutboxFull]:
        if puts:
            self.file.reserve(self._next + len(puts))
        with self.transaction() as db:
            self.room.remove(db, done)
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
                    if crc == crc_of(topic, body):
                        sound.append(parcel)
                    else:
                        rotten.append(Parked(parcel, "damaged on the disk"))
        if rotten:
            with self.transaction() as db:
                self._park(db, rotten)
                self.tally.became.damaged += len(rotten)
            if not sound:
                return self.after(cursors, limit)  # they are gone now: look behind them
        return self._hand_out(sound)

    def _hand_out(self, parcels: list[Parcel]) -> list[Parcel]:
        """Note what may be outside from now on, on the disk ahead of it; a summary waits until that is written."""
        last = max((parcel.seq for parcel in parcels if parcel.priority is Priority.SUMMARY), default=0)
        if last > self._handed:
            try:
                with self.transaction() as db:
                    db.execute("INSERT OR REPLACE INTO counts VALUES ('handed', ?)", (last + HANDED_BLOCK,))
                self._handed = last + HANDED_BLOCK
            except OutboxError:
                others = [one for one in parcels if one.priority is not Priority.SUMMARY or one.seq <= self._handed]
                if not others:
                    raise
                parcels = others
        for parcel in parcels:
            self.room.handed[parcel.priority] = max(parcel.seq, self.room.handed[parcel.priority])
        return parcels

    def touch(self) -> None:
        """Write as much as a few summaries, and take it back, to see whether the disk takes it."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO parked VALUES (-1, '', zeroblob(?), '', 0)", (PROBE_BYTES,))
        with self.transaction() as db:
            db.execute("DELETE FROM parked WHERE seq = -1")

    def date(self, base: int, now_s: int) -> int:
        """Give their right time to parcels put before the clock was set; return how many (see `dating`)."""
        with self.transaction() as db:
            moved, self.undated = dating.date(db, self.room, self.file.first, base, now_s)
        return moved

    def purge(self, now_s: int) -> int:
        """Forget what is older than its class is kept, so that no byte of it stays in the file; return how many."""
        before = self.tally.became.expired
        with self.transaction() as db:
            for priority in Priority:
                self.tally.became.expired += self.room.remove(db, self._expired(db, priority, now_s))
            db.execute("UPDATE parked SET at = ? WHERE at = 0 OR at > ?", (now_s, now_s))
            aside = db.execute("DELETE FROM parked WHERE at < ?", (now_s - self._limits.parked_days * DAY_S,)).rowcount
            aside += db.execute(FORGOTTEN, (now_s - DAY_S,)).rowcount
        self.file.forget_damaged(now_s - self._limits.parked_days * DAY_S)
        expired = self.tally.became.expired - before
        if expired or aside:
            self.file.tidy(wholly=True)
        return expired

    def _expired(self, db: sqlite3.Connection, priority: Priority, now_s: int) -> list[int]:
        """Return the numbers of what is too old, and give a date to what was put before there was one."""
        before_s = now_s - self._limits.days[priority] * DAY_S
        going, undated = [], []
        with closing(db.execute(OLDEST, (priority,))) as oldest:
            for seq, at in oldest:
                if 0 < at < before_s:
                    going.append(seq)
                elif at == 0 or at > now_s:
                    undated.append((now_s, seq))
                else:
                    break  # numbers and dates grow together
        db.executemany("UPDATE parcels SET at = ? WHERE seq = ?", undated)
        return going

    def parked(self) -> list[tuple[int, str, str]]:
        """Return (seq, topic, reason) of the parked parcels, oldest first."""
        with self.file.transaction() as db:
            return db.execute("SELECT seq, topic, reason FROM parked WHERE seq >= 0 ORDER BY seq").fetchall()

    def _count(self) -> None:
        tally = Tally()
        with self.file.transaction() as db:
            for priority, number, size in db.execute(COUNT):
                tally.waiting[Priority(priority)], tally.sizes[Priority(priority)] = number, size
            known = dict(db.execute("SELECT name, value FROM counts"))
            self._at = next((at for (at,) in db.execute("SELECT at FROM parcels ORDER BY seq DESC LIMIT 1")), self._at)
            self.undated = dating.begin(db)
        tally.became = Became(**{name: known.get(name, 0) for name, _ in tally.became.items()})
        self.room = Room(self._limits, tally)
        unknown = self.newest if self.file.set_aside else 0  # where it was lost, all may be outside
        self._handed = self.room.handed[Priority.SUMMARY] = max(known.get("handed", unknown), self._handed)

    def _add(self, db: sqlite3.Connection, put: Put) -> int | OutboxFull:
        seq = self._next
        body = put.body if isinstance(put.body, bytes) else put.body(seq)
        size = len(put.topic.encode()) + len(body) + len(put.correlation) + ROW_BYTES
        if not self.room.make(db, size, put.priority):
            return OutboxFull(f"{self.file.path}: {size} bytes for {put.topic} find no room in {self._limits.bytes}")
        self._next += 1
        self._at = put.at or self._at
        row = (seq, put.priority, put.topic, body, put.correlation, crc_of(put.topic.encode(), body), 0, self._at)
        db.execute("INSERT INTO parcels VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        if put.priority is not Priority.REPLY and dating.note(db, seq, body, put.base):
            self.undated = True
        if put.command_id:
            db.execute("UPDATE commands SET reply = ? WHERE id = ?", (body, put.command_id))
        self.tally.add(put.priority, size)
        return seq

    def _park(self, db: sqlite3.Connection, parked: Sequence[Parked]) -> None:
        if not parked:
            return
        self.room.remove(db, [each.parcel.seq for each in parked])
        self.tally.became.parked += len(parked)
        rows = [
            (p.parcel.seq, p.parcel.topic, p.parcel.body[:PARKED_BODY_LIMIT], p.reason, p.at or self._at)
            for p in parked
        ]
        db.executemany("INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?)", rows)
        db.execute(KEEP_PARKED, (PARKED_LIMIT,))
