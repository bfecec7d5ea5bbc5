"""Whole nights of a lamp that hangs directly at the node: whatever breaks, it is lit, and it moves gently."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.act.dali.wires import Mangle, flipped, late, lossy, noisy, whole
from tests.streets.faults import JUMPS, Fault, faults, generated
from tests.streets.hanging import Hangs, Mast, OnDali, OnPwm, OnRelay
from tests.streets.judge import FLOOR, FULL, LEVELS, STEP, assert_good, hung, in_virtual_time

QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a PWM's ramp is fifty files written in a second

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
    faults("somebody", st.none()),
)
OF_DALI = st.one_of(
    FAULTS,
    faults("gear", st.booleans()),
    faults("mute", st.booleans()),
    faults("power", st.booleans()),
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
        self.mast.hangs.plug(there=there)

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

    async def _somebody(self, _: None) -> None:
        self.mast.hangs.somebody()

    async def _gear(self, answers: bool) -> None:
        self._dali.twin.dead = not answers

    async def _mute(self, mute: bool) -> None:
        self._dali.cable.hat.mute = mute

    async def _power(self, there: bool) -> None:
        self._dali.power(there=there)

    @property
    def _dali(self) -> OnDali:
        assert isinstance(self.mast.hangs, OnDali)
        return self.mast.hangs


async def a_night(folder: Path, hangs: Hangs, events: list[Fault]) -> Mast:
    mast = Mast(folder, hangs)
    async with mast.open():
        await mast.begin()
        await asyncio.sleep(30.0)
        mast.shown.clear()
        night = Night(mast)
        for event in events:
            await night.play(event)
    return mast


@generated(15)
@given(st.sampled_from([whole, whole, lossy, flipped, late, noisy]), st.lists(OF_DALI, min_size=3, max_size=12))
def test_whatever_breaks_a_lamp_on_a_dali_line_is_lit_and_moves_gently(mangle: Mangle, events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        assert_good(in_virtual_time(a_night(Path(folder), OnDali(mangle), events)))


@generated(10)
@given(st.lists(FAULTS, min_size=3, max_size=12))
def test_so_is_one_at_a_pwm(events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        assert_good(in_virtual_time(a_night(Path(folder), OnPwm(Path(folder)), events)))


@generated(10)
@given(st.lists(FAULTS, min_size=3, max_size=12))
def test_one_behind_a_relay_burns_all_night(events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        mast = in_virtual_time(a_night(Path(folder), OnRelay(Path(folder)), events))
    assert {moment.level for moment in mast.shown} == {1.0}


@generated(15)
@given(st.data(), st.sampled_from([OnDali, OnPwm, OnRelay]), st.floats(0.0, 1.0), st.floats(0.5, 45.0), st.booleans())
def test_a_restart_never_moves_the_lamp(
    data: st.DataObject, kind: type[Hangs], phase_s: float, dead_s: float, present: bool
) -> None:
    level = data.draw(st.sampled_from(LEVELS[kind]))

    async def night(folder: Path) -> Mast:
        mast = Mast(folder, hung(kind, folder, level))
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

    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        mast = in_virtual_time(night(Path(folder)))
    levels = [moment.level for moment in mast.shown]
    assert max(levels) - min(levels) < 1e-6
    lit = 1.0 if kind is OnRelay else FULL if present else FLOOR
    assert levels[0] == pytest.approx(lit, rel=STEP)
