"""One DALI gear as a lamp of the node: its curve, what it keeps, what it tells, what its memory is spared."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from tests.act.dali.wires import Cable, Mangle, flipped, laid, line, lossy, whole
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.act.dali.gear import DRIVER
from lampyre.board import Definition, LampReport
from lampyre.direct import DirectLine
from lampyre.driver import Place, Sample
from lampyre_sim.devices.dali import Twin, share


@dataclass
class Hung:
    """A line of gears, and what the lamp of one of them reported and measured."""

    cable: Cable
    told: list[LampReport] = field(default_factory=list)
    heard: list[Sample] = field(default_factory=list)

    @asynccontextmanager
    async def run(self, **options: float) -> AsyncIterator[DirectLine]:
        place = Place(
            "dali-1", "device:///dev/dali", DRIVER.settle({"address": 3} | options), LoopClock(), self.heard.append
        )
        assert DRIVER.lamp is not None
        lamp = DirectLine(place, DRIVER.lamp, Definition("dali_hat", DRIVER.channels), self.told.append)
        lamp.keep = 0.6
        with laid(self.cable):
            job = asyncio.ensure_future(lamp.run(lambda: None))
            await asyncio.sleep(1.0)
            yield lamp
            job.cancel()
            await asyncio.wait([job])


@pytest.mark.parametrize("linear", [False, True])
@in_leaps
async def test_the_curve_is_the_gears_own_and_is_applied_once(linear: bool) -> None:
    twin = Twin(3, linear=linear, level=200.0)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        assert hung.told[0].level == pytest.approx(share(200, linear=linear))
        lamp.order(0.5, 1.0, 60.0)
        await asyncio.sleep(3.0)
        assert twin.target == (127 if linear else 229)
        assert twin.light == pytest.approx(0.5, abs=0.01)


@in_leaps
async def test_a_restart_reads_and_moves_nothing() -> None:
    twin = Twin(3, level=200.0)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        lamp.order(share(200), 10.0, 600.0)
        await asyncio.sleep(300.0)
    assert not [frame for frame in hung.cable.hat.frames if frame >> 8 == 0x06], "no level was sent"
    assert hung.told[0].ordered


@in_leaps
async def test_what_the_gear_does_alone_is_written_once_and_only_where_it_differs() -> None:
    twin = Twin(3)
    hung = Hung(line(twin))
    async with hung.run():
        await asyncio.sleep(30.0)
        assert sorted(twin.stored) == [(0x2C, 235), (0x2D, 235), (0x2E, 2)], "60 % of the light, and a fade of 1 s"
    async with hung.run():
        await asyncio.sleep(30.0)
        assert len(twin.stored) == 3
        hung.cable.hat.lose_power()
        assert twin.light == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("mangle", [lossy, flipped])
@in_leaps
async def test_a_bad_line_writes_nothing_wrong_into_a_gear(mangle: Mangle) -> None:
    for seed in range(12):
        twin = Twin(3)
        hung = Hung(line(twin, mangle=mangle, seed=seed))
        async with hung.run():
            await asyncio.sleep(60.0)
        assert set(twin.stored) <= {(0x2C, 235), (0x2D, 235), (0x2E, 2)}
        assert len(twin.stored) <= 9


@in_leaps
async def test_a_fade_of_the_gear_makes_the_steps_smooth() -> None:
    twin = Twin(3, level=235.0)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        await asyncio.sleep(20.0)
        hung.cable.hat.frames.clear()
        lamp.order(0.32, 12.0, 60.0)
        seen = []
        for _ in range(160):
            await asyncio.sleep(0.1)
            seen.append(twin.light)
        assert seen[-1] == pytest.approx(0.32, abs=0.005)
        assert max(before - after for before, after in pairwise(seen)) < 0.008, "2 % in 12 s is 0.0023"
        assert len([frame for frame in hung.cable.hat.frames if frame >> 8 == 0x06]) <= 14


@in_leaps
async def test_it_measures_what_it_draws_once_the_light_stands() -> None:
    twin = Twin(3, level=235.0)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        lamp.order(share(235), 1.0, 600.0)
        await asyncio.sleep(60.0)
        powers = [sample.values[0] for sample in hung.heard if not math.isnan(sample.values[0])]
        assert powers == pytest.approx([40.0 * share(235)] * len(powers), abs=0.1)
        assert 2 <= len(powers) <= 4
        columns = zip(*(sample.values for sample in hung.heard), strict=True)
        slow = [[value for value in column if not math.isnan(value)] for column in columns][1:]
        assert [len({*values}) for values in slow] == [1, 1, 1, 1]
        assert [values[0] for values in slow] == pytest.approx([123456.0, 40.0, 230.4, 0.95])
        assert lamp.facts == {
            "gateway": "DALI HAT 0108", "curve": "log", "least": "0.001", "most": "1.000", "id": "0000000000001B5B",
            "boots": "42", "cause": "power", "gtin": "9006210000000", "firmware": "1.5", "nominal_w": "40",
            "least_w": "4", "nominal_lm": "6000", "colour_k": "3000", "gear_h": "1200", "gear_failures": "0",
            "gear_deratings": "1", "source_starts": "256", "source_h": "1000", "source_failures": "0",
            "rated_life_h": "100000", "rated_starts": "50000",
        }  # fmt: skip


@in_leaps
async def test_its_own_failures_are_told_and_so_is_its_silence() -> None:
    twin = Twin(3)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        lamp.order(1.0, 1.0, 6000.0)
        await asyncio.sleep(100.0)
        assert lamp.events == {}
        twin.lamp_fails = True
        await asyncio.sleep(70.0)
        assert lamp.events == {"lampFailure": "gear 3 says so"}
        twin.lamp_fails, twin.fails = False, True
        await asyncio.sleep(70.0)
        assert lamp.events == {"controlGearFailure": "gear 3 says so"}
        twin.fails, twin.dead = False, True
        await asyncio.sleep(200.0)
        assert lamp.events == {"controlGearCommFailure": "no answer of gear 3"}
        twin.dead = False
        await asyncio.sleep(70.0)
        assert lamp.events == {}


@in_leaps
async def test_a_group_moves_together_and_any_failure_in_it_is_told() -> None:
    twins = [Twin(3, {7}), Twin(4, {7}), Twin(5, {7}), Twin(6)]
    hung = Hung(line(*twins))
    async with hung.run(group=7) as lamp:
        lamp.order(0.5, 1.0, 6000.0)
        await asyncio.sleep(10.0)
        assert [twin.target for twin in twins] == [229, 229, 229, 254]
        assert len([frame for frame in hung.cable.hat.frames if frame >> 8 == 0x8E]) == 1, "one frame for all"
        await asyncio.sleep(60.0)
        assert hung.heard[-1].values[0] == pytest.approx(3 * 40.0 * share(229), abs=0.3), "of all three"
        assert lamp.facts["gears"] == "3 4 5"
        assert [twin.kept[0x2C] for twin in twins] == [235, 235, 235, 254]
        twins[1].lamp_fails = twins[2].lamp_fails = True
        await asyncio.sleep(70.0)
        assert lamp.events == {"lampFailure": "gear 4, 5 says so"}
        twins[2].lamp_fails, twins[2].dead = False, True
        await asyncio.sleep(200.0)
        assert lamp.events == {"lampFailure": "gear 4 says so", "controlGearCommFailure": "no answer of gear 5"}


@in_leaps
async def test_a_gear_that_had_a_power_cut_is_brought_back() -> None:
    twin = Twin(3)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        lamp.order(0.32, 1.0, 6000.0)
        await asyncio.sleep(40.0)
        twin.power_cycle()
        assert twin.light == pytest.approx(0.6, abs=0.01)
        await asyncio.sleep(32.0)
        assert hung.told[-1].level == pytest.approx(0.6, abs=0.01), "and whoever decides takes it from there"
        assert not hung.told[-1].ours


@in_leaps
async def test_a_least_level_of_the_gear_is_no_movement() -> None:
    twin = Twin(3, least=170)
    hung = Hung(line(twin, mangle=whole))
    async with hung.run() as lamp:
        await asyncio.sleep(10.0)
        lamp.order(0.05, 1.0, 6000.0)
        await asyncio.sleep(200.0)
        assert twin.light == pytest.approx(0.101, abs=0.001)
        assert hung.told[-1].ours, "what it cannot do is not somebody else's doing"


@in_leaps
async def test_a_gear_from_the_factory_does_not_jump_either() -> None:
    twin = Twin(3, level=254.0)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        lamp.order(0.3, 10.0, 60.0)
        seen = []
        for _ in range(300):
            await asyncio.sleep(0.05)
            seen.append(twin.light)
    assert seen[-1] == pytest.approx(0.3, abs=0.01)
    assert max(before - after for before, after in pairwise([1.0, *seen])) < 0.02, "7 % a second is 0.0035"


@in_leaps
async def test_a_memory_that_keeps_nothing_is_not_worn_out() -> None:
    twin = Twin(3, forgets=True)
    hung = Hung(line(twin))
    async with hung.run():
        for _ in range(30):
            await asyncio.sleep(12.0)
            hung.cable.unplug()
            await asyncio.sleep(3.0)
            hung.cable.plugged = True
    assert len(twin.stored) <= 3 * 3 + 3, "the fade is looked after twice, before and after a group is known"


@in_leaps
async def test_what_its_diagnostics_say_is_told_and_taken_back() -> None:
    twin = Twin(3)
    hung = Hung(line(twin))
    async with hung.run() as lamp:
        lamp.order(1.0, 1.0, 60000.0)
        await asyncio.sleep(60.0)
        twin.banks[205][0x17], twin.banks[206][0x1A] = 1, 1
        twin.power_cycle()
        await asyncio.sleep(400.0)
        says = "gear 3 says so"
        assert lamp.events == {"controlGearThermalDerating": says, "lightSourceOpenCircuit": says}
        assert lamp.facts["boots"] == "43"
        twin.banks[205][0x17], twin.banks[206][0x1A] = 0, 0xFF
        await asyncio.sleep(400.0)
        assert lamp.events == {}


@pytest.mark.parametrize("mangle", [lossy, flipped])
@in_leaps
async def test_a_bad_line_makes_up_no_trouble_and_no_watt(mangle: Mangle) -> None:
    twin = Twin(3, level=235.0)
    hung = Hung(line(twin, mangle=mangle, seed=5))
    told: set[str] = set()
    async with hung.run() as lamp:
        for _ in range(360):
            lamp.order(share(235), 1.0, 60.0)
            await asyncio.sleep(10.0)
            told |= {*(lamp.events or ())}
        known = {"id": "0000000000001B5B", "boots": "42", "nominal_w": "40", "rated_life_h": "100000"}
        assert {name: lamp.facts[name] for name in known if name in lamp.facts} == {
            name: said for name, said in known.items() if name in lamp.facts
        }
    assert not told
    powers = [sample.values[0] for sample in hung.heard if not math.isnan(sample.values[0])]
    assert len(powers) > 90
    assert powers == pytest.approx([40.0 * share(235)] * len(powers), abs=0.1)


@in_leaps
async def test_a_full_line_is_adopted_and_moves_as_one() -> None:
    twins = [Twin(number, level=235.0, kept={0x2E: 2}) for number in range(64)]
    cable = line(*twins)
    assert DRIVER.lamp is not None
    lamps = []
    with laid(cable):
        clock = LoopClock()
        for number in range(64):
            options = DRIVER.settle({"address": number})
            place = Place(f"dali-{number}", "device:///dev/dali", options, clock, lambda _: None)
            lamps.append(DirectLine(place, DRIVER.lamp, Definition("dali_hat", DRIVER.channels), lambda _: None))
        jobs = [asyncio.ensure_future(lamp.run(lambda: None)) for lamp in lamps]
        for n in range(60):
            for lamp in lamps:
                if lamp.line.opened:
                    lamp.order(share(235), 1.0, 60.0)
            await asyncio.sleep(5.0)
            assert n < 5 or [lamp.line.opened for lamp in lamps] == [1] * 64, "nobody gave up, nobody waits"
        assert {twin.target for twin in twins} == {235}
        cable.hat.frames.clear()
        for lamp in lamps:
            lamp.order(0.3, 10.0, 60.0)
        await asyncio.sleep(13.0)
        assert {twin.target for twin in twins} == {210}
        assert len([frame for frame in cable.hat.frames if not frame >> 8 & 1]) > 300, "each in some steps"
        assert not any(lamp.line.lost for lamp in lamps)
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
