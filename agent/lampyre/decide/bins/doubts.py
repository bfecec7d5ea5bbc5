"""Doubts: a level that stands still, that rose as no waste rises, or that swings tells of its sensor, not of waste.

The same for a look a minute on a node and for a reading every two or three hours from a battery container.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

STUCK = "sensorStuck"
BLOCKED = "sensorBlocked"
DIRTY = "sensorDirty"

STILL = 0.02  # fill; less is the flicker of a sensor that works
STUCK_DUE = 0.6  # of a container should have come in meanwhile
STUCK_LEAST = timedelta(days=3)  # a long weekend without anybody
STUCK_TOP = 0.9  # above, a container may stand full for long: that is BLOCKED's, or a round that was missed
TOP_TIMES = 3  # of the usual time between two emptyings, at the top and without a change
TOP_LEAST = timedelta(days=5)
TIPPED = 2  # times tipped like one that is emptied, and yet full half an hour later
ROSE = 0.4  # fill within ROSE_IN ...
ROSE_IN = timedelta(hours=6)
ROSE_DAYS = 4.0  # ... and more than so many of its days bring
ROSE_HELD = timedelta(hours=1)  # then it is no single spike
ROSE_MOST = timedelta(days=10)  # then it was a cartload after all (the longest false 100 in Prague: nine days)
BACK = 0.1  # of where it rose from: it is over
DAILY_LEAST = 0.02  # fill a day; below it is noise
SWINGS = 3  # in a day
SCATTERED = 30  # readings of a day that scattered among themselves: a surface does so for minutes after each throw
DAY = timedelta(days=1)
CALM = timedelta(days=2)  # without a swing: it is over
KEPT = 32
THIN = timedelta(minutes=15)


@dataclass(slots=True)
class _Rise:
    at: datetime
    base: float


class Doubts:
    """One bin's doubts; `faults` are those that hold now, each with its evidence."""

    def __init__(self) -> None:
        self._near: deque[tuple[datetime, float]] = deque(maxlen=KEPT)  # the last hours, thinned
        self._still: tuple[datetime, float] | None = None  # since when it has stood where
        self._rise: _Rise | None = None
        self._swung: datetime | None = None
        self._scattered: deque[datetime] = deque(maxlen=SCATTERED)
        self._handled = False
        self._tipped = 0  # times, since it was last seen less than full
        self._faults: dict[str, str] = {}

    @property
    def faults(self) -> Mapping[str, str]:
        """Event → its evidence, in words."""
        return MappingProxyType(self._faults)

    @property
    def hanging(self) -> bool:
        """Whether something hangs in front of the sensor: where it goes away, nobody has emptied the container."""
        return self._tipped >= TIPPED or (self._rise is not None and BLOCKED in self._faults)

    def see(
        self,
        at: datetime,
        fill: float,
        *,
        daily: float | None,
        gap: timedelta | None,
        swings: int,
        emptied: bool,
        handled: bool = False,
    ) -> None:
        """Take a reading (UTC, 0..1).

        `daily`: what most days bring, `gap`: the usual time between two emptyings, `swings`: false rises and falls
        of the last day, `handled`: it was tipped a short while ago. None: not known yet; nothing is concluded from it.
        """
        if self._near and at < self._near[-1][0]:  # the clock was ahead
            self._near.clear()
            self._still = self._rise = None
            self._swung = None if self._swung is None else at  # calm is counted from now on
        if emptied:
            self._near.clear()
            self._rise = None
        self._see_still(at, fill, daily, gap)
        self._see_rise(at, fill, daily)
        self._see_swings(at, swings)
        self._see_tipped(fill, handled)
        if not self._near or at - self._near[-1][0] >= THIN:
            self._near.append((at, fill))

    def begin(self) -> None:
        """Hold no level of before against those to come: they are measured otherwise."""
        self._near.clear()
        self._still = self._rise = None

    def scatter(self, at: datetime) -> None:
        """Note a reading that scattered."""
        self._scattered.append(at)
        if len(self._scattered) == SCATTERED and timedelta(0) <= at - self._scattered[0] <= DAY:
            self._swung = at
            self._faults[DIRTY] = f"{SCATTERED} readings of a day scattered among themselves"

    def _see_tipped(self, fill: float, handled: bool) -> None:
        if fill < STUCK_TOP:
            self._tipped = 0
        elif self._handled and not handled:
            self._tipped += 1
        self._handled = handled
        if self._tipped >= TIPPED:
            self._faults[BLOCKED] = f"tipped {self._tipped} times and still at {fill:.0%}"

    def _see_still(self, at: datetime, fill: float, daily: float | None, gap: timedelta | None) -> None:
        if self._still is None or abs(fill - self._still[1]) > STILL:
            self._still = (at, fill)
            self._faults.pop(STUCK, None)
            if self._rise is None and fill < STUCK_TOP:
                self._faults.pop(BLOCKED, None)
            return
        since, level = self._still
        for_ = at - since
        days = for_ / timedelta(days=1)
        if level >= STUCK_TOP:
            if gap is not None and for_ >= max(TOP_TIMES * gap, TOP_LEAST):
                self._faults[BLOCKED] = f"at {level:.0%} without a change for {days:.0f} days; emptied {_every(gap)}"
        elif daily is not None and for_ >= STUCK_LEAST and days * daily >= STUCK_DUE:
            self._faults[STUCK] = f"at {level:.0%} without a change for {days:.0f} days, {daily:.0%} a day were usual"

    def _see_rise(self, at: datetime, fill: float, daily: float | None) -> None:
        rise = self._rise
        if rise is None:
            low = min((one for when, one in self._near if at - when <= ROSE_IN), default=fill)
            if self._near and at - self._near[-1][0] > ROSE_IN:
                low = min(low, self._near[-1][1])
            enough = None if daily is None else max(ROSE, ROSE_DAYS * max(daily, DAILY_LEAST))
            if enough is not None and fill - low >= enough:
                self._rise = _Rise(at, low)
            return
        if fill <= rise.base + BACK or at - rise.at > ROSE_MOST:
            self._rise = None
            self._near.clear()
            self._faults.pop(BLOCKED, None)
        elif at - rise.at >= ROSE_HELD:
            usual = "" if daily is None else f", {daily:.0%} a day are usual"
            self._faults[BLOCKED] = f"rose from {rise.base:.0%} to {fill:.0%} at once{usual}"

    def _see_swings(self, at: datetime, swings: int) -> None:
        if swings >= SWINGS:
            self._swung = at
            self._faults[DIRTY] = f"{swings} rises and falls within a day that were none"
        elif self._swung is not None and swings:
            self._swung = at
        elif self._swung is not None and at - self._swung > CALM:
            self._swung = None
            self._faults.pop(DIRTY, None)


def _every(gap: timedelta) -> str:
    return f"every {gap / timedelta(days=1):.0f} days before" if gap >= timedelta(days=2) else "daily before"
