"""The last few ranges of a sensor with a weak checksum or none: it speaks when most of them agree."""

import math
from collections import deque

BURST = 5  # ranges that speak together: a digit turned over on the wire is outvoted
AGREE_M = 0.05  # surface roughness of waste and the sensors' own 10 to 30 mm; a damaged digit is off by 0.1 m and more


class Burst:
    """The last few ranges; speaks when most of them agree."""

    def __init__(self) -> None:
        self._ranges: deque[float] = deque(maxlen=BURST)

    def add(self, metres: float) -> float | None:
        """Return the burst's median when at least BURST - 1 of BURST lie within AGREE_M of it, else None."""
        self._ranges.append(metres)
        if len(self._ranges) < BURST:
            return None
        heard = [value for value in self._ranges if not math.isnan(value)]
        if len(heard) < BURST - 1:
            return None
        middle = sorted(heard)[len(heard) // 2]
        near = [value for value in heard if abs(value - middle) <= AGREE_M]
        if len(near) < BURST - 1:
            return None
        return middle
