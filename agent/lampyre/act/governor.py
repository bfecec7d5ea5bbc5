"""The governor: the only maker of Orders. It always answers, and at night it never answers with the dark.

Whatever a policy, a model or a command wants, the order lies inside the envelope: at night between the floor of the
lamp's class and full light, never faster than the lamp's ramps, always with an expiry.
"""

import math
from dataclasses import dataclass

from lampyre.records import Cause, Intent, Order, Quality, Snapshot

VALID_S = 60.0  # the board holds an order this long when we fall silent; a restart takes under 10 s
SAME = 0.001  # levels nearer than this are one: a board's PWM has 65536 steps, an eye far fewer


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one lamp may do: levels 0..1 of nominal flux, seconds for any rise and any fall."""

    floor: float  # at night, of the quiet class
    safe_level: float  # when in doubt
    ramp_up_s: float
    ramp_down_s: float
    presence: str | None  # the channel without which nothing may be darker than the safe level


class Governor:
    """One lamp's envelope; follows the ramp it ordered so that it knows where the lamp is."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._from = envelope.safe_level  # level at the ramp's start
        self._to = envelope.safe_level
        self._start_s = 0.0
        self._end_s = 0.0

    def adopt(self, level: float, mono_s: float) -> None:
        """Take the lamp's level from its board, so that the next ramp starts where the lamp is."""
        if math.isfinite(level):
            self._from = self._to = min(1.0, max(0.0, level))
            self._start_s = self._end_s = mono_s

    def level(self, mono_s: float) -> float:
        """Return where the lamp should be now, 0..1."""
        if mono_s >= self._end_s:
            return self._to
        share = (mono_s - self._start_s) / (self._end_s - self._start_s)
        return self._from + (self._to - self._from) * min(1.0, max(0.0, share))

    def permit(self, intent: Intent | None, seen: Snapshot, *, night: bool) -> Order:
        """Return what is allowed of `intent`; total: None, NaN and nonsense yield the safe level."""
        clamps: list[str] = []
        level = self._finite(intent, night, clamps)
        free = intent is not None and intent.may_darken and intent.cause is Cause.OVERRIDE
        if night and not free:
            level = self._lift(level, self._envelope.floor, "raised to the floor of its class", clamps)
            if self._blind(seen):
                level = self._lift(level, self._envelope.safe_level, "raised: presence sensor not heard", clamps)
        ramp_s = self._ramp(level, seen.mono_s)
        if intent is None:
            return Order(level, ramp_s, VALID_S, Cause.DEFAULT, "no policy spoke: safe level", tuple(clamps))
        return Order(level, ramp_s, VALID_S, intent.cause, intent.why, tuple(clamps))

    def _finite(self, intent: Intent | None, night: bool, clamps: list[str]) -> float:
        wanted = intent.level if intent is not None else None
        if wanted is None or not math.isfinite(wanted):
            clamps.append("no usable level: safe level")
            return self._envelope.safe_level if night else 0.0
        if not 0.0 <= wanted <= 1.0:
            clamps.append("level was outside 0 to 1")
        return min(1.0, max(0.0, wanted))

    def _lift(self, level: float, least: float, why: str, clamps: list[str]) -> float:
        if level >= least:
            return level
        clamps.append(why)
        return least

    def _blind(self, seen: Snapshot) -> bool:
        if self._envelope.presence is None:
            return False
        heard = seen.reading(self._envelope.presence)
        return heard is None or heard.quality > Quality.SUSPECT

    def _ramp(self, level: float, mono_s: float) -> float:
        """Return the seconds to `level`: what is left of the same ramp, or a new one from where the lamp is."""
        if abs(level - self._to) < SAME:
            return max(0.0, self._end_s - mono_s)
        now = self.level(mono_s)
        ramp_s = self._envelope.ramp_up_s if level > now else self._envelope.ramp_down_s
        self._from, self._to = now, level
        self._start_s, self._end_s = mono_s, mono_s + ramp_s
        return ramp_s
