"""What a DALI line carries, in virtual time before the twin's frames: `python -m tests.bench.dali`."""

import asyncio
import sys
import time
from itertools import pairwise

from tests.act.dali.wires import laid, line
from tests.clocks import LoopClock

from lampyre.act.dali.gear import DRIVER
from lampyre.board import Definition
from lampyre.direct import DirectLine
from lampyre.driver import Place
from lampyre_sim.devices.dali import FRAME_S, Twin
from lampyre_sim.loop import JumpingLoop

LEVEL, FLOOR, FULL = 235, 0.32, 0.8
HOUR_S = 3600.0


async def measured(gears: int) -> str:
    """Return a line of the table: adoption, an idle hour, one lamp's rise, everybody's fall in 10 s."""
    twins = [Twin(number, level=LEVEL, kept={0x2E: 2}) for number in range(gears)]
    cable, loop, clock = line(*twins), asyncio.get_running_loop(), LoopClock()
    assert DRIVER.lamp is not None
    with laid(cable):
        lamps = []
        for number in range(gears):
            options = DRIVER.settle({"address": number})
            place = Place(f"dali-{number}", "device:///dev/dali", options, clock, lambda _: None)
            lamps.append(DirectLine(place, DRIVER.lamp, Definition("dali_hat", DRIVER.channels), lambda _: None))
        jobs = [asyncio.ensure_future(lamp.run(lambda: None)) for lamp in lamps]
        while any(lamp.line.down for lamp in lamps):
            await asyncio.sleep(0.1)
        adopted_s = loop.time()
        await _order(lamps, FLOOR, 10.0)
        await asyncio.sleep(2 * HOUR_S)  # facts are read by then
        cable.hat.frames.clear()
        begun_s = time.process_time()
        for _ in range(int(HOUR_S / 5)):
            await _order(lamps, FLOOR, 10.0)
            await asyncio.sleep(5.0)
        cpu_s, busy = time.process_time() - begun_s, len(cable.hat.frames) * FRAME_S / HOUR_S
        rises_s = [await _rise(lamps[0], twins[0]) for _ in range(20)]
        await _order(lamps, FULL, 1.0)
        await asyncio.sleep(30.0)
        await _order(lamps, FLOOR, 10.0)
        steepest = await _steepest(twins, 14.0)
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
    return (
        f"{gears:2} gears: adopted after {adopted_s:4.1f} s; idle {busy:4.0%} of the line, {cpu_s:5.1f} s of CPU an "
        f"hour with their twins; one begins to rise after {max(rises_s) * 1000:3.0f} ms at most; all fall in 10 s, "
        f"by {steepest:.3f} in a second at most"
    )


async def _order(lamps: list[DirectLine], level: float, ramp_s: float) -> None:
    for lamp in lamps:
        lamp.order(level, ramp_s, 1e6)


async def _rise(lamp: DirectLine, twin: Twin) -> float:
    """Return how long a rise takes to reach the gear."""
    loop = asyncio.get_running_loop()
    lamp.order(FLOOR, 1.0, 1e6)
    await asyncio.sleep(7.3)
    before, begun_s = twin.target, loop.time()
    lamp.order(FULL, 1.0, 1e6)
    while twin.target == before:
        await asyncio.sleep(0.001)
    return loop.time() - begun_s


async def _steepest(twins: list[Twin], for_s: float) -> float:
    shown = []
    for _ in range(int(for_s)):
        shown.append([twin.light for twin in twins])
        await asyncio.sleep(1.0)
    return max(one - other for before, after in pairwise(shown) for one, other in zip(before, after, strict=True))


if __name__ == "__main__":
    for gears in [int(word) for word in sys.argv[1:]] or [1, 8, 32, 64]:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            print(runner.run(measured(gears)))
