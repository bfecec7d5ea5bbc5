"""Emptied or not: a fall of the level that stays, weighed against spikes, settling and a sensor that swings.

The same for a look a minute on a node and for a reading every two or three hours from a battery container.
"""

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from lampyre.records import Quality

BY = 0.30  # fill; a smaller fall is settling or noise (Prague containers, 2023 to 2025)
BACK = 0.10  # who comes back to within this of where he was has not been emptied
JUMP = 0.25  # in one step: an echo from somewhere else, or a heap thrown in at once
HOLD = timedelta(minutes=45)  # a cobweb before the sensor swings for half an hour; who emptied it is not in a hurry
HANDLED_HOLD = timedelta(minutes=10)  # ... and less is asked of a container that was tipped
FALLS = timedelta(hours=3)  # glass slides out of a lifted container over several readings
SPIKE = timedelta(hours=3.5)  # one reading of the slowest sensors
FALSE_FULL = timedelta(hours=240)  # the longest false 100 of those containers lasted nine days
FULL = 0.99
KEPT = 128  # readings behind a judgement: ten days of the slowest sensors ...
THIN = timedelta(minutes=20)  # ... and nearly two of ours, which looks every minute
SAME = 0.05  # closer in fill than this is one step
SWINGS = 16  # rises and falls remembered that were none
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)  # what is kept of a moment
USUAL_H = 2.0  # a round comes within this of the hour at which it came before
USUAL_LEAST = 3  # emptyings before an hour is usual
HASTE = 10.0  # times faster than on most days: paper comes in so for an hour, no container is filled so
DAYS, DAYS_LEAST = 28, 3  # that tell how fast it fills
OPEN = 0.8  # a day that began fuller says little of what would have come in
NOBODY = 0.005  # fill in a day: nobody came; a container that stands unused does not tell how fast it fills
DAILY_LEAST = 0.02  # fill a day; below it is the sensor's noise
SURE = 0.5  # from here on it counts


@dataclass(frozen=True, slots=True)
class Emptied:
    """One emptying: between `since` and `at` (UTC), `before` and `after` are fills 0..1."""

    at: datetime  # the first low reading
    since: datetime  # the last high one
    before: float
    after: float
    confidence: float  # 0..1


@dataclass(slots=True)
class _Fall:
    at: datetime
    since: datetime
    before: float
    low: float


