"""The floor: what the time is at least, on a node whose clock lost it. TLS judges certificates by it."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lampyre.certificate import Validity, validities
from lampyre.clock import EARLIEST, Clock
from lampyre.statefile import keep, kept

log = logging.getLogger("lampyre.timefloor")

KEEP_EVERY = timedelta(hours=1)  # so late is the floor at most after a power cut; 24 writes a day


class TimeFloor:
    """Knows what came before now: this code, the last time the clock was trusted, the node's certificates, its files.

    The newest file of the state folder counts where the own certificate still holds then: a wild clock may have
    written it.
    """

    def __init__(self, state_dir: Path, clock: Clock, certificates: Sequence[Path] = ()) -> None:
        """`certificates`: the node's own and its authority's; they were made before they came here."""
        self._path = state_dir / "time.txt"
        self._clock = clock
        self._kept = _moment(kept(self._path))
        own = [one for path in certificates for one in validities(path)]
        known = [EARLIEST, self._kept, *(one.begins for one in own)]
        self._floor = max(known + _newest(state_dir, own))
        self._since_s = clock.monotonic()

    @property
    def at_least(self) -> datetime:
        """What the time is at least, by the clock or by what is known without it."""
        passed = timedelta(seconds=self._clock.monotonic() - self._since_s)
        return max(self._clock.now(), self._floor + passed)

    @property
    def for_tls(self) -> datetime | None:
        """None while the clock is trusted: then certificates are judged by the clock alone, and strictly."""
        return None if self._clock.trusted else self.at_least

    def keep(self) -> None:
        """Write down a trusted time, once an hour; blocking, raises OSError."""
        now = self._clock.now()
        if self._clock.trusted and abs(now - self._kept) >= KEEP_EVERY:
            keep(self._path, now.isoformat())
            self._kept = now


def _moment(text: str | None) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip()) if text else EARLIEST
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        return EARLIEST


def _newest(folder: Path, own: Sequence[Validity]) -> list[datetime]:
    try:
        at = datetime.fromtimestamp(max(file.stat().st_mtime for file in folder.iterdir()), UTC)
    except (OSError, ValueError, OverflowError):  # no folder, nothing in it, or a time beyond all dates
        return []
    return [at] if own and all(at < one.ends for one in own) else []
