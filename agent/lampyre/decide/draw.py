"""Draw: the power a lamp takes at each level, learned from what it took; one small table that rises with the level."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Final

KNOTS: Final = 20  # one for each 5 % of the level: fewer than a driver's curve has bends
KNOWN_S: Final = 600.0  # settled light after which a knot is believed: 1 W of noise in 1 s readings is 0.04 W by then
FIRST_S: Final = 4 * 3600.0  # ... after which its first value stands, for drift to be held against
FORGET_S: Final = 20 * 3600.0  # the newer value forgets with this much light at its level: two or three nights
NEAR: Final = 0.06  # of the level: farther than a knot and its neighbour nothing is expected
AGAIN_S: Final = 300.0  # of learning between two looks at the whole table: it moves by a tenth of a per cent in that

Curve = list[tuple[float, float]]


@dataclass(slots=True)
class Knot:
    """What was learned near one level: mean level and power of late, and when it was first known."""

    light_s: float  # settled light so far
    level: float
    power_w: float
    first_level: float
    first_w: float


class Draw:
    """One lamp's power by level; `learn` must be given settled light of a lamp that is well, and nothing else."""

    def __init__(self, rated_power_w: float) -> None:
        self._rated_w = rated_power_w
        self._knots: dict[int, Knot] = {}
        self._first: Curve = []
        self._now: Curve = []
        self._unseen_s = 0.0

    def learn(self, level: float, power_w: float, passed_s: float) -> None:
        """Take `passed_s` seconds of settled light at this level (0..1) and power."""
        place = place_of(level)
        knot = self._knots.get(place)
        if knot is None:
            knot = self._knots[place] = Knot(0.0, level, power_w, level, power_w)
        knot.light_s += passed_s
        share = passed_s / min(knot.light_s, FORGET_S)
        knot.level += share * (level - knot.level)
        knot.power_w += share * (power_w - knot.power_w)
        if knot.light_s <= FIRST_S:
            knot.first_level, knot.first_w = knot.level, knot.power_w
        self._unseen_s += passed_s
        if self._unseen_s >= AGAIN_S:
            self._look()

    def expected_w(self, level: float) -> float | None:
        """Return what the lamp drew at this level when it was first known; None: not known there."""
        near = bisect_left(self._first, (level, 0.0))
        at = [knot[0] for knot in self._first[max(0, near - 1) : near + 1]]
        return _on(self._first, level) if any(abs(level - one) <= NEAR for one in at) else None

    def power_w(self, level: float) -> float:
        """Return what it draws these nights at this level: learned where it can be, else by its rated power."""
        return _on(self._now, level) if self._now else level * self._rated_w

    @property
    def drift(self) -> float | None:
        """Power of late over power when first known, less 1; None: too little was learned."""
        known = [knot for knot in self._knots.values() if knot.light_s >= FIRST_S]
        weight = sum(min(knot.light_s, FORGET_S) for knot in known)
        if not self._first or not weight:
            return None
        ratios = ((min(k.light_s, FORGET_S), k.power_w / max(1e-6, _on(self._first, k.level))) for k in known)
        return sum(share * ratio for share, ratio in ratios) / weight - 1.0

    def to_json(self) -> dict[str, Any]:
        """Return the table: below 1.5 kB."""
        rows = {
            str(place): [round(k.light_s), *(round(v, 4) for v in (k.level, k.power_w, k.first_level, k.first_w))]
            for place, k in self._knots.items()
        }
        return {"rated_w": self._rated_w, "knots": rows}

    def restore(self, kept: Any) -> None:
        """Take up what `to_json` gave; another rated power means another lamp, and nothing is taken up."""
        if kept["rated_w"] != self._rated_w:
            return
        knots = {int(place): Knot(*map(float, row)) for place, row in kept["knots"].items()}
        for place, knot in knots.items():
            if not (0 <= place < KNOTS and 0.0 <= knot.level <= 1.0 and knot.light_s > 0.0):
                raise ValueError(f"no knot of a lamp's power: {place}")
            if not (0.0 <= knot.power_w < 1e5 and 0.0 <= knot.first_w < 1e5 and 0.0 <= knot.first_level <= 1.0):
                raise ValueError(f"no power of a lamp: {knot.power_w} W")
        self._knots = knots
        self._look()

    def _look(self) -> None:
        self._unseen_s = 0.0
        known = [knot for _, knot in sorted(self._knots.items()) if knot.light_s >= KNOWN_S]
        self._first = rising([(k.first_level, k.first_w, min(k.light_s, FIRST_S)) for k in known])
        self._now = rising([(k.level, k.power_w, min(k.light_s, FORGET_S)) for k in known])


def place_of(level: float) -> int:
    """Return which knot a level (0..1) belongs to."""
    return min(KNOTS - 1, int(level * KNOTS))


def rising(points: list[tuple[float, float, float]]) -> Curve:
    """Return the (level, power) nearest to (level, power, weight) that never falls: neighbours that do share a mean."""
    blocks: list[tuple[list[float], float, float]] = []
    for level, power_w, weight in sorted(points):
        levels = [level]
        while blocks and blocks[-1][1] > power_w:
            before, before_w, before_weight = blocks.pop()
            power_w = (before_w * before_weight + power_w * weight) / (before_weight + weight)  # noqa: PLW2901
            weight += before_weight  # noqa: PLW2901
            levels = before + levels
        blocks.append((levels, power_w, weight))
    return [(level, power_w) for levels, power_w, _ in blocks for level in levels]


def _on(curve: Curve, level: float) -> float:
    """Return the power on the straight lines between knots; outside of them in proportion to the level."""
    right = bisect_left(curve, (level, 0.0))
    if right == 0 or right == len(curve):
        end_level, end_w = curve[0] if right == 0 else curve[-1]
        return end_w * level / end_level if end_level > 0.0 else end_w
    (low, low_w), (high, high_w) = curve[right - 1], curve[right]
    return low_w + (high_w - low_w) * (level - low) / (high - low)
