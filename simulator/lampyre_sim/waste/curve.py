"""How a level follows from what was thrown in: above two thirds it rises ever more slowly."""

import numpy as np

from lampyre_sim.score.measures import Floats

PARTS = 10  # of the level, each with its slope
CALM = 0.3  # loads that stand in each part at the pace of an empty container: few fall into the part of a slow one
SLOPE_LEAST = 0.05  # of that pace; slower is a sensor that stands


class Curve:
    """The level (0..1) and what must have been thrown in for it, in containers at the pace of an empty one."""

    __slots__ = ("_levels", "_thrown", "slope")

    def __init__(self, slope: Floats) -> None:
        self.slope = slope
        self._levels = np.linspace(0.0, 1.0, len(slope) + 1)
        self._thrown = np.concatenate([[0.0], np.cumsum(1 / (len(slope) * slope))])

    def thrown(self, levels: Floats) -> Floats:
        """Return what must have been thrown in for some levels."""
        found: Floats = np.interp(levels, self._levels, self._thrown)
        return found

    def level(self, thrown: Floats) -> Floats:
        """Return the level after so much, 1 at most."""
        found: Floats = np.interp(thrown, self._thrown, self._levels)
        return found


STRAIGHT = Curve(np.ones(1))


def curve_of(begins: Floats, ends: Floats, meant: Floats) -> Curve:
    """Return the curve for which steps from level to level took what was `meant` to come in their time."""
    middle = np.clip((begins + ends) / 2, 0.0, 0.999)
    place = (middle * PARTS).astype(np.int64)
    came = np.bincount(place, np.maximum(ends - begins, 0.0), PARTS)
    slope = (came + CALM) / (np.bincount(place, meant, PARTS) + CALM)
    falling = -isotonic(-slope)
    return Curve(np.maximum(falling / falling[0], SLOPE_LEAST))


def isotonic(values: Floats) -> Floats:
    """Return the line that never falls and lies nearest to some values (pooled neighbours)."""
    means: list[float] = []
    counts: list[int] = []
    for value in values.tolist():
        means.append(value)
        counts.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            number = counts[-2] + counts[-1]
            means[-2:] = [(means[-2] * counts[-2] + means[-1] * counts[-1]) / number]
            counts[-2:] = [number]
    found: Floats = np.repeat(np.array(means), counts)
    return found
