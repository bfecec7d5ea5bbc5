"""Night: from the sun, bounded and refined by the photocell; lit when in doubt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lampyre.decide.light.photocell import SURE_DAY, SURE_NIGHT, Photocell
from lampyre.decide.light.sun import HalfDay, Sun
from lampyre.records import Snapshot

DAY_S = 86400


class By(StrEnum):
    """Who says when night begins and ends."""

    PHOTOCELL = "photocell"  # between 6 degrees below the horizon and 5 above
    WINDOW = "window"  # the photocell, but only some minutes around what the sun says
    SUN = "sun"  # the sun alone


@dataclass(frozen=True, slots=True)
class NightRule:
    """When a lamp's night begins and ends.

    Heights of the sun in degrees without refraction; they and the offsets (seconds, later is positive) hold where the
    photocell is not asked. `off_degrees` is never below `on_degrees`.
    """

    by: By = By.PHOTOCELL
    # an open roof in Tuebingen crosses 35 lx at -3.4 degrees and 70 lx at -2.8 (median of 42 days in 2023)
    on_degrees: float = -3.4
    off_degrees: float = -2.8
    on_offset_s: float = 0.0
    off_offset_s: float = 0.0
    window_s: float = 1200.0  # thick cloud brings dusk 20 min forward (docs/night.md)
    # the pair in which photocells for street lights are commonly sold; a factor of two keeps passing clouds out
    on_lux: float = 35.0
    off_lux: float = 70.0


@dataclass(frozen=True, slots=True)
class Switch:
    """Night begins (`night`) or ends, at `at` in UTC."""

    at: datetime
    night: bool


class Almanac:
    """What the sun alone says of night and day at one place under one rule."""

    def __init__(self, latitude: float, longitude: float, rule: NightRule) -> None:
        self.sun = Sun(latitude, longitude)
        self._rule = rule
        self._on = timedelta(seconds=rule.on_offset_s)
        self._off = timedelta(seconds=rule.off_offset_s)

    def night(self, at: datetime, was: bool | None = None, ahead_s: float = 0.0) -> bool:
        """Say whether it is night; `was` is what it was just before; `ahead_s` asks in the sky of so much later.

        Between its two heights the sun leaves things as they were.
        """
        half = self.sun.half_day(at)
        offset = (self._off if half.climbs else self._on) - timedelta(seconds=ahead_s)
        return self.sun.shifted(half, at, offset) < self._limit(half, was)

    def switches(self, start: datetime, end: datetime) -> list[Switch]:
        """Return every beginning and end of a night from `start` to before `end`, in order."""
        half = self.sun.half_day(start)
        night = self.night(half.begin)
        found: list[Switch] = []
        while half.begin < end:
            if self.night(half.begin, night) != night:
                night = not night
                found.append(Switch(half.begin, night))
            if night == half.climbs:  # only what climbs ends a night, only what sinks begins one
                at = self.sun.passes(half, self._limit(half, night), self._off if half.climbs else self._on)
                if at is not None and at < half.end:
                    night = not night
                    found.append(Switch(at, night))
            half = self.sun.half_day(half.end)
        return [switch for switch in found if start <= switch.at < end]

    def dusk(self, near: datetime) -> datetime:
        """Return when the night around the midnight nearest to `near` begins; see Sun.sinks for those without."""
        return self.sun.sinks(near, self._rule.on_degrees, self._on)

    def dawn(self, near: datetime) -> datetime:
        """Return when that night ends."""
        return self.sun.climbs(near, self._rule.off_degrees, self._off)

    def ahead(self, at: datetime) -> tuple[int, int, int, int]:
        """Return the night around the midnight nearest to `at` as a board is told of it, in whole seconds.

        How long after `at` it begins, how long it lasts, and the same of the part in which no light can be the day's.
        """
        dusk, dawn = self.dusk(at), self.dawn(at)
        sure = max(dusk, self.sun.sinks(at, SURE_NIGHT)), min(dawn, self.sun.climbs(at, SURE_NIGHT))
        return *_span(at, dusk, dawn), *_span(at, *sure)

    def _limit(self, half: HalfDay, was: bool | None) -> float:
        if was is None:
            was = half.climbs
        return self._rule.off_degrees if was else self._rule.on_degrees


def _span(at: datetime, begin: datetime, end: datetime) -> tuple[int, int]:
    lasts_s = min(max(0, round((end - begin).total_seconds())), DAY_S)
    return round((begin - at).total_seconds()), lasts_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is night for a lamp, and by what."""

    night: bool
    why: str
    doubt: str | None = None  # what wants looking at: clock and photocell contradict each other, or the cell is off


