"""Who comes is met at once: the agent waits for no tick. In virtual time, with the board's own logic."""

import asyncio
from pathlib import Path

import pytest
from tests.streets.lane import Lane, begin
from tests.streets.test_nights import in_virtual_time

QUIET, FULL = 0.32, 0.8
AT_ONCE_S = 0.3  # two turns of this firmware, and enough of the ramp to be seen


@pytest.mark.parametrize("phase_s", [0.0, 0.15, 0.35, 0.55, 0.75, 0.95])
def test_who_comes_between_two_ticks_finds_the_lamp_rising_within_a_third_of_a_second(
    phase_s: float, tmp_path: Path
) -> None:
    async def passage() -> list[tuple[float, float]]:
        lane = Lane(tmp_path, begin())
        async with lane.open():
            lane.start()
            await asyncio.sleep(60.0 + phase_s)
            came_s = asyncio.get_running_loop().time()
            lane.kerb.present = True
            await asyncio.sleep(5.0)
        return [(moment.at_s - came_s, moment.level) for moment in lane.kerb.shown]

    shown: list[tuple[float, float]] = in_virtual_time(passage())
    assert [level for at_s, level in shown if at_s <= 0.0][-1] == pytest.approx(QUIET)
    assert any(level > QUIET + 0.02 for at_s, level in shown if at_s <= AT_ONCE_S)
    assert shown[-1][1] == pytest.approx(FULL)
