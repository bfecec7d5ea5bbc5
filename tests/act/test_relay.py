"""A lamp behind a relay burns or does not, and our coming and going does not switch it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.clocks import LoopClock
from tests.pins import FakeChip, chip_at

from lampyre.act.relay import DRIVER
from lampyre.driver import Gear, Place
from lampyre.errors import LinkDown

LINE = 4


@asynccontextmanager
async def relay(chip: FakeChip, **options: float) -> AsyncIterator[Gear]:
    assert DRIVER.lamp is not None
    settled = DRIVER.settle({"line": float(LINE)} | options)
    gear = DRIVER.lamp.make(Place("lamp-1", f"device://{chip.path}", settled, LoopClock(), lambda _: None))
    async with gear.open():
        yield gear


@pytest.mark.parametrize("high", [False, True])
@pytest.mark.parametrize("active_low", [0.0, 1.0])
async def test_the_relay_stays_as_it_is_found(high: bool, active_low: float, tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip:
        chip.lines[LINE].high = high
        async with relay(chip, active_low=active_low) as gear:
            assert await gear.now() == float(high != bool(active_low))
        assert set(chip.driven) == {(LINE, high)}


async def test_any_signal_lights_and_none_puts_out(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip:
        async with relay(chip) as gear:
            for signal, lit in ((0.3, 1.0), (0.0, 0.0), (0.001, 1.0), (1.0, 1.0)):
                await gear.put(signal, 1.0)
                assert await gear.now() == gear.shown(signal) == lit


async def test_at_a_normally_closed_contact_the_lamp_is_lit_while_the_pin_is_low(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip:
        async with relay(chip, active_low=1.0) as gear:
            assert await gear.now() == 1.0
            await gear.put(0.0, 0.0)
            assert chip.lines[LINE].high


async def test_a_chip_that_has_gone_is_told(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip:
        async with relay(chip) as gear:
            chip.unplug()
            with pytest.raises(LinkDown, match="the chip is gone"):
                await gear.now()
            with pytest.raises(LinkDown, match="the chip is gone"):
                await gear.put(1.0, 0.0)
