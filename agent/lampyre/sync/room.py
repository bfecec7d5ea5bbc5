"""Room: who gives way when the outbox is full. Summaries are merged before any is dropped, alarms yield to none.

| class | may fill | beyond it |
|---|---|---|
| alarm | its share, then what summaries leave or make free | superseded ones of its own go, oldest first, counted |
| reply | its share | the oldest replies go, counted |
| summary | the rest | quarters of an hour become hours, hours days; then the oldest go, counted |

A summary that was handed out is never merged: the broker may have it. So the merged one can bear the number of its
youngest part, which nobody outside has seen: order by number stays order by time, and no number has two contents.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from lampyre.records import Priority
from lampyre.sync.limits import Limits
from lampyre.sync.merging import DAY, HOUR, Stretch, merge, model_of, read, stretch
from lampyre.sync.messages import numbered
from lampyre.sync.salvage import crc_of
from lampyre.sync.tally import Tally

ROW_BYTES = 100  # what SQLite adds to a parcel (row, index, page slack), rounded up
CHUNK = 65_536  # bytes made free at once, so that not every parcel makes its own room
FOLD = 1 / 16  # of the alarms' share: as much more must come before superseded ones are looked for again

START = re.compile(rb'"start":"([^"]{16,40})"')
SIZE = f"(LENGTH(CAST(topic AS BLOB)) + LENGTH(body) + LENGTH(correlation) + {ROW_BYTES})"
REMOVE = f"DELETE FROM parcels WHERE seq = ? RETURNING class, {SIZE}"  # noqa: S608 - constants
OLDEST = f"SELECT seq, {SIZE} FROM parcels WHERE class = ? ORDER BY seq"  # noqa: S608 - constants
NEWEST = "SELECT body FROM parcels WHERE class = ? ORDER BY seq DESC LIMIT 1"
ON_RUNG = f"""SELECT seq, CAST(topic AS BLOB), CAST(body AS BLOB), {SIZE} FROM parcels
    WHERE class = {Priority.SUMMARY.value} AND seq > ? AND rung = ? ORDER BY seq"""  # noqa: S608 - constants
ALARMS = f"SELECT seq, CAST(body AS BLOB), {SIZE} FROM parcels WHERE class = 0 ORDER BY seq"  # noqa: S608 - constants
PART = "SELECT CAST(topic AS BLOB), CAST(body AS BLOB), crc FROM parcels WHERE seq = ?"
REWRITE = "UPDATE parcels SET body = ?, crc = ?, rung = ? WHERE seq = ?"


@dataclass(slots=True)
class _Run:
    """Neighbours of one stream in one stretch."""

    of: Stretch
    seqs: list[int] = field(default_factory=list)
    gain: int = 0  # bytes that making one of them will free, about
    _most: int = 0

    def add(self, seq: int, size: int) -> None:
        self.seqs.append(seq)
        self.gain += min(size, self._most)
        self._most = max(size, self._most)


class Room:
    """Makes room within one transaction of the store; `tally` is what it counts in."""

    def __init__(self, limits: Limits, tally: Tally) -> None:
        self.limits = limits
        self.tally = tally
        self.handed = dict.fromkeys(Priority, 0)  # highest number that may be outside, by class
        self.forget()

    def forget(self) -> None:
        """A transaction was rolled back: look at everything again."""
        self._climbed = {HOUR: 0, DAY: 0}  # below it nothing is left to make hours, or days, of
        self._idle: dict[int, Stretch | None] = {HOUR: None, DAY: None}  # stretch in which nothing was over
        self._fold_from = 0  # bytes of alarms

    def make(self, db: sqlite3.Connection, size: int, priority: Priority) -> bool:
        """Make room for a parcel; False, and none is dropped, if there can be none."""
        if priority is Priority.REPLY:
            return self._for_reply(db, size)
        limits, sizes = self.limits, self.tally.sizes
        over = sizes[Priority.ALARM] + sizes[Priority.SUMMARY] + size - (limits.bytes - limits.replies)
        if priority is Priority.SUMMARY:
            over = max(over, sizes[Priority.SUMMARY] + size - limits.summaries)
        elif sizes[Priority.ALARM] + size <= limits.alarms:
            self._fold_from = 0
        elif sizes[Priority.ALARM] + size > self._fold_from:
            over -= self._fold(db, size)
        return over <= 0 or self._from_summaries(db, over)

    def remove(self, db: sqlite3.Connection, seqs: Iterable[int]) -> int:
        """Forget parcels; return how many were there."""
        removed = 0
        for seq in seqs:
            for priority, size in db.execute(REMOVE, (seq,)).fetchall():
                self.tally.drop(Priority(priority), size)
                removed += 1
        return removed

    def _for_reply(self, db: sqlite3.Connection, size: int) -> bool:
        if size > self.limits.replies:
            return False
        over = self.tally.sizes[Priority.REPLY] + size - self.limits.replies
        if over > 0:
            self.tally.became.unanswered += self._drop_oldest(db, Priority.REPLY, over)
        return True

    def _from_summaries(self, db: sqlite3.Connection, over: int) -> bool:
        if over > self.tally.sizes[Priority.SUMMARY]:
            return False
        freed = 0
        for rung in (HOUR, DAY):
            if freed < over:
                freed += self._climb(db, rung, over + CHUNK - freed)
        if freed < over:
            self.tally.became.thinned += self._drop_oldest(db, Priority.SUMMARY, over - freed)
        return True

    def _drop_oldest(self, db: sqlite3.Connection, priority: Priority, need: int) -> int:
        going = []
        with closing(db.execute(OLDEST, (priority,))) as oldest:
            for seq, size in oldest:
                if need <= 0:
                    break
                going.append(seq)
                need -= size
        return self.remove(db, going)

    def _fold(self, db: sqlite3.Connection, size: int) -> int:
        """Let alarms go, oldest first, after which the same asset told the same event again; return bytes freed."""
        least = self.limits.alarms * (1 - FOLD) - size
        known = [(seq, _about(body), freed) for seq, body, freed in db.execute(ALARMS)]
        newest = {about: seq for seq, about, _ in known if about is not None}
        freed_all = 0
        for seq, about, freed in known:
            if self.tally.sizes[Priority.ALARM] <= least:
                break
            if about is not None and seq < newest[about] and seq > self.handed[Priority.ALARM]:
                self.tally.became.folded += self.remove(db, (seq,))
                freed_all += freed
        self._fold_from = self.tally.sizes[Priority.ALARM] + int(self.limits.alarms * FOLD)
        return freed_all

    def _climb(self, db: sqlite3.Connection, rung: int, need: int) -> int:
        """Merge what is one rung lower, stretch by stretch, oldest first; return the bytes that it freed."""
        freed = 0
        for group in self._groups(db, rung, need):
            freed += self._merge(db, rung, group)
        return freed

    def _groups(self, db: sqlite3.Connection, rung: int, need: int) -> list[list[int]]:
        """Return the numbers of neighbours in one stream and one hour, or day, that is over: enough to free `need`."""
        newest = _start(next((body for (body,) in db.execute(NEWEST, (Priority.SUMMARY,))), b""))
        growing = None if newest is None else stretch(newest, rung, self.limits.zone)
        if growing is not None and self._idle[rung] == growing:
            return []  # nothing was over at the last look, and nothing has ended since
        whole: list[list[int]] = []
        runs: dict[bytes, _Run] = {}
        begin = max(self._climbed[rung], self.handed[Priority.SUMMARY])
        with closing(db.execute(ON_RUNG, (begin, rung - 1))) as rows:
            for seq, topic, body, size in rows:
                start = _start(body)
                if start is None or model_of(topic.decode(errors="replace")) is None:
                    continue
                of = stretch(start, rung, self.limits.zone)
                run = runs.setdefault(topic, _Run(of))
                if run.of != of:
                    whole.append(run.seqs)
                    need -= run.gain
                    run = runs[topic] = _Run(of)
                    if need <= 0:
                        del runs[topic]  # it begins with this one, and the next look with it
                        break
                run.add(seq, size)
            else:
                whole += [run.seqs for run in runs.values() if run.of != growing]
                runs = {topic: run for topic, run in runs.items() if run.of == growing}
                self._idle[rung] = None if whole else growing
        self._climbed[rung] = max(begin, min((run.seqs[0] - 1 for run in runs.values()), default=begin))
        return whole

    def _merge(self, db: sqlite3.Connection, rung: int, seqs: Sequence[int]) -> int:
        """Make one parcel of several, with the number of the youngest; return the bytes that it freed."""
        youngest = seqs[-1]
        if len(seqs) == 1:
            db.execute("UPDATE parcels SET rung = ? WHERE seq = ?", (rung, youngest))
            return 0
        rows = [row for seq in seqs for row in db.execute(PART, (seq,))]
        parts = [read(topic.decode(), body) for topic, body, crc in rows if crc == crc_of(topic, body)]
        sound = [part for part in parts if part is not None]
        one = merge(sound) if len(sound) == len(seqs) else None
        if one is None:  # a part is damaged: it will be parked when its turn comes
            return 0
        before = self.tally.sizes[Priority.SUMMARY]
        body = numbered(one)(youngest)
        self.tally.became.merged += self.remove(db, seqs[:-1])
        self.tally.sizes[Priority.SUMMARY] += len(body) - len(rows[-1][1])
        db.execute(REWRITE, (body, crc_of(rows[-1][0], body), rung, youngest))
        return before - self.tally.sizes[Priority.SUMMARY]


def _start(body: bytes) -> datetime | None:
    found = START.search(body)
    try:
        return datetime.fromisoformat(found[1].decode()) if found else None
    except ValueError:
        return None


def _about(body: bytes) -> tuple[str, str] | None:
    """Return whose alarm it is and of what, None where it cannot be read."""
    try:
        said = json.loads(body)
        return str(said["asset"]), str(said["event"])
    except (ValueError, TypeError, KeyError):
        return None
