"""A node that has much to decide still hears its boards."""

import asyncio
import contextlib
from pathlib import Path

from tests.clocks import HandClock
from tests.test_city import BIN, LAMP, written

from lampyre.node import BREATH_S, Node
from lampyre.settings import load_settings

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
