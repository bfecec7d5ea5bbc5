"""Steady: a lamp that has gone up and down too often stays up for a while; it is never kept from rising."""

from collections import deque

WINDOW_S = 600.0
TURNS_MOST = 6  # changes of direction in WINDOW_S; more is felt as restless
# A fall may be the fourth: then the rise after it is the fifth, and the fall into a curfew, which waits for nobody, the
# sixth.
FALLS_UNTIL = TURNS_MOST - 3


class Steady:
    """Remembers one lamp's changes of direction; seconds are monotonic."""

    def __init__(self) -> None:
        self._rising: bool | None = None  # the last direction
        self._turns: deque[float] = deque(maxlen=TURNS_MOST + 1)

    def may_fall(self, mono_s: float) -> bool:
        """Whether the lamp may begin to go down now; one that is going down may go on."""
        if self._rising is not True:
            return True
        return sum(mono_s - turn_s < WINDOW_S for turn_s in self._turns) <= FALLS_UNTIL

    def moved(self, *, rising: bool, mono_s: float) -> None:
        """Take note of a movement that begins now."""
        if self._rising is not None and rising != self._rising:
            self._turns.append(mono_s)
        self._rising = rising
