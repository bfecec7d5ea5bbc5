"""Pins by the kernel's GPIO character devices: the one door of gpiod (libgpiod 2).

A line that cannot be had is a LinkDown that says who has it, or what there is instead.
"""

import asyncio
import errno
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from lampyre.driver import Option, Place
from lampyre.errors import LinkDown
from lampyre.link import FORBIDDEN, parse_address

if TYPE_CHECKING:
    import gpiod
    from gpiod.line import Bias

CHIPS = Path("/dev")
EVENTS_KEPT = 64  # by the kernel while nobody reads (its own default is 16): who chatters at 100 Hz may wait 0.6 s
CURE_MISSING = (
    "the Python package gpiod 2 is not installed; on a 32-bit system: apt-get install gcc python3-dev, then "
    "/opt/lampyre/venv/bin/pip install gpiod (Debian 13 has it as python3-libgpiod, Debian 12 only an older one)"
)

LINE = Option("line", math.nan, 0.0, 1023.0, whole=True)
ACTIVE_LOW = Option("active_low", 0.0, 0.0, 1.0, whole=True)


class Pull(IntEnum):
    """The resistor inside the chip."""

    DOWN = -1
    AS_IS = 0  # as the boot left it, or none
    UP = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of one chip. `active_low`: it is on while its voltage is low."""

    chip: str  # path: /dev/gpiochip0, /dev/lampyre/gpio-...
    offset: int  # as `gpioinfo` counts; on a Raspberry Pi the number behind "GPIO"
    active_low: bool = False
    pull: Pull = Pull.AS_IS
    debounce_s: float = 0.0  # a level counts once it has stood so long; 0: every edge

    def __str__(self) -> str:
        return f"line {self.offset} of {self.chip}"


@dataclass(frozen=True, slots=True)
class Edge:
    """One change of a line, `number`ed by the kernel from 1 on: a gap means that some were thrown away unread."""

    on: bool
    number: int


class Input:
    """A line that is listened to."""

    def __init__(self, pin: Pin, request: "gpiod.LineRequest") -> None:
        self._pin, self._request = pin, request

    def on(self) -> bool:
        """Return the level now; LinkDown where the chip has gone."""
        with _told(self._pin):
            return bool(self._request.get_value(self._pin.offset))

    def edges(self) -> Sequence[Edge]:
        """Return what has come since the last time, at most EVENTS_KEPT; waits where nothing has."""
        with _told(self._pin):
            events = self._request.read_edge_events(EVENTS_KEPT)
        return [Edge(event.event_type is event.Type.RISING_EDGE, event.line_seqno) for event in events]

    async def changed(self, within_s: float) -> bool:
        """Return whether there are edges to be had, at the latest after `within_s`."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        fd = self._request.fd
        loop.add_reader(fd, _wake, ready)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await ready
        finally:
            loop.remove_reader(fd)
        with _told(self._pin):
            return self._request.wait_edge_events(0)


class Output:
    """A line that is driven."""

    def __init__(self, pin: Pin, request: "gpiod.LineRequest") -> None:
        self._pin, self._request = pin, request

    def on(self) -> bool:
        """Return what the line carries; LinkDown where the chip has gone."""
        with _told(self._pin):
            return bool(self._request.get_value(self._pin.offset))

    def put(self, *, on: bool) -> None:
        """Drive the line."""
        with _told(self._pin):
            self._request.set_value(self._pin.offset, _gpiod().line.Value(int(on)))


def pin_of(place: Place) -> Pin:
    """Return the line that a device's link and options name."""
    options = place.options
    return Pin(
        parse_address(place.url).path,
        int(options[LINE.name]),
        active_low=options[ACTIVE_LOW.name] > 0.0,
        pull=Pull(int(options.get("pull", 0.0))),
        debounce_s=options.get("debounce_ms", 0.0) / 1000,
    )


@contextmanager
def listening(pin: Pin, who: str) -> Iterator[Input]:
    """Have the line as an input with its edges; `who` is what others are told that holds it."""
    gpiod = _gpiod()
    wanted = gpiod.LineSettings(
        direction=gpiod.line.Direction.INPUT,
        edge_detection=gpiod.line.Edge.BOTH,
        bias=_bias(gpiod, pin.pull),
        active_low=pin.active_low,
        debounce_period=timedelta(seconds=pin.debounce_s),
    )
    with _requested(gpiod, pin, who, wanted) as request:
        yield Input(pin, request)


