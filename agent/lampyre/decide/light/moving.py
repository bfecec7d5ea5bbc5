"""Moving light: who comes at one lamp is expected at the next ones. No lamp knows who; only when somebody was there.

An expectation makes no further ones, only a sensor does; so none runs in circles, however the lamps stand.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

AHEAD_S = 12.0  # the light is so far ahead of who comes: one lamp of a walker's, five of a car's
SLOWEST_S = 60.0  # from lamp to lamp: 30 m at half a metre a second; who takes longer comes from elsewhere
QUICKEST_S = 0.5  # ... at 60 m/s; sooner, both lamps saw the same one
UNKNOWN_S = 30.0  # for which the next lamps are lit where nobody knows how fast he is; a walker needs 25 s for 30 m
LEAST_S = 10.0  # an expectation stands so long at least: a ramp down is no shorter either
LATE = 2.0  # so many times as long as expected he may take


@dataclass(frozen=True, slots=True)
class Expected:
    """At this lamp somebody may be until then, in monotonic seconds."""

    lamp: str
    until_s: float


class Moving:
    """The lamps of one node that stand next to one another; `neighbours` goes both ways, `most` lamps ahead."""

    def __init__(self, neighbours: Mapping[str, Sequence[str]], most: int) -> None:
        self._neighbours = neighbours
        self._most = most
        self._last_s: dict[str, float] = {}  # when somebody last came at each lamp

    def came(self, lamp: str, mono_s: float) -> tuple[Expected, ...]:
        """Somebody came at a lamp: return where he may be next, the nearest first.

        Where exactly one neighbour saw somebody just before, he comes from there and is that fast. Else nobody knows,
        and all who stand next to this lamp expect him.
        """
        next_to = self._neighbours.get(lamp, ())
        took = {one: mono_s - self._last_s[one] for one in next_to if one in self._last_s}
        lately = {one: took_s for one, took_s in took.items() if QUICKEST_S <= took_s <= SLOWEST_S}
        self._last_s[lamp] = mono_s
        if len(lately) != 1:
            return tuple(Expected(one, mono_s + UNKNOWN_S) for one in next_to)
        behind, pace_s = next(iter(lately.items()))
        lamps = min(self._most, math.ceil(AHEAD_S / pace_s))
        ahead = self._ahead(lamp, behind, lamps)
        return tuple(Expected(one, mono_s + max(LEAST_S, LATE * hops * pace_s)) for one, hops in ahead.items())

    def _ahead(self, lamp: str, behind: str, most: int) -> dict[str, int]:
        """Return how many lamps on each lamp stands that is reached from `lamp` without turning round."""
        found: dict[str, int] = {}
        front = [lamp]
        for hops in range(1, most + 1):
            reached = [one for now in front for one in self._neighbours.get(now, ())]
            front = [one for one in dict.fromkeys(reached) if one not in found and one not in (lamp, behind)]
            found.update(dict.fromkeys(front, hops))
        return found