class Night:
    """One lamp's view of the day; remembers its last verdict for hysteresis."""

    def __init__(
        self, latitude: float, longitude: float, lux_channel: str | None, rule: NightRule | None = None
    ) -> None:
        self._rule = rule or NightRule()
        self.almanac = Almanac(latitude, longitude, self._rule)
        self.cell = Photocell(self._rule.on_lux, self._rule.off_lux, latitude)
        self._lux_channel = lux_channel if self._rule.by is not By.SUN else None
        self._night: bool | None = None

    def adopt(self, *, lit: bool) -> None:
        """Start from what the lamp does already: between two thresholds a restart must not change the light."""
        if self._night is None:
            self._night = lit

    def judge(self, seen: Snapshot) -> Verdict:
        """Say whether it is night; never without an answer."""
        if self._night is not None:
            self.cell.adopt(dark=self._night)
        lux = seen.value(self._lux_channel)
        verdict = self._by_clock(seen, lux) if seen.clock_trusted else self._without_clock(seen, lux)
        self._night = verdict.night
        return verdict

    def _without_clock(self, seen: Snapshot, lux: float | None) -> Verdict:
        self.cell.see(lux, seen.mono_s)
        if lux is None or not self.cell.alone(lux, seen.mono_s):
            why = "neither clock nor photocell can be trusted: lit"
            if lux is not None:
                why = "clock not trusted, photocell not proven: lit"
            return Verdict(True, why, self.cell.complaint or why)  # it may burn for days: somebody should know
        return Verdict(self.cell.dark, "photocell alone, clock not trusted", self.cell.complaint)

    def _by_clock(self, seen: Snapshot, lux: float | None) -> Verdict:
        sun = self.almanac.sun
        degrees = sun.height(seen.at)
        self.cell.see(lux, seen.mono_s, degrees, climbs=sun.half_day(seen.at).climbs)
        doubt = self.cell.complaint
        asked = lux is not None and not self.cell.stuck
        dark_lux = self._rule.off_lux if self._night else self._rule.on_lux
        if lux is not None and asked and degrees >= SURE_DAY and self.cell.dark and lux < dark_lux:
            why = "dark by day: clock or photocell is wrong, so lit"
            return Verdict(True, why, doubt or why)
        if lux is not None and degrees <= SURE_NIGHT and (lux > self._rule.off_lux or not self.cell.dark):
            doubt = doubt or "light in the night: clock or photocell is wrong"
        if self._rule.by is By.PHOTOCELL and degrees <= SURE_NIGHT:
            return Verdict(True, "sun below -6 degrees", doubt)
        if self._rule.by is By.PHOTOCELL and degrees >= SURE_DAY:
            return Verdict(False, "sun above 5 degrees", doubt)
        if not asked:
            why = "sun alone" if self._lux_channel is None else "sun alone, photocell not to be trusted"
            return Verdict(self.almanac.night(seen.at, self._night), why, doubt)
        if self._rule.by is By.WINDOW and degrees > SURE_NIGHT:
            return self._within_window(seen.at, doubt)
        if self._rule.by is By.WINDOW:
            return Verdict(self.almanac.night(seen.at, self._night), "sun, outside the photocell's window", doubt)
        return Verdict(self.cell.dark, "photocell in the twilight", doubt)

    def _within_window(self, at: datetime, doubt: str | None) -> Verdict:
        """Let the photocell move dusk and dawn, but no further than the window."""
        window_s = self._rule.window_s
        said = {self.almanac.night(at, self._night, ahead_s) for ahead_s in (-window_s, 0.0, window_s)}
        if len(said) == 1:
            return Verdict(said.pop(), "sun, outside the photocell's window", doubt)
        return Verdict(self.cell.dark, "photocell in its window", doubt)
