"""The governor: the only maker of Orders. It always answers, and at night it never answers with the dark.

Whatever a policy, a model or a command wants, the order lies inside the envelope: at night between the floor of the
lamp's class and what the town allows, never faster than the lamp's ramps, never restless, always with an expiry.
"""

import math
from collections.abc import Sequence
from datetime import datetime

from lampyre.act.envelope import Envelope
from lampyre.act.ladder import fine_of
from lampyre.act.ramp import Shape, linear
from lampyre.act.steady import WINDOW_S, Steady
from lampyre.records import Cause, Fine, Intent, Order, Quality, Snapshot

VALID_S = 60.0  # the board holds an order this long when we fall silent; a restart takes under 10 s
SAME = 0.001  # levels nearer than this are one: a board's PWM has 65536 steps, an eye far fewer
MOVED = 0.02  # a board that is farther than this from where we thought has moved by itself
KEPT_UP = "kept up: it went up and down too often"
WAITS_FOR_NOTHING = (Fine.TECHNICIAN, Fine.PROTECTION)  # nor does a driver that is too hot wait for a lamp to rest
NOBODY = Intent(None, Cause.DEFAULT, "no policy spoke: safe level")


class Governor:
    """One lamp's envelope; follows the ramp it ordered so that it knows where the lamp is."""

    def __init__(self, envelope: Envelope, shape: Shape = linear) -> None:
        self._envelope = envelope
        self._shape = shape
        self._steady = Steady()
        self._from = envelope.safe_level  # level at the ramp's start
        self._to = envelope.safe_level
        self._start_s = 0.0
        self._end_s = 0.0
        self._adopted = False

    def adopt(self, level: float, mono_s: float, *, by_itself: bool = False) -> None:
        """Take the lamp's level from its board, so that the next ramp starts where the lamp is.

        `by_itself`: the board follows no order; where it has moved since then is a movement that people see.
        """
        if not math.isfinite(level):
            return
        now = min(1.0, max(0.0, level))
        moved = now - self.level(mono_s)
        if self._adopted and by_itself and abs(moved) > MOVED:
            self._steady.moved(rising=moved > 0.0, mono_s=mono_s, seen=True)
        self._adopted = True
        self._from = self._to = now
        self._start_s = self._end_s = mono_s

    def heard(self, turned: tuple[bool, Sequence[float]], mono_s: float) -> None:
        """Take up the changes of direction that the board has counted: whether it last rose, and their ages in s."""
        rose, ages_s = turned
        self._steady.heard(rose=rose, turns_s=[mono_s - age_s for age_s in ages_s])

    def level(self, mono_s: float) -> float:
        """Return where the lamp should be now, 0..1."""
        if mono_s >= self._end_s:
            return self._to
        share = (mono_s - self._start_s) / (self._end_s - self._start_s)
        return self._shape(self._from, self._to, min(1.0, max(0.0, share)))

    def permit(self, intent: Intent | None, seen: Snapshot, *, night: bool) -> Order:
        """Return what is allowed of `intent`; total: None, NaN and nonsense yield the safe level."""
        wish = NOBODY if intent is None else intent
        fine = fine_of(wish)
        at = seen.at if seen.clock_trusted else None
        level, clamps = self._envelope.bound(wish.level, fine, at, night=night, blind=self._blind(seen))
        kept = level if fine in WAITS_FOR_NOTHING else self._kept_up(level, fine, at, seen.mono_s)
        if kept != level:
            level, clamps = kept, (*clamps, KEPT_UP)
        ramp_s = self._ramp(level, seen.mono_s)
        return Order(level, ramp_s, VALID_S, wish.cause, wish.why, clamps, fine)

    def _kept_up(self, level: float, fine: Fine, at: datetime | None, mono_s: float) -> float:
        """Return the level, or where the lamp goes already if this would be one fall too many.

        A curfew waits for nobody, so before it begins one fall is kept for it.
        """
        if level > self._to - SAME or self._steady.may_fall(mono_s, int(self._envelope.curfew_within(WINDOW_S, at))):
            return level
        return max(level, min(self._to, self._envelope.cap(fine, at)))

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
        rising = level > now
        ramp_s = self._envelope.ramp_up_s if rising else self._envelope.ramp_down_s
        if abs(level - now) >= SAME:
            self._steady.moved(rising=rising, mono_s=mono_s)
        self._from, self._to = now, level
        self._start_s, self._end_s = mono_s, mono_s + ramp_s
        return ramp_s
