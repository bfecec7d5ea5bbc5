"""Timetables: which programme runs on which lighting day, by ordered rules; and the lighting day, noon to noon."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
NOON_MIN = 12 * 60
LAST = -1  # the last such weekday of a month


@dataclass(frozen=True, slots=True)
class DayOf:
    """A day: of one year, or (year None) of every year."""

    year: int | None
    month: int
    day: int

    def holds(self, day: date) -> bool:
        """Whether it is that day."""
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)


@dataclass(frozen=True, slots=True)
class Span:
    """From a day to a day, both included; of every year where they have none, over New Year where `first` is later."""

    first: DayOf
    last: DayOf

    def holds(self, day: date) -> bool:
        """Whether the day lies within."""
        first, last = (self.first.month, self.first.day), (self.last.month, self.last.day)
        if self.first.year is not None and self.last.year is not None:
            return (self.first.year, *first) <= (day.year, day.month, day.day) <= (self.last.year, *last)
        here = (day.month, day.day)
        return first <= here <= last if first <= last else here >= first or here <= last


@dataclass(frozen=True, slots=True)
class Rule:
    """On which lighting days a programme runs; what is empty asks nothing, the rest must all hold."""

    programme: str
    weekdays: frozenset[int] = frozenset()  # Monday is 0
    nth: frozenset[int] = frozenset()  # 1 to 5, or LAST
    span: Span | None = None
    dates: tuple[DayOf, ...] = ()
    holiday: bool = False
    holiday_eve: bool = False
    except_dates: tuple[DayOf, ...] = ()
    except_holidays: bool = False

    def holds(self, day: date, holiday: Callable[[date], bool]) -> bool:
        """Whether the rule matches the lighting day that begins at noon of `day`."""
        if any(one.holds(day) for one in self.except_dates) or (self.except_holidays and holiday(day)):
            return False
        return (
            (not self.weekdays or day.weekday() in self.weekdays)
            and (not self.nth or bool(self.nth & _places(day)))
            and (self.span is None or self.span.holds(day))
            and (not self.dates or any(one.holds(day) for one in self.dates))
            and (not self.holiday or holiday(day))
            and (not self.holiday_eve or holiday(day + DAY))
        )


@dataclass(frozen=True, slots=True)
class Timetable:
    """Ordered rules; the first that matches says which programme runs, else the default does."""

    id: str | None  # None: a lamp that names a programme and no calendar
    rules: tuple[Rule, ...]
    default: str
    holiday: Callable[[date], bool]

    def matches(self, day: date) -> int | None:
        """Return the index of the rule for a lighting day; None: the default."""
        return next((n for n, rule in enumerate(self.rules) if rule.holds(day, self.holiday)), None)

    def programme(self, rule: int | None) -> str:
        """Return the programme that a rule calls."""
        return self.default if rule is None else self.rules[rule].programme


@dataclass(frozen=True, slots=True)
class LightingDay:
    """From noon of `day` to the next, local time; `start` and `end` in UTC. 23 or 25 h where the clock changes."""

    day: date
    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def middle(self) -> datetime:
        """Midnight, but for the hour of a change."""
        return self.start + (self.end - self.start) / 2


def lighting_day(day: date, zone: ZoneInfo) -> LightingDay:
    """Return the lighting day that begins at noon of that day."""
    return LightingDay(day, moment(day, NOON_MIN, zone), moment(day + DAY, NOON_MIN, zone), zone)


def lighting_day_at(at: datetime, zone: ZoneInfo) -> LightingDay:
    """Return the lighting day in which `at` lies."""
    day = lighting_day(at.astimezone(zone).date(), zone)
    return day if at >= day.start else lighting_day(day.day - DAY, zone)


def moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """Return, in UTC, when local clocks show those minutes after midnight.

    A time that comes twice is its first coming; one that is skipped is the moment of the skip. So later clock times
    are never earlier moments.
    """
    wall = datetime.combine(day, time(minutes // 60, minutes % 60))
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    early, late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        half = early + (late - early) // timedelta(seconds=2) * timedelta(seconds=1)
        early, late = (half, late) if half.astimezone(zone).utcoffset() == before else (early, half)
    return late


def _places(day: date) -> frozenset[int]:
    """Return which of its weekday in the month a day is, from the front and from the end."""
    nth = (day.day - 1) // 7 + 1
    return frozenset((nth, LAST) if (day + 7 * DAY).month != day.month else (nth,))
