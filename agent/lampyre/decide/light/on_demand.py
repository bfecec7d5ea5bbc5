"""On-demand light: quiet when nobody is there, the class level at once when somebody is, held as long as it pays."""

import math
from dataclasses import dataclass

from lampyre.decide.light.programme import Base
from lampyre.records import Cause, Forecast, Intent, Quality, Snapshot

QUARTER_S = 900.0  # the activity model's counts are per quarter of an hour
LIKELY = 0.5  # stay up when the next passer comes within the longest hold with at least this probability


@dataclass(frozen=True, slots=True)
class Demand:
    """The rule of one lamp: levels 0..1 of nominal flux, hold in seconds, channels of its presence sensor."""

    quiet_level: float
    class_level: float
    hold_s: float
    hold_most_s: float
    presence: str
    passages: str


class OnDemand:
    """One lamp's policy; remembers when somebody was last there."""

    def __init__(self, rule: Demand) -> None:
        self._rule = rule
        self._last_s: float | None = None  # monotonic seconds of the last presence
        self._count: float | None = None

    def adopt(self, level: float, mono_s: float) -> None:
        """After a restart: a lamp that stands up was raised for somebody, so its hold begins now."""
        if self._last_s is None and level >= self._rule.class_level - 0.01:
            self._last_s = mono_s

    def decide(self, seen: Snapshot, *, night: bool, forecast: Forecast | None, base: Base | None = None) -> Intent:
        """Say what the lamp should do now; `forecast` is of passages in the next quarter of an hour.

        `base` is what its programme asks while nobody is there; None: by day nothing, at night the quiet level.
        """
        rule = self._rule
        present = self._notice(seen)
        if base is None and not night:
            return Intent(0.0, Cause.PROGRAM, "day")
        if base is not None and (not base.presence or base.level >= rule.class_level):
            return Intent(base.level, Cause.PROGRAM, base.why)
        base = base or Base(rule.quiet_level, True, "nobody here")
        if present is None:
            return Intent(rule.class_level, Cause.SENSOR, "presence sensor does not answer")
        hold_s, chosen_by = self.hold(forecast)
        if self._last_s is not None and seen.mono_s - self._last_s <= hold_s:
            why = f"presence, held {hold_s:.0f} s {chosen_by}"
            return Intent(rule.class_level, Cause.SENSOR, why)
        return Intent(base.level, Cause.PROGRAM, base.why)

    def hold(self, forecast: Forecast | None) -> tuple[float, str]:
        """Return the hold in seconds and who chose it; never below the rule's.

        Passers are taken as a Poisson stream of the forecast rate: where the next one is likely to come within
        the longest hold, the lamp waits for a mean gap; where not, waiting is light for nobody.
        """
        rule = self._rule
        if forecast is None or not forecast.p50:
            return rule.hold_s, "by rule: no forecast"
        count = forecast.p50[0]
        if not math.isfinite(count) or count <= 0.0:
            return rule.hold_s, f"by {forecast.source}: nobody expected"
        gap_s = QUARTER_S / count
        if 1.0 - math.exp(-rule.hold_most_s / gap_s) < LIKELY:
            return rule.hold_s, f"by {forecast.source}: next passer unlikely"
        return min(rule.hold_most_s, max(rule.hold_s, gap_s)), f"by {forecast.source}: next passer likely"

    def held_until_s(self, forecast: Forecast | None) -> float | None:
        """Return when the hold ends if nobody else comes, in monotonic seconds; None: nobody has been there."""
        return None if self._last_s is None else self._last_s + self.hold(forecast)[0]

    def _notice(self, seen: Snapshot) -> bool | None:
        """Return whether somebody is there, None where the sensor cannot be believed."""
        there = seen.reading(self._rule.presence)
        count = seen.value(self._rule.passages, worst=Quality.SUSPECT)
        passed = count is not None and self._count is not None and count > self._count
        self._count = count if count is not None else self._count
        if there is None or there.quality > Quality.SUSPECT:
            return None
        if there.value > 0.0 or passed:
            self._last_s = seen.mono_s
            return True
        return False
