"""The street's clock: it follows an event loop, so that a loop that runs faster or leaps takes the clock along."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ScaledClock:
    """A `lampyre.clock.Clock` that starts at `start` and goes as fast as `seconds`, such as a loop's `time`."""

    trusted = True
    time_quality = "rtc"

    def __init__(self, start: datetime, seconds: Callable[[], float]) -> None:
        self._start = start.astimezone(UTC)
        self._seconds = seconds
        self._zero = seconds()

    @property
    def elapsed_s(self) -> float:
        """Seconds of the street since the start."""
        return self._seconds() - self._zero

    def now(self) -> datetime:
        """Return the street's time in UTC."""
        return self._start + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        """Return the street's seconds, which never jump."""
        return self._seconds()
