"""Observed: what people see in a bin, held against its sensor; what they agree on moves its calibration, in bounds.

One look of one person moves nothing: an eye errs by ten points, and a slip of the finger by more. Two that agree do.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lampyre.bin_records import Observed, Seeing
from lampyre.decide.bins.measure import Measure
from lampyre.errors import CommandRefused

EYE = 0.1  # fill; an eye is no finer, and a smaller error is none
AGREE = 0.15  # fill; two errors no further apart are of the same sensor
AGREE_WITHIN = timedelta(days=60)  # longer ago, it was another season
STEP = 0.05  # of the height, for each two that agree
FAR = 0.15  # of the height, in all, from what the file or a technician said; further off somebody should come and look
WEIGHT = 0.2  # of the newest in the running error: the last five weigh two thirds
OLD = timedelta(hours=1)  # what was seen longer ago has no level left to be held against
NEAR = timedelta(minutes=5)  # of the moment that is meant
AHEAD = timedelta(minutes=2)  # two clocks may differ
SAME = 0.005  # fill; what is said to the same per cent ...
TWICE = timedelta(minutes=10)  # ... within it is a second press of the button
KEPT, KEPT_EACH = 32, timedelta(minutes=2)  # levels of the last hour
COUNT_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """A level of the last hour: its moment (UTC), fill 0..1, and whether it could be believed."""

    at: datetime
    fill: float
    sound: bool


class Observations:
    """One bin's; `take` says in words what came of one."""

    def __init__(self, measure: Measure, height_m: float) -> None:
        self._measure = measure
        self._height_m = height_m
        self._looks: deque[Look] = deque(maxlen=KEPT)
        self._apart: tuple[datetime, float] | None = None  # the last error beyond what an eye errs by
        self._moved = {"empty": 0.0, "full": 0.0}  # metres, since the file or a technician said where
        self.count = self.disputed = self.moves = 0
        self.error: float | None = None
        self.bias: float | None = None
        self.last: Seeing | None = None

    def see(self, at: datetime, fill: float, *, sound: bool) -> None:
        """Remember a level; one each two minutes is enough."""
        while self._looks and self._looks[-1].at > at:  # the clock was ahead
            self._looks.pop()
        if not self._looks or at - self._looks[-1].at >= KEPT_EACH:
            self._looks.append(Look(at, fill, sound))

    def take(self, fill: float, at: datetime, now: datetime) -> str:
        """Take what somebody saw (0..1) at a moment (UTC); raises CommandRefused where it cannot be."""
        if not math.isfinite(fill) or not 0.0 <= fill <= 1.0:
            raise CommandRefused("a fill is from 0 to 100 %; look again")
        if at > now + AHEAD:
            raise CommandRefused("it is seen in the future; is the clock of who sends it right?")
        if now - at > OLD:
            raise CommandRefused("seen more than an hour ago: nobody knows any more what the sensor said; look again")
        last = self.last
        if last is not None and abs(at - last.at) <= TWICE and abs(last.fill - fill) < SAME:
            raise CommandRefused("the same was said within ten minutes and is noted; say it again if it changes")
        look = min(self._looks, key=lambda one: abs(one.at - at), default=None)
        if look is None or abs(look.at - at) > NEAR:
            self.last = Seeing(at, fill, None)
            return "noted; the sensor said nothing then that it could be held against"
        self.last = Seeing(at, fill, round(look.fill, 3))
        self._score(look.fill - fill)
        if not look.sound:
            return f"noted; the sensor said {look.fill:.0%}, which was in doubt, so nothing is moved"
        return f"noted; the sensor said {look.fill:.0%}{self._judge(at, fill, look)}"

    @property
    def told(self) -> Observed | None:
        """How the sensor does beside what people saw; None: nobody has looked yet."""
        if self.last is None:
            return None
        error, bias = (None if one is None else round(one, 3) for one in (self.error, self.bias))
        return Observed(self.count, error, bias, self.disputed, self.moves, self.last)

    def shown(self) -> None:
        """Somebody calibrated it: what was seen before is over."""
        self._moved = {"empty": 0.0, "full": 0.0}
        self._apart = None
        self._looks.clear()

    def saved(self) -> dict[str, object]:
        """Return what `restore` takes after a restart."""
        last, apart = self.last, self._apart
        return {
            "count": self.count, "disputed": self.disputed, "moves": self.moves, "error": self.error, "bias": self.bias,
            "moved": dict(self._moved),
            "apart": None if apart is None else [apart[0].isoformat(), apart[1]],
            "last": None if last is None else [last.at.isoformat(), last.fill, last.sensor],
        }  # fmt: skip

    def restore(self, data: Mapping[str, object]) -> None:
        """Take up what was seen before a restart; ValueError, TypeError or KeyError on anything else."""
        counts = [_whole(data[key]) for key in ("count", "disputed", "moves")]
        error, bias = (_ratio(data[key], low) for key, low in (("error", 0.0), ("bias", -1.0)))
        moved, apart, last = data["moved"], data["apart"], data["last"]
        if not isinstance(moved, dict) or not isinstance(apart, list | None) or not isinstance(last, list | None):
            raise TypeError("observations are not ours")
        metres = {end: float(moved[end]) for end in self._moved}
        if not all(abs(one) <= FAR * self._height_m + 1e-6 for one in metres.values()):
            raise ValueError(f"a calibration was never moved by {metres}")
        before = None if apart is None else (moment(apart[0]), float(apart[1]))
        seen = None
        if last is not None:
            at, fill, sensor = last
            seen = Seeing(moment(at), float(fill), None if sensor is None else float(sensor))
        self.count, self.disputed, self.moves = counts
        self.error, self.bias, self._moved, self._apart, self.last = error, bias, metres, before, seen

    def _score(self, error: float) -> None:
        self.count = min(self.count + 1, COUNT_MOST)
        share = max(WEIGHT, 1.0 / self.count)
        self.error = (self.error or 0.0) + (abs(error) - (self.error or 0.0)) * share
        self.bias = (self.bias or 0.0) + (error - (self.bias or 0.0)) * share

    def _judge(self, at: datetime, fill: float, look: Look) -> str:
        """Return what one error comes to, beside the one before it."""
        error, before = look.fill - fill, self._apart
        if abs(error) < EYE:
            self._apart = None  # who sees what the sensor sees takes back what another saw
            return ": they agree"
        self._apart = (at, error)
        if before is None or at - before[0] > AGREE_WITHIN:
            return "; another one that agrees with you would move its calibration"
        if error * before[1] < 0.0 or abs(error - before[1]) > AGREE:
            self.disputed += 1
            return "; the one before you saw it otherwise, so nothing is moved"
        self._apart = None
        return self._move(fill, look)

    def _move(self, fill: float, look: Look) -> str:
        measure = self._measure
        height, metres = measure.height_at(fill), measure.metres_at(look.fill)
        empty, full = measure.empty_m, measure.full_m
        if height >= 0.5:  # the nearer end is the one that it tells of
            end, wanted, now_m = "full", empty - (empty - metres) / height, full
        else:
            end, wanted, now_m = "empty", (metres - height * full) / (1.0 - height), empty
        step, far = STEP * self._height_m, FAR * self._height_m
        to = min(max(wanted, now_m - step), now_m + step)
        to = min(max(to, now_m - self._moved[end] - far), now_m - self._moved[end] + far)
        if abs(to - now_m) < 0.005:
            return "; its calibration has been moved as far as it may be: a technician should look at it"
        try:
            measure.calibrate(**{f"{end}_m": to})
        except CommandRefused as error:
            return f"; its calibration stays: {error}"
        self._moved[end] += to - now_m
        self.moves += 1
        self._looks.clear()  # they were told by the calibration of before
        return f"; two agree, and its {end} is moved by {100 * (to - now_m):+.0f} cm"


def moment(value: object) -> datetime:
    """Return a time from its ISO text; ValueError without a zone."""
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return at


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MOST:
        raise ValueError(f"{value!r} is no count")
    return value


def _ratio(value: object, low: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= 1.0:
        raise ValueError(f"{value!r} is no share")
    return float(value)
