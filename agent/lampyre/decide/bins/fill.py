"""Fill: from a distance down to the waste to a ratio 0..1, with doubt where the sensor gives reason for it."""

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from lampyre.records import Quality, Snapshot

WINDOW = 5  # minutes of readings behind one fill: a bag that swings past the sensor is outvoted
BEYOND = 1.1  # a range up to a tenth longer than the empty bin is a sloping floor; longer is no bin of ours
EMPTIED_BY = 0.30  # a fall of 30 points: compaction and settling stay below it (Prague containers, 2023 to 2025)
EMPTIED_AFTER = 3  # readings that must agree that it is empty
KEEP_S = 3600  # one point of history an hour, and the newest: a model trained on steps of 2 to 3 h needs no more
HISTORY = 28 * 24  # four weeks of hours: half the memory of two weeks of quarters, and twice the days of collection


@dataclass(frozen=True, slots=True)
class Container:
    """The shape of one bin: metres from the sensor to its floor and to the nearest it can see."""

    distance: str
    temperature: str | None
    height_m: float
    dead_zone_m: float


@dataclass(frozen=True, slots=True)
class Level:
    """One look into the bin: fill 0..1 or None, how far to believe it, and why."""

    fill: float | None
    quality: Quality
    why: str
    emptied: bool = False  # this look shows that it was emptied


class FillWatch:
    """One bin's fill; remembers the last minutes and four weeks of hours."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._low: deque[float] = deque(maxlen=EMPTIED_AFTER)
        self._settled: float | None = None
        self.history: deque[tuple[datetime, float]] = deque(maxlen=HISTORY)
        self.emptied_at: datetime | None = None

    def look(self, seen: Snapshot) -> Level:
        """Take the newest distance; a sensor that cannot be believed yields no fill, never an invented one."""
        box = self._container
        heard = seen.reading(box.distance)
        if heard is None:
            return Level(None, Quality.MISSING, "distance sensor not heard")
        if heard.quality is Quality.STALE or not math.isfinite(heard.value):
            return Level(None, Quality.STALE, "distance sensor fell silent")
        if heard.value > box.height_m * BEYOND:
            return Level(None, Quality.SUSPECT, f"{heard.value:.2f} m is beyond the floor of the bin")
        raw = (box.height_m - heard.value) / (box.height_m - box.dead_zone_m)
        self._recent.append(min(1.0, max(0.0, raw)))
        fill = sorted(self._recent)[len(self._recent) // 2]
        emptied = self._emptied(fill, seen.at)
        if seen.clock_trusted:
            remember(self.history, seen.at, fill)
        if heard.value < box.dead_zone_m or heard.quality is Quality.SUSPECT:
            return Level(
                fill, Quality.SUSPECT, "nearer than the sensor can see: full, or something hangs in front", emptied
            )
        return Level(fill, Quality.GOOD, f"{heard.value:.2f} m below the sensor", emptied)

    def _emptied(self, fill: float, at: datetime) -> bool:
        if self._settled is None or fill > self._settled:
            self._settled = fill
            self._low.clear()
            return False
        if self._settled - fill < EMPTIED_BY:
            self._low.clear()
            return False
        self._low.append(fill)
        if len(self._low) < EMPTIED_AFTER:
            return False
        self._settled = fill
        self._low.clear()
        self.emptied_at = at
        return True


def remember(history: deque[tuple[datetime, float]], at: datetime, fill: float) -> None:
    """Add the newest fill to a history; it gives way to the next one until an hour after the one before it."""
    while history and history[-1][0] > at:  # the clock was ahead
        history.pop()
    if len(history) > 1 and at - history[-2][0] < timedelta(seconds=KEEP_S):
        history.pop()
    history.append((at, fill))
