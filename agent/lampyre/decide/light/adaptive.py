"""Adaptive light: the class follows the traffic. Up at once, down only when two samples agree; a forecast only adds.

UNI 11248, annex D: passages of ten minutes give an hourly flow, which is held against the flow the street was planned
for (TAI, in steps of a class); or the level follows the flow without steps (FAI).
"""

import math
from collections import deque
from dataclasses import dataclass

from lampyre.decide.light.passers import Passers
from lampyre.decide.light.policy import Policy
from lampyre.decide.light.programme import Base
from lampyre.records import Cause, Fine, Forecast, Intent, Quality, Snapshot

MINUTE_S = 60.0
MINUTES = 10  # of a sample
SAMPLES_PER_HOUR = 6
QUARTERS_PER_HOUR = 4  # the activity model's counts are per quarter of an hour
AGREE = 2  # samples that must ask for less before there is less
HOLD_S = 600.0  # a level once taken stays as long as a sample
# Without steps every passer more asks for more light, and no class is left to spare. Up to 1.5 times as far from p50 as
# p90 lie 97 of 100 counts; with p50 alone three times as many were under-lit for 2.5 % less energy (Muenster).
SURE = 1.5
GROWTH_MOST = 1e6  # more between two looks is no traffic; what a counter says then is not believed


@dataclass(frozen=True, slots=True)
class Volume:
    """What the flow asks of one lamp: `levels[k]` (0..1, falling) is that of `classes[k]`, k classes down.

    Below `thresholds[k]` (share of the design flow, falling) class k+1 is enough. Continuous: exactly there it is just
    enough, between them the level goes straight, and full class begins at the design flow.
    """

    classes: tuple[str, ...]
    levels: tuple[float, ...]
    design_per_h: float
    thresholds: tuple[float, ...]
    continuous: bool = False
    count_least: int = 0  # fewer in ten minutes count as so many: a level without steps would tell them one by one

    def level(self, flow_per_h: float) -> float:
        """Return the level that a flow asks for; rises with the flow."""
        share = flow_per_h / self.design_per_h
        if not self.continuous:
            return next(
                (level for level, least in zip(self.levels, self.thresholds, strict=False) if share >= least),
                self.levels[-1],
            )
        low_share, low = self.thresholds[-1], self.levels[-1]
        for high_share, high in zip((*reversed(self.thresholds[:-1]), 1.0), reversed(self.levels[:-1]), strict=True):
            if share < high_share:
                return low + (high - low) * max(0.0, share - low_share) / (high_share - low_share)
            low_share, low = high_share, high
        return low

    def name(self, level: float) -> str:
        """Return what a level is called: its class, or per cent where there are no steps."""
        if self.continuous:
            return f"{level:.0%}"
        return next((name for name, one in zip(self.classes, self.levels, strict=True) if one <= level), "no class")


class Traffic:
    """Counts passages in minutes; gives the flow of the last ten and each sample that is over."""

    def __init__(self, volume: Volume, channel: str) -> None:
        self._volume = volume
        self._channel = channel
        self._count: float | None = None
        self._minute: int | None = None
        self._minutes: deque[float] = deque([0.0], maxlen=MINUTES)  # the last is the one that runs
        self._samples: deque[float] = deque(maxlen=AGREE)
        self.now = self._asked(0.0)  # the level that the last ten minutes ask for; never too much
        self._spoilt = True  # the sample that runs began before us, or the counter was not heard in it
        self.heard = False

    def look(self, seen: Snapshot) -> None:
        """Take in what the counter says now."""
        minute = int(seen.mono_s // MINUTE_S)
        before = minute if self._minute is None else self._minute
        self._minute = max(minute, before)
        if minute - before > 1:  # nobody looked for a whole minute: what was known is old
            self._samples.clear()
            self._minutes = deque([0.0], maxlen=MINUTES)
            self.now = self._asked(0.0)
            self._spoilt = True
        elif minute > before:
            self._next(minute)
            self.now = self._asked(sum(self._minutes))
        count = seen.value(self._channel, worst=Quality.SUSPECT)
        grown = 0.0 if count is None or self._count is None else count - self._count
        self.heard = count is not None and math.isfinite(grown) and abs(grown) <= GROWTH_MOST
        if not self.heard:
            self._spoilt = True
            self._count = None
            return
        self._count = count
        if grown > 0.0:
            self._minutes[-1] += grown
            self.now = self._asked(sum(self._minutes))  # the minute that runs counts as a whole one

    @property
    def lately(self) -> float:
        """The least level at which the last samples agree; the full class while there are not enough of them."""
        return max(self._samples) if len(self._samples) == AGREE else self._volume.levels[0]

    def _next(self, minute: int) -> None:
        if minute % MINUTES == 0:
            self._samples.append(self._volume.levels[0] if self._spoilt else self._asked(sum(self._minutes)))
            self._spoilt = False
        self._minutes.append(0.0)

    def _asked(self, count: float) -> float:
        return self._volume.level(SAMPLES_PER_HOUR * max(count, self._volume.count_least))


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
        self._foreseen: tuple[Forecast | None, float, float] = (None, 0.0, 0.0)  # and the levels it asks for

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
        """Move the rule's level: up at once, down when two samples agree and it has stood for long enough."""
        if self._rule_s is None:
            self._rule_s = mono_s
        now, lately = self._traffic.now, self._traffic.lately
        if now > self._rule:
            self._rule, self._rule_s = now, mono_s
        elif max(now, lately) < self._rule and mono_s - self._rule_s >= HOLD_S:
            self._rule, self._rule_s = max(now, lately), mono_s

    def _with(self, forecast: Forecast | None, mono_s: float) -> tuple[float, str]:
        """Return the rule's level, or what the forecast adds to it, and why."""
        volume, before = self._volume, self._given
        if forecast is not self._foreseen[0]:
            self._foreseen = (forecast, *self._levels(forecast))
        _, early, possible = self._foreseen
        kept = min(before, possible)
        level = max(self._rule, early, kept)
        if level < before and mono_s - self._raised_s < HOLD_S:
            level = before
        if level > before:
            self._raised_s = mono_s
        self._given = level
        asked = f"traffic asks for {volume.name(self._rule)}"
        if level <= self._rule:
            return level, asked
        if forecast is not None and level in (early, kept):
            return level, f"{asked}, {volume.name(level)} by {forecast.source}: more is expected"
        return level, f"{asked}, {volume.name(level)} for ten minutes at least"

    def _levels(self, forecast: Forecast | None) -> tuple[float, float]:
        """Return what the likely and the possible traffic ask for, 0 where the forecast has no such number."""
        likely, possible = (_first(forecast.p50), _first(forecast.p90)) if forecast else (None, None)
        if self._volume.continuous and likely is not None and possible is not None:
            likely += SURE * max(0.0, possible - likely)
        early, kept = (
            0.0 if one is None else self._volume.level(QUARTERS_PER_HOUR * one) for one in (likely, possible)
        )
        return early, kept


def _first(counts: tuple[float, ...]) -> float | None:
    """Return the count of the next quarter of an hour, None where it cannot be one."""
    return counts[0] if counts and math.isfinite(counts[0]) and counts[0] >= 0.0 else None
