"""Nights on the highest and the lowest rung of the ladder: a driver that is too hot, a board that hears nobody."""

import asyncio
from pathlib import Path

import pytest
from tests.streets.faults import Fault, Night
from tests.streets.lane import Lane, begin
from tests.streets.test_nights import in_virtual_time, jolts

from lampyre.records import Fine, Step


def fines(steps: list[Step]) -> set[Fine]:
    return {step.order.fine for step in steps}


def test_a_driver_that_is_too_hot_gives_its_safe_level_until_it_has_cooled(tmp_path: Path) -> None:
    async def night() -> list[list[Step]]:
        lane = Lane(tmp_path, begin(), lamp={"luminaire": {"temperature": "b1.temperature", "hottest": 85.0}})
        told = []
        async with lane.open():
            lane.kerb.present = True
            lane.start()
            for degrees in (70.0, 95.0, 80.0, 70.0):
                lane.kerb.values[2] = degrees
                await asyncio.sleep(90.0)
                told.append(lane.steps[-10:])
        assert not jolts(lane)
        return told

    cool, hot, less, again = in_virtual_time(night())
    assert fines(cool) == fines(again) == {Fine.PRESENCE}
    assert fines(hot) == fines(less) == {Fine.PROTECTION}
    assert {step.order.level for step in hot} == {0.6}


def test_of_a_board_that_hears_nobody_it_is_told_what_it_does_by_itself(tmp_path: Path) -> None:
    async def night(fault: Fault) -> Lane:
        lane = Lane(tmp_path, begin())
        playing = Night(lane)
        async with lane.open():
            lane.start()
            await asyncio.sleep(60.0)
            await playing.play(fault)
            told = lane.steps[-1].order
            assert told.fine is Fine.FAILSAFE, told
            assert told.level == pytest.approx(lane.kerb.shown[-1].level)
            assert "kept up: it went up and down too often" not in told.clamps, "it never did"
            lane.kerb.plugged = lane.kerb.to_board = lane.kerb.to_host = True
            await asyncio.sleep(90.0)
        return lane

    for fault in (
        Fault("line", (False, True), 120.0),
        Fault("line", (False, False), 120.0),
        Fault("plug", False, 120.0),
    ):
        lane = in_virtual_time(night(fault))
        assert lane.steps[-1].order.fine is Fine.PROGRAM
        assert not jolts(lane)


def test_an_order_from_before_a_restart_that_bears_the_same_number_is_not_taken_for_ours(tmp_path: Path) -> None:
    async def night() -> Lane:
        lane = Lane(tmp_path, begin())
        async with lane.open():
            line = lane.start().line
            await asyncio.sleep(63.5)
            lane.kerb.to_board = False
            line._seq = (lane.kerb.board._lamp.order_seq - 1) & 0xFF  # as if counted anew
            lane.kerb.present = True
            await asyncio.sleep(6.5)
            assert lane.agent is not None
            assert lane.agent.lamp.report is not None
            assert not lane.agent.lamp.report.ours, "the board tells of an old order that bears this number"
            lane.kerb.to_board = True
            await asyncio.sleep(5.0)
        return lane

    lane = in_virtual_time(night())
    assert lane.kerb.shown[-1].level == pytest.approx(0.8), "and it is lit as fast as ever"
    assert not jolts(lane)
