"""A node that has much to decide still hears its boards."""

import asyncio
import contextlib
from pathlib import Path
from typing import cast

import pytest
from tests.clocks import HandClock
from tests.test_city import BIN, LAMP, written

from lampyre.board import LampReport
from lampyre.decide.light.programme import Plan
from lampyre.node import BREATH_S, Node
from lampyre.settings import load_settings
from lampyre.supervisor import WELL_S

LAMPS = 8


class SlowClock(HandClock):
    """On this machine everything takes longer than a breath."""

    def monotonic(self) -> float:
        self.pass_s(2 * BREATH_S)
        return super().monotonic()


async def turns_of_a_round(folder: Path, clock: HandClock) -> int:
    """Return how often others had a turn while the node decided once for all its lamps and bins."""
    text = "".join(LAMP.format(k) for k in range(1, LAMPS + 1)) + BIN
    node = Node(load_settings(written(folder, text)), clock)
    await node.open()
    turns, rounds = 0, [0]

    def beat() -> None:
        rounds[0] += 1

    deciding = asyncio.ensure_future(node._decide(beat))
    while not (rounds[0] or deciding.done()):
        await asyncio.sleep(0)
        turns += 1
    deciding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await deciding
    await node.close()
    return turns - 1  # the first turn began it


async def test_on_a_slow_node_boards_are_heard_between_any_two_lamps(tmp_path: Path) -> None:
    assert await turns_of_a_round(tmp_path, SlowClock()) == LAMPS + 1


async def test_a_fast_node_decides_for_all_at_a_stretch(tmp_path: Path) -> None:
    assert await turns_of_a_round(tmp_path, HandClock()) == 0


async def test_a_lamp_whose_decision_fails_stays_alone_with_it_and_its_board_is_left_to_its_own_safe_light(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock()
    node = Node(load_settings(written(tmp_path, LAMP.format(1) + LAMP.format(2) + BIN)), clock)
    await node.open()
    for lamp in node.lamps.values():
        lamp.told(LampReport(ordered=False, level=0.6, target=0.6, left_s=0.0))
    clock.pass_s(5.0)
    sound = node.lamps["lamp-1"].plan
    node.lamps["lamp-1"].plan = cast("Plan", object())  # nothing that a plan can do

    def decide() -> None:
        for lamp in node.lamps.values():
            node._step(lamp)

    decide()
    assert node.lamps["lamp-1"].last is None
    assert node.lamps["lamp-2"].last is not None
    assert ("lamp-1", "decisionFailure") in node.active
    assert node.ward.failures == {"lamp-1": 1}
    assert "Traceback" in caplog.text
    decide()
    assert node.ward.failures == {"lamp-1": 1}, "it rests first"
    assert [node.ward.rests(name) for name in node.lamps] == [True, False]
    node.lamps["lamp-1"].plan = sound
    clock.pass_s(1.0)
    decide()
    assert node.lamps["lamp-1"].last is not None
    assert ("lamp-1", "decisionFailure") in node.active, "who knows for how long"
    clock.pass_s(WELL_S)
    decide()
    assert ("lamp-1", "decisionFailure") not in node.active
    await node.close()


async def test_a_node_all_of_whose_lamps_fail_is_ill_itself_and_does_not_beat(tmp_path: Path) -> None:
    clock = HandClock()
    node = Node(load_settings(written(tmp_path, LAMP.format(1) + LAMP.format(2))), clock)
    await node.open()
    for lamp in node.lamps.values():
        lamp.told(LampReport(ordered=False, level=0.6, target=0.6, left_s=0.0))
        lamp.plan = cast("Plan", object())
    clock.pass_s(5.0)
    beats: list[None] = []
    deciding = asyncio.ensure_future(node._decide(lambda: beats.append(None)))
    while not all(node.ward.rests(name) for name in node.lamps):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert beats == []
    deciding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await deciding
    await node.close()
