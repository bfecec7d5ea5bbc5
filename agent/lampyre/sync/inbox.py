"""The inbox: a command is written down before it is done, so that it is done once and answered the same twice."""

import math
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from lampyre.errors import CommandRefused
from lampyre.sync.store import Store

INBOX_LIMIT = 1000  # commands remembered; one lives at most 24 h, so this is one every 90 s all day long
FORGOTTEN = "commands_forgotten"  # a moment: whatever expires up to it is refused, whatever the clock says
MARK = "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = MAX(value, excluded.value)"


@dataclass(frozen=True, slots=True)
class Received:
    """A command as the inbox needs it: who it is, until when it could come again, where its answer goes."""

    id: str
    kind: str
    expires: datetime
    reply_topic: str = ""  # empty: nobody wants an answer
    correlation: bytes = b""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier copy of a command led to: its answer, or None where a restart came between."""

    reply: bytes | None


def receive(store: Store, got: Received) -> Earlier | None:
    """Write the command down; return None if it is new, else what became of it; raises CommandRefused."""
    with store.transaction() as db:
        row = db.execute("SELECT reply FROM commands WHERE id = ?", (got.id,)).fetchone()
        if row is not None:
            return Earlier(row[0])
        upto = db.execute("SELECT value FROM counts WHERE name = ?", (FORGOTTEN,)).fetchone()
        if upto is not None and got.expires.timestamp() <= upto[0]:
            raise CommandRefused(
                f"expired at {got.expires.isoformat()}: one so old may have been done and forgotten; send a new one"
            )
        values = (got.id, got.expires.timestamp(), got.kind, got.reply_topic, got.correlation)
        db.execute("INSERT INTO commands VALUES (?, ?, ?, ?, ?, NULL)", values)
        _forget(db)
    return None


def _forget(db: sqlite3.Connection) -> None:
    """Keep INBOX_LIMIT commands; the first to expire go first, and until when they could be obeyed is written down."""
    most = "SELECT id FROM commands ORDER BY expires DESC LIMIT ?"
    gone = db.execute(f"DELETE FROM commands WHERE id NOT IN ({most}) RETURNING expires", (INBOX_LIMIT,))  # noqa: S608 - a constant
    upto = max((expires for (expires,) in gone.fetchall()), default=None)
    if upto is not None:
        db.execute(MARK, (FORGOTTEN, math.ceil(upto)))


def answered(store: Store, command_id: str) -> bytes | None:
    """Return the answer this command got, or None."""
    with store.file.transaction() as db:
        row = db.execute("SELECT reply FROM commands WHERE id = ?", (command_id,)).fetchone()
    return None if row is None else row[0]


def remember(store: Store, command_id: str, reply: bytes) -> None:
    """Write down how the command was answered."""
    with store.transaction() as db:
        db.execute("UPDATE commands SET reply = ? WHERE id = ?", (reply, command_id))


def interrupted(store: Store) -> list[Received]:
    """Return the commands that were written down and never answered."""
    asked = "SELECT id, kind, expires, reply_topic, correlation FROM commands WHERE reply IS NULL ORDER BY rowid"
    with store.file.transaction() as db:
        rows = db.execute(asked).fetchall()
    return [Received(id_, kind, datetime.fromtimestamp(at, UTC), topic, corr) for id_, kind, at, topic, corr in rows]
