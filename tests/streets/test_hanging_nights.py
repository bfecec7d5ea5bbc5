"""Whole nights of a lamp that hangs directly at the node: whatever breaks, it is lit, and it moves gently."""

import asyncio
import tempfile
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.act.dali.wires import Mangle, flipped, late, lossy, noisy, whole
from tests.streets.faults import JUMPS, Fault, faults, generated
from tests.streets.hanging import Mast
from tests.streets.lane import Moment

from lampyre_sim.devices.dali import share
from lampyre_sim.loop import JumpingLoop

FLOOR, FULL, SAFE = 0.32, 0.8, 0.6
STEP = 0.03  # of a level: DALI's are 2.8 % apart
LATE_S = 4.0  # a tick, some frames of the line, a fade and the ramp
FADE_S = 1.0

FAULTS = st.one_of(
    faults("presence", st.booleans()),
    faults("presence", st.booleans()),
    faults("radar", st.booleans()),
    faults("plug", st.booleans()),
    faults("plug", st.just(True)),
    faults("kill", st.none()),
    faults("start", st.none()),
    faults("start", st.none()),
    faults("hang", st.none()),
    faults("wall", st.sampled_from([None, "+1 day", "-1 hour"])),
    faults("ntp", st.booleans()),
    faults("gear", st.booleans()),
    faults("mains", st.none()),
    faults("mute", st.booleans()),
    faults("line", st.booleans()),
)


class Night:
    """Plays faults on a mast."""

    def __init__(self, mast: Mast) -> None:
        self.mast = mast

    async def play(self, fault: Fault) -> None:
        await cast("Any", getattr(self, f"_{fault.what}"))(fault.value)
        await asyncio.sleep(fault.then_s)

    async def _presence(self, there: bool) -> None:
        self.mast.radar.present = there

    async def _radar(self, there: bool) -> None:
        self.mast.radar.there = there

    async def _plug(self, there: bool) -> None:
        if there:
            self.mast.cable.plugged = True
        else:
            self.mast.cable.unplug()

    async def _kill(self, _: None) -> None:
        await self.mast.kill()

    async def _start(self, _: None) -> None:
        if self.mast.node is None:
            await self.mast.begin()

    async def _hang(self, _: None) -> None:
        self.mast.hang()

    async def _wall(self, to: str | None) -> None:
        clock = self.mast.clock
        clock.off = timedelta(0) if to is None else max(clock.off + JUMPS[to], timedelta(hours=-2))

    async def _ntp(self, there: bool) -> None:
        self.mast.clock.set_by_ntp = there

    async def _gear(self, answers: bool) -> None:
        self.mast.twin.dead = not answers

    async def _mains(self, _: None) -> None:
        self.mast.by_itself(self.mast.twin.power_cycle)

    async def _mute(self, mute: bool) -> None:
        self.mast.cable.hat.mute = mute

    async def _line(self, powered: bool) -> None:
        hat = self.mast.cable.hat
        if powered:
            hat.powered = True
        else:
            self.mast.by_itself(hat.lose_power)


def in_virtual_time(coroutine: Any) -> Any:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(coroutine)


async def a_night(folder: Path, mangle: Mangle, events: list[Fault]) -> Mast:
    mast = Mast(folder, mangle)
    async with mast.open():
        await mast.begin()
        await asyncio.sleep(30.0)
        mast.shown.clear()
        night = Night(mast)
        for event in events:
            await night.play(event)
    return mast


def too_dark(shown: list[Moment]) -> list[Moment]:
    """Return the moments at which the lamp had been below its floor for longer than the ramp."""
    found: list[Moment] = []
    for below, run in groupby(shown, lambda moment: moment.level < FLOOR * (1 - STEP)):
        dark = list(run) if below else []
        found += [moment for moment in dark if moment.at_s - dark[0].at_s > LATE_S]
    return found


def jolts(mast: Mast) -> list[tuple[Moment, Moment]]:
    """Return where it fell faster than its own ramps, or rose faster than in a second: but by mains and line alone."""
    found = []
    for before, after in pairwise(mast.shown):
        if any(before.at_s - 1.0 <= moved_s <= after.at_s for moved_s in mast.moved_s):
            continue
        passed_s = after.at_s - before.at_s
        ramp_s = FADE_S if after.level > before.level else 10.0 / 2  # a fade in levels is steeper at its bright end
        if abs(after.level - before.level) > passed_s / ramp_s * 2.5 + 0.03:
            found.append((before, after))
    return found


