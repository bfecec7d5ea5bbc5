"""What a driver is: bytes of one kind of sensor in, samples in SI units out, and how far the bytes can be believed.

A driver is one file with one `DRIVER`; `lampyre.drivers` finds it by its kind, here or in anybody's package.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from lampyre.clock import Clock
from lampyre.records import Quality, Quantity

Values = Mapping[str, float]
"""Options by name, as the file gives them or as the driver has them."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its name, what it measures, and the range in which it is believed (SI unit of the quantity)."""

    name: str
    quantity: Quantity
    low: float
    high: float
    stale_s: float | None = None  # None: as the driver says


@dataclass(frozen=True, slots=True)
class Sample:
    """One value for each channel, in their order; NaN: not measured this time. SUSPECT: the sensor itself doubts."""

    values: tuple[float, ...]
    quality: Quality = Quality.GOOD


@dataclass(slots=True)
class Counts:
    """What came since the start, over all openings of the line."""

    frames: int = 0  # sound ones
    broken: int = 0  # pieces that began like a frame and were none
    ignored: int = 0  # bytes that belonged to no sound frame


class Decoder(Protocol):
    """Made anew each time the line opens; keeps no more than a few frames' bytes, whatever comes."""

    def feed(self, data: bytes) -> Sequence[Sample]:
        """Take the next bytes, in any portions; return the samples that they complete. Raises nothing."""


class Asker(Decoder, Protocol):
    """A decoder for a sensor that speaks only when asked; it knows what answer it waits for."""

    def ask(self) -> bytes:
        """Return the next request; called every `ask_every_s`, whether the last one was answered or not."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How a sensor speaks on a serial line."""

    decoder: Callable[[Values, Counts], Decoder]
    baud: int  # as it leaves the factory
    silent_s: float  # without a byte for so long the line counts as down
    noise_odds: float  # at most: that one byte of pure noise completes a GOOD sample
    damage_odds: float  # at most: that a frame with lost or turned bytes (one in fifty) yields a wrong GOOD sample
    ask_every_s: float | None = None  # None: it speaks by itself; else the decoder is an Asker


@dataclass(frozen=True, slots=True)
class Option:
    """A number that the file may give a driver under `options`."""

    name: str
    default: float  # NaN: there is none, the file must give it
    low: float
    high: float
    whole: bool = False


class Device(Protocol):
    """What stands behind one [[board]] that only measures."""

    @property
    def url(self) -> str:
        """Where it is plugged in."""

    @property
    def down(self) -> str | None:
        """Why nothing is heard of it; None: all is well."""

    @property
    def counts(self) -> Counts:
        """What came of it since the start."""

    async def run(self, beat: Callable[[], None]) -> None:
        """Measure for ever, beating at least every 30 s; whatever the line does, it is opened again."""


class Gear(Protocol):
    """What holds one lamp that hangs directly at the node. Every call may raise LinkDown: then it is opened again."""

    def open(self) -> AbstractAsyncContextManager[None]:
        """Open the way to the lamp, for as long as the block lasts; the light stays as it is, at both its ends."""

    async def put(self, signal: float, fade_s: float) -> None:
        """Go to this signal (0..1) within `fade_s`, at once where it cannot fade; never below `shown(signal)`."""

    async def now(self) -> float | None:
        """Return the signal (0..1) that the lamp shows now, without moving it; None: it does not say."""

    def shown(self, signal: float) -> float:
        """Return what the gear makes of a signal: its nearest step, never below the least that it gives."""


@runtime_checkable
class Tended(Gear, Protocol):
    """A gear that can do more than hold its lamp."""

    @property
    def facts(self) -> dict[str, str]:
        """What it says of itself; another dict whenever it says something new."""

    @property
    def events(self) -> Mapping[str, str] | None:
        """What is wrong with it, by TALQ's name, and why; None: nothing is known yet."""

    async def tend(self, safe: float) -> None:
        """While it is open: have it go to `safe` (0..1) by itself, watch and measure it. Ends only by LinkDown."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a device is made with: its name and link in the file, its options, and who hears its samples."""

    name: str
    url: str
    options: Values
    clock: Clock
    heard: Callable[[Sample], None]


@dataclass(frozen=True, slots=True)
class Bus:
    """What several devices share, told apart by their option `address` where they have one."""

    name: str  # of what is spoken there, such as "Modbus": one path carries one
    baud: int = 0  # as the devices leave the factory; 0: no serial line, nobody sets its speed


@dataclass(frozen=True, slots=True)
class Hung:
    """How lamps of this kind hang at the node; it makes their ramps and goes to safe light when orders expire."""

    make: Callable[[Place], Gear]
    step_s: float  # of a ramp: one `put` each
    least: float  # the lowest signal above 0 that it gives, 0..1; 1: it can only switch
    alone: str  # what becomes of the light while no agent runs, for `lampyre check`: "it ..."
    by_share: bool = False  # signals are shares of the light: it knows its gear's curve
    slow_s: float = 5.0  # a call that takes longer means that the way to the lamp is gone; below a job's leash of 60


@dataclass(frozen=True, slots=True)
class Driver:
    """One kind of device. `speech`: its bytes on a serial line; `make`: a device of its own; `lamp`: it holds one."""

    kind: str
    channels: tuple[Channel, ...]
    stale_s: float  # a value that is older counts no more
    source: str  # the paper that says so: maker, title, version
    speech: Speech | None = None
    make: Callable[[Place], Device] | None = None
    lamp: Hung | None = None  # it holds a lamp, and may measure as well: no `speech`, no `make`
    bus: Bus | None = None  # of `make`; None: nothing is known of it, nothing is checked
    wrong_odds: float = 0.0  # of `make`: at most, that damage or noise in a look yields a wrong GOOD sample
    options: tuple[Option, ...] = ()

    def settle(self, given: Values) -> Values:
        """Return the options with what is `given`; ValueError with the cure for an unknown or impossible one."""
        known = {option.name: option for option in self.options}
        for name, value in given.items():
            option = known.get(name)
            if option is None:
                raise ValueError(f"{self.kind} has no option {name!r}; it has {', '.join(known) or 'none'}")
            if not option.low <= value <= option.high:
                raise ValueError(f"option {name}: give a number from {option.low:g} to {option.high:g}")
            if option.whole and value != int(value):
                raise ValueError(f"option {name}: give a whole number, such as {int(value)}")
        missing = [name for name, option in known.items() if math.isnan(option.default) and name not in given]
        if missing:
            raise ValueError(f"{self.kind} needs options = {{ {missing[0]} = ... }} (docs/drivers.md)")
        return MappingProxyType({option.name: option.default for option in self.options} | dict(given))
