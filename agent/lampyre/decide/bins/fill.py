"""Fill: one look into a bin: measured, watched over time, doubted; never invented."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lampyre.decide.bins.emptied import Emptied
from lampyre.decide.bins.measure import Calibration, Container, Measure
from lampyre.decide.bins.trace import Trace
from lampyre.errors import CommandRefused
from lampyre.records import Quality, Snapshot

__all__ = ["HISTORY", "Container", "FillWatch", "Level", "remember"]

KEEP_S = 3600  # one point of history an hour, and the newest: a model trained on steps of 2 to 3 h needs no more
HISTORY = 28 * 24  # four weeks of hours: half the memory of two weeks of quarters, and twice the days of collection


@dataclass(frozen=True, slots=True)
class Level:
    """One look into the bin: fill 0..1 or None, how far to believe it, and why."""

    fill: float | None
    quality: Quality
    why: str
    emptying: Emptied | None = None  # this look made sure that it was emptied

    @property
    def emptied(self) -> bool:
        """Whether this look made sure that it was emptied."""
        return self.emptying is not None


class FillWatch:
    """One bin's fill; remembers the last minutes, four weeks of hours, and what they tell."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self.measure = Measure(container)
        self.trace = Trace()
        self._unseen: dict[str, int] = {}
        self.history: deque[tuple[datetime, float]] = deque(maxlen=HISTORY)
        self.emptying: Emptied | None = None

    def look(self, seen: Snapshot, *, blind: str | None = None, handled: bool = False) -> Level:
        """Take the newest distance; a sensor that cannot be believed yields no fill, never an invented one.

        `blind`: why it does not see the waste now; `handled`: the container was tipped a short while ago.
        """
        box = self._container
        heard = seen.reading(box.distance)
        if heard is None:
            return Level(None, Quality.MISSING, "distance sensor not heard")
        if blind is not None:
            return Level(None, Quality.STALE, f"{blind}: nobody knows how full it is")
        cel = seen.value(box.temperature)
        found = self.measure.take(heard.value, heard.quality, cel, seen.mono_s)
        if found.discrepancy is not None:
            self._unseen[found.discrepancy] = self._unseen.get(found.discrepancy, 0) + 1
        if found.fill is None:
            return Level(None, found.quality, found.why)
        if not seen.clock_trusted:  # a level without a date has no place in what was before and after
            return Level(found.fill, max(found.quality, Quality.SUSPECT), f"{found.why}; clock not set")
        remember(self.history, seen.at, found.fill)
        if found.discrepancy == "scatter":
            self.trace.doubts.scatter(seen.at)
        told = self.trace.see(seen.at, found.fill, found.quality, handled=handled)
        self.emptying = told.emptied or self.emptying
        doubt = next(iter(told.faults.values()), None)
        if doubt is not None:
            return Level(found.fill, max(found.quality, Quality.SUSPECT), doubt, told.emptied)
        return Level(found.fill, found.quality, found.why, told.emptied)

    @property
    def emptied_at(self) -> datetime | None:
        """When it was last found empty, UTC."""
        return self.emptying.at if self.emptying is not None else None

    @property
    def faults(self) -> Mapping[str, str]:
        """What the levels tell of the sensor: event → evidence."""
        return self.trace.doubts.faults

    @property
    def discrepancies(self) -> dict[str, int]:
        """How often a reading could not be what it said, by kind, since the start."""
        return {kind: count for kind, count in (self.trace.discrepancies | self._unseen).items() if count}

    def restore(self, history: list[tuple[datetime, float]], emptying: Emptied | None = None) -> None:
        """Take up the levels from before a restart, and learn from them what was learned then.

        `emptying`: the last that was told; it may be older than what is remembered of the levels.
        """
        self.history.extend(history)
        self.trace = Trace()
        self.trace.learn(history, emptying)
        self.emptying = self.trace.last

    def calibrate(self, what: str, metres: float | None = None) -> Calibration:
        """Take a distance, or the one of the last minutes, for that of the `empty` or the `full` bin.

        Raises CommandRefused where it cannot be.
        """
        if what not in {"empty", "full"}:
            raise CommandRefused(f"{what!r}: say empty or full")
        if metres is None:
            metres = self.measure.now_m
        if metres is None:
            raise CommandRefused("the sensor has not been heard for five minutes on end; wait, or give the metres")
        before = [(at, self.measure.metres_at(fill)) for at, fill in self.history]
        empty = what == "empty"
        done = self.measure.calibrate(empty_m=metres if empty else None, full_m=None if empty else metres)
        self.history.clear()  # what the sensor saw then, by the measure of now: else it would seem to be emptied
        self.history.extend((at, self.measure.fill_at(one)) for at, one in before)
        self.trace.begin()
        return done


def remember(history: deque[tuple[datetime, float]], at: datetime, fill: float) -> None:
    """Add the newest fill to a history; it gives way to the next one until an hour after the one before it."""
    while history and history[-1][0] > at:  # the clock was ahead
        history.pop()
    if len(history) > 1 and at - history[-2][0] < timedelta(seconds=KEEP_S):
        history.pop()
    history.append((at, fill))
