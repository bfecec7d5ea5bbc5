"""The outbox's file: SQLite that is opened, locked, set aside when damaged, and numbered so that no number returns."""

import errno
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lampyre import statefile
from lampyre.errors import OutboxBroken, OutboxError, OutboxFull, OutboxHeld
from lampyre.sync.salvage import salvage

SEQ_BLOCK = 1000  # numbers reserved at once: one more file to sync for every 1000 parcels and every start
QUARANTINE_LIMIT = 3  # damaged files kept for whoever wants to look; more would fill the card
CHECKPOINT_PAGES = 256  # the WAL is folded back at 1 MB, so that it stays small beside the limit
FAR, FAR_BITS = 1 << 50, 49  # where nothing tells which numbers were given: they repeat none, and stay below the lent
NO_SPACE = "{path}: the disk has no space left for parcels; free some"
LOCK_LIMIT_S = 1.0  # nobody else should hold the file at all

# `at`: seconds since 1970 when it was put, 0 while no clock is trusted; `rung`: how far a summary was merged
SCHEMA = """
CREATE TABLE IF NOT EXISTS parcels (seq INTEGER PRIMARY KEY, class INTEGER NOT NULL, topic TEXT NOT NULL,
    body BLOB NOT NULL, correlation BLOB NOT NULL, crc INTEGER NOT NULL,
    rung INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS in_order ON parcels (class, seq);
CREATE TABLE IF NOT EXISTS parked (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, body BLOB NOT NULL,
    reason TEXT NOT NULL, at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS commands (id TEXT PRIMARY KEY, expires REAL NOT NULL, kind TEXT NOT NULL,
    reply_topic TEXT NOT NULL, correlation BLOB NOT NULL, reply BLOB);
"""
ADDED = (("parcels", "rung"), ("parcels", "at"), ("parked", "at"))  # columns that the first files did not have
# what SQLite says when not the file but its surroundings are at fault: nothing to set aside
BLAMELESS = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
}


