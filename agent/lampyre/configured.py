"""Which configuration holds: the technician's file, or one that the city has sent and that is based on it.

What the city sends lies in the state folder: each text in a file named by its digest, and `configuration.json` says
which of them holds. A text is written before it is named; to name it is one rename, so after a power cut the old one
holds or the new one. One on probation is counted before it is started: what ends before it is confirmed is put back
at the next start, before anything else runs. Who edits the file by hand has the last word.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationError

from lampyre.confine import confined
from lampyre.errors import ConfigError
from lampyre.settings import Settings, read, settings_of, table_of
from lampyre.statefile import keep, kept
from lampyre.strict import Strict

log = logging.getLogger("lampyre.configured")

RECORD = "configuration.json"
TEXTS = "node.*.toml"  # in the state folder; names of nothing else
TEXT_LIMIT = 64 * 1024  # bytes that a city may send; 64 lamps and 32 bins take 30 kB
WHY_LIMIT = 500  # characters kept of a reason

State = Literal["by_hand", "applied", "on_probation", "reverted"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Why = Annotated[str, Field(max_length=WHY_LIMIT)]


class Sent(Strict):
    """A configuration that the city has sent."""

    revision: Annotated[int, Field(ge=1)]
    digest: Digest  # SHA-256 of its text
    by: str


class Probation(Strict):
    """One that holds until its time is over, if nobody confirms it."""

    sent: Sent
    within_s: float  # from its start
    by_itself: bool  # a steady session with the broker confirms it, too
    starts: int = 0  # begun so often; more than once: it ended before it was confirmed


class Record(Strict):
    """What holds, and what came of the last change; this is all that is ever replaced."""

    base: Digest  # of the file by hand that this stands on; it was edited since, if it has another one
    current: Sent | None = None  # None: the file by hand
    probation: Probation | None = None
    state: State = "by_hand"
    why: Why = ""
    tried: int = 0  # the highest revision taken so far: none is taken twice, nor an older one
    changes: Annotated[tuple[AwareDatetime, ...], Field(max_length=64)] = ()  # of the last day
    restarts: Annotated[tuple[AwareDatetime, ...], Field(max_length=64)] = ()  # ... asked for by the city

    def put_back(self, why: str) -> "Record":
        """Return it with what held before the probation."""
        return self.model_copy(update={"probation": None, "state": "reverted", "why": why[:WHY_LIMIT]})

    @property
    def digest(self) -> str:
        """Of the text that holds."""
        return self.base if self.holds is None else self.holds.digest

    @property
    def holds(self) -> Sent | None:
        """The one to be run; None: the file by hand."""
        return self.probation.sent if self.probation is not None else self.current


@dataclass(frozen=True, slots=True)
class Told:
    """What the city is told of the configuration."""

    record: Record
    confirm_by: datetime | None = None  # UTC
    refused: tuple[int | None, str] | None = None  # the last revision that was not taken, and why


@dataclass(frozen=True, slots=True)
class Held:
    """What is to be run, and where it stands."""

    settings: Settings
    hand: Path
    file: Path  # the one that holds: `hand`, or one in the state folder
    record: Record


def digest_of(raw: bytes) -> str:
    """Return the digest by which a text is known."""
    return hashlib.sha256(raw).hexdigest()


def text_file(state_dir: Path, digest: str) -> Path:
    """Return where a text lies that the city has sent."""
    return state_dir / f"node.{digest[:16]}.toml"


def look(hand: Path) -> Held:
    """Say what holds now, and change nothing; raises ConfigError where the file by hand cannot be read."""
    return _held(hand, starting=False)


def begin(hand: Path) -> Held:
    """Say what is to be run now: puts back what did not stand its probation, and counts the start of one that is on it.

    Raises ConfigError where only the file by hand is left and cannot be run.
    """
    return _held(hand, starting=True)


def which(held: Held) -> Iterator[str]:
    """Yield a line or two on which file holds, where it is not simply the one by hand; `!`: somebody should know."""
    record = held.record
    if record.holds is None and record.why:
        yield f"! {record.why}"
    elif record.holds is not None:
        on = ", on probation" if record.probation is not None else ""
        yield f"! not this file holds, but revision {record.holds.revision} by {record.holds.by}{on}: {held.file}"
        yield "! it stands on this file; who edits this one by hand ends that, from the next start"


def write(state_dir: Path, record: Record) -> None:
    """Replace the record, durably, and sweep texts that it does not name; raises OSError."""
    keep(state_dir / RECORD, record.model_dump_json())
    named = {text_file(state_dir, one.digest) for one in (record.current, record.holds) if one is not None}
    for path in state_dir.glob(TEXTS):
        if path not in named:
            path.unlink(missing_ok=True)


def _held(hand: Path, *, starting: bool) -> Held:
    raw = read(hand)
    table, base = table_of(raw, hand), digest_of(raw)
    own = settings_of(table, hand)
    state_dir = own.node.state_dir
    before = _record(state_dir, base)
    record = _started(before) if starting else before
    if starting and record.probation is not None and not _kept(state_dir, record):
        record = before.put_back("its start could not be counted on the disk")
    while record.holds is not None:
        file = text_file(state_dir, record.holds.digest)
        try:
            settings = _sent(table, hand, file, record.holds.digest)
        except ConfigError as error:
            log.warning("revision %d is put back: %s", record.holds.revision, error)
            back = record.put_back(str(error))
            record = back if record.probation is not None else back.model_copy(update={"current": None})
        else:
            break
    else:
        file, settings = hand, own
    if starting and record != before:
        _kept(state_dir, record)
    return Held(settings, hand, file, record)


def _record(state_dir: Path, base: str) -> Record:
    """Return what is on the disk, or that the file by hand holds: nothing was ever sent, or it was edited since."""
    text = kept(state_dir / RECORD)
    if text is None:
        return Record(base=base)
    try:
        record = Record.model_validate_json(text)
    except ValidationError:
        log.warning("%s is damaged: the file by hand holds", state_dir / RECORD)
        return Record(base=base, why=f"{RECORD} was damaged")
    if record.base == base:
        return record
    gone = record.holds
    why = "" if gone is None else f"the file was edited by hand; revision {gone.revision} no longer holds"
    about = {"base": base, "current": None, "probation": None, "state": "by_hand", "why": why}
    return record.model_copy(update=about)


def _started(record: Record) -> Record:
    on = record.probation
    if on is None:
        return record
    if on.starts:
        return record.put_back(
            f"revision {on.sent.revision} ended before it was confirmed: crashed, killed, or restarted"
        )
    return record.model_copy(update={"probation": on.model_copy(update={"starts": 1})})


def _kept(state_dir: Path, record: Record) -> bool:
    try:
        write(state_dir, record)
    except OSError as error:
        log.warning("%s: %s; what holds is not written down", state_dir / RECORD, error.strerror)
        return False
    return True


def _sent(table: dict[str, object], hand: Path, file: Path, digest: str) -> Settings:
    raw = read(file)
    if digest_of(raw) != digest:
        raise ConfigError(f"{file}: not what the city has sent; let it be sent again")
    return confined(table, table_of(raw, file), hand, file)
