"""The back-off: how long to wait before the next try, so that a city's nodes never come at once."""

import random
from dataclasses import dataclass

from lampyre.sync import codes


@dataclass(frozen=True, slots=True)
class Habit:
    """Decorrelated jitter: each wait is drawn between `first_s` and three times the one before, up to `most_s`."""

    first_s: float
    most_s: float
    stable_s: float  # a session that lived so long was a good one: the next break is a new one


USUAL = Habit(1.0, 60.0, 60.0)  # a broker that is back is found within a minute
FULL = Habit(10.0, 300.0, 60.0)  # it has said that we are too many: come back less often
TWIN = Habit(30.0, 600.0, 3600.0)  # who has our id is thrown out by us as we are by him: seldom, until one is mended
HABITS = {
    codes.UNAVAILABLE: FULL,
    codes.BUSY: FULL,
    codes.QUOTA_EXCEEDED: FULL,
    codes.TOO_MANY_CONNECTS: FULL,
    codes.USE_ANOTHER: FULL,
    codes.MOVED: FULL,
    codes.TAKEN_OVER: TWIN,
}
SPREAD_S = 5.0  # 200 nodes whose power comes back are 40 connects a second; one alone waits 2.5 s in the mean


class Backoff:
    """One node's waits. The first try after power-up, and after a good session, is spread over `spread_s`."""

    def __init__(self, spread_s: float = 0.0, chance: random.Random | None = None) -> None:
        self._spread_s = spread_s
        self._chance = chance or random.Random()
        self._last_s: dict[Habit, float] = {}

    def first_s(self) -> float:
        """Return the wait before the first try of all."""
        return self._chance.uniform(0.0, self._spread_s)

    def wait_s(self, lived_s: float, code: int = 0) -> float:
        """Return the next wait, after a session of `lived_s` (0: it never came about) that ended with `code`."""
        habit = HABITS.get(code, USUAL)
        for one in [one for one in self._last_s if lived_s >= one.stable_s]:
            del self._last_s[one]
        least_s = self._last_s.get(habit)
        most_s = max(3 * habit.first_s, self._spread_s) if least_s is None else 3 * least_s
        self._last_s[habit] = min(habit.most_s, self._chance.uniform(habit.first_s, most_s))
        return self._last_s[habit]
