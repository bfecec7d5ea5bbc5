"""How a night of a lamp that hangs at the node is judged: was it lit, did it move gently?"""

import asyncio
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from tests.streets.hanging import Hangs, Mast, OnDali, OnPwm, OnRelay
from tests.streets.lane import Moment

from lampyre_sim.loop import JumpingLoop

FLOOR, FULL, SAFE = 0.32, 0.8, 0.6
STEP = 0.03  # of a level: DALI's are 2.8 % apart
LATE_S = 4.0  # a tick, some frames of the line, a fade and the ramp
FADE_S = 1.0
LEVELS: dict[type[Hangs], list[float]] = {
    OnDali: [220, 235, 246, 254, 160],
    OnPwm: [0.41, 0.0, 0.05, 0.32, 0.8, 1.0],
    OnRelay: [1.0, 0.0],
}


def hung(kind: type[Hangs], folder: Path, level: float | None = None) -> Hangs:
    level = LEVELS[kind][0] if level is None else level
    return OnDali(level=level) if kind is OnDali else kind(folder, level)  # type: ignore[call-arg]


def in_virtual_time(coroutine: Any) -> Any:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(coroutine)


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
        if any(before.at_s - mast.hangs.unseen_s <= moved_s <= after.at_s for moved_s in mast.hangs.moved_s):
            continue
        passed_s = after.at_s - before.at_s
        ramp_s = FADE_S if after.level > before.level else 10.0 / 2  # a fade in levels is steeper at its bright end
        if abs(after.level - before.level) > passed_s / ramp_s * 1.2 + 0.03:
            found.append((before, after))
    return found


def assert_good(mast: Mast) -> None:
    assert not too_dark(mast.shown)
    assert not jolts(mast)
