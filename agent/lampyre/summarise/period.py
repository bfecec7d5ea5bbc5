"""Periods of fifteen minutes, aligned to the clock so that neighbouring nodes' windows are the same windows."""

from datetime import UTC, datetime, timedelta

PERIOD_S = 900
PERIOD = timedelta(seconds=PERIOD_S)
STEP = timedelta(seconds=5)  # between the clock and our own count of seconds; beyond it the clock was set


class Periods:
    """Says when a period is over; a clock that is set ends one early, and both its ends are by the new time."""

    def __init__(self, now: datetime, mono_s: float) -> None:
        """`mono_s`: seconds that never jump."""
        self._begin(now, mono_s)

    def over(self, now: datetime, mono_s: float) -> tuple[datetime, datetime] | None:
        """Return start and end of the period that is over at `now`, or None."""
        if now < self._end and self._end - now <= PERIOD:
            return None
        end = self._end if timedelta(0) <= now - self._end < PERIOD else now
        start = now - timedelta(seconds=mono_s - self._since_s)
        if abs(start - self._start) <= STEP:  # nobody set the clock, or by what a crystal is wrong
            start = self._start
        self._begin(end, mono_s - (now - end).total_seconds())
        return start, end

    def _begin(self, at: datetime, mono_s: float) -> None:
        self._start, self._since_s, self._end = at, mono_s, _next(at)


def _next(now: datetime) -> datetime:
    whole = int(now.timestamp()) // PERIOD_S + 1
    return datetime.fromtimestamp(whole * PERIOD_S, tz=UTC)
