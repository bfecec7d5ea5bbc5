"""What each device and gear of ours is plugged into for the contract: its twin, and a way to it that can be damaged."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from tests.pins import FakeChip, chip_at
from tests.pwms import Chip, pwmchip_at

from lampyre.act import pwm, relay
from lampyre.driver import Device, Driver, Gear, Place, Values
from lampyre.drivers import driver_of
from lampyre.sense import bh1750, gpio_presence, tf_luna_i2c
from lampyre.sense.burst import AGREE_M
from lampyre.sense.ds18b20 import ds18b20
from lampyre.sense.i2c import i2c_device
from lampyre.sense.polled import Polled
from lampyre.sense.sensor import device_of
from lampyre_sim.bench_line import BenchLine
from lampyre_sim.contract_devices import Rig
from lampyre_sim.contract_gears import LampRig
from lampyre_sim.devices.i2c import Bh1750, Bus, TfLuna
from lampyre_sim.devices.modbus import Load, Registers, Slaves, pzem004t, sdm120
from lampyre_sim.devices.w1 import Thermometer
from lampyre_sim.plug import Plug
from lampyre_sim.wicked import KINDS, Spoil, whole

SLAVE, OTHER = 3, 4


class MeterRig:
    """A meter whose power is the number of the question, so that an answer to another one shows."""

    url = "device:///dev/ttyUSB9?baud=9600"
    options: Values = MappingProxyType({"address": float(SLAVE), "every_s": 0.5})
    links: Sequence[str] = tuple(KINDS)

    def __init__(self, kind: str, table: Callable[[Load], Registers]) -> None:
        self._driver = driver_of(kind)
        self.spoil: Spoil = whole
        self._table, self._asked = table, 0
        self._slaves = Slaves({SLAVE: self._measured})
        self._slaves.say = self._say
        self.line = BenchLine(self._slaves.hear)

    def _measured(self) -> Registers:
        self._slaves.asked.clear()  # nobody looks at it
        self._asked = self._asked % 5000 + 1  # watts that every kind can say
        return self._table(Load(watts=float(self._asked)))

    def _say(self, answer: bytes) -> None:
        for piece in self.spoil(answer):
            self.line.say(piece)

    def make(self, place: Place) -> Device:
        return device_of(self._driver, place)

    def true(self, values: tuple[float, ...]) -> bool:
        late = (self._asked - values[0]) % 5000
        # what comes two questions late of the same meter cannot be told from what was asked: docs/drivers.md
        return isnan(values[0]) or late in {0, 2, 4}

    def unplug(self) -> None:
        self.line.unplug()

    def replug(self) -> None:
        self.line.replug()


class TtyRig(MeterRig):
    """The same on a tty, where descriptors are real; what a tty does to bytes is none of its business."""

    links: Sequence[str] = ()

    def __init__(self, kind: str, table: Callable[[Load], Registers], folder: Path) -> None:
        super().__init__(kind, table)
        self._plug = Plug(folder / "port", self._slaves.hear)
        self._slaves.say = self._plug.write
        self.url = f"device://{folder}/port?baud=9600"

    def make(self, place: Place) -> Device:
        self.replug()
        return super().make(place)

    def true(self, values: tuple[float, ...]) -> bool:
        return isnan(values[0]) or values[0] > 0.0  # the kernel takes real time, the loop does not: which one is chance

    def unplug(self) -> None:
        self._plug.unplug()

    def replug(self) -> None:
        self._plug.replug()


class I2cRig:
    """A chip on a bus; it goes by itself, or with its bus, in turn."""

    url = "device:///dev/i2c-1"
    links: Sequence[str] = ("whole", "flipped", "cut")

    def __init__(
        self, kind: str, eye: Callable[..., object], chip: Bh1750 | TfLuna, value: float, within: float
    ) -> None:
        self._kind, self._eye, self._chip = kind, eye, chip
        self._value, self._within = value, within
        self._address = int(driver_of(kind).settle({})["address"])
        self.options: Values = {}
        self.spoil: Spoil = whole
        self._bus = Bus({self._address: chip})
        self._bus.spoil = lambda data: b"".join(self.spoil(data)) if data else data
        self._gone = 0

    def make(self, place: Place) -> Polled:
        return i2c_device(self._kind, self._eye, place, self._bus.reach)  # type: ignore[arg-type]

    def true(self, values: tuple[float, ...]) -> bool:
        return abs(values[0] - self._value) <= self._within

    def unplug(self) -> None:
        self._gone += 1
        if self._gone % 2:
            self._bus.chips.clear()
        else:
            self._bus.there = False

    def replug(self) -> None:
        self._bus.there, self._bus.chips[self._address] = True, self._chip


class W1Rig:
    """A thermometer on its wire."""

    url = "device:///sys/bus/w1/devices/28-0316a279b3ff"
    options: Values = MappingProxyType({})
    links: Sequence[str] = ("whole", "flipped", "cut")

    def __init__(self) -> None:
        self.spoil: Spoil = whole
        self._twin = Thermometer(23.125)
        self._twin.spoil = lambda data: b"".join(self.spoil(data))

    def make(self, place: Place) -> Polled:
        return ds18b20(place, self._twin.reach)

    def true(self, values: tuple[float, ...]) -> bool:
        return values == (23.125,)

    def unplug(self) -> None:
        self._twin.there = False

    def replug(self) -> None:
        self._twin.there = True


class PinRig:
    """A presence sensor at a pin; nothing is sent, so nothing is damaged."""

    options: Values = MappingProxyType({"line": 3.0})
    links: Sequence[str] = ()
    spoil: Spoil = whole

    def __init__(self, chip: FakeChip) -> None:
        self._chip = chip
        self.url = f"device://{chip.path}"

    def make(self, place: Place) -> Device:
        return device_of(gpio_presence.DRIVER, place)

    def true(self, values: tuple[float, ...]) -> bool:
        return values == (0.0, 0.0)

    def unplug(self) -> None:
        if self._chip.plugged:
            self._chip.unplug()

    def replug(self) -> None:
        self._chip.replug()


class RelayRig:
    """A lamp behind a relay."""

    options: Values = MappingProxyType({"line": 4.0})
    found: Sequence[float] = (0.0, 1.0)

    def __init__(self, chip: FakeChip) -> None:
        self._chip = chip
        self.url = f"device://{chip.path}"

    def make(self, place: Place) -> Gear:
        return _gear(relay.DRIVER, place)

    def light(self, signal: float | None = None) -> float:
        if signal is not None:
            self._chip.lines[4].high = signal > 0.0
        return float(self._chip.lines[4].high)

    def unplug(self) -> None:
        self._chip.unplug()

    def replug(self) -> None:
        self._chip.replug()


class PwmRig:
    """A lamp's driver at a PWM's channel."""

    options: Values = MappingProxyType({"channel": 1.0})
    found: Sequence[float] = (0.0, 0.01, 0.25, 0.5, 1.0)

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.url = f"device://{chip.folder}"

    def make(self, place: Place) -> Gear:
        return _gear(pwm.DRIVER, place)

    def light(self, signal: float | None = None) -> float:
        return self._chip.light(signal)

    def unplug(self) -> None:
        self._chip.unplug()

    def replug(self) -> None:
        self._chip.replug()


def _gear(driver: Driver, place: Place) -> Gear:
    assert driver.lamp is not None
    return driver.lamp.make(place)


@contextmanager
def _meter(kind: str, table: Callable[[Load], Registers]) -> Iterator[MeterRig]:
    rig = MeterRig(kind, table)
    with rig.line.plugged():
        yield rig


@contextmanager
def _tty(kind: str, table: Callable[[Load], Registers]) -> Iterator[MeterRig]:
    with TemporaryDirectory() as folder:
        rig = TtyRig(kind, table, Path(folder))
        try:
            yield rig
        finally:
            rig.unplug()


@contextmanager
def _pin() -> Iterator[PinRig]:
    with TemporaryDirectory() as folder, chip_at(Path(folder)) as chip:
        yield PinRig(chip)


@contextmanager
def _relay() -> Iterator[RelayRig]:
    with TemporaryDirectory() as folder, chip_at(Path(folder)) as chip:
        yield RelayRig(chip)


@contextmanager
def _pwm() -> Iterator[PwmRig]:
    with TemporaryDirectory() as folder, pwmchip_at(Path(folder)) as chip:
        yield PwmRig(chip)


DEVICES: dict[str, Callable[[], AbstractContextManager[Rig]]] = {
    "bh1750": lambda: nullcontext(I2cRig("bh1750", bh1750.Eye, Bh1750(100.0), 100.0, 1.0)),
    "ds18b20": lambda: nullcontext(W1Rig()),
    "gpio_presence": _pin,
    "pzem004t": lambda: _meter("pzem004t", pzem004t),
    "sdm120": lambda: _meter("sdm120", sdm120),
    "tf_luna_i2c": lambda: nullcontext(I2cRig("tf_luna_i2c", tf_luna_i2c.Eye, TfLuna(1.23), 1.23, AGREE_M)),
}
TTYS: dict[str, Callable[[], AbstractContextManager[Rig]]] = {"sdm120": lambda: _tty("sdm120", sdm120)}
GEARS: dict[str, Callable[[], AbstractContextManager[LampRig]]] = {"gpio_relay": _relay, "pwm": _pwm}
