"""Steady: a lamp that has gone up and down too often stays up for a while; it is never kept from rising."""

from collections import deque
from collections.abc import Iterable

WINDOW_S = 600.0
TURNS_MOST = 6  # changes of direction in WINDOW_S; more is felt as restless
# A fall may be the fourth: then the rise after it is the fifth, and one is left for a ramp that is turned in its middle
# or a fall that waits for nobody, a curfew's. With one less there were seven (found by tests/act/test_steady.py).
FALLS_UNTIL = TURNS_MOST - 3
SAME_TURN_S = 3.0  # an order is tried for a second, and a board tells in whole ones: nearer than this they are one turn


class Steady:
    """Remembers one lamp's changes of direction; seconds are monotonic."""

    def __init__(self) -> None:
        self._rising: bool | None = None  # the last direction
        self._turns: deque[float] = deque(maxlen=TURNS_MOST + 1)
        self._ordered: deque[float] = deque(maxlen=TURNS_MOST + 1)  # not yet told of by a board

    def may_fall(self, mono_s: float, spare: int = 0) -> bool:
        """Whether the lamp may begin to go down now and `spare` turns are left; one that is going down may go on."""
        if self._rising is not True:
            return True
        turns_s = (*self._turns, *self._ordered)
        return sum(mono_s - turn_s < WINDOW_S for turn_s in turns_s) <= FALLS_UNTIL - spare

    def moved(self, *, rising: bool, mono_s: float, seen: bool = False) -> None:
        """Take note of a movement that begins now: one that was ordered, or one that was `seen`."""
        if self._rising is not None and rising != self._rising:
            (self._turns if seen else self._ordered).append(mono_s)
        self._rising = rising

    def heard(self, *, rose: bool, turns_s: Iterable[float]) -> None:
        """Take up what the lamp's board has counted: moves of its own, and those from before a restart of ours.

        What was ordered and is not among them has not happened; what was seen may be from before the board started.
        """
        new = [at_s for at_s in turns_s if all(abs(at_s - known_s) > SAME_TURN_S for known_s in self._turns)]
        self._turns = deque(sorted([*self._turns, *new]), maxlen=TURNS_MOST + 1)
        self._ordered.clear()
        self._rising = rose
