"""Sensors on I2C and 1-Wire: read aside from the loop, refused where they cannot be right, told of with the cure."""

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.driver import Place, Sample
from lampyre.drivers import driver_of
from lampyre.errors import LinkDown
from lampyre.sense import bh1750, ds18b20, tf_luna_i2c
from lampyre.sense.aside import Aside
from lampyre.sense.i2c import Address, i2c_device
from lampyre.sense.polled import Ask, Polled
from lampyre_sim.devices.i2c import Bh1750, Bus, TfLuna

# as printed in many a tutorial of the Raspberry Pi
W1 = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
W1_FRESH = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n"  # not measured
W1_GROUND = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n"
W1_FROST = "5e ff 4b 46 7f ff 02 10 b6 : crc=b6 YES\n5e ff 4b 46 7f ff 02 10 b6 t=-10125\n"  # built by the data sheet


class Desk:
    """One device, and what it said."""

    def __init__(self, make: Callable[[Place], Any], kind: str, url: str, **options: float) -> None:
        self.heard: list[Sample] = []
        driver = driver_of(kind)
        self.device = make(Place("d", url, driver.settle(options), LoopClock(), self.heard.append))

    async def __aenter__(self) -> "Desk":
        self._job = asyncio.ensure_future(self.device.run(lambda: None))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._job.cancel()
        await asyncio.wait([self._job])

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(900.0):
            while not done():
                await asyncio.sleep(0.1)


def on(bus: Bus, kind: str, eye: Callable[[Any], Any], **options: float) -> Desk:
    def make(place: Place) -> Polled:
        return i2c_device(kind, eye, place, bus.reach)

    return Desk(make, kind, "device:///dev/i2c-1", **options)


@in_leaps
async def test_the_word_of_the_data_sheet_is_its_light() -> None:
    bus = Bus({0x23: Bh1750(28066.67)})  # "ex) 1000_0011 1001_0000": 28067 lx
    async with on(bus, "bh1750", bh1750.Eye) as desk:
        await desk.until(lambda: len(desk.heard) > 2)
        assert desk.heard[0].values[0] == pytest.approx(0x8390 / 1.2)
        assert desk.device.down is None
    assert bus.open == 0


@in_leaps
async def test_a_cover_that_lets_half_of_the_light_through_is_reckoned_with() -> None:
    async with on(Bus({0x5C: Bh1750(10.0)}), "bh1750", bh1750.Eye, window=0.5, address=0x5C) as desk:
        await desk.until(lambda: bool(desk.heard))
    assert desk.heard[0].values == (20.0,)


@in_leaps
async def test_light_of_which_two_readings_differ_is_not_believed() -> None:
    bus, turn = Bus({0x23: Bh1750(100.0)}), iter(range(10**6))
    bus.spoil = lambda data: bytes((next(turn) & 0x7F,)) + data[1:] if data else data
    async with on(bus, "bh1750", bh1750.Eye) as desk:
        await desk.until(lambda: "two things of one measurement" in (desk.device.down or ""))
        assert not desk.heard
        bus.spoil = lambda data: data
        await desk.until(lambda: bool(desk.heard))


@in_leaps
async def test_a_range_is_believed_when_four_of_five_agree_and_there_is_light_in_it() -> None:
    luna = TfLuna(1.23)
    async with on(Bus({0x10: luna}), "tf_luna_i2c", tf_luna_i2c.Eye) as desk:
        await desk.until(lambda: bool(desk.heard))
        assert desk.heard[0].values == (1.23,)
        luna.strength = 40
        await asyncio.sleep(5.0)
        said = len(desk.heard)
        await asyncio.sleep(30.0)
        assert len(desk.heard) == said
        assert desk.device.down is None, "it answers, it only sees nothing"


@in_leaps
async def test_two_sensors_share_a_bus() -> None:
    bus = Bus({0x10: TfLuna(0.8), 0x23: Bh1750(7.0)})
    async with on(bus, "bh1750", bh1750.Eye) as light, on(bus, "tf_luna_i2c", tf_luna_i2c.Eye) as lidar:
        await light.until(lambda: bool(light.heard and lidar.heard))


@in_leaps
async def test_a_chip_that_misses_a_beat_is_not_down_and_one_that_is_gone_comes_back() -> None:
    bus, turn = Bus({0x23: Bh1750(5.0)}), iter(range(10**6))
    bus.spoil = lambda data: None if data and next(turn) % 5 == 0 else data
    async with on(bus, "bh1750", bh1750.Eye) as desk:
        await desk.until(lambda: len(desk.heard) >= 20)
        assert desk.device.down is None
        chip = bus.chips.pop(0x23)
        await desk.until(lambda: desk.device.down is not None)
        assert "nobody at address 0x23; check wires and supply; `i2cdetect -y 1`" in str(desk.device.down)
        bus.there = False
        await desk.until(lambda: "no such bus" in str(desk.device.down))
        assert "dtparam=i2c_arm=on" in str(desk.device.down)
        bus.there, bus.chips[0x23] = True, chip
        await desk.until(lambda: desk.device.down is None)


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "the service's user must be in the group i2c"),
        (errno.EPERM, "forbidden to this service"),
        (errno.ENXIO, "nobody at address 0x23"),
        (errno.ETIMEDOUT, "somebody holds SDA or SCL low"),
        (errno.EIO, "address 0x23: Input/output error"),
    ],
)
def test_what_the_kernel_says_is_told_with_the_cure(number: int, cure: str) -> None:
    @in_leaps
    async def told() -> None:
        def refuse(path: str, address: int) -> Any:
            raise OSError(number, os.strerror(number))

        desk = Desk(lambda place: i2c_device("bh1750", bh1750.Eye, place, refuse), "bh1750", "device:///dev/i2c-1")
        async with desk:
            await desk.until(lambda: cure in str(desk.device.down))

    told()


