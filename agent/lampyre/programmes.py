"""The tables of light by time in a node's TOML: [night], [[programme]], [[calendar]]; text to numbers, nothing more."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from lampyre.strict import Id, Strict

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
BY_SUN = re.compile(r"(sunset|sunrise|dusk|dawn|civil-dusk|civil-dawn)([+-]\d{1,3})?")
OFFSET_MOST_MIN = 360  # a quarter of a day; further off than that nobody means the sun
LEAP_YEAR = 2024  # so that 02-29 is a day


def _point(text: str) -> str:
    found = BY_SUN.fullmatch(text)
    if CLOCK.fullmatch(text) or (found and abs(int(found[2] or 0)) <= OFFSET_MOST_MIN):
        return text
    raise ValueError(
        'give "22:30", or sunset, sunrise, dusk, dawn, civil-dusk or civil-dawn with minutes: "sunset+30", "dawn-15"; '
        f"at most {OFFSET_MOST_MIN} min"
    )


def _day(text: str) -> str:
    try:
        if re.fullmatch(r"(\d{4}-)?\d{2}-\d{2}", text):
            date.fromisoformat(text if len(text) == 10 else f"{LEAP_YEAR}-{text}")
            return text
    except ValueError:
        pass
    raise ValueError('give a day such as "2027-06-21", or "06-21" for that day of every year')


Point = Annotated[str, AfterValidator(_point)]
Day = Annotated[str, AfterValidator(_day)]
Level = Annotated[float, Field(ge=0.0, le=1.0)] | Literal["class", "quiet", "safe", "off"]
Height = Annotated[float, Field(ge=-6.0, le=5.0)] | Literal["sunset", "civil"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Nth = Annotated[int, Field(ge=1, le=5)] | Literal["last"]
Lux = Annotated[float, Field(gt=0.0, le=1000.0)]


class NightSettings(Strict):
    """When night begins and ends for the lamps of this node."""

    by: Literal["photocell", "window", "sun"] = "photocell"
    on_elevation: Height = -3.4  # degrees of the sun; an open roof has 35 lx then
    off_elevation: Height = -2.8  # 70 lx
    on_offset_min: Annotated[float, Field(ge=-120.0, le=60.0)] = 0.0  # later is positive; never far into the dark
    off_offset_min: Annotated[float, Field(ge=-60.0, le=120.0)] = 0.0
    window_min: Annotated[float, Field(ge=1.0, le=60.0)] = 20.0
    on_lux: Lux = 35.0
    off_lux: Lux = 70.0

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if degrees(self.off_elevation) < degrees(self.on_elevation):
            raise ValueError("off_elevation is below on_elevation; to end the night earlier give off_offset_min")
        if self.off_lux < 1.2 * self.on_lux:
            raise ValueError("off_lux must be at least 1.2 times on_lux, or passing clouds switch the lamps")
        if self.by == "photocell" and (self.on_offset_min or self.off_offset_min):
            raise ValueError('the photocell knows no offsets; give by = "window" or "sun", or take them out')
        return self


class PeriodSettings(Strict):
    """A part of the lighting day (noon to noon) and the light in it."""

    from_: Annotated[Point, Field(alias="from")] = "dusk"
    to: Point = "dawn"
    level: Level
    presence: bool = True  # whether somebody who comes raises the lamp to its class
    by_day: bool = False  # lit by clock or sun alone, whether it is night or not

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        if self.from_ == self.to:
            raise ValueError(f"from and to are both {self.to}: it takes no time")
        return self


class ProgrammeSettings(Strict):
    """A lighting day: the first period that holds counts; where none does, `otherwise`."""

    id: Id
    period: Annotated[tuple[PeriodSettings, ...], Field(min_length=1, max_length=32)]
    otherwise: Level = "quiet"


class RuleSettings(Strict):
    """On which lighting days a programme runs; all that is given must hold."""

    programme: Id
    weekdays: tuple[Weekday, ...] = ()
    nth: tuple[Nth, ...] = ()  # ... of the month
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None  # inclusive
    dates: Annotated[tuple[Day, ...], Field(max_length=366)] = ()
    holidays: Literal["day", "eve"] | None = None
    except_dates: Annotated[tuple[Day, ...], Field(max_length=366)] = ()
    except_holidays: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not (self.weekdays or self.from_ or self.dates or self.holidays):
            raise ValueError("no weekdays, from, dates or holidays: a rule for every day is the calendar's default")
        if self.nth and not self.weekdays:
            raise ValueError("nth needs weekdays: the first Sunday of the month, say")
        if (self.from_ is None) != (self.to is None):
            raise ValueError("give both from and to")
        if self.from_ is not None and self.to is not None and len(self.from_) != len(self.to):
            raise ValueError("give from and to both with a year, or both without")
        if self.from_ is not None and self.to is not None and len(self.to) == 10 and self.to < self.from_:
            raise ValueError(f"to {self.to} lies before from {self.from_}")
        return self


class CalendarSettings(Strict):
    """Which programme runs on which lighting day: the first rule that matches, else the default."""

    id: Id
    default: Id
    rule: Annotated[tuple[RuleSettings, ...], Field(max_length=64)] = ()


def degrees(height: float | str) -> float:
    """Return the sun's height in degrees: sunset is its upper rim on the horizon, civil the end of civil twilight."""
    return {"sunset": -0.833, "civil": -6.0}[height] if isinstance(height, str) else height


def fit(
    programmes: Iterable[ProgrammeSettings],
    calendars: Iterable[CalendarSettings],
    lamps: Iterable[tuple[str, str | None, str | None]],
    country: str | None,
) -> None:
    """Raise ValueError where a name leads nowhere; `lamps` are (id, programme, calendar)."""
    programme_ids = [one.id for one in programmes]
    calendars = tuple(calendars)
    calendar_ids = [one.id for one in calendars]
    for kind, ids in (("programme", programme_ids), ("calendar", calendar_ids)):
        twice = [name for name, times in Counter(ids).items() if times > 1]
        if twice:
            raise ValueError(f"{kind} {twice[0]!r} is there twice; each needs its own")
    for calendar in calendars:
        _known("programme", calendar.default, programme_ids, f"calendar {calendar.id}: default")
        for number, rule in enumerate(calendar.rule, 1):
            _known("programme", rule.programme, programme_ids, f"calendar {calendar.id}: rule {number}")
            if (rule.holidays or rule.except_holidays) and country is None:
                raise ValueError(f"calendar {calendar.id}: rule {number}: holidays of which country? give node.country")
    for lamp, programme, calendar_id in lamps:
        if programme is not None and calendar_id is not None:
            raise ValueError(f"lamp {lamp}: give a programme or a calendar, not both")
        _known("programme", programme, programme_ids, f"lamp {lamp}")
        _known("calendar", calendar_id, calendar_ids, f"lamp {lamp}")


def _known(kind: str, name: str | None, names: list[str], where: str) -> None:
    if name is not None and name not in names:
        there = f"there are {', '.join(sorted(names))}" if names else f"there is no [[{kind}]] at all"
        raise ValueError(f"{where}: {kind} {name!r} is not in this file; {there}")
