"""A lamp that hangs directly at the node does what a board would do for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.board import Definition, LampReport
from lampyre.direct import DirectLine
from lampyre.driver import Gear, Hung, Place
from lampyre.errors import ConfigError, LinkDown
from lampyre.hardware import definitions
from lampyre.settings import Settings

NIGHT = (-3600, 7200, -3600, 7200)  # began an hour ago
DAY = (3600, 7200, 3600, 7200)


@dataclass
class Wire:
    """A dimmer that keeps its level; `there` and `says` are what a fault takes away."""

    level: float = 0.4
    there: bool = True
    says: bool = True
    puts: list[tuple[float, float, float]] = field(default_factory=list)  # when, signal, fade

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        self._there()
        yield

    async def put(self, signal: float, fade_s: float) -> None:
        self._there()
        self.level = self.shown(signal)
        self.puts.append((asyncio.get_running_loop().time(), signal, fade_s))

    async def now(self) -> float | None:
        self._there()
        return self.level if self.says else None

    def shown(self, signal: float) -> float:
        return max(0.01, round(signal, 3)) if signal > 0.0 else 0.0

    def _there(self) -> None:
        if not self.there:
            raise LinkDown("wire: cut")


@dataclass
class Hanging:
    """The line of one lamp, and what it reported."""

    wire: Wire
    night: tuple[int, int, int, int] | None = NIGHT
    told: list[LampReport] = field(default_factory=list)

    @asynccontextmanager
    async def run(self, step_s: float = 0.1) -> AsyncIterator[DirectLine]:
        def make(_: Place) -> Gear:
            return self.wire

        place = Place("wire-1", "device:///dev/wire", {}, LoopClock(), lambda _: None)
        line = DirectLine(place, Hung(make, step_s, 0.01, "it stays"), Definition("wire", ()), self.told.append)
        line.keep, line.night = 0.6, lambda: self.night
        beats: list[None] = []
        job = asyncio.ensure_future(line.run(lambda: beats.append(None)))
        await asyncio.sleep(0.01)
        yield line
        assert beats
        job.cancel()
        await asyncio.wait([job])


@in_leaps
async def test_what_is_found_at_the_start_stays_and_is_told() -> None:
    lamp = Hanging(Wire(0.4))
    async with lamp.run() as line:
        first = lamp.told[0]
        assert (first.ordered, first.level, first.target, first.ours) == (True, 0.4, 0.4, False)
        line.order(0.4, 10.0, 60.0)
        await asyncio.sleep(30.0)
        assert lamp.wire.puts == [], "not even written"
        assert lamp.told[-1].ours


@in_leaps
async def test_a_ramp_goes_in_steps_and_ends_where_it_should() -> None:
    lamp = Hanging(Wire(0.2))
    async with lamp.run() as line:
        line.order(0.8, 1.0, 60.0)
        await asyncio.sleep(5.0)
        signals = [signal for _, signal, _ in lamp.wire.puts]
        assert signals == pytest.approx([0.2 + 0.06 * n for n in range(1, 11)], abs=0.002)
        assert all(fade == pytest.approx(0.1, abs=0.002) for _, _, fade in lamp.wire.puts)


@in_leaps
async def test_repeating_an_order_delays_no_ramp_and_writes_nothing_more() -> None:
    lamp = Hanging(Wire(0.2))
    async with lamp.run() as line:
        for _ in range(20):
            line.order(0.8, 1.0, 60.0)
            await asyncio.sleep(0.25)
        assert lamp.wire.level == 0.8
        assert lamp.wire.puts[-1][0] < 1.2
        assert len(lamp.wire.puts) <= 15


@in_leaps
async def test_an_idle_lamp_wakes_for_nothing_but_its_orders_and_looks() -> None:
    lamp = Hanging(Wire(0.2))
    async with lamp.run() as line:
        taken = 0

        def count(take: Callable[[], None]) -> Callable[[], None]:
            def once() -> None:
                nonlocal taken
                taken += 1
                take()

            return once

        line._take = count(line._take)  # type: ignore[method-assign]
        for _ in range(120):
            line.order(0.2, 1.0, 60.0)
            await asyncio.sleep(5.0)
        assert taken <= 120 + 600 / 30 + 2


@pytest.mark.parametrize(("night", "safe"), [(NIGHT, 0.6), (None, 0.6), (DAY, 0.0)])
@in_leaps
async def test_an_order_that_expires_leads_to_safe_light_by_a_ramp_of_its_own(
    night: tuple[int, int, int, int] | None, safe: float
) -> None:
    lamp = Hanging(Wire(0.3), night)
    async with lamp.run() as line:
        line.order(0.3, 1.0, 20.0)
        await asyncio.sleep(19.9)
        assert lamp.wire.puts == []
        await asyncio.sleep(12.0)
        assert lamp.wire.level == safe
        first, last = lamp.wire.puts[0], lamp.wire.puts[-1]
        assert first[0] >= 20.0
        assert last[0] - first[0] == pytest.approx(0.9 if safe else 9.9, abs=0.2)
        assert not lamp.told[-1].ordered
        assert lamp.told[-1].target == safe


@in_leaps
async def test_whom_nobody_orders_after_the_start_goes_to_safe_light() -> None:
    lamp = Hanging(Wire(0.0))
    async with lamp.run():
        await asyncio.sleep(12.0)
        assert lamp.wire.level == 0.6


@in_leaps
async def test_one_that_does_not_say_where_it_is_is_left_alone_until_ordered() -> None:
    lamp = Hanging(Wire(0.3, says=False))
    async with lamp.run() as line:
        assert not lamp.told[0].ordered
        await asyncio.sleep(5.0)
        assert lamp.wire.puts == []
        line.order(0.3, 2.0, 60.0)
        await asyncio.sleep(5.0)
        assert [signal for _, signal, _ in lamp.wire.puts] == [0.3], "in one piece"
        assert lamp.wire.puts[0][2] == pytest.approx(2.0)


@in_leaps
async def test_one_that_never_says_and_is_never_ordered_is_lit_all_the_same() -> None:
    lamp = Hanging(Wire(0.0, says=False))
    async with lamp.run():
        await asyncio.sleep(12.0)
        assert lamp.wire.level == 0.6


@in_leaps
async def test_what_somebody_else_moved_is_told_and_left_for_who_decides() -> None:
    lamp = Hanging(Wire(0.3))
    async with lamp.run() as line:
        line.order(0.3, 1.0, 600.0)
        await asyncio.sleep(5.0)
        lamp.wire.level = 1.0
        await asyncio.sleep(31.0)
        assert lamp.told[-1].level == 1.0
        assert not lamp.told[-1].ours
        line.order(0.3, 1.0, 600.0)
        await asyncio.sleep(2.0)
        assert lamp.wire.level == 0.3


@in_leaps
async def test_a_way_that_was_lost_is_opened_again_and_the_lamp_adopted() -> None:
    lamp = Hanging(Wire(0.3))
    async with lamp.run() as line:
        line.order(0.3, 1.0, 60.0)
        await asyncio.sleep(5.0)
        lamp.wire.there = False
        line.order(0.8, 1.0, 60.0)
        await asyncio.sleep(45.0)
        assert line.line.lost
        assert line.line.down == "wire: cut"
        lamp.wire.there, lamp.wire.level = True, 0.5
        before = len(lamp.told)
        await asyncio.sleep(31.0)
        assert not line.line.lost
        assert lamp.told[before].level == 0.5
        assert not lamp.told[before].ours
        line.order(0.8, 1.0, 60.0)
        await asyncio.sleep(5.0)
        assert lamp.wire.level == 0.8


@in_leaps
async def test_what_is_never_there_costs_a_try_every_half_minute_at_most() -> None:
    lamp = Hanging(Wire(there=False))
    async with lamp.run() as line:
        await asyncio.sleep(3600.0)
        assert line.line.down == "wire: cut"
        assert lamp.told == []


def test_what_only_measures_holds_no_lamp() -> None:
    file = {
        "node": {"site": "s", "id": "n", "latitude": 47.0, "longitude": 5.0},
        "board": [{"id": "r1", "kind": "maxbotix", "link": "serial:///dev/ttyUSB0?baud=9600"}],
        "lamp": [{"id": "lamp-1", "board": "r1"}],
    }
    with pytest.raises(ConfigError, match="lamp lamp-1: board 'r1' is not a lamp board of this file"):
        definitions(Settings.model_validate(file))
