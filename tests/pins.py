"""A chip of GPIO lines for tests, in gpiod's own words: it stands in for the kernel behind `gpiod.Chip`."""

import errno
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import gpiod
import pytest
from gpiod.line import Direction, Value

LABEL, LINES = "pinctrl-test", 8
Settings = dict[int, gpiod.LineSettings]


@dataclass
class Wired:
    """One line: the voltage on it, who has it and what he has not read yet."""

    high: bool = False
    consumer: str = ""
    settings: gpiod.LineSettings = field(default_factory=gpiod.LineSettings)
    unread: "deque[gpiod.EdgeEvent]" = field(default_factory=deque)
    number: int = 0


class Request:
    """What whoever has a line holds of it."""

    def __init__(self, chip: "FakeChip", offset: int, kept: int) -> None:
        self._chip, self._offset, self.kept = chip, offset, kept
        self.fd = os.eventfd(0, os.EFD_NONBLOCK)

    def __enter__(self) -> "Request":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)
        self._chip.lines[self._offset].consumer = ""
        self._chip.requests.pop(self._offset)

    @property
    def _line(self) -> Wired:
        self._chip.there()
        return self._chip.lines[self._offset]

    def get_value(self, offset: int) -> Value:
        return Value(int(self._line.high != self._line.settings.active_low))

    def set_value(self, offset: int, value: Value) -> None:
        self._chip.drive(offset, on=bool(value))

    def reconfigure_lines(self, config: Settings) -> None:
        self._line.settings = config[self._offset]
        if config[self._offset].direction is Direction.OUTPUT:
            self._chip.drive(self._offset, on=bool(config[self._offset].output_value))

    def wait_edge_events(self, timeout: float) -> bool:
        return bool(self._line.unread)

    def read_edge_events(self, most: int) -> list[gpiod.EdgeEvent]:
        unread = self._line.unread
        found = [unread.popleft() for _ in range(min(most, len(unread)))]
        if not unread:
            os.eventfd_read(self.fd)
        return found


class FakeChip:
    """A chip at `path`; the test sets its voltages, takes it away and puts it back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plugged = True
        self.lines = [Wired() for _ in range(LINES)]
        self.requests: dict[int, Request] = {}
        self.driven: list[tuple[int, bool]] = []  # offset, voltage
        path.touch()

    def __enter__(self) -> "FakeChip":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def there(self) -> None:
        if not self.plugged:
            raise OSError(errno.ENODEV, "No such device")

    def get_info(self) -> SimpleNamespace:
        return SimpleNamespace(label=LABEL, num_lines=LINES)

    def get_line_info(self, offset: int) -> SimpleNamespace:
        return SimpleNamespace(consumer=self.lines[offset].consumer)

    def request_lines(self, config: Settings, consumer: str, event_buffer_size: int) -> Request:
        ((offset, settings),) = config.items()
        line = self.lines[offset]
        if line.consumer:
            raise OSError(errno.EBUSY, "Device or resource busy")
        line.consumer, line.settings, line.number = consumer, settings, 0
        line.unread.clear()
        self.requests[offset] = Request(self, offset, event_buffer_size)
        return self.requests[offset]

    def drive(self, offset: int, *, on: bool) -> None:
        self.there()
        self.lines[offset].high = on != self.lines[offset].settings.active_low
        self.driven.append((offset, self.lines[offset].high))

    def pull(self, offset: int, *, high: bool) -> None:
        """Set a voltage from outside; the newest edges are kept, as the kernel does."""
        line, request = self.lines[offset], self.requests[offset]
        if line.high == high:
            return
        line.high, line.number = high, line.number + 1
        kind = (
            gpiod.EdgeEvent.Type.RISING_EDGE if high != line.settings.active_low else gpiod.EdgeEvent.Type.FALLING_EDGE
        )
        line.unread.append(gpiod.EdgeEvent(kind.value, 0, offset, line.number, line.number))
        if len(line.unread) > request.kept:
            line.unread.popleft()
        os.eventfd_write(request.fd, 1)

    def unplug(self) -> None:
        """Take the chip away; whoever waits for a line of it hears of that."""
        self.plugged = False
        self.path.unlink()
        for request in self.requests.values():
            os.eventfd_write(request.fd, 1)

    def replug(self) -> None:
        """Put it back as it comes from a boot."""
        self.plugged = True
        self.path.touch()


@contextmanager
def chip_at(folder: Path) -> Iterator[FakeChip]:
    """Be the only chip there is, at `folder`/gpiochip0."""
    chip = FakeChip(folder / "gpiochip0")

    def opened(path: str) -> FakeChip:
        if path != str(chip.path):
            raise OSError(errno.ENODEV, "No such device")
        return chip

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gpiod.Chip", opened)
        patch.setattr("lampyre.gpio.CHIPS", folder)
        yield chip
