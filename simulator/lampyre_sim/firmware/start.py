"""Starts a board's firmware in a process of its own, under MicroPython or CPython, in the folder that is its flash.

LAMPYRE_TTY and LAMPYRE_BUS are inherited, non-blocking descriptors: the UART, and the world's lines for the pins.
LAMPYRE_SPEED makes the board's time run faster; LAMPYRE_ID is its unique id in hex, LAMPYRE_RESET its reset cause.
"""

import os
import select
import sys
import time as real

PERIOD = 1 << 30  # ticks wrap as on the RP2040


class Time:
    """Stands in for the module `time`: MicroPython's ticks, `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def ticks_ms(self) -> int:
        """Return the board's ticks."""
        return int(real_ms() * self._speed) % PERIOD

    def ticks_add(self, ticks: int, delta: int) -> int:
        """Return `ticks` moved by `delta`."""
        return (ticks + delta) % PERIOD

    def ticks_diff(self, one: int, other: int) -> int:
        """Return one - other across the wrap."""
        return (one - other + PERIOD // 2) % PERIOD - PERIOD // 2


if hasattr(real, "ticks_us"):  # MicroPython

    def real_ms() -> float:
        """Return real milliseconds from some start."""
        micros: int = real.ticks_us()  # type: ignore[attr-defined]
        return micros / 1000

else:

    class Poll:
        """Stands in for select.poll, which has no ipoll here."""

        def __init__(self) -> None:
            self._poll = select.poll()
            self.register = self._poll.register

        def ipoll(self, wait_ms: int) -> "list[tuple[int, int]]":
            """Return what is ready after `wait_ms` at the latest."""
            return self._poll.poll(wait_ms)

    class Select:
        """Stands in for the module `select`."""

        POLLIN = select.POLLIN
        poll = Poll

    sys.modules["select"] = Select  # type: ignore[assignment]

    def real_ms() -> float:
        """Return real milliseconds from some start."""
        return real.monotonic() * 1000


def run() -> None:
    """Put the stand-ins in place and run the firmware until the world ends."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - MicroPython
    sys.modules["time"] = Time(float(os.getenv("LAMPYRE_SPEED") or 1))  # type: ignore[assignment]
    __import__("main")


run()
