"""The pace: fast, never backwards, and patient with a machine that stalls."""

import asyncio
import threading
import time
from itertools import pairwise

import pytest
from tests.streets.test_world import EVENING

from lampyre_sim.clock import ScaledClock
from lampyre_sim.pace import PATIENCE_S, StreetLoop


def test_a_minute_of_the_street_passes_in_a_quarter_of_a_second_where_the_machine_keeps_up() -> None:
    async def minute() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StreetLoop)
        real_s, began_s, stalled_s = time.monotonic(), loop.time(), loop.stalled_s
        await asyncio.sleep(60)
        passed_s = loop.time() - began_s
        return passed_s, (time.monotonic() - real_s - (loop.stalled_s - stalled_s)) * 240

    with asyncio.Runner(loop_factory=lambda: StreetLoop(240)) as runner:
        passed_s, due_s = runner.run(minute())
    assert passed_s >= 60
    assert passed_s == pytest.approx(due_s, abs=3 * PATIENCE_S * 240)


def test_the_street_stands_still_while_the_machine_stalls() -> None:
    async def stall(loop: StreetLoop) -> list[float]:
        times = [loop.time()]
        threading.Event().wait(0.3)  # what no task should do: the whole loop waits
        times.append(loop.time())
        await asyncio.sleep(0)
        times.append(loop.time())
        return times

    with asyncio.Runner(loop_factory=lambda: StreetLoop(60)) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, StreetLoop)
        times = runner.run(stall(loop))
        assert all(before <= after for before, after in pairwise(times))
        assert times[-1] - times[0] <= 3 * PATIENCE_S * 60
        assert loop.stalled_s > 0.2


def test_the_clock_follows_the_loop() -> None:
    seconds = [100.0]
    clock = ScaledClock(EVENING, lambda: seconds[0])
    seconds[0] += 3600
    assert clock.now().isoformat() == "2026-11-27T20:00:00+00:00"
    assert clock.elapsed_s == 3600
    assert clock.monotonic() == 3700
    assert clock.trusted