class Emptyings:
    """Feed it every reading of one bin; it speaks once for each emptying, a reading or 45 minutes later."""

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, float]] = deque(maxlen=KEPT)
        self._fall: _Fall | None = None
        self._swings: deque[datetime] = deque(maxlen=SWINGS)
        self._hours: deque[float] = deque(maxlen=SWINGS)  # of the day, UTC, at which it was emptied
        self._days: deque[float] = deque(maxlen=DAYS)  # what each of the last days brought
        self._morning: tuple[datetime, float] | None = None  # when the present day of them began
        self.dips = 0  # falls that came back
        self.spikes = 0  # rises that went back to where they began, in one reading or two
        self.false_full = 0  # ... after hours or days at the very top
        self.doubted = 0  # falls that stayed and were yet not sure enough

    def see(
        self, at: datetime, fill: float, quality: Quality = Quality.GOOD, *, handled: bool = False
    ) -> Emptied | None:
        """Take a reading (UTC, 0..1); return the emptying that it makes sure of.

        `handled`: the container was tipped a short while ago.
        A reading STALE or MISSING, or not finite, changes nothing; after one from before the last it begins anew.
        """
        if quality > Quality.SUSPECT or not math.isfinite(fill):
            return None
        if self._seen and at < self._seen[-1][0]:  # the clock was ahead
            self._seen.clear()
            self._swings.clear()  # else those to come would be of "the last day" until they have been
            self._fall = self._morning = None
        if self._fall is not None:
            return self._follow(self._fall, at, fill, handled)
        before = self._before(at)
        if before - fill < BY:
            self._learn(at, fill)
            self._keep(at, fill)
            return None
        if self._excursion(at, fill):
            self._keep(at, fill)
            return None
        self._fall = _Fall(at, self._seen[-1][0], before, fill)
        return None

    @property
    def daily(self) -> float | None:
        """What comes in on most days, as a fill; None while too few days are known."""
        return median(self._days) if len(self._days) >= DAYS_LEAST else None

    def swings(self, at: datetime) -> int:
        """How many rises and falls of the last day were none."""
        return sum(at - swing <= DAY for swing in self._swings)

    def forget_counts(self) -> None:
        """Begin to count anew: what was learned from a past was counted then."""
        self.dips = self.spikes = self.false_full = self.doubted = 0

    def begin(self) -> None:
        """Hold no level of before against those to come: they are measured otherwise."""
        self._seen.clear()
        self._fall = self._morning = None

    def told(self, last: Emptied) -> None:
        """Take an emptying for told: what is left of it after a restart is not told again."""
        fall = self._fall
        if fall is None or not fall.since - SECOND <= last.at <= fall.at + SECOND:
            return
        self.begin()
        self._keep(last.at, last.after)
        self._keep(fall.at, fall.low)

    def _before(self, at: datetime) -> float:
        """Return the highest of the last hours, at least of the last reading; 0 before the first."""
        near = (fill for when, fill in self._seen if at - when <= FALLS)
        return max(near, default=self._seen[-1][1] if self._seen else 0.0)

    def _climb(self, fall: _Fall) -> float | None:
        """Return how fast it had risen to where it fell from, in fill per hour; None: longer ago than is remembered."""
        low = next((one for one in reversed(self._seen) if one[1] <= fall.low + BACK), None)
        if low is None:
            return None
        return (fall.before - low[1]) / max((fall.since - low[0]).total_seconds() / 3600, 1.0)

    def _hasty(self, fall: _Fall) -> bool:
        """Whether it had risen many times faster than this container does on most days."""
        climb = self._climb(fall)
        if climb is None or self.daily is None:
            return False
        return climb > HASTE * max(self.daily, DAILY_LEAST) / 24

    def _learn(self, at: datetime, fill: float) -> None:
        """Note how much came in within a day in which nothing was taken out."""
        if self._morning is None:
            self._morning = (at, fill)
        elif at - self._morning[0] >= DAY:
            came = (fill - self._morning[1]) * (DAY / (at - self._morning[0]))
            if self._morning[1] < OPEN and abs(came) > NOBODY:
                self._days.append(max(came, 0.0))
            self._morning = (at, fill)

    def _follow(self, fall: _Fall, at: datetime, fill: float, handled: bool) -> Emptied | None:
        if fill >= fall.before - min(BACK, fall.before / 5):
            self.dips += 1
            self._swings.append(at)
            self._fall = None
            self._keep(at, fill)
            return None
        fall.low = min(fall.low, fill)
        if at - fall.at < (HANDLED_HOLD if handled else HOLD):
            return None
        self._fall = None
        after, sure = fall.low, self._confidence(fall, handled)
        self._seen.clear()
        self._morning = None
        self._keep(fall.at, after)
        self._keep(at, fill)
        if sure < SURE:
            self.doubted += 1
            self._swings.append(at)
            return None
        self._hours.append(_hour(fall.at))
        return Emptied(fall.at, fall.since, fall.before, after, sure)

    def _confidence(self, fall: _Fall, handled: bool) -> float:
        """Return how sure it is: evidence added up as log odds, weighed by hand on half of the labelled falls."""
        left = fall.low / fall.before
        odds = 4.0 if left <= 0.2 else 2.5 if left <= 0.4 else 0.7 if left <= 0.6 else -2.0
        odds -= 1.0 * self.swings(fall.at)
        if len(self._hours) >= USUAL_LEAST:
            usual = any(abs((_hour(fall.at) - one + 12) % 24 - 12) <= USUAL_H for one in self._hours)
            odds += 1.0 if usual else -1.0
        odds -= 6.0 if self._hasty(fall) else 0.0
        odds += 2.0 if handled else 0.0
        return 1.0 / (1.0 + math.exp(-odds))

    def _excursion(self, at: datetime, fill: float) -> bool:
        """Whether a fall is but the end of a rise that was none; then the rise is forgotten."""
        seen = list(self._seen)
        start = len(seen)
        while start and seen[start - 1][1] > fill + BACK:
            start -= 1
        if start in (0, len(seen)) or seen[start][1] - seen[start - 1][1] < JUMP:
            return False
        base, high = seen[start - 1], seen[start:]
        short = len(high) <= 2 and at - high[0][0] <= SPIKE
        top = all(one >= FULL for _, one in high) and at - base[0] <= FALSE_FULL
        if not (short or top) or fill < base[1] - BACK:
            return False
        self.spikes += short
        self.false_full += not short
        self._swings.append(at)
        for _ in high:
            self._seen.pop()
        return True

    def _keep(self, at: datetime, fill: float) -> None:
        close = len(self._seen) > 1 and at - self._seen[-2][0] < THIN
        if close and abs(fill - self._seen[-1][1]) < SAME:
            self._seen.pop()
        self._seen.append((at, fill))


def _hour(at: datetime) -> float:
    return at.hour + at.minute / 60


def saved(one: Emptied | None) -> list[object] | None:
    """Return what `emptied_of` takes after a restart."""
    return None if one is None else [one.at.isoformat(), one.since.isoformat(), one.before, one.after, one.confidence]


def emptied_of(row: object) -> Emptied | None:
    """Return the emptying from before a restart; ValueError or TypeError on anything else."""
    if row is None:
        return None
    if not isinstance(row, list) or len(row) != 5 or not all(0.0 <= float(one) <= 1.0 for one in row[2:]):
        raise ValueError(f"no emptying of ours: {row!r}")
    at, since = (datetime.fromisoformat(one) for one in row[:2])
    if at.tzinfo is None or since.tzinfo is None:
        raise ValueError(f"an emptying without a zone: {row!r}")
    return Emptied(at, since, *(float(one) for one in row[2:]))
