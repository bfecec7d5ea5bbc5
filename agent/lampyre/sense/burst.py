"""The last few ranges of a sensor with a weak checksum or none: it speaks when most of them agree."""

import math
from collections import deque

BURST = 5  # ranges that speak together: a digit turned over on the wire is outvoted
AGREE_M = 0.05  # surface roughness of waste and the sensors' own 10 to 30 mm; a damaged digit is off by 0.1 m and more


class Burst:
    """The last few ranges; speaks when most of them agree, and is asked only after every `each` of them."""

    def __init__(self, each: int = 1) -> None:
        self._ranges: deque[float] = deque(maxlen=BURST)
        self._each = each
        self._new = 0

    def add(self, metres: float) -> float | None:
        """Return the burst's median when at least BURST - 1 of BURST lie within AGREE_M of it, else None."""
        self._ranges.append(metres)
        self._new += 1
        if len(self._ranges) < BURST or self._new < self._each:
            return None
        self._new = 0
        heard = [value for value in self._ranges if not math.isnan(value)]
        if len(heard) < BURST - 1:
            return None
        middle = sorted(heard)[len(heard) // 2]
        near = [value for value in heard if abs(value - middle) <= AGREE_M]
        if len(near) < BURST - 1:
            return None
        return middle
