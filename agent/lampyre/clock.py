"""Two times: durations from `monotonic()`, stamps from `now()`, and whether the stamps can be believed."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)  # this code is younger than that: an earlier wall clock is wrong
SYNCED = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd touches it at each synchronisation


class Clock(Protocol):
    """The only way to ask for the time."""

    @property
    def trusted(self) -> bool:
        """Whether `now()` was set since boot from a source we believe."""

    @property
    def time_quality(self) -> str:
        """`ntp`, `rtc` or `unsynced`; travels with every record."""

    def now(self) -> datetime:
        """Return the wall time in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""


class SystemClock:
    """The machine's clock, believed once a time service has set it, or at once where a kept RTC is declared.

    A Raspberry Pi without an RTC boots with the time of its last shutdown: late by hours, and plausible.
    """

    def __init__(self, *, rtc: bool = False, synced: Path = SYNCED) -> None:
        self._rtc = rtc
        self._synced = synced
        self._ntp = False  # once set, the clock stays right enough for hours without the network

    @property
    def trusted(self) -> bool:
        """Whether `now()` may be used to tell night from day."""
        return self.time_quality != "unsynced" and self.now() >= EARLIEST

    @property
    def time_quality(self) -> str:
        """`ntp`, `rtc` or `unsynced`."""
        self._ntp = self._ntp or self._synced.exists()
        if self._ntp:
            return "ntp"
        return "rtc" if self._rtc else "unsynced"

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()
