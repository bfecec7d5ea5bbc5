"""Enrolment: a node's key is made on the node and never leaves it; the town's authority answers a request with a name.

Each step is durable and may be cut off anywhere: run again, it goes on (the folders stand in `identity`).
"""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lampyre import keys, statefile
from lampyre.errors import ConfigError
from lampyre.identity import AUTHORITY, BEFORE, CERTIFICATE, FOLDER, KEY, NEXT, NOW, REQUEST, USE, discard, point

PRIVATE, OPEN = 0o600, 0o644
FOLDER_MODE = 0o700
READY = "ready"  # what is being put together; nobody reads it


class Enrolment:
    """The certificates of one node; raises ConfigError with path, reason and cure."""

    def __init__(self, state_dir: Path, site: str, node: str) -> None:
        self._state = state_dir
        self._folder = state_dir / FOLDER
        self._site = site
        self._node = node

    def ask(self, *, anew: bool = False) -> str:
        """Return the request for the town's authority; the same one until it is answered, unless `anew`."""
        place = self._folder / NEXT
        try:
            if anew:
                discard(place)
            if not (place / KEY).exists():
                self._make(place)
                statefile.keep(place / KEY, keys.make_node_key().decode(), mode=PRIVATE)
            request = keys.request((place / KEY).read_bytes(), self._site, self._node).decode()
            statefile.keep(place / REQUEST, request, mode=OPEN)
            self._hand_over()
        except OSError as error:
            raise self._cannot(error) from error
        return request

    def install(self, answer: bytes, authorities: bytes | None, now: datetime | None) -> str:
        """Show this certificate from the next connect on; the one before stays until a broker has taken it.

        `authorities`: by whom the node knows its broker; None: the same as so far. `now`: None where the clock is not
        to be believed. Returns what it is, in one line.
        """
        try:
            trusted = authorities if authorities is not None else self._read(NOW, AUTHORITY)
            if trusted is None:
                raise ConfigError(
                    "--ca is missing: give the town's authority (PEM), by which the node knows its broker"
                )
            key = self._key_of(answer)
            answer, trusted = keys.plain(answer).encode(), keys.plain(trusted).encode()
            wrong = keys.faults(answer, trusted, self._node, now)
            if wrong:
                raise ConfigError("\n".join(f"certificate refused: {fault}" for fault in wrong))
            if (answer, trusted) != (self._read(NOW, CERTIFICATE), self._read(NOW, AUTHORITY)):
                self._put(key, answer, trusted)
            if self._read(NEXT, KEY) == key:
                discard(self._folder / NEXT)
        except OSError as error:
            raise self._cannot(error) from error
        return keys.told(answer)[0]

    def show(self) -> Iterator[str]:
        """Say what there is, a line each."""
        if (request := self._read(NEXT, REQUEST)) is not None:
            yield f"asked for, not answered yet: {self._folder / NEXT / REQUEST} ({len(request)} bytes)"
        for name, said in ((NOW, "shown to the broker"), (BEFORE, "kept until the broker has taken the one above")):
            found = self._read(name, CERTIFICATE)
            if found is not None:
                yield f"{said}: {keys.told(found)[0]}"
                yield from (f"  knows its broker by {one}" for one in keys.told(self._read(name, AUTHORITY) or b""))
        if not any((self._folder / name / CERTIFICATE).exists() for name in (NOW, BEFORE)):
            yield f"no certificate in {self._folder}; `lampyre enrol` makes a key and asks for one"

    def _key_of(self, answer: bytes) -> bytes:
        """Return the key for which the certificate was made: the one that waits, or the one in use."""
        for name in (NEXT, NOW):
            key = self._read(name, KEY)
            if key is not None and keys.fits(key, answer):
                return key
        raise ConfigError(f"the certificate is for another key than this node's; sign {self._folder / NEXT / REQUEST}")

    def _put(self, key: bytes, answer: bytes, trusted: bytes) -> None:
        """Put all of it together, then let the folders move up by one; cut off between the moves, `before` is shown."""
        now, before, place = self._folder / NOW, self._folder / BEFORE, self._folder / READY
        shutil.rmtree(place, ignore_errors=True)
        self._make(place)
        statefile.keep(place / KEY, key.decode(), mode=PRIVATE)
        statefile.keep(place / CERTIFICATE, answer.decode(), mode=OPEN)
        statefile.keep(place / AUTHORITY, trusted.decode(), mode=OPEN)
        self._hand_over()
        if before.exists():  # what is shown now was never taken by a broker: not worth going back to
            discard(now)
        elif now.exists():
            now.rename(before)
        place.rename(now)
        if not (self._folder / USE).is_symlink():  # a running agent turns it by itself
            point(self._folder, NOW)
        statefile.settle(self._folder)
        self._hand_over()

    def _make(self, place: Path) -> None:
        place.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        for folder in (self._folder, place):
            folder.chmod(FOLDER_MODE)

    def _read(self, name: str, file: str) -> bytes | None:
        try:
            return (self._folder / name / file).read_bytes()
        except FileNotFoundError:
            return None

    def _hand_over(self) -> None:
        """Give what root has made to whom the state folder belongs: the agent must read it."""
        if os.geteuid() == 0:
            owner = self._state.stat()
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def _cannot(self, error: OSError) -> ConfigError:
        return ConfigError(
            f"{error.filename or self._folder}: {error.strerror}; run it as the service does: sudo -u lampyre"
        )
