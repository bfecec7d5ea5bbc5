"""What a lamp that hangs directly at the node shows when its agent, its way or its line goes and comes back."""

import asyncio
from pathlib import Path

import pytest
from tests.streets.hanging import Hangs, Mast, OnDali, OnPwm, OnRelay
from tests.streets.judge import FLOOR, FULL, SAFE, STEP, hung, in_virtual_time, jolts

DIMMED = pytest.mark.parametrize("kind", [OnDali, OnPwm])


@DIMMED
def test_presence_from_a_radar_raises_it_within_a_second_and_a_half(kind: type[Hangs], tmp_path: Path) -> None:
    async def night() -> Mast:
        mast = Mast(tmp_path, hung(kind, tmp_path))
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


@DIMMED
def test_an_agent_restarted_at_40_percent_adopts_it_and_the_trace_is_flat(kind: type[Hangs], tmp_path: Path) -> None:
    async def night() -> Mast:
        mast = Mast(tmp_path, hung(kind, tmp_path))
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
    (level,) = {moment.level for moment in mast.shown}
    assert level == pytest.approx(0.4, rel=STEP)


@DIMMED
def test_when_nobody_decides_any_more_it_goes_to_its_safe_level_by_its_own_ramp(
    kind: type[Hangs], tmp_path: Path
) -> None:
    async def night() -> Mast:
        mast = Mast(tmp_path, hung(kind, tmp_path))
        async with mast.open():
            node = await mast.begin()
            await node.wishes.hold(["lamp-1"], 0.2, 3600.0, "somebody", technician=True)
            await asyncio.sleep(60.0)
            mast.shown.clear()
            mast.hang()
            await asyncio.sleep(90.0)
        return mast

    mast = in_virtual_time(night())
    held = [moment.level for moment in mast.shown if moment.at_s - mast.shown[0].at_s < 54.0]
    assert held == pytest.approx([0.2] * len(held), rel=STEP), "until the order expires"
    assert mast.shown[-1].level == pytest.approx(SAFE, rel=STEP)
    assert not jolts(mast)


@pytest.mark.parametrize("kind", [OnDali, OnPwm, OnRelay])
def test_a_way_that_is_lost_at_night_and_found_again_moves_nothing_and_is_told(
    kind: type[Hangs], tmp_path: Path
) -> None:
    async def night() -> tuple[Mast, list[tuple[str, bool]]]:
        mast = Mast(tmp_path, hung(kind, tmp_path))
        async with mast.open():
            node = await mast.begin()
            told: list[tuple[str, bool]] = []
            node.city.alarm = lambda alarm: told.append((alarm.event, alarm.active))  # type: ignore[method-assign]
            await asyncio.sleep(60.0)
            mast.shown.clear()
            mast.hangs.plug(there=False)
            await asyncio.sleep(300.0)
            assert node.lamps["lamp-1"].last is not None
            assert "the way to it is lost" in node.lamps["lamp-1"].last.order.why
            mast.hangs.plug(there=True)
            await asyncio.sleep(120.0)
            assert node.lamps["lamp-1"].last.order.why == "nobody here"
        return mast, told

    mast, told = in_virtual_time(night())
    levels = [moment.level for moment in mast.shown]
    assert max(levels) - min(levels) < 1e-6
    assert told == [("controlGearCommFailure", True), ("controlGearCommFailure", False)]


def test_a_line_whose_supply_fails_lights_its_gears_and_is_taken_up_when_it_is_back(tmp_path: Path) -> None:
    async def night() -> Mast:
        dali = OnDali()
        mast = Mast(tmp_path, dali)
        async with mast.open():
            await mast.begin()
            await asyncio.sleep(60.0)
            await mast.kill()
            dali.power(there=False)
            mast.shown.clear()
            await asyncio.sleep(60.0)
            dali.power(there=True)
            await mast.begin()
            await asyncio.sleep(60.0)
        return mast

    mast = in_virtual_time(night())
    dark = [moment.level for moment in mast.shown if moment.at_s - mast.shown[0].at_s < 59.0]
    assert dark == pytest.approx([SAFE] * len(dark), rel=STEP), "with no agent at all"
    assert mast.shown[-1].level == pytest.approx(FLOOR, rel=STEP)
    assert not jolts(mast)
