"""Meter: whether what the power channel says can be believed, and for how long it has said the same."""

import math
from dataclasses import dataclass
from typing import Final

from lampyre.records import Quality, Reading

LIT: Final = 0.2  # from this level on a driver draws enough to tell a lamp from none
APART: Final = 1.5  # two levels must show in the power if one is so many times the other
STUCK_S: Final = 1800.0  # no lamp's power stands still to the last digit for so long, through two levels
BELOW_ZERO: Final = 0.05  # of the rated power: by so much a sensor's zero may lie below zero


@dataclass(slots=True)
class Meter:
    """What the power channel has said: whether it speaks, and through what it has said the same to the last digit."""

    ever: bool = False  # a board may have no power sensor; then nobody misses it
    same_w: float = math.nan
    same_s: float = 0.0
    least: float = 1.0  # the levels (0..1) through which it has said so
    most: float = 0.0

    def hear(self, power_w: float, level: float, passed_s: float, burning_w: float, *, settled: bool) -> None:
        """Take one reading; below `burning_w` a dead lamp's may well stand still.

        `settled`: it is not from before the lamp came to this level.
        """
        self.ever = True
        if power_w != self.same_w or power_w < burning_w:
            self.same_w, self.same_s, self.least, self.most = power_w, 0.0, 1.0, 0.0
        else:
            self.same_s += passed_s
            if not settled:
                return
            self.least, self.most = min(self.least, level), max(self.most, level)

    @property
    def suspect(self) -> bool:
        """Whether the level has changed and the reading has not: it says nothing of the lamp."""
        return self.most >= max(LIT, APART * self.least)

    @property
    def stuck(self) -> bool:
        """Whether that has lasted for longer than any lamp's power stands still."""
        return self.suspect and self.same_s >= STUCK_S


def believed(reading: Reading | None, rated_power_w: float) -> float | None:
    """Return the power in W; a zero that lies a little below zero is zero, what else is odd is nothing (None)."""
    if reading is None or reading.quality > Quality.SUSPECT or not math.isfinite(reading.value):
        return None
    if -BELOW_ZERO * rated_power_w <= reading.value < 0.0:
        return 0.0
    return reading.value if reading.quality is Quality.GOOD and reading.value >= 0.0 else None
