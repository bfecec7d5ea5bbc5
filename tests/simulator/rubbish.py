"""A container whose deposits are known to the last hour, and what its sensor would have recorded."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lampyre_sim.score.levels import Levels
from lampyre_sim.score.measures import Floats

BEGIN_H = 473_352  # 2024-01-01 00:00 UTC, a Monday
STEP_H = 3
EMPTIED_AT = 7  # o'clock, UTC


def deposits(days: int, per_day: float, seed: int = 1) -> Floats:
    """Return what comes in each hour: by day only, each day another share of the mean."""
    rng = np.random.default_rng(seed)
    by_hour = np.array([0.0] * 8 + [1.0] * 12 + [0.0] * 4) / 12
    found: Floats = np.concatenate([per_day * rng.uniform(0.6, 1.4) * by_hour for _ in range(days)])
    return found


def recorded(thrown: Floats, emptied_on: tuple[int, ...], name: str = "7", stream: str = "paper") -> Levels:
    """Return the levels that a sensor shows every three hours, whole per cents, if it is emptied on some weekdays."""
    level, found = 0.0, []
    for hour, more in enumerate(thrown.tolist()):
        if hour % 24 == EMPTIED_AT and hour // 24 % 7 in emptied_on:
            level = 0.0
        if hour % STEP_H == 0:
            found.append((BEGIN_H + hour, round(min(level, 1.0), 2)))
        level += more
    hours, fills = zip(*found, strict=True)
    return Levels(name, stream, np.array(hours, np.float64), np.array(fills))


def write(path: Path, *containers: Levels) -> Path:
    """Write levels as `evaluate bins` reads them."""
    lines = ["container,stream,time_utc,fill_percent"]
    for one in containers:
        for hour, fill in zip(one.hours.tolist(), one.fills.tolist(), strict=True):
            at = datetime.fromtimestamp(hour * 3600, UTC)
            lines.append(f"{one.name},{one.stream},{at:%Y-%m-%d %H:%M:%S},{100 * fill:.0f}")
    path.write_text("\n".join(lines) + "\n")
    return path
