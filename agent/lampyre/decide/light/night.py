"""Night: from the sun, bounded and refined by the photocell; lit when in doubt. The one door of astral."""

from dataclasses import dataclass
from datetime import datetime

from astral import Observer
from astral.sun import elevation

from lampyre.records import Snapshot

# the pair in which photocells for street lights are commonly sold; a factor of two keeps passing clouds out
ON_LUX = 35.0
OFF_LUX = 70.0
# an open roof in Tuebingen crosses 35 lx at -3.4 degrees and 70 lx at -2.8 (median of 42 days in 2023)
ON_ELEVATION = -3.4
OFF_ELEVATION = -2.8
SURE_NIGHT = -6.0  # end of civil twilight: below it a bright photocell sees a lamp or a torch, not the day
SURE_DAY = 5.0  # above it no sky is dark: the photocell is covered, or the clock is wrong
LIGHT_DWELL_S = 60.0  # daylight must last this long before a lamp goes out; headlights do not


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is night for a lamp, and by what."""

    night: bool
    why: str
    doubt: bool = False  # clock and photocell contradict each other: one of them wants looking at


class Night:
    """One lamp's view of the day; remembers its last verdict for hysteresis."""

    def __init__(self, latitude: float, longitude: float, lux_channel: str | None) -> None:
        self._observer = Observer(latitude, longitude, 0.0)
        self._lux_channel = lux_channel
        self._night: bool | None = None
        self._light_since_s: float | None = None
        self._minute: datetime | None = None
        self._elevation = 0.0

    def adopt(self, *, lit: bool) -> None:
        """Start from what the lamp does already: between two thresholds a restart must not change the light."""
        if self._night is None:
            self._night = lit

    def judge(self, seen: Snapshot) -> Verdict:
        """Say whether it is night; never without an answer."""
        lux = seen.value(self._lux_channel)
        if lux is None:
            self._light_since_s = None
        if not seen.clock_trusted:
            if lux is None:
                return self._settle(Verdict(True, "neither clock nor photocell can be trusted: lit"))
            return self._settle(Verdict(self._dark(lux, seen.mono_s), "photocell alone, clock not trusted"))
        sun = self._sun(seen.at)
        if sun <= SURE_NIGHT:
            return self._settle(Verdict(True, "sun below -6 degrees", doubt=lux is not None and lux > OFF_LUX))
        if sun >= SURE_DAY:
            if lux is not None and lux < (OFF_LUX if self._night else ON_LUX):
                why = "dark by day: clock or photocell is wrong, so lit"
                return self._settle(Verdict(True, why, doubt=True))
            return self._settle(Verdict(False, "sun above 5 degrees"))
        if lux is not None:
            return self._settle(Verdict(self._dark(lux, seen.mono_s), "photocell in the twilight"))
        limit = OFF_ELEVATION if self._night else ON_ELEVATION
        return self._settle(Verdict(sun < limit, "sun alone, photocell not to be trusted"))

    def _settle(self, verdict: Verdict) -> Verdict:
        self._night = verdict.night
        if not verdict.night:
            self._light_since_s = None
        return verdict

    def _dark(self, lux: float, mono_s: float) -> bool:
        was_night = self._night is not False  # unknown counts as night: lit when in doubt
        if lux < (OFF_LUX if was_night else ON_LUX):
            self._light_since_s = None
            return True
        if not was_night:
            return False
        if self._light_since_s is None:
            self._light_since_s = mono_s
        return mono_s - self._light_since_s < LIGHT_DWELL_S

    def _sun(self, at: datetime) -> float:
        minute = at.replace(second=0, microsecond=0)
        if minute != self._minute:  # the sun moves 0.25 degrees a minute; one formula a minute is enough
            self._minute = minute
            self._elevation = elevation(self._observer, at, with_refraction=False)
        return self._elevation
