"""Moving light: who comes at one lamp is expected at the next ones. No lamp knows who; only when somebody was there.

An expectation makes no further ones, only a sensor does. What another node says goes on as many lamps as it says, each
time fewer; so nothing runs in circles, however the lamps stand.
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
LONGEST_S = LATE * SLOWEST_S  # no expectation stands longer, whoever asks for it


@dataclass(frozen=True, slots=True)
class Expected:
    """At this lamp somebody may be until then, in monotonic seconds."""

    lamp: str
    until_s: float


@dataclass(frozen=True, slots=True)
class Beyond:
    """At a lamp of another node (`node/lamp`) somebody may be: it stands next to `via`, `hop` lamps from him.

    He takes `pace_s` from lamp to lamp, None: nobody knows; the light goes at most `left` lamps farther.
    """

    lamp: str
    via: str
    pace_s: float | None
    hop: int
    left: int


class Moving:
    """The lamps that stand next to those of one node; `neighbours` goes both ways, `most` lamps ahead."""

    def __init__(self, neighbours: Mapping[str, Sequence[str]], most: int) -> None:
        self._neighbours = neighbours  # a lamp of another node has none of its own
        self._most = most
        self._last_s: dict[str, float] = {}  # when somebody last came at each lamp

    def came(self, lamp: str, mono_s: float) -> tuple[Expected | Beyond, ...]:
        """Somebody came at a lamp: return where he may be next, the nearest first.

        Where exactly one neighbour saw somebody just before, he comes from there and is that fast. Else nobody knows,
        and all who stand next to this lamp expect him.
        """
        next_to = self._neighbours.get(lamp, ())
        took = {one: mono_s - self._last_s[one] for one in next_to if one in self._last_s}
        lately = {one: took_s for one, took_s in took.items() if QUICKEST_S <= took_s <= SLOWEST_S}
        self._last_s[lamp] = mono_s
        if len(lately) != 1:
            return tuple(self._at(one, lamp, None, 1, 0, mono_s) for one in next_to)
        behind, pace_s = next(iter(lately.items()))
        return self._ahead(lamp, behind, pace_s, 0, min(self._most, math.ceil(AHEAD_S / pace_s)), mono_s)

    def heard(
        self, lamp: str, behind: str, pace_s: float | None, hop: int, left: int, mono_s: float
    ) -> tuple[Expected | Beyond, ...]:
        """Another node's lamp `behind` says that somebody comes to `lamp`: return where he may be next, here or beyond.

        At `hop` 1 he was at `behind` just now, so that his pace will be known here when he comes. The light goes no
        farther than for one whom this node has seen itself.
        """
        if hop == 1:
            self._last_s[behind] = mono_s
        here = self._at(lamp, behind, pace_s, hop, 0, mono_s)
        if pace_s is None:
            return (here,)
        left = min(left, self._most - hop, math.ceil(AHEAD_S / pace_s) - hop)
        return (here, *self._ahead(lamp, behind, pace_s, hop, left, mono_s))

    def _ahead(
        self, lamp: str, behind: str, pace_s: float, hop: int, left: int, mono_s: float
    ) -> tuple[Expected | Beyond, ...]:
        """Return the lamps within `left` of `lamp` that are reached without turning round; `lamp` stands at `hop`."""
        found: dict[str, Expected | Beyond] = {}
        front = [lamp]
        for more in range(1, left + 1):
            reached = {one: now for now in front for one in self._neighbours.get(now, ())}
            front = [one for one in reached if one not in found and one not in (lamp, behind)]
            for one in front:
                found[one] = self._at(one, reached[one], pace_s, hop + more, left - more, mono_s)
        return tuple(found.values())

    def _at(self, lamp: str, via: str, pace_s: float | None, hop: int, left: int, mono_s: float) -> Expected | Beyond:
        if "/" in lamp:
            return Beyond(lamp, via, pace_s, hop, left)
        for_s = UNKNOWN_S if pace_s is None else min(max(LEAST_S, LATE * hop * pace_s), LONGEST_S)
        return Expected(lamp, mono_s + for_s)
