"""The audit: who told this node to do what, when, and what came of it; each line holds the digest of the one before.

So a line that is changed, taken out or put in between shows (`lampyre audit`), and the last digest, which the city gets
with every health, shows a tail that was cut off or a chain that was made anew. Two files, the older one goes.
"""

import asyncio
import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lampyre.clock import Clock
from lampyre.statefile import settle

log = logging.getLogger("lampyre.audit")

NEWER, OLDER = "audit.jsonl", "audit.1.jsonl"
FILE_LIMIT = 256 * 1024  # bytes each; a line has 300: some 1,700 deeds, and as many again; a day has 480 at most
LINE_LIMIT = 2048  # bytes
TEXT_LIMIT = 400  # characters of what was said
SHOWN = 32  # characters of a digest that the city gets
FIRST = "0" * 64  # before the first line there is none


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    number: int
    at: str  # UTC
    who: str
    way: str  # by which it came: broker, door, agent
    what: str
    came: str  # done, refused, ...
    said: str
    before: str  # digest of the line before

    def line(self) -> bytes:
        """Return the line as it stands in the file."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


class Audit:
    """Appends; each line is on the disk before `note` returns. A disk that does not take one is counted, and told."""

    def __init__(self, state_dir: Path, clock: Clock) -> None:
        self.missed = 0  # lines that no disk took
        self._folder = state_dir
        self._clock = clock
        self._lock = threading.Lock()
        self._number = 0
        self._digest: str | None = None  # of the last line; None: not looked yet

    async def note(self, way: str, who: str, what: str, came: str, said: str) -> None:
        """Write one line down; never raises."""
        at = self._clock.now().isoformat(timespec="seconds")
        try:
            await asyncio.to_thread(self._append, at, who, way, what, came, said)
        except OSError as error:
            self.missed += 1
            log.warning("%s: %s; not written down: %s %s by %s: %s", NEWER, error.strerror, what, came, who, said)

    @property
    def head(self) -> str | None:
        """Say how many lines there are and the begin of the last one's digest; None: nothing was written yet."""
        return None if self._digest is None or not self._number else f"{self._number}:{self._digest[:SHOWN]}"

    def open(self) -> None:
        """Look where the chain ends; a line that a power cut tore is taken out, so that the next one stands whole."""
        with self._lock, suppress(OSError):
            self._look()

    def _append(self, at: str, who: str, way: str, what: str, came: str, said: str) -> None:
        with self._lock:
            if self._digest is None:
                self._look()
            path = self._folder / NEWER
            with suppress(FileNotFoundError):
                if path.stat().st_size > FILE_LIMIT - LINE_LIMIT:
                    path.replace(self._folder / OLDER)
                    settle(self._folder)
            before = self._digest or FIRST
            entry = Entry(self._number + 1, at, _short(who), way, _short(what), came, _short(said), before)
            line = entry.line()
            fresh = not path.exists()
            opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                if os.write(opened, line) != len(line):
                    self._digest = None  # torn: the next one looks, and takes it out
                    raise OSError(28, "No space left on device")
                os.fsync(opened)
            finally:
                os.close(opened)
            if fresh:
                settle(self._folder)
            self._number, self._digest = entry.number, hashlib.sha256(line).hexdigest()

    def _look(self) -> None:
        path = self._folder / NEWER
        torn, last = _tail(path)
        if torn:
            os.truncate(path, path.stat().st_size - torn)
            log.warning("%s: %d bytes of a line that was never whole are taken out", path, torn)
        if last is None:
            _, last = _tail(self._folder / OLDER)
        self._number, self._digest = 0, FIRST
        if last is not None:
            self._digest = hashlib.sha256(last).hexdigest()
            with suppress(ValueError, TypeError, KeyError):
                self._number = int(json.loads(last)["number"])


def digest(entry: Entry) -> str:
    """Return what health tells of the last line."""
    return hashlib.sha256(entry.line()).hexdigest()[:SHOWN]


def entries(state_dir: Path) -> Iterator[Entry | str]:
    """Yield each line in order, and in its place what is wrong with one; nothing where nothing was written."""
    before: str | None = None
    number: int | None = None
    for name in (OLDER, NEWER):
        for line in _lines(state_dir / name):
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError):
                yield f"{name}: a line that is none: {line[:60]!r}"
                continue
            if before is not None and (entry.before != before or entry.number != (number or 0) + 1):
                yield f"{name}: before line {entry.number} something was changed, taken out or put in"
            elif before is None and entry.number == 1 and entry.before != FIRST:
                yield f"{name}: the first line says that there was one before it"
            before, number = hashlib.sha256(line).hexdigest(), entry.number
            yield entry


def _lines(path: Path) -> list[bytes]:
    with suppress(OSError):
        return path.read_bytes()[: 2 * FILE_LIMIT].splitlines(keepends=True)
    return []


def _tail(path: Path) -> tuple[int, bytes | None]:
    """Return how many bytes at the end are no whole line, and the last whole one."""
    lines = _lines(path)
    torn = len(lines.pop()) if lines and not lines[-1].endswith(b"\n") else 0
    return torn, lines[-1] if lines else None


def _short(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:TEXT_LIMIT]