@contextmanager
def driving(pin: Pin, who: str) -> Iterator[Output]:
    """Have the line as an output that carries just what it carried before.

    When it is given back the kernel's driver of the chip decides what becomes of it (docs/hardware.md).
    """
    gpiod = _gpiod()
    line = gpiod.line
    with _requested(gpiod, pin, who, gpiod.LineSettings(active_low=pin.active_low)) as request:
        with _told(pin):
            found = request.get_value(pin.offset)  # nothing was changed to see it
            wanted = gpiod.LineSettings(
                direction=line.Direction.OUTPUT,
                output_value=found,
                active_low=pin.active_low,
                bias=_bias(gpiod, pin.pull),
            )
            request.reconfigure_lines({pin.offset: wanted})
        yield Output(pin, request)


def chips() -> list[str]:
    """Return the chips there are, each as "/dev/gpiochip0 (label, 54 lines)"."""
    gpiod, found = _gpiod(), []
    for path in sorted(CHIPS.glob("gpiochip*")):
        try:
            with gpiod.Chip(str(path)) as chip:
                info = chip.get_info()
                found.append(f"{path} ({info.label}, {info.num_lines} lines)")
        except OSError as error:
            found.append(f"{path} ({os.strerror(error.errno or 0)})")
    return found


def _gpiod() -> ModuleType:
    """Load the library: 1 MB, for those alone who have pins."""
    try:
        import gpiod  # noqa: PLC0415
    except ImportError as error:
        raise LinkDown(CURE_MISSING) from error
    if not hasattr(gpiod, "LineSettings"):  # version 1 has the same name
        raise LinkDown(CURE_MISSING)
    return gpiod


def _bias(gpiod: ModuleType, pull: Pull) -> "Bias":
    names = {Pull.DOWN: "PULL_DOWN", Pull.AS_IS: "AS_IS", Pull.UP: "PULL_UP"}
    found: Bias = gpiod.line.Bias[names[pull]]
    return found


@contextmanager
def _requested(gpiod: ModuleType, pin: Pin, who: str, wanted: "gpiod.LineSettings") -> Iterator["gpiod.LineRequest"]:
    if not Path(pin.chip).exists():
        there = ", ".join(chips()) or "none; is the chip's driver loaded (`gpiodetect`)?"
        raise LinkDown(f"{pin.chip}: no such chip; there are {there}")
    with _told(pin):
        chip = gpiod.Chip(pin.chip)
    with chip, _told(pin):
        info = chip.get_info()
        if pin.offset >= info.num_lines:
            raise LinkDown(f"{pin}: no such line; {info.label} has 0 to {info.num_lines - 1}")
        try:
            # at most 31 letters of a name are kept, linux/gpio.h
            request = chip.request_lines({pin.offset: wanted}, consumer=who, event_buffer_size=EVENTS_KEPT)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            holder = chip.get_line_info(pin.offset).consumer or "the kernel"
            raise LinkDown(f"{pin}: {holder} has it; stop that, or give another line (`gpioinfo` shows all)") from error
    with request:
        yield request


@contextmanager
def _told(pin: Pin) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LinkDown(f"{pin}: {_why(error)}") from error
    except ValueError as error:  # the path is no chip
        raise LinkDown(f"{pin.chip}: {error}; there are {', '.join(chips()) or 'none'}") from error


def _why(error: OSError) -> str:
    if error.errno == errno.EPERM:
        return FORBIDDEN
    if error.errno == errno.EACCES:
        return "no permission; the service's user must be in the group gpio, the chip too (deploy/60-lampyre.rules)"
    if error.errno == errno.ENODEV:
        return "the chip is gone"
    if error.errno in {errno.ENXIO, errno.EOPNOTSUPP}:
        return "this chip does not tell of changes; take a pin of the computer itself"
    return os.strerror(error.errno) if error.errno else str(error)


def _wake(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
