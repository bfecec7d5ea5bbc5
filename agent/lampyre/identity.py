"""The node's own certificate: which one it shows its broker, and which one if the broker does not take the new one.

    tls/next/     node.key node.csr             asked for, not answered yet
    tls/now/      node.key node.crt ca.crt      installed, newest
    tls/before/   the same three                kept until a broker has taken those in `now`
    tls/use       a link to now or before       what is shown

`lampyre enrol` fills the folders, the agent turns the link.
"""

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path

from lampyre.clock import Clock

log = logging.getLogger("lampyre.identity")

FOLDER = "tls"
NEXT, NOW, BEFORE, USE = "next", "now", "before", "use"
KEY, CERTIFICATE, AUTHORITY, REQUEST = "node.key", "node.crt", "ca.crt", "node.csr"
CREDENTIAL = "credential:"
CREDENTIALS = "/run/credentials/lampyre.service"  # for messages of words that systemd has not started
TURN_S = 600.0  # between two turns of the link in an outage: each is a write, and an outage may last for weeks
GONE = "gone"  # a folder on its way out
BACK_S = 3600.0  # on the old certificate until the new one is tried again: somebody may have cured the broker


class Identity:
    """Chooses between the certificate of now and the one before; hears of every session by `begin` and `end`."""

    def __init__(self, state_dir: Path, clock: Clock) -> None:
        self._folder = state_dir / FOLDER
        self._clock = clock
        self._shown = NOW
        self._begun = False
        self._tried: int | None = None  # which folder `now` was when it was last shown
        self._back_since_s: float | None = None
        self._turn_again_s = clock.monotonic()
        self.refused = 0  # times that a broker took the old certificate, having refused the new one

    def open(self) -> None:
        """Point to the newest certificate there is; a link that cannot be turned stays as it is."""
        self._point(BEFORE if self._there(BEFORE) and not self._there(NOW) else NOW)

    async def begin(self, session: object) -> None:  # noqa: ARG002 - whoever hears of sessions gets them
        """A broker has taken what was shown."""
        self._begun = True
        if not self._there(BEFORE) or not self._there(NOW):
            return
        if self._shown == NOW:
            with suppress(OSError):  # it stays, and goes after the next session
                await asyncio.to_thread(discard, self._folder / BEFORE)
            log.info("the broker has taken the new certificate; the one before is gone")
            return
        self.refused += 1
        self._back_since_s = self._clock.monotonic()
        log.warning(
            "not let in with the new certificate: back on the one before, for %.0f min; then the new one is tried "
            "again. Does the broker know its authority, and is it revoked? `lampyre enrol --show` shows both",
            BACK_S / 60,
        )

    def end(self) -> None:
        """A session has ended; one that never began may have been refused: the other certificate is next."""
        begun, self._begun = self._begun, False
        now_s = self._clock.monotonic()
        if begun or now_s < self._turn_again_s or not (self._there(NOW) and self._there(BEFORE)):
            return
        self._turn_again_s = now_s + TURN_S
        self._point(NOW if self._shown == BEFORE else BEFORE)

    def due(self) -> str | None:
        """Say why it is time to connect anew, with the new certificate; None: it is not."""
        now = _which(self._folder / NOW)
        if now is None or not self._begun:
            return None
        if now != self._tried:
            self._point(NOW)
            return "there is a new certificate"
        if self._back_since_s is not None and self._clock.monotonic() - self._back_since_s >= BACK_S:
            self._back_since_s = None
            self._point(NOW)
            return "the new certificate is tried again"
        return None

    def _point(self, name: str) -> None:
        self._shown = name
        self._tried = _which(self._folder / NOW)
        try:
            if self._folder.exists():
                point(self._folder, name)
        except OSError as error:
            log.warning("%s: %s; what it led to is shown", self._folder / USE, error.strerror)

    def _there(self, name: str) -> bool:
        return (self._folder / name / CERTIFICATE).exists()


def enrolled(state_dir: Path) -> dict[str, Path]:
    """Return where the certificates lie that are shown, whichever these are."""
    use = state_dir / FOLDER / USE
    return {"ca_file": use / AUTHORITY, "cert_file": use / CERTIFICATE, "key_file": use / KEY}


def point(folder: Path, name: str) -> None:
    """Let `use` lead to now or before; raises OSError."""
    if (folder / USE).is_symlink() and (folder / USE).readlink() == Path(name):
        return
    part = folder / f"{USE}.part"
    part.unlink(missing_ok=True)
    part.symlink_to(name)
    part.replace(folder / USE)


def handed_over(path: Path) -> Path:
    """Return where systemd puts what a unit's LoadCredential=NAME:... names, for "credential:NAME"; else the path."""
    if not str(path).startswith(CREDENTIAL):
        return path
    return Path(os.environ.get("CREDENTIALS_DIRECTORY", CREDENTIALS)) / str(path).removeprefix(CREDENTIAL)


def discard(folder: Path) -> None:
    """Take a folder away whole: half a pair must never be shown, wherever this is cut off; raises OSError."""
    import shutil  # noqa: PLC0415 - with four kinds of archives, for what comes once in years

    gone = folder.with_name(GONE)
    shutil.rmtree(gone, ignore_errors=True)
    if folder.exists():
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _which(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None