class Database:
    """One file, one connection, one thread.

    Numbers never repeat, whatever happens to the database: `NAME.mark` beside it, written durably, holds a
    number above all that were given, and each start goes on from there. So there are gaps, never repetitions;
    where that file and the database are both damaged, counting begins anew at a number that was drawn.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark_path = path.with_name(path.name + ".mark")
        self._reserved = 0
        self.set_aside = 0  # damaged files set aside since this start
        self.salvaged = 0  # parcels read from them
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = self._open_or_rebuild()
            try:
                self._begin()
            except BaseException:
                self.db.close()  # it would keep the file locked against the next try
                raise

    def _begin(self) -> None:
        """Find out with which numbers to go on."""
        mark, marred = self._read_mark(), self.set_aside > 0 or self._mark_path.exists()
        known = dict(self.db.execute("SELECT name, value FROM counts"))
        newest = self.db.execute("SELECT COALESCE(MAX(seq), 0) FROM parcels").fetchone()[0]
        self.boot: int = max(mark.get("boot", 0), known.get("boot", 0)) + 1  # how often it was opened, ever
        self.quarantined: int = mark.get("quarantined", 0)  # damaged files set aside, ever
        self.first: int = max(mark.get("seq", 1), known.get("mark", 1), newest + 1)  # the first number to give
        if marred and "seq" not in mark and "mark" not in known:
            self.first = max(self.first, FAR + random.SystemRandom().getrandbits(FAR_BITS))
        self.reserve(self.first)

    def reserve(self, upto: int) -> None:
        """See to it that numbers up to and including `upto` will not be given again after a restart."""
        if upto < self._reserved:
            return
        with _told(self.path):
            reserved = upto + SEQ_BLOCK
            marks = {"seq": reserved, "boot": self.boot, "quarantined": self.quarantined}
            statefile.keep(self._mark_path, json.dumps(marks))
            self._reserved = reserved
            copy = [("mark", reserved), ("boot", self.boot)]
            self.db.executemany("INSERT OR REPLACE INTO counts VALUES (?, ?)", copy)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a damaged file is set aside and rebuilt, and the caller hears OutboxBroken."""
        try:
            with _told(self.path):
                self.db.execute("BEGIN IMMEDIATE")
                yield self.db
                self.db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            before = self.salvaged
            self._rebuild()
            saved = f"{self.salvaged - before} parcels could be read from it"
            raise OutboxBroken(f"{self.path}: damaged, set aside and begun anew; {saved}") from error
        except BaseException:
            self._roll_back()
            raise

    def tidy(self, *, wholly: bool = False) -> None:
        """Give freed pages back to the disk; `wholly`: nothing of what was in them stays in the WAL either."""
        with _told(self.path):
            self.db.executescript("PRAGMA incremental_vacuum")  # execute() would step once and free one page
            how = "TRUNCATE" if wholly else "RESTART"  # the latter keeps the WAL's space: room on a full disk
            self.db.execute(f"PRAGMA wal_checkpoint({how})").fetchall()

    def forget_damaged(self, before_s: float) -> None:
        """Delete damaged files that were last written before that moment (seconds since 1970)."""
        with _told(self.path):
            for old in self.path.parent.glob(f"{self.path.name}.damaged-*"):
                if old.stat().st_mtime < before_s:
                    old.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes on the disk: the file and its WAL."""
        wal = self.path.with_name(self.path.name + "-wal")
        return sum(path.stat().st_size for path in (self.path, wal) if path.exists())

    def close(self) -> None:
        """Fold the WAL back and close the file."""
        with _told(self.path):
            self.db.close()

    def _open_or_rebuild(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else sqlite3.SQLITE_CORRUPT
            forbidden = code == sqlite3.SQLITE_READONLY and not os.access(self.path, os.W_OK)
            if code in BLAMELESS or forbidden:
                raise
            return self._begin_anew()

    def _begin_anew(self) -> sqlite3.Connection:
        """Set the damaged file aside, make a new one, and copy what can be read."""
        aside = self._quarantine()
        db = self._open()
        try:
            self.salvaged += salvage(aside, db)
        except BaseException:
            db.close()
            raise
        return db

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=LOCK_LIMIT_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")  # two agents on one outbox would number alike
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # holds for a new file, ahead of its first table
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")  # NORMAL lost half of the committed rows in real power cuts
            db.execute("PRAGMA secure_delete = FAST")  # what leaves a page leaves no trace in it
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            db.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_PAGES * 4096}")
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("quick_check")
            db.executescript(SCHEMA)
            for table, column in ADDED:
                if column not in {row[1] for row in db.execute(f"PRAGMA table_info({table})")}:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
        except UnicodeDecodeError as error:  # SQLite quotes damaged text in its complaint, and Python cannot read that
            db.close()
            raise sqlite3.DatabaseError("damaged text") from error
        except BaseException:
            db.close()
            raise
        return db

    def _rebuild(self) -> None:
        self._roll_back()
        with _told(self.path):
            self.db.close()
            self.db = self._begin_anew()
            upto, self._reserved = self._reserved, 0
            self.reserve(upto)

    def _roll_back(self) -> None:
        try:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
        except sqlite3.Error:  # a failing disk has rolled back already; the error that led here says more
            pass

    def _quarantine(self) -> Path:
        """Move the damaged file away, keep the youngest few, forget the rest; return where it is now."""
        mark = self._read_mark()
        self.set_aside += 1
        self.quarantined = mark.get("quarantined", 0) + 1
        aside = self.path.with_name(f"{self.path.name}.damaged-{self.quarantined}")
        wal = self.path.with_name(self.path.name + "-wal")
        if wal.exists():  # what it holds is younger than the file
            wal.replace(aside.with_name(aside.name + "-wal"))
        self.path.with_name(self.path.name + "-shm").unlink(missing_ok=True)
        self.path.replace(aside)
        statefile.keep(self._mark_path, json.dumps({**mark, "quarantined": self.quarantined}))
        oldest = f"{self.path.name}.damaged-{self.quarantined - QUARANTINE_LIMIT}"
        for suffix in ("", "-wal"):
            self.path.with_name(oldest + suffix).unlink(missing_ok=True)
        return aside

    def _read_mark(self) -> dict[str, int]:
        try:
            found = json.loads(statefile.kept(self._mark_path) or "{}")
            return {name: int(found[name]) for name in ("seq", "boot", "quarantined") if name in found}
        except (ValueError, TypeError):
            return {}  # damaged: the database holds a copy


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into OutboxFull and OutboxBroken; a damaged file stays DatabaseError."""
    try:
        yield
    except OutboxError:
        raise
    except sqlite3.ProgrammingError as error:  # we are to blame, not the file: it is closed
        raise OutboxBroken(f"{path}: {error}") from error
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise OutboxFull(NO_SPACE.format(path=path)) from error
        if code == sqlite3.SQLITE_BUSY:
            raise OutboxHeld(f"{path}: another process holds it; does an agent run already?") from error
        raise OutboxBroken(f"{path}: {error}; is the disk writable and healthy?") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutboxFull(NO_SPACE.format(path=path)) from error
        raise OutboxBroken(f"{path}: {error.strerror}; is the disk writable and healthy?") from error
