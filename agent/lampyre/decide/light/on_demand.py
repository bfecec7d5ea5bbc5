"""On-demand light: quiet when nobody is there, the class level at once when somebody is, held as long as it pays."""

import math
from dataclasses import dataclass
from datetime import UTC, tzinfo

from lampyre.decide.light.gaps import Gaps
from lampyre.decide.light.passers import Passers
from lampyre.decide.light.policy import Policy
from lampyre.decide.light.programme import Base
from lampyre.records import Cause, Forecast, Intent, Snapshot

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
    zone: tzinfo = UTC  # of the street: gaps go by its hours


class OnDemand(Policy):
    """One lamp's policy; remembers when somebody was last there, and learns how soon the next one comes."""

    def __init__(self, rule: Demand) -> None:
        self._rule = rule
        self._passers = Passers(rule.presence, rule.passages)
        self._gaps = Gaps()
        self._expected_s = -math.inf  # until when somebody may come along the street
        self._hour: int | None = None  # on the wall of the street; None: not known

    def adopt(self, level: float, mono_s: float) -> None:
        """After a restart: a lamp that stands up was raised for somebody, so its hold begins now."""
        if self._passers.last_s is None and level >= self._rule.class_level - 0.01:
            self._passers.last_s = mono_s

    def decide(self, seen: Snapshot, *, night: bool, forecast: Forecast | None, base: Base | None = None) -> Intent:
        """Say what the lamp should do now; `forecast` is of passages in the next quarter of an hour.

        `base` is what its programme asks while nobody is there; None: by day nothing, at night the quiet level.
        """
        rule = self._rule
        present = self._look(seen, night=night)
        if base is None and not night:
            return Intent(0.0, Cause.PROGRAM, "day")
        if base is not None and (not base.presence or base.level >= rule.class_level):
            return Intent(base.level, Cause.PROGRAM, base.why)
        base = base or Base(rule.quiet_level, True, "nobody here")
        if present is None:
            return Intent(rule.class_level, Cause.SENSOR, "presence sensor does not answer")
        hold_s, chosen_by = self.hold(forecast)
        last_s = self._passers.last_s
        if last_s is not None and seen.mono_s - last_s <= hold_s:
            why = f"presence, held {hold_s:.0f} s {chosen_by}"
            return Intent(rule.class_level, Cause.SENSOR, why)
        if seen.mono_s < self._expected_s:
            return Intent(rule.class_level, Cause.SENSOR, "somebody comes along the street")
        return Intent(base.level, Cause.PROGRAM, base.why)

    def expect(self, until_s: float) -> None:
        """Be lit until then for somebody who comes along the street; one already expected for longer stays so."""
        self._expected_s = max(self._expected_s, until_s)

    def hold(self, forecast: Forecast | None) -> tuple[float, str]:
        """Return the hold in seconds and who chose it; never below the rule's.

        Where the forecast expects anybody, the gaps learned at this hour choose. Until there are enough of them,
        passers are taken as a Poisson stream of the forecast rate: where the next one is likely to come within the
        longest hold, the lamp waits for a mean gap; where not, waiting is light for nobody.
        """
        rule = self._rule
        if forecast is None or not forecast.p50:
            return rule.hold_s, "by rule: no forecast"
        count = forecast.p50[0]
        if not math.isfinite(count) or count <= 0.0:
            return rule.hold_s, f"by {forecast.source}: nobody expected"
        learned_s = None if self._hour is None else self._gaps.hold(self._hour, rule.hold_s, rule.hold_most_s)
        if learned_s is not None:
            return learned_s, "by the gaps learned at this hour"
        gap_s = QUARTER_S / count
        if 1.0 - math.exp(-rule.hold_most_s / gap_s) < LIKELY:
            return rule.hold_s, f"by {forecast.source}: next passer unlikely"
        return min(rule.hold_most_s, max(rule.hold_s, gap_s)), f"by {forecast.source}: next passer likely"

    def held_until_s(self, forecast: Forecast | None) -> float | None:
        """Return when the hold ends if nobody else comes, in monotonic seconds; None: nobody has been there."""
        last_s = self._passers.last_s
        until_s = self._expected_s if last_s is None else max(self._expected_s, last_s + self.hold(forecast)[0])
        return until_s if math.isfinite(until_s) else None

    def learned(self) -> object:
        """Return what must outlive a restart, for JSON."""
        return self._gaps.to_json()

    def restore(self, kept: object) -> None:
        """Take up what `learned` gave; ValueError where it is damaged."""
        self._gaps.restore(kept)

    def _look(self, seen: Snapshot, *, night: bool) -> bool | None:
        """Return whether somebody is there; learn from it at night, for by day others pass and otherwise."""
        present = self._passers.look(seen)
        self.arrived = self._passers.arrived
        self._hour = seen.at.astimezone(self._rule.zone).hour if seen.clock_trusted else None
        if night and self._passers.gap_s is not None and self._hour is not None:
            self._gaps.learn(self._hour, self._passers.gap_s)
        return present
