"""A clock that the test holds in its hand."""

import asyncio
from datetime import UTC, datetime, timedelta

EVENING = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)  # in Dijon the sun has been down for an hour


class HandClock:
    """Time passes when the test says so."""

    def __init__(self, at: datetime = EVENING, *, trusted: bool = True) -> None:
        self.trusted = trusted
        self.time_quality = "ntp" if trusted else "unsynced"
        self._at = at
        self._mono_s = 1000.0

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return self._mono_s

    def pass_s(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)
        self._mono_s += seconds

    def set_wall(self, at: datetime) -> None:
        """The wall clock jumps; durations do not."""
        self._at = at


class LoopClock:
    """Follows the running loop: in a loop that leaps, hours pass in no time."""

    def __init__(self, at: datetime = EVENING, *, trusted: bool = True) -> None:
        self.trusted = trusted
        self.time_quality = "ntp" if trusted else "unsynced"
        self._at = at
        self._start_s: float | None = None

    def now(self) -> datetime:
        now_s = self.monotonic()
        if self._start_s is None:
            self._start_s = now_s
        return self._at + timedelta(seconds=now_s - self._start_s)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()
