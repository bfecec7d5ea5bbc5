"""Periods of fifteen minutes, aligned to the clock so that neighbouring nodes' windows are the same windows."""

from datetime import UTC, datetime, timedelta

PERIOD_S = 900


class Periods:
    """Says when a period is over; a clock that jumps costs at most one odd period."""

    def __init__(self, now: datetime) -> None:
        self._end = _next(now)

    def over(self, now: datetime) -> datetime | None:
        """Return the end of the period that is over at `now`, or None."""
        if now < self._end and self._end - now <= timedelta(seconds=PERIOD_S):
            return None
        ended = min(self._end, now)  # a clock set back ends the period now
        self._end = _next(now)
        return ended


def _next(now: datetime) -> datetime:
    whole = int(now.timestamp()) // PERIOD_S + 1
    return datetime.fromtimestamp(whole * PERIOD_S, tz=UTC)