@generated(20)
@given(st.sampled_from([whole, whole, lossy, flipped, late, noisy]), st.lists(FAULTS, min_size=3, max_size=12))
def test_whatever_breaks_a_lamp_at_the_node_is_lit_and_moves_gently(mangle: Mangle, events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mast = in_virtual_time(a_night(Path(folder), mangle, events))
    assert not too_dark(mast.shown)
    assert not jolts(mast)


@generated(15)
@given(st.sampled_from([220, 235, 246, 254, 160]), st.floats(0.0, 1.0), st.floats(0.5, 45.0), st.booleans())
def test_a_restart_never_moves_the_lamp(level: int, phase_s: float, dead_s: float, present: bool) -> None:
    async def night(folder: Path) -> Mast:
        mast = Mast(folder, level=level)
        mast.radar.present = present
        async with mast.open():
            await mast.begin()
            await asyncio.sleep(60.0 + phase_s)
            mast.shown.clear()
            await mast.kill()
            await asyncio.sleep(dead_s)
            await mast.begin()
            await asyncio.sleep(25.0)
        return mast

    with tempfile.TemporaryDirectory() as folder:
        mast = in_virtual_time(night(Path(folder)))
    levels = [moment.level for moment in mast.shown]
    assert max(levels) - min(levels) < 1e-6
    assert levels[0] == pytest.approx(FULL if present else FLOOR, rel=STEP)


def test_presence_from_a_radar_raises_it_within_a_second_and_a_half(tmp_path: Path) -> None:
    async def night() -> Mast:
        mast = Mast(tmp_path)
        async with mast.open():
            await mast.begin()
            await asyncio.sleep(60.0)
            mast.shown.clear()
            mast.radar.present = True
            await asyncio.sleep(2.6)
        return mast

    mast = in_virtual_time(night())
    assert mast.shown[0].level == pytest.approx(FLOOR, rel=STEP)
    assert mast.shown[-1].level == pytest.approx(FULL, rel=STEP)


def test_an_agent_restarted_at_40_percent_adopts_it_and_the_trace_is_flat(tmp_path: Path) -> None:
    async def night() -> Mast:
        mast = Mast(tmp_path)
        async with mast.open():
            node = await mast.begin()
            await node.wishes.hold(["lamp-1"], 0.4, 3600.0, "somebody", technician=True)
            await asyncio.sleep(60.0)
            mast.shown.clear()
            for _ in range(5):
                await mast.kill()
                await asyncio.sleep(20.0)
                await mast.begin()
                await asyncio.sleep(20.0)
        return mast

    mast = in_virtual_time(night())
    assert {moment.level for moment in mast.shown} == {share(220)}
    assert share(220) == pytest.approx(0.4, rel=STEP)


def test_when_nobody_decides_any_more_it_goes_to_its_safe_level_by_its_own_ramp(tmp_path: Path) -> None:
    async def night() -> Mast:
        mast = Mast(tmp_path)
        async with mast.open():
            await mast.begin()
            await asyncio.sleep(60.0)
            mast.shown.clear()
            mast.hang()
            await asyncio.sleep(90.0)
        return mast

    mast = in_virtual_time(night())
    before = [moment.level for moment in mast.shown if moment.at_s - mast.shown[0].at_s < 54.0]
    assert max(before) - min(before) < 1e-6
    assert mast.shown[-1].level == pytest.approx(SAFE, rel=STEP)
    assert not jolts(mast)


def test_a_gateway_that_is_unplugged_at_night_and_put_back_moves_nothing_and_is_told(tmp_path: Path) -> None:
    async def night() -> tuple[Mast, list[tuple[str, bool]]]:
        mast = Mast(tmp_path)
        async with mast.open():
            node = await mast.begin()
            told: list[tuple[str, bool]] = []
            node.city.alarm = lambda alarm: told.append((alarm.event, alarm.active))  # type: ignore[method-assign]
            await asyncio.sleep(60.0)
            mast.shown.clear()
            mast.cable.unplug()
            await asyncio.sleep(300.0)
            assert node.lamps["lamp-1"].last is not None
            assert "the way to it is lost" in node.lamps["lamp-1"].last.order.why
            mast.cable.plugged = True
            await asyncio.sleep(120.0)
            assert node.lamps["lamp-1"].last.order.why == "nobody here"
        return mast, told

    mast, told = in_virtual_time(night())
    levels = [moment.level for moment in mast.shown]
    assert max(levels) - min(levels) < 1e-6
    assert told == [("controlGearCommFailure", True), ("controlGearCommFailure", False)]
