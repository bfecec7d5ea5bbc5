"""What the tables of light by time in a node's TOML mean for one lamp: its night, its programmes, its calendar."""

from zoneinfo import ZoneInfo

from lampyre.bounds import quiet_level
from lampyre.decide.holidays import holidays_of
from lampyre.decide.light.night import Almanac, By, NightRule
from lampyre.decide.light.programme import Mark, Period, Plan, Point, Programme
from lampyre.decide.light.timetable import LAST, DayOf, Rule, Span, Timetable
from lampyre.programmes import BY_SUN, WEEKDAYS, NightSettings, ProgrammeSettings, RuleSettings, degrees
from lampyre.settings import LampSettings, Settings


def night_rule(night: NightSettings) -> NightRule:
    """Return when the lamps' night begins and ends."""
    return NightRule(
        by=By(night.by),
        on_degrees=degrees(night.on_elevation),
        off_degrees=degrees(night.off_elevation),
        on_offset_s=60.0 * night.on_offset_min,
        off_offset_s=60.0 * night.off_offset_min,
        window_s=60.0 * night.window_min,
        on_lux=night.on_lux,
        off_lux=night.off_lux,
    )


def almanac_of(settings: Settings) -> Almanac:
    """Return what the sun says at the node's place under its rule."""
    return Almanac(settings.node.latitude, settings.node.longitude, night_rule(settings.night))


def plan_of(settings: Settings, lamp: LampSettings) -> Plan | None:
    """Return the lamp's plan; None: it names no programme, so its policy alone decides."""
    if lamp.programme is None and lamp.calendar is None:
        return None
    timetable = _timetable(settings, lamp)
    names = {timetable.default, *(rule.programme for rule in timetable.rules)}
    programmes = {one.id: _programme(one, lamp) for one in settings.programme if one.id in names}
    safe_level = max(lamp.safe_level, quiet_level(lamp))
    return Plan(ZoneInfo(settings.node.time_zone), almanac_of(settings), timetable, programmes, safe_level)


def _timetable(settings: Settings, lamp: LampSettings) -> Timetable:
    holiday = holidays_of(settings.node.country)
    found = next((calendar for calendar in settings.calendar if calendar.id == lamp.calendar), None)
    if found is None:
        assert lamp.programme is not None
        return Timetable(None, (), lamp.programme, holiday)
    return Timetable(found.id, tuple(_rule(rule) for rule in found.rule), found.default, holiday)


def _rule(rule: RuleSettings) -> Rule:
    span = Span(_day(rule.from_), _day(rule.to)) if rule.from_ is not None and rule.to is not None else None
    return Rule(
        programme=rule.programme,
        weekdays=frozenset(WEEKDAYS.index(day) for day in rule.weekdays),
        nth=frozenset(LAST if nth == "last" else nth for nth in rule.nth),
        span=span,
        dates=tuple(_day(day) for day in rule.dates),
        holiday=rule.holidays == "day",
        holiday_eve=rule.holidays == "eve",
        except_dates=tuple(_day(day) for day in rule.except_dates),
        except_holidays=rule.except_holidays,
    )


def _day(text: str) -> DayOf:
    year = int(text[:4]) if len(text) == 10 else None
    return DayOf(year, int(text[-5:-3]), int(text[-2:]))


def _programme(programme: ProgrammeSettings, lamp: LampSettings) -> Programme:
    periods = tuple(
        Period(_point(one.from_), _point(one.to), _level(one.level, lamp), one.presence, one.by_day)
        for one in programme.period
    )
    return Programme(programme.id, periods, _level(programme.otherwise, lamp))


def _point(text: str) -> Point:
    found = BY_SUN.fullmatch(text)
    if found is None:
        return Point(Mark.CLOCK, 60 * int(text[:2]) + int(text[3:]))
    return Point(Mark(found[1]), int(found[2] or 0))


def _level(level: float | str, lamp: LampSettings) -> float:
    if isinstance(level, str):
        quiet = quiet_level(lamp)
        return {"class": lamp.class_level, "quiet": quiet, "safe": max(lamp.safe_level, quiet), "off": 0.0}[level]
    return level
