"""Runs in the guest: a lamp behind a relay at a line of /dev/gpiochipN, held by the node's own lamp line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.hardware.inside.sim import Chip, comes_to, play, until

from lampyre.board import Definition, LampReport
from lampyre.clock import SystemClock
from lampyre.direct import DirectLine
from lampyre.driver import Place
from lampyre.drivers import driver_of

LINE = 4
RELAY = driver_of("gpio_relay")
CHIP = Chip("relay")


def line_value() -> int:
    return CHIP.value(LINE)


@asynccontextmanager
async def lamp(told: list[LampReport], **options: float) -> AsyncIterator[DirectLine]:
    """The lamp as the node has it; stopped as the node is."""
    assert RELAY.lamp is not None
    wanted = RELAY.settle({"line": LINE, **options})
    place = Place("lamp-1", f"device://{CHIP.path}", wanted, SystemClock(), lambda _: None)
    line = DirectLine(place, RELAY.lamp, Definition("gpio_relay", (), RELAY.lamp.least), told.append)
    line.keep = 1.0  # its safe light
    job = asyncio.ensure_future(line.run(lambda: None))
    try:
        await until(lambda: told, lambda: line.line.down)
        yield line
    finally:
        job.cancel()
        await asyncio.wait([job])


async def ordered() -> str:
    switched_s = []
    for active_low in (0, 1):
        told: list[LampReport] = []
        async with lamp(told, active_low=active_low) as line:
            for level in (1.0, 0.0, 1.0):
                line.order(level, 0.0, 60.0)
                wanted = int(level) ^ active_low
                switched_s.append(await comes_to(line_value, wanted))
    return f"on, off and on as seen outside, active high and low, after {max(switched_s) * 1000:.0f} ms at most"


async def expired() -> str:
    CHIP.pull(LINE, up=False)
    told: list[LampReport] = []
    async with lamp(told) as line:
        line.order(0.0, 0.0, 1.0)
        after_s = await until(lambda: CHIP.value(LINE) == 1, lambda: told[-1])
    return f"an order of 1 s to be dark is over: lit after {after_s:.1f} s"


async def adopted() -> str:
    for up in (True, False):
        CHIP.pull(LINE, up=up)  # what a pin that nobody holds is left at: here the world decides
        told: list[LampReport] = []
        async with lamp(told):
            assert (told[0].ordered, told[0].level) == (True, float(up)), told
            CHIP.pull(LINE, up=not up)  # it is driven now, so nobody outside can move it
            assert CHIP.value(LINE) == int(up)
    return "lit stays lit and dark stays dark, before any order"


async def released() -> str:
    found = []
    for options, pulled_up in (({}, False), ({"active_low": 1}, False), ({"active_low": 1}, True)):
        CHIP.pull(LINE, up=pulled_up)
        told: list[LampReport] = []
        async with lamp(told, **options) as line:
            line.order(1.0, 0.0, 60.0)
            lit = int("active_low" not in options)
            await comes_to(line_value, lit)
        found.append((CHIP.value(LINE), CHIP.value(LINE) == lit))
    assert [value for value, _ in found] == [0, 0, 1], found  # this chip: as it is pulled from outside
    return (
        "this chip leaves it to its pull: a lamp that is lit while the pin is low stays lit where the pin is pulled low"
    )


async def taken() -> str:
    told: list[LampReport] = []
    async with lamp(told):
        assert RELAY.lamp is not None
        place = Place("lamp-2", f"device://{CHIP.path}", RELAY.settle({"line": LINE}), SystemClock(), lambda _: None)
        second = DirectLine(place, RELAY.lamp, Definition("gpio_relay", (), RELAY.lamp.least), lambda _: None)
        job = asyncio.ensure_future(second.run(lambda: None))
        await until(lambda: "lampyre lamp-1 has it" in str(second.line.down), lambda: second.line.down)
        job.cancel()
        await asyncio.wait([job])
    return str(second.line.down).partition(";")[0]


async def unplugged() -> str:
    told: list[LampReport] = []
    async with lamp(told) as line:
        line.order(1.0, 0.0, 60.0)
        await comes_to(line_value, 1)
        CHIP.live(there=False)
        line.order(0.0, 0.0, 60.0)
        await until(lambda: line.line.down)
        why = str(line.line.down).partition(": ")[2]
        events = dict(line.events or {})
        CHIP.live()
        back_s = await until(lambda: line.line.down is None, lambda: line.line.down)
        line.order(1.0, 0.0, 60.0)
        await comes_to(line_value, 1)
    return f"{why!r}, told as {', '.join(events) or 'nothing'}; put back, it is driven again after {back_s:.1f} s"


play(
    ("relay", ordered),
    ("relay, an order that expires", expired),
    ("relay at a start", adopted),
    ("relay, nobody holds it", released),
    ("relay, a pin that is taken", taken),
    ("relay, chip unplugged", unplugged),
)
