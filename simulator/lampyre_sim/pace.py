"""The street's pace: a loop that runs fast, and waits for whoever on this machine cannot keep up."""

import asyncio
import selectors
import time

PATIENCE_S = 0.004  # real: a turn takes well under 1 ms; longer is a picture drawn (7 ms) or a busy machine


class _PatientSelector(selectors.DefaultSelector):
    """Counts the real seconds that pass, but of each turn of the loop at most what was asked and PATIENCE_S."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self.speed = speed
        self.stalled_s = 0.0
        self._passed_s = 0.0
        self._turned_s = time.monotonic()

    def passed_s(self) -> float:
        """Return the real seconds so far, without the stalls."""
        return self._passed_s + min(PATIENCE_S, time.monotonic() - self._turned_s)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready within `timeout` of the loop's seconds."""
        self._count(PATIENCE_S)
        real_s = None if timeout is None else max(0.0, timeout / self.speed)
        ready = super().select(real_s)
        self._count(float("inf") if real_s is None else real_s + PATIENCE_S)
        return ready

    def _count(self, most_s: float) -> None:
        now_s = time.monotonic()
        gone_s = now_s - self._turned_s
        self._turned_s = now_s
        self._passed_s += min(most_s, gone_s)
        self.stalled_s += max(0.0, gone_s - most_s)


class StreetLoop(asyncio.SelectorEventLoop):
    """Its seconds are `speed` times shorter than the wall's; while the machine stalls they stand still.

    Without that a stall of 0.1 s would be 6 s at 60 times the speed: every line would be taken for dead.
    """

    def __init__(self, speed: float) -> None:
        self._pace = _PatientSelector(speed)
        super().__init__(self._pace)
        self._clock_resolution: float = self._clock_resolution * speed  # asyncio's own tolerance for a due timer

    @property
    def stalled_s(self) -> float:
        """How many real seconds were too much for the machine."""
        return self._pace.stalled_s

    def time(self) -> float:
        """Return the loop's own seconds, from 0."""
        return self._pace.passed_s() * self._pace.speed
