"""Programmes: what light a lamp gives by the clock and the sun, over one lighting day from noon to noon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lampyre.decide.light.night import Almanac
from lampyre.decide.light.sun import CIVIL, SUNSET
from lampyre.decide.light.timetable import DAY, NOON_MIN, LightingDay, Timetable, lighting_day_at, moment


class Mark(StrEnum):
    """What a point in a lighting day is counted from."""

    CLOCK = "clock"
    SUNSET = "sunset"
    SUNRISE = "sunrise"
    CIVIL_DUSK = "civil-dusk"
    CIVIL_DAWN = "civil-dawn"
    DUSK = "dusk"  # when the lamp's own night begins
    DAWN = "dawn"


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a lighting day: minutes after midnight by the clock, or after what the sun does."""

    mark: Mark
    minutes: int = 0

    def __str__(self) -> str:
        if self.mark is Mark.CLOCK:
            return f"{self.minutes // 60:02}:{self.minutes % 60:02}"
        return f"{self.mark}{self.minutes:+}" if self.minutes else str(self.mark)


NOON = Point(Mark.CLOCK, NOON_MIN)


@dataclass(frozen=True, slots=True)
class Period:
    """Light from a point to a point: a level (0..1 of nominal flux)."""

    begin: Point
    end: Point
    level: float
    presence: bool  # whether somebody who comes raises the lamp to its class
    by_day: bool  # lit whether it is night or not

    def __str__(self) -> str:
        return f"from {self.begin} to {self.end}"


@dataclass(frozen=True, slots=True)
class Programme:
    """Periods, the first that holds counts; `otherwise` is the level of a night hour that none holds."""

    id: str
    periods: tuple[Period, ...]
    otherwise: float


@dataclass(frozen=True, slots=True)
class Base:
    """What a lamp gives while nobody is there (0..1), whether presence raises it, and by which rule."""

    level: float
    presence: bool
    why: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period in one lighting day, in UTC; it may be empty."""

    start: datetime
    end: datetime
    period: Period


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One lighting day with its programme; `rule` is the calendar's that chose it (None: the default)."""

    day: LightingDay
    programme: Programme
    rule: int | None
    stretches: tuple[Stretch, ...]

    def holding(self, at: datetime, *, night: bool) -> Stretch | None:
        """Return the first period that holds at a moment."""
        return next((s for s in self.stretches if s.start <= at < s.end and (night or s.period.by_day)), None)


class Plan:
    """One lamp's programmes and the calendar that chooses among them."""

    def __init__(
        self, zone: ZoneInfo, almanac: Almanac, timetable: Timetable, programmes: Mapping[str, Programme], safe: float
    ) -> None:
        self.zone = zone
        self.timetable = timetable
        self.programmes = programmes
        self._almanac = almanac
        self._safe = safe
        self._last: DayPlan | None = None

    def base(self, at: datetime, *, night: bool, trusted: bool = True) -> Base | None:
        """Say what the lamp gives at a moment; None: nothing, it is day. The clock must be trusted, or it is safe."""
        if not trusted:
            return Base(self._safe, True, "clock not trusted, so no programme: safe level") if night else None
        plan = self.day(at)
        held = plan.holding(at, night=night)
        if held is not None:
            why = f"programme {plan.programme.id} {held.period}"
            return Base(held.period.level, held.period.presence, why + self._by(plan))
        if not night:
            return None
        return Base(plan.programme.otherwise, True, f"programme {plan.programme.id}, no period now" + self._by(plan))

    def day(self, at: datetime) -> DayPlan:
        """Return the lighting day of a moment, planned."""
        if self._last is None or not self._last.day.start <= at < self._last.day.end:
            self._last = self.plan(lighting_day_at(at, self.zone))
        return self._last

    def plan(self, day: LightingDay) -> DayPlan:
        """Plan a lighting day."""
        rule = self.timetable.matches(day.day)
        programme = self.programmes[self.timetable.programme(rule)]
        return DayPlan(
            day, programme, rule, tuple(s for period in programme.periods for s in self._within(period, day))
        )

    def _by(self, plan: DayPlan) -> str:
        if self.timetable.id is None:
            return ""
        rule = "the default" if plan.rule is None else f"rule {plan.rule + 1}"
        return f", by {rule} of calendar {self.timetable.id}"

    def _within(self, period: Period, day: LightingDay) -> tuple[Stretch, ...]:
        """Return where a period lies in the day; clock times that go on over noon make two stretches."""
        begin, end = self._at(period.begin, day, period), self._at(period.end, day, period)
        if period.end == NOON:
            end = day.end
        elif period.begin.mark is period.end.mark is Mark.CLOCK and _since_noon(period.end) < _since_noon(period.begin):
            return Stretch(day.start, end, period), Stretch(begin, day.end, period)
        return (Stretch(begin, end, period),)

    def _at(self, point: Point, day: LightingDay, period: Period) -> datetime:
        """Return a point's moment within the day: a night so long that it began before noon begins at noon."""
        if point.mark is Mark.CLOCK:  # midnight and what follows belong to the next date
            return moment(day.day + DAY if point.minutes < NOON_MIN else day.day, point.minutes, self.zone)
        if point.minutes == 0 and not period.by_day and point.mark in (Mark.DUSK, Mark.DAWN):
            # it is the lamp's own night that counts, and the photocell may move that
            return day.start if point.mark is Mark.DUSK else day.end
        at = self._by_sun(point.mark, day.middle)
        sinking, climbing = self._almanac.sun.around_midnight(day.middle)
        if at in (sinking.begin, climbing.end):  # a night without end goes on from noon to noon
            return day.start if at == sinking.begin else day.end
        return min(max(at + timedelta(minutes=point.minutes), day.start), day.end)

    def _by_sun(self, mark: Mark, near: datetime) -> datetime:
        if mark is Mark.DUSK:
            return self._almanac.dusk(near)
        if mark is Mark.DAWN:
            return self._almanac.dawn(near)
        degrees = SUNSET if mark in (Mark.SUNSET, Mark.SUNRISE) else CIVIL
        if mark in (Mark.SUNSET, Mark.CIVIL_DUSK):
            return self._almanac.sun.sinks(near, degrees)
        return self._almanac.sun.climbs(near, degrees)


def _since_noon(point: Point) -> int:
    return (point.minutes - NOON_MIN) % 1440
