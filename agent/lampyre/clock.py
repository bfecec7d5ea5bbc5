"""Two times: durations from `monotonic()`, stamps from `now()`, and whether the stamps can be believed."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)  # this code is younger than that: an earlier wall clock is wrong
STEP = timedelta(seconds=1)  # a time service slews what is less
HINTS = 5  # of a receiver in a row that fit our own count of seconds
HINT_STANDS_S = 86400.0  # a crystal is 4 s off by then
STANDS_S = 600.0  # a jump is believed when it has stood for so long: who sets a clock twice does so sooner
SYNCED = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd touches it at each synchronisation
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # another one means that `monotonic()` began anew


def boot_id() -> str:
    """Return what names this boot of the machine."""
    return BOOT_ID.read_text().strip()


class Clock(Protocol):
    """The only way to ask for the time."""

    @property
    def trusted(self) -> bool:
        """Whether `now()` was set since boot from a source we believe."""

    @property
    def time_quality(self) -> str:
        """`ntp`, `rtc`, `gnss` or `unsynced`; travels with every record."""

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


class HintedClock:
    """Where nothing has set the machine's clock, a GNSS receiver's time serves: for masts without a network."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: tuple[datetime, float] | None = None  # the newest hint, and monotonic then
        self._agreed = 0

    def hint(self, at: datetime) -> None:
        """A receiver says that it is `at` (UTC) now; HINTS in a row that fit together are believed."""
        mono_s = self._clock.monotonic()
        fits = False
        if self._said is not None:
            off = at - self._said[0] - timedelta(seconds=mono_s - self._said[1])
            fits = abs(off) <= STEP
        self._agreed = min(self._agreed + 1, HINTS) if fits else 0
        self._said = (at, mono_s)

    @property
    def trusted(self) -> bool:
        """Whether `now()` may be used to tell night from day."""
        return self._clock.trusted or self._hinted

    @property
    def time_quality(self) -> str:
        """`ntp`, `rtc`, `gnss` or `unsynced`."""
        return "gnss" if self._hinted and not self._clock.trusted else self._clock.time_quality

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        if self._said is None or self._clock.trusted or not self._hinted:
            return self._clock.now()
        return self._said[0] + timedelta(seconds=self._clock.monotonic() - self._said[1])

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return self._clock.monotonic()

    @property
    def _hinted(self) -> bool:
        if self._said is None or self._agreed < HINTS or self._said[0] < EARLIEST:
            return False
        return self._clock.monotonic() - self._said[1] <= HINT_STANDS_S


class SteadyClock:
    """A clock that was believed once and then is lost, or jumps, goes on by its own count of seconds.

    A crystal is 4 s a day off: for telling night from day that is as good as the clock. What a clock says after a jump
    is believed when it has stood for STANDS_S. Before the first trust this is the clock itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._set: tuple[datetime, float, str] | None = None  # wall time when last believed, monotonic then, quality
        self._other: tuple[timedelta, float] | None = None  # how far off a clock is that has jumped, and since when

    @property
    def trusted(self) -> bool:
        """Whether `now()` may be used to tell night from day."""
        self._look()
        return self._set is not None

    @property
    def time_quality(self) -> str:
        """`ntp`, `rtc` (also: carried on by our own count) or `unsynced`."""
        self._look()
        if self._set is None:
            return self._clock.time_quality
        return self._set[2] if self._clock.trusted and self._other is None else "rtc"

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        self._look()
        return self._clock.now() if self._set is None else self._carried()

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return self._clock.monotonic()

    def carry_on(self, at: datetime, mono_s: float) -> None:
        """It was `at` (UTC) when `monotonic()` was `mono_s`: somebody knew it before we began."""
        self._set = (at, mono_s, "rtc")

    def _carried(self) -> datetime:
        assert self._set is not None
        return self._set[0] + timedelta(seconds=self._clock.monotonic() - self._set[1])

    def _look(self) -> None:
        if not self._clock.trusted:
            self._other = None
            return
        now, mono_s = self._clock.now(), self._clock.monotonic()
        if self._set is not None:
            off = now - self._carried()
            if abs(off) <= STEP:
                self._other = None
            elif self._other is None or abs(off - self._other[0]) > STEP:
                self._other = (off, mono_s)
                return
            elif mono_s - self._other[1] < STANDS_S:
                return
        self._other = None
        self._set = (now, mono_s, self._clock.time_quality)
