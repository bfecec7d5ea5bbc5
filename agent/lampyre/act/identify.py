"""Identify: a lamp swells a few times, so that somebody in the street finds it; at night never below its safe level."""

from dataclasses import dataclass

from lampyre.records import Cause, Fine, Intent

HIGH_S = 5.0  # long enough to be seen from afar
REST_S = 3.0  # after the fall, before the next one
ROOM = 0.15  # of nominal flux between low and high; in less nobody sees a swell (Weber: a tenth is just noticed)


@dataclass(frozen=True, slots=True)
class Swell:
    """Up, held, down again, until `until_s`; seconds are monotonic. The governor bounds it as it does every wish."""

    begin_s: float
    until_s: float
    low: float  # at night, 0..1; by day it goes out
    fall_s: float  # the lamp's slowest ramp
    by: str

    def intent(self, mono_s: float, *, night: bool) -> Intent | None:
        """Return what it wants now; None when it is over."""
        if mono_s >= self.until_s:
            return None
        high = (mono_s - self.begin_s) % (HIGH_S + self.fall_s + REST_S) < HIGH_S
        level = 1.0 if high else self.low if night else 0.0
        return Intent(level, Cause.OVERRIDE, f"identified for {self.by}", Fine.REMOTE)
