"""Adaptive light: the class follows the traffic. Up at once, down only when two samples agree; a forecast only adds.

UNI 11248, annex D: in steps of a class by samples of ten minutes (TAI), or without steps by the last ten (FAI).
"""

import math
from collections import deque

from lampyre.decide.light.passers import Passers
from lampyre.decide.light.policy import Policy
from lampyre.decide.light.programme import Base
from lampyre.decide.light.volume import Volume
from lampyre.decide.light.worth import rate_of, worth
from lampyre.records import Cause, Fine, Forecast, Intent, Quality, Snapshot

MINUTE_S = 60.0
MINUTES = 10  # of a sample
AGREE = 2  # samples that must ask for less before there is less
HOLD_S = 600.0  # a level once taken stays as long as a sample
FALL_S = 300.0  # without steps it falls so often at most: twice in ten minutes leaves a lamp steady
GROWTH_MOST = 1e6  # more between two looks is no traffic; what a counter says then is not believed


class Traffic:
    """Counts passages in minutes; gives the flow of the last ten and each sample that is over."""

    def __init__(self, volume: Volume, channel: str) -> None:
        self._volume = volume
        self._channel = channel
        self._count: float | None = None
        self._minute: int | None = None
        self._minutes: deque[float] = deque([0.0], maxlen=MINUTES)  # the last is the one that runs
        self._samples: deque[float] = deque(maxlen=AGREE)
        self.now = volume.asked(0.0)  # the level that the last ten minutes ask for; never too much
        self._whole = -1  # minutes since the counter was last not heard; the one that runs then is no whole one
        self.heard = False

    def look(self, seen: Snapshot) -> None:
        """Take in what the counter says now."""
        minute = int(seen.mono_s // MINUTE_S)
        before = minute if self._minute is None else self._minute
        self._minute = max(minute, before)
        if minute - before > 1:  # nobody looked for a whole minute: what was known is old
            self._samples.clear()
            self._minutes = deque([0.0], maxlen=MINUTES)
            self.now = self._volume.asked(0.0)
            self._whole = -1
        elif minute > before:
            self._next(minute)
            self.now = self._volume.asked(self.count)
        count = seen.value(self._channel, worst=Quality.SUSPECT)
        grown = 0.0 if count is None or self._count is None else count - self._count
        self.heard = count is not None and math.isfinite(grown) and abs(grown) <= GROWTH_MOST
        if not self.heard:
            self._whole = -1
            self._count = None
            return
        self._count = count
        if grown > 0.0:
            self._minutes[-1] += grown
            self.now = self._volume.asked(self.count)  # the minute that runs counts as a whole one

    @property
    def count(self) -> float:
        """The passages of the last ten minutes, as far as they were counted."""
        return sum(self._minutes)

    @property
    def whole(self) -> bool:
        """Whether the counter was heard all through the last ten minutes."""
        return self._whole >= MINUTES

    @property
    def lately(self) -> float:
        """The least level at which the last samples agree; the full class while there are not enough of them."""
        return max(self._samples) if len(self._samples) == AGREE else self._volume.levels[0]

    def _next(self, minute: int) -> None:
        self._whole += 1
        if minute % MINUTES == 0:
            self._samples.append(self._volume.asked(self.count) if self.whole else self._volume.levels[0])
        self._minutes.append(0.0)


class Adaptive(Policy):
    """One lamp's policy. The rule never hears of the forecast; what is given is the greater of what both ask."""

    def __init__(self, volume: Volume, presence: str, passages: str) -> None:
        self._volume = volume
        self._passers = Passers(presence, passages)
        self._traffic = Traffic(volume, passages)
        self._rule = volume.levels[0]  # until the first samples nobody knows the traffic
        self._rule_s: float | None = None  # monotonic seconds of its last change
        self._given = volume.levels[0]
        self._raised_s = -math.inf
        self._fall: int | None = None  # without steps: of the FALL_S that run
        self._expected: tuple[Forecast | None, float | None, float] = (None, None, 0.0)  # with the count: worth this

    def adopt(self, level: float, mono_s: float) -> None:
        """After a restart: the level in force stands until samples of our own say otherwise."""
        if self._rule_s is None:
            self._rule = self._given = min(self._volume.levels[0], max(self._volume.levels[-1], level))
            self._rule_s = mono_s

    def decide(self, seen: Snapshot, *, night: bool, forecast: Forecast | None, base: Base | None = None) -> Intent:
        """Say what the lamp should do now; `forecast` is of passages in the next quarter of an hour.

        `base` is what its programme asks at least; where that leaves nothing to traffic, it alone counts.
        """
        volume = self._volume
        self._passers.look(seen)
        self.arrived = self._passers.arrived
        self._traffic.look(seen)
        self._follow(seen.mono_s)
        level, why = self._with(forecast, seen.mono_s)
        if base is None and not night:
            return Intent(0.0, Cause.PROGRAM, "day")
        if base is not None and (not base.presence or base.level >= volume.levels[0]):
            return Intent(base.level, Cause.PROGRAM, base.why)
        if not self._traffic.heard:
            return Intent(volume.levels[0], Cause.SENSOR, "traffic counter does not answer", Fine.ADAPTIVE)
        if base is not None and base.level > level:
            return Intent(base.level, Cause.PROGRAM, base.why)
        return Intent(level, Cause.SENSOR, why, Fine.ADAPTIVE)

    def _follow(self, mono_s: float) -> None:
        """Move the rule's level: up at once; down when two samples agree, without steps now and then."""
        if self._rule_s is None:
            self._rule_s = mono_s
        if self._volume.continuous:
            asked, may_fall = self._traffic.now, self._traffic.whole and self._falls(mono_s)
        else:
            asked, may_fall = max(self._traffic.now, self._traffic.lately), mono_s - self._rule_s >= HOLD_S
        if self._traffic.now > self._rule:
            self._rule, self._rule_s = self._traffic.now, mono_s
        elif asked < self._rule and may_fall:
            self._rule, self._rule_s = asked, mono_s

    def _with(self, forecast: Forecast | None, mono_s: float) -> tuple[float, str]:
        """Return the rule's level, or what the forecast adds to it, and why."""
        volume, before = self._volume, self._given
        expected = self._worth(forecast)
        level = max(self._rule, expected)
        may_fall = self._falls(mono_s) if volume.continuous else mono_s - self._raised_s >= HOLD_S
        if level < before and not may_fall:
            level = before
        if level > before:
            self._raised_s = mono_s
        self._given = level
        self._fall = int(mono_s // FALL_S)
        asked = f"traffic asks for {volume.name(self._rule)}"
        if level <= self._rule:
            return level, asked
        if forecast is not None and level == expected:
            return level, f"{asked}, {volume.name(level)} by {forecast.source}: more is expected"
        until = "as it falls once in five minutes" if volume.continuous else "for ten minutes at least"
        return level, f"{asked}, {volume.name(level)} {until}"

    def _falls(self, mono_s: float) -> bool:
        """Whether a level without steps may fall now: once in FALL_S."""
        return self._fall != int(mono_s // FALL_S)

    def _worth(self, forecast: Forecast | None) -> float:
        """Return the level that what is expected is worth, 0 where nobody knows."""
        count = self._traffic.count if self._volume.continuous and self._traffic.whole else None
        if forecast is not self._expected[0] or count != self._expected[1]:
            rate = rate_of(forecast)
            if rate is not None and count is not None:
                rate = rate.given(count)
            self._expected = (forecast, count, 0.0 if rate is None else worth(self._volume, rate))
        return self._expected[2]
