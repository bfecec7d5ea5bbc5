"""An event loop with another time: it leaps from timer to timer."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

RESOLUTION_S = (
    1e-8  # of timers: a float tells no less after two years; asyncio's 1 ns stands still after a hundred days
)
LEAP_LIMIT_S = 365 * 86400.0  # a loop with no timer at all waits for its files, it does not leap


class _LeapSelector(selectors.DefaultSelector):
    """Never waits while a timer stands: tells the loop how far it may leap instead."""

    def __init__(self) -> None:
        super().__init__()
        self.leapt_s = 0.0
        self.working = 0  # calls that run in threads now: only they may take real time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; when nothing is, count the whole timeout as passed."""
        if timeout is None or timeout <= 0 or self.working:
            return super().select(None if self.working and timeout else timeout)
        ready = super().select(0)
        if not ready:
            self.leapt_s += min(timeout, LEAP_LIMIT_S)
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Time leaps to the next timer whenever nothing else is ready: a day passes in no time, in the same order.

    Threads of `run_in_executor` are awaited in real time and take none of the loop's. Sockets and pipes are
    looked at before each leap, but nobody waits for a peer in another process: use pace.StreetLoop for that.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._leaps = _LeapSelector()
        self._start_s = start_s
        super().__init__(self._leaps)
        self._clock_resolution = RESOLUTION_S

    def time(self) -> float:
        """Return the seconds that the loop has leapt, from `start_s`."""
        return self._start_s + self._leaps.leapt_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run `func` in a thread; the loop stands still until it is done."""
        self._leaps.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._rested)
        return future

    def _rested(self, _: object) -> None:
        self._leaps.working -= 1
