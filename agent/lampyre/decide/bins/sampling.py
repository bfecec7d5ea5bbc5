"""Sampling: how often to look into a bin and to tell of it, within what a year may cost. Fire waits for none of this.

A fire is looked for at every step from the temperature that its board says anyway: no look, no purse, no plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

YEAR_S = 365 * 86400.0
SAVED = 1 / 52  # of a year's budget can be saved up: a week in which the bin is soon full
BEGUN = 1 / 7  # of that is there at first: a day's worth, so that restarts without a memory earn nothing
STEADY = 0.5  # of what can be saved: below it a purse spends no faster than it earns
SOON_H = 12.0  # p10 of the hours to the threshold: a round can still be planned
NEAR = 0.1  # of the fill below the threshold
HOT_K = 15.0  # below the temperature at which it burns


class Pace(StrEnum):
    """What is going on in the bin."""

    HOT = "hot"  # it burns, or soon may
    SOON = "soon"  # soon full
    USUAL = "usual"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Seconds between two looks, two states told, two forecasts."""

    look_s: float
    state_s: float
    forecast_s: float


GAPS = {
    Pace.HOT: Gaps(10.0, 60.0, 900.0),
    Pace.SOON: Gaps(30.0, 120.0, 600.0),
    Pace.USUAL: Gaps(60.0, 300.0, 900.0),
    Pace.NIGHT: Gaps(180.0, 1800.0, 1800.0),  # five looks in a quarter of an hour are still a whole window
}


def pace_of(
    *,
    burns: bool,
    heat: float | None,
    fire_at: float,
    fill: float | None,
    full_at: float,
    soonest_h: float | None,
    night: bool,
) -> Pace:
    """Return the pace: `heat`, `fire_at` in degC, fills 0..1, `soonest_h` the p10 of the hours to the threshold."""
    if burns or (heat is not None and heat >= fire_at - HOT_K):
        return Pace.HOT
    if (fill is not None and fill >= full_at - NEAR) or (soonest_h is not None and soonest_h <= SOON_H):
        return Pace.SOON
    return Pace.NIGHT if night else Pace.USUAL


class Purse:
    """So many a year, and never more in any year; None: as many as the plan likes, only counted."""

    def __init__(self, per_year: float | None) -> None:
        self.per_year = per_year
        self._most = 0.0 if per_year is None else max(per_year * SAVED, 1.0)
        # what can be saved up comes on top of what a year brings, and both together are the budget
        self._each_s = 0.0 if per_year is None else YEAR_S / (per_year - self._most)
        self._left = max(self._most * BEGUN, 1.0)
        self._earned_s: float | None = None
        self._last_s: float | None = None

    def due(self, gap_s: float, now_s: float) -> bool:
        """Whether it is time for one: the gap is over, and the purse can pay; a gap of 0 asks the purse alone.

        When little is left any other gap is stretched to what the purse earns.
        """
        self._earn(now_s)
        if self._last_s is not None and now_s - self._last_s < self._stretched(gap_s):
            return False
        return self.per_year is None or self._left >= 1.0

    def spend(self, now_s: float) -> None:
        """Take one out; call it only where `due` said yes."""
        self._earn(now_s)
        self._last_s = now_s
        if self.per_year is not None:
            self._left -= 1.0

    def longest_s(self, gap_s: float) -> float:
        """Return the longest that one waits at such a gap, in s."""
        return max(gap_s, self._each_s)

    @property
    def left(self) -> float:
        """How many could be spent at once."""
        return self._left

    def restore(self, left: float) -> None:
        """Take up what was left before a restart; while the node was off nothing was earned."""
        self._left = min(max(left, 0.0), self._most)

    def _stretched(self, gap_s: float) -> float:
        return max(gap_s, self._each_s) if gap_s > 0.0 and self._left < STEADY * self._most else gap_s

    def _earn(self, now_s: float) -> None:
        if self.per_year is not None and self._earned_s is not None:
            self._left = min(self._left + max(now_s - self._earned_s, 0.0) / self._each_s, self._most)
        self._earned_s = now_s


class Sampling:
    """One bin's plan: when the next look and the next state are due, and what this year has cost so far."""

    def __init__(self, looks_per_year: float | None, states_per_year: float) -> None:
        self.looks = Purse(looks_per_year)
        self.states = Purse(states_per_year)
        self.pace = Pace.USUAL
        self.year = 0
        self.spent = {"looks": 0, "states": 0, "urgent": 0}

    @property
    def gaps(self) -> Gaps:
        """The gaps of the pace of now."""
        return GAPS[self.pace]

    def look_due(self, now_s: float, *, stirred: bool = False) -> bool:
        """Whether to look into the bin now; `stirred`: somebody opened, shut or tipped it, which waits for no gap."""
        return self.looks.due(0.0 if stirred else self.gaps.look_s, now_s)

    def looked(self, now_s: float, year: int | None) -> None:
        """Note a look that was due; `year`: of the calendar, None while the clock is not set."""
        self.looks.spend(now_s)
        self._count("looks", year)

    def tells(self, now_s: float, year: int | None, *, urgent: bool = False, weighty: bool = False) -> bool:
        """Whether a state may be told now, and note it.

        `weighty`: its status or a fault is new, which waits for no gap, but for the purse. `urgent`: it burns, or no
        longer does: at once, whatever was spent, and counted beside the budget.
        """
        if urgent:
            self._count("urgent", year)
            return True
        if not self.states.due(0.0 if weighty else self.gaps.state_s, now_s):
            return False
        self.states.spend(now_s)
        self._count("states", year)
        return True

    def saved(self) -> dict[str, object]:
        """Return what `restore` takes after a restart."""
        left = [round(purse.left, 2) for purse in (self.looks, self.states)]
        return {"year": self.year, "spent": dict(self.spent), "left": left}

    def restore(self, data: Mapping[str, object]) -> None:
        """Take up what was spent before a restart; ValueError, TypeError or KeyError on anything else.

        It may be read late, once the clock is set: what was spent since the start is spent too.
        """
        year, spent, left = data["year"], data["spent"], data["left"]
        if not isinstance(year, int) or not isinstance(spent, dict) or not isinstance(left, list) or len(left) != 2:
            raise ValueError("no budget of ours")
        counts = {kind: int(spent[kind]) for kind in self.spent}
        looks, states = (float(one) for one in left)
        if min(counts.values()) < 0 or not 0.0 <= looks < 1e9 or not 0.0 <= states < 1e9:
            raise ValueError("a budget has no such numbers")
        since = self.spent
        self.year, self.spent = year, {kind: counts[kind] + since[kind] for kind in since}
        self.looks.restore(looks - since["looks"])
        self.states.restore(states - since["states"])

    def _count(self, kind: str, year: int | None) -> None:
        if year is not None and year != self.year:
            if self.year:
                self.spent = dict.fromkeys(self.spent, 0)
            self.year = year
        self.spent[kind] += 1