def test_a_bus_that_is_not_there_is_what_the_door_says_too() -> None:
    with pytest.raises(FileNotFoundError):
        Address("/dev/i2c-there-is-none", 0x23)


async def test_a_call_that_hangs_blocks_nobody_and_costs_one_thread() -> None:
    aside, free, gone = Aside("held"), threading.Event(), threading.Event()

    def hang() -> None:
        free.wait(60.0)
        gone.set()

    with pytest.raises(LinkDown, match="held: the bus hangs, for"):
        await aside.do(hang, 0.01)
    before = threading.active_count()
    for _ in range(20):
        with pytest.raises(LinkDown, match="the bus still hangs"):
            await aside.do(hang, 0.01)
    assert threading.active_count() <= before
    free.set()
    await asyncio.get_running_loop().run_in_executor(None, gone.wait, 60.0)
    async with asyncio.timeout(60.0):
        while True:
            try:
                assert await aside.do(lambda: 7, 60.0) == 7
            except LinkDown:  # its thread has a few instructions left
                await asyncio.sleep(0)
                continue
            break


class Still:
    """A way on which a call returns when the test lets it."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.closed = 0

    def transfer(self, write: bytes, read: int) -> bytes:
        self.free.wait(60.0)
        return b"\x01"

    def close(self) -> None:
        self.closed += 1


class Glance:
    """An eye that sees one byte."""

    async def look(self, ask: Ask) -> tuple[float, ...]:
        return (float((await ask(b"", 1))[0]),)


async def test_a_bus_that_hangs_is_told_of_slows_no_other_and_is_read_again_once_it_is_free() -> None:
    still, free = Still(), Still()
    free.free.set()

    def device(kind: str, way: Still, call_s: float) -> Desk:
        return Desk(
            lambda place: Polled(kind, place, Glance, lambda: way, str, call_s), "bh1750", "device:///dev/i2c-1"
        )

    async with device("hung", still, 0.02) as hung, device("sound", free, 60.0) as sound:
        await hung.until(lambda: "the bus" in str(hung.device.down) and "hangs" in str(hung.device.down))
        heard = len(sound.heard)
        await sound.until(lambda: len(sound.heard) > heard + 1)
        assert not hung.heard
        assert sum(thread.name.startswith("hung") for thread in threading.enumerate()) == 1
        still.free.set()
        await hung.until(lambda: bool(hung.heard))
    assert free.closed == 1


@pytest.mark.parametrize(("text", "celsius"), [(W1, 23.125), (W1_FROST, -10.125)])
def test_a_thermometer_says_what_the_kernel_reads(tmp_path: Path, text: str, celsius: float) -> None:
    @in_leaps
    async def said() -> None:
        (tmp_path / "w1_slave").write_text(text)
        async with Desk(ds18b20.ds18b20, "ds18b20", f"device://{tmp_path}") as desk:
            await desk.until(lambda: bool(desk.heard))
            assert desk.heard[0].values == (celsius,)

    said()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (W1_FRESH, "says 85 degC, as it does when it has not measured"),
        (W1.replace("23125", "-127000"), "says -127 degC"),
        (W1.replace("23125", "127937"), "says 127.937 degC"),
        (W1_GROUND, "says nothing but zeros; the data wire touches ground"),
        (W1.replace("YES", "NO"), "arrive damaged; check the data wire and its pull-up"),
        ("", "arrive damaged"),
        (W1 * 2, "arrive damaged"),
    ],
)
def test_a_thermometer_that_cannot_be_right_is_refused_with_the_cure(tmp_path: Path, text: str, why: str) -> None:
    @in_leaps
    async def refused() -> None:
        (tmp_path / "w1_slave").write_text(text)
        async with Desk(ds18b20.ds18b20, "ds18b20", f"device://{tmp_path}") as desk:
            await desk.until(lambda: why in str(desk.device.down))
            assert not desk.heard
            (tmp_path / "w1_slave").write_text(W1)
            await desk.until(lambda: bool(desk.heard))

    refused()


@in_leaps
async def test_a_thermometer_that_is_not_there_is_told_with_the_cure() -> None:
    url = "device:///sys/bus/w1/devices/28-none"
    async with Desk(ds18b20.ds18b20, "ds18b20", url) as desk:
        await desk.until(lambda: "dtoverlay=w1-gpio" in str(desk.device.down))
