"""Stands in for MicroPython's `machine`: the UART is a descriptor, the pins are lines of text on another one.

The world writes `pin15 1` and `adc26 40000`; the board writes `pwm16 32768` when a duty has changed.
All of that happens once in each turn of the firmware's loop, in WDT.feed(): nothing here ever waits.
"""

import io
import os
import sys
import time

PWRON_RESET = 1
WDT_RESET = 3
UV_PER_COUNT = 38  # of an ESP32's inputs, as its pins.py has them
DUTY_MS = 20  # real ms between two duties on the bus: 50 a second draw a smooth ramp
LINE_LIMIT = 4096  # bytes the world may send without a line's end


def _open(name: str) -> "io.FileIO":
    return open(int(os.getenv(name) or -1), "r+b", buffering=0)  # noqa: PTH123 - MicroPython, and a descriptor


class _Bus:
    def __init__(self) -> None:
        self._file = _open("LAMPYRE_BUS")
        self._tail = b""
        self.seen: dict[str, int] = {}
        self.duties: dict[str, int] = {}  # not yet told
        self._every_ms = int(DUTY_MS * float(os.getenv("LAMPYRE_SPEED") or 1))
        self._told: int | None = None  # ticks of the last duty on the bus; they may start anywhere in their period

    def turn(self) -> None:
        """Take what the world says; tell it what has changed."""
        data = self._file.read(LINE_LIMIT)
        if data == b"":
            sys.exit(0)  # the world is gone
        if data:
            lines = (self._tail + data).split(b"\n")
            self._tail = lines.pop()[:LINE_LIMIT]
            for line in lines:
                name, value = line.decode().split()
                self.seen[name] = int(value)
        if self.duties:
            now = time.ticks_ms()  # type: ignore[attr-defined]
            if self._told is None or time.ticks_diff(now, self._told) >= self._every_ms:  # type: ignore[attr-defined]
                self._told = now
                text = "".join([f"{name} {duty}\n" for name, duty in self.duties.items()])
                self.duties = {}
                self._file.write(text.encode())


_bus = _Bus()
_bus.turn()  # the pins have their values before the firmware starts


class Pin:
    """A digital pin; an input shows what the world says."""

    IN = 0
    OUT = 1
    PULL_DOWN = 2
    PULL_UP = 1

    def __init__(self, number: int, mode: int = -1, pull: int = -1) -> None:  # noqa: ARG002
        self.number = number
        self._name = f"pin{number}"

    def value(self) -> int:
        """Return 0 or 1."""
        return _bus.seen.get(self._name, 0)


class ADC:
    """An analog input; it reads 0, a cut wire, until the world says something."""

    ATTN_11DB = 3

    def __init__(self, pin: Pin, atten: int = 0) -> None:  # noqa: ARG002
        self._name = f"adc{pin.number}"

    def read_u16(self) -> int:
        """Return 0..65535."""
        return _bus.seen.get(self._name, 0)

    def read_uv(self) -> int:
        """Return microvolts."""
        return self.read_u16() * UV_PER_COUNT


class PWM:
    """A PWM output; the world hears of a changed duty."""

    def __init__(self, pin: Pin) -> None:
        self._name = f"pwm{pin.number}"

    def freq(self, hertz: int) -> None:
        """Any frequency will do."""

    def duty_u16(self, duty: int) -> None:
        """Set 0..65535."""
        _bus.duties[self._name] = duty


class WDT:
    """The watchdog: it never bites here, but each feed is a turn of the bus."""

    def __init__(self, timeout: int) -> None:
        self.timeout = timeout

    def feed(self) -> None:
        """Say that the loop went round."""
        _bus.turn()


def UART(number: int, baud: int, **rest: object) -> "io.FileIO":  # noqa: ARG001, N802
    """Return the line itself: a raw file answers read, write and poll as a UART with timeout 0 does."""
    return _open("LAMPYRE_TTY")


def unique_id() -> bytes:
    """Return eight bytes."""
    text = os.getenv("LAMPYRE_ID") or "0000000000000000"
    return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])


def reset_cause() -> int:
    """Return why the board started."""
    return int(os.getenv("LAMPYRE_RESET") or PWRON_RESET)


def reset() -> None:
    """Start anew; here the process ends, and the bus with it."""
    sys.exit(1)
