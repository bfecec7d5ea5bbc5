"""One container in one draw of chance: its level at any hour, what its sensor would show, and what policies come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from lampyre.decide.bins.past import OPEN
from lampyre_sim.score.grid import Ints
from lampyre_sim.score.measures import Floats
from lampyre_sim.waste.deposits import FULL_FROM, Process

WEEK_H = 168.0


@dataclass(slots=True)
class Tally:
    """What was counted; sums, so that containers add up."""

    hours: float = 0.0
    overflow_h: float = 0.0  # at 100: what comes is refused
    full_h: float = 0.0  # at 95 or more
    collections: int = 0
    found: float = 0.0  # sum of the levels at collection

    def take(self, other: "Tally") -> None:
        """Add another."""
        self.hours += other.hours
        self.overflow_h += other.overflow_h
        self.full_h += other.full_h
        self.collections += other.collections
        self.found += other.found

    def figures(self) -> dict[str, float | None]:
        """Return collections per bin and week, shares of the hours at 100 and at 95, mean level at collection."""
        if not self.hours:
            return {"per_week": None, "overflow": None, "full": None, "fill": None}
        return {
            "per_week": self.collections / (self.hours / WEEK_H),
            "overflow": self.overflow_h / self.hours,
            "full": self.full_h / self.hours,
            "fill": self.found / self.collections if self.collections else None,
        }


class World:
    """One container's deposits and its sensor's noise, the same for every policy."""

    def __init__(self, process: Process, seed: int, hidden_times: float, begin: int = 0) -> None:
        """Take what was rebuilt; each policy begins with a container that was emptied at hour `begin`."""
        rng = np.random.default_rng([seed, *process.name.encode()])
        self.process, self.begin = process, begin
        self.thrown = np.concatenate([[0.0], np.cumsum(process.drawn(rng, hidden_times))])  # up to each hour
        self.noise = rng.choice(process.noise, len(process.looks))
        looks = process.looks
        self._seen = np.interp(looks, np.arange(len(self.thrown)), self.thrown)
        begin_s = process.begin_h * 3600
        self.stamps = [datetime.fromtimestamp(round(begin_s + hour * 3600), UTC) for hour in looks.tolist()]
        left, at_open, at_full = process.curve.thrown(np.array([process.left, OPEN, FULL_FROM])).tolist()
        self._left, self._open, self._full = left, at_open, at_full

    def rounds(self, truck_h: int) -> Ints:
        """Return the hours at which the truck can come: once a day, at that hour (UTC), after the beginning."""
        first = self.begin + 1 + (truck_h - self.process.begin_h - self.begin - 1) % 24
        return np.arange(first, self.process.hours, 24)

    def full_from(self, since: int) -> int:
        """Return the hour from which it is full (95 %) when it was emptied at another; as many as there are: never."""
        return self._reached(since, self._open)

    def level(self, since: int, hour: int) -> float:
        """Return the level at an hour when it was emptied last at another."""
        return float(self.process.curve.level(self.thrown[hour] - self.thrown[since] + self._left))

    def shown(self, since: int, first: int, end: int) -> list[float]:
        """Return what the sensor shows in readings `first` to `end` when it was emptied last at an hour."""
        level = self.process.curve.level(self._seen[first:end] - self.thrown[since] + self._left)
        shown: Floats = np.clip(np.round(level + self.noise[first:end], 2), 0.0, 1.0)
        found: list[float] = shown.tolist()
        return found

    def tally(self, emptied: Sequence[int], since: int) -> Tally:
        """Return what emptying at some hours comes to from hour `since` on."""
        found = Tally(hours=max(self.process.hours - since, 0))
        last = self.begin
        for hour in [*(hour for hour in emptied if hour > self.begin), self.process.hours]:
            begin = max(last, since)
            found.full_h += max(hour - max(begin, self._reached(last, self._open)), 0)
            found.overflow_h += max(hour - max(begin, self._reached(last, self._full)), 0)
            if since <= hour < self.process.hours:
                found.collections += 1
                found.found += self.level(last, hour)
            last = hour
        return found

    def _reached(self, since: int, limit: float) -> int:
        return int(np.searchsorted(self.thrown, self.thrown[since] - self._left + limit))
