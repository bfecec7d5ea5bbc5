"""Steps: what a lamp draws at the levels it has lately held, beside what is expected there."""

import math
from dataclasses import dataclass, replace
from typing import Final

from lampyre.decide.draw import Draw, place_of
from lampyre.decide.meter import APART

TOLERANCE: Final = 0.10  # of the expected power; temperature and mains move a healthy LED lamp by 3 to 5 %
BACK: Final = 0.8  # of it: an event is over below this, lest it come and go
MEAN_S: Final = 600.0  # the newest power at a level is a mean over so much light at it: one odd minute is a tenth
KNOWN_S: Final = 60.0  # ... and is taken for known from here
LASTS_S: Final = 24 * 3600.0  # of light: two nights later it says little
FLAT: Final = 0.3  # of the steepness (in logarithms) that light needs: LED lamps show 0.8, dimmed sodium 0.6


@dataclass(slots=True)
class Held:
    """The newest of one level: its mean level and power, the light seen at it, when, and whether it is as expected."""

    level: float
    power_w: float
    light_s: float
    at_s: float
    deviation: float | None = None  # of the expected power; None: nothing is expected, or too little was seen
    off: bool | None = None


class Levels:
    """The newest power at each level; judged only after both sides of a change have been seen."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._held: dict[int, Held] = {}
        self.flat: bool | None = None  # its power does not follow its level; None: only one level was seen
        self.deviation: float | None = (
            None  # the present deviation from the expected power; None: none expected, or other levels disagree
        )
        self.off = False  # ... beyond what is tolerated
        self._low = self._high = self._newest = Held(0.0, 0.0, 0.0, 0.0)

    def see(self, level: float, power_w: float, passed_s: float, light_s: float) -> None:
        """Take settled light at a level (0..1); `light_s` is the lamp's own time, seconds of light."""
        place = place_of(level)
        held = self._held.get(place)
        if held is None or light_s - held.at_s > LASTS_S:
            held = self._held[place] = Held(level, power_w, 0.0, light_s)
        held.light_s = min(MEAN_S, held.light_s + passed_s)
        share = min(1.0, passed_s / held.light_s) if held.light_s > 0.0 else 0.0
        held.level += share * (level - held.level)
        held.power_w += share * (power_w - held.power_w)
        held.at_s = light_s
        if held.light_s < KNOWN_S:
            return
        expected_w = self._draw.expected_w(held.level)
        held.deviation = held.power_w / expected_w - 1.0 if expected_w else None
        if held.deviation is not None:
            off = abs(held.deviation) > (BACK * TOLERANCE if held.off else TOLERANCE)
            if held.off is not None and off is not held.off:
                self._begin(place, replace(held, light_s=0.0, off=off))
                return
            held.off = off
        self._judge(held, light_s)

    def _begin(self, place: int, held: Held) -> None:
        """Begin anew: something has changed, and what was seen before is no evidence for what comes."""
        self._held = {place: held}
        self.flat = self.deviation = None
        self.off = bool(held.off)

    @property
    def said(self) -> str:
        """What was seen at the lowest and the highest level, in words."""
        low, high = self._low, self._high
        return f"{low.power_w:.1f} W at level {low.level:.2f}, {high.power_w:.1f} W at {high.level:.2f}"

    @property
    def why(self) -> str:
        """The present deviation, in words."""
        newest = self._newest
        expected_w = newest.power_w / (1.0 + (newest.deviation or 0.0))
        return f"{newest.power_w:.1f} W at level {newest.level:.2f} instead of {expected_w:.1f} W"

    def _judge(self, held: Held, light_s: float) -> None:
        fresh = [h for h in self._held.values() if h.light_s >= KNOWN_S and light_s - h.at_s <= LASTS_S]
        self._low = low = min(fresh, key=_level)
        self._high = high = max(fresh, key=_level)
        self.flat = None
        if high.level >= APART * low.level:
            steep = math.log(max(1e-3, high.power_w) / max(1e-3, low.power_w)) / math.log(high.level / low.level)
            self.flat = steep < FLAT
        self.off = any(h.off for h in fresh)
        self._newest = held
        self.deviation = held.deviation if held.off or not self.off else None


def _level(held: Held) -> float:
    return held.level
