"""A counter that never falls: a board that restarts begins at nought again, the street does not."""

import math


class Counter:
    """Turns a board's count since its boot into a count since ours."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._total = 0.0

    def total(self, count: float) -> float:
        """Return all that was counted since the first call; NaN in, NaN out and nothing is lost."""
        if math.isnan(count):
            return math.nan
        if self._last is None:
            grown = 0.0
        elif count >= self._last:
            grown = count - self._last
        else:  # restarted: what it has counted since then is all we can know
            grown = max(0.0, count)
        self._last = count
        self._total += grown
        return self._total
