"""The trace: one bin's levels in order of time, and all that they tell of emptyings and of the sensor."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lampyre.decide.bins.doubts import Doubts
from lampyre.decide.bins.emptied import Emptied, Emptyings
from lampyre.records import Quality

GAPS = 16  # times between emptyings that tell the usual one
GAPS_LEAST = 3
REFILLED = 0.4  # fill within REFILLED_IN after an emptying: somebody had waited with his rubbish
REFILLED_IN = timedelta(hours=3)
SETTLED = 0.1  # a smaller fall is the flicker of a sensor


@dataclass(frozen=True, slots=True)
class Told:
    """What one reading told: the emptying that is sure now, and the doubts that hold."""

    emptied: Emptied | None
    faults: Mapping[str, str]


class Trace:
    """Feed it every reading of one bin, from a sensor of ours or from a record."""

    def __init__(self) -> None:
        self.emptyings = Emptyings()
        self.doubts = Doubts()
        self.last: Emptied | None = None
        self._gaps: deque[timedelta] = deque(maxlen=GAPS)
        self._before: float | None = None
        self._counts: dict[str, int] = {"settled": 0, "refilled": 0, "unblocked": 0}
        self._refilling = False

    @property
    def gap(self) -> timedelta | None:
        """The usual time between two emptyings; None while too few are known."""
        return sorted(self._gaps)[len(self._gaps) // 2] if len(self._gaps) >= GAPS_LEAST else None

    @property
    def discrepancies(self) -> dict[str, int]:
        """How often the levels did what waste does not do, by kind."""
        seen = self.emptyings
        return {
            "dip": seen.dips,
            "spike": seen.spikes,
            "falseFull": seen.false_full,
            "doubtedEmptying": seen.doubted,
        } | self._counts

    def see(self, at: datetime, fill: float, quality: Quality = Quality.GOOD, *, handled: bool = False) -> Told:
        """Take a reading (UTC, 0..1); `handled`: the container was tipped a short while ago."""
        if quality > Quality.SUSPECT:
            return Told(None, self.doubts.faults)
        emptied = self.emptyings.see(at, fill, quality, handled=handled)
        if emptied is not None and self.doubts.hanging and not handled:
            emptied = None
            self._counts["unblocked"] += 1
        if emptied is not None:
            if self.last is not None and emptied.at > self.last.at:
                self._gaps.append(emptied.at - self.last.at)
            self.last, self._refilling = emptied, True
        self._count(at, fill, emptied)
        self.doubts.see(
            at,
            fill,
            daily=self.emptyings.daily,
            gap=self.gap,
            swings=self.emptyings.swings(at),
            emptied=emptied is not None,
            handled=handled,
        )
        return Told(emptied, self.doubts.faults)

    def begin(self) -> None:
        """Hold no level of before against those to come: they are measured otherwise."""
        self.emptyings.begin()
        self.doubts.begin()
        self._before = None

    def learn(self, history: Iterable[tuple[datetime, float]], last: Emptied | None = None) -> None:
        """Take up readings from before a restart, and the last emptying; what they told was told then."""
        for at, fill in history:
            self.see(at, fill)
        if last is not None:
            self.last = last
            self.emptyings.told(last)
        self._counts = dict.fromkeys(self._counts, 0)
        self.emptyings.forget_counts()

    def _count(self, at: datetime, fill: float, emptied: Emptied | None) -> None:
        last, before = self.last, self._before
        self._before = fill
        if last is not None and self._refilling:
            if at - last.at > REFILLED_IN:
                self._refilling = False
            elif fill - last.after >= REFILLED:
                self._refilling = False
                self._counts["refilled"] += 1
        if emptied is None and before is not None and SETTLED <= before - fill < 0.3:
            self._counts["settled"] += 1
