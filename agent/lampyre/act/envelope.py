"""The envelope: between which levels a lamp may be lit. Whatever is wanted, by whomever, the answer lies inside.

Levels are ratios 0..1. The floor is stronger than any cap: never dark comes before energy and before the curfew.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from lampyre.curfew import Curfew
from lampyre.records import Fine

LOWERED = "lowered for the curfew"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one lamp may do: levels 0..1, seconds for any rise and any fall."""

    floor: float  # at night, of the quiet class
    safe_level: float  # when in doubt
    ramp_up_s: float
    ramp_down_s: float
    presence: str | None  # the channel without which nothing may be darker than the safe level
    most: float = 1.0  # what the town allows at any hour
    curfew: Curfew | None = None
    least: float = 0.0  # what is lit is lit at least so much, by its driver; no cap is below it

    def cap(self, fine: Fine, at: datetime | None) -> float:
        """Return the most that `fine` may light at `at` (UTC; None: nobody knows the hour)."""
        if fine is Fine.TECHNICIAN:
            return 1.0
        if fine is Fine.REMOTE or self.curfew is None or at is None or not self.curfew.holds(at):
            return self.most
        return min(self.most, self.curfew.most)

    def curfew_within(self, ahead_s: float, at: datetime | None) -> bool:
        """Whether the curfew has yet to begin and does so within the next seconds."""
        if self.curfew is None or at is None or self.curfew.holds(at):
            return False
        return self.curfew.holds(at + timedelta(seconds=ahead_s))

    def bound(
        self, wanted: float | None, fine: Fine, at: datetime | None, *, night: bool, blind: bool
    ) -> tuple[float, tuple[str, ...]]:
        """Return the level that is allowed and what was changed, in words; total: None, NaN and nonsense too.

        `blind`: the presence sensor is not heard. A technician at the mast is bound by nothing but 0, 1 and what the
        driver can.
        """
        clamps = []
        if wanted is None or not math.isfinite(wanted):
            clamps.append("no usable level: safe level")
            level = self.safe_level if night else 0.0
        else:
            level = min(1.0, max(0.0, wanted))
            if level != wanted:
                clamps.append("level was outside 0 to 1")
        if fine is not Fine.TECHNICIAN:
            level = self._within(level, fine, at, clamps, night=night, blind=blind)
        if 0.0 < level < self.least:
            level = self.least
            clamps.append("raised to the least that its driver gives")
        return level, tuple(clamps)

    def _within(
        self, level: float, fine: Fine, at: datetime | None, clamps: list[str], *, night: bool, blind: bool
    ) -> float:
        cap = self.cap(fine, at)
        if level > cap:
            level = cap
            clamps.append("lowered to what the town allows" if cap == self.most else LOWERED)
        if night and level < self.floor:
            level = self.floor
            clamps.append("raised to the floor of its class")
        if night and blind and level < self.safe_level:
            level = self.safe_level
            clamps.append("raised: presence sensor not heard")
        return level
