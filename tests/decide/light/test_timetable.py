"""Calendars and the lighting day: every night has exactly one rule, and later clock times are never earlier moments."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.holidays import holidays_of
from lampyre.decide.light.timetable import (
    LAST,
    DayOf,
    Rule,
    Span,
    Timetable,
    lighting_day,
    lighting_day_at,
    moment,
)

FRANCE = holidays_of("FR")
START = date(2026, 11, 1)
YEAR = [START + timedelta(days=n) for n in range(400)]
ZONES = ["Europe/Paris", "Australia/Lord_Howe", "America/Santiago", "Pacific/Auckland", "UTC"]

DAYS_OF = st.dates(date(2026, 1, 1), date(2028, 12, 31)).flatmap(
    lambda day: st.sampled_from([DayOf(day.year, day.month, day.day), DayOf(None, day.month, day.day)])
)
RULES = st.builds(
    Rule,
    programme=st.sampled_from(["a", "b", "c"]),
    weekdays=st.frozensets(st.integers(0, 6), max_size=3),
    nth=st.frozensets(st.sampled_from([1, 2, 3, 4, 5, LAST]), max_size=2),
    span=st.none() | st.builds(Span, DAYS_OF, DAYS_OF),
    dates=st.lists(DAYS_OF, max_size=3).map(tuple),
    holiday=st.booleans(),
    holiday_eve=st.booleans(),
    except_dates=st.lists(DAYS_OF, max_size=3).map(tuple),
    except_holidays=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(RULES, max_size=6))
def test_every_one_of_400_nights_has_exactly_one_rule_and_it_is_the_first_that_holds(rules: list[Rule]) -> None:
    timetable = Timetable("town", tuple(rules), "default", FRANCE)
    for day in YEAR:
        holding = [n for n, rule in enumerate(rules) if rule.holds(day, FRANCE)]
        assert timetable.matches(day) == (holding[0] if holding else None)
        assert timetable.programme(timetable.matches(day)) == (rules[holding[0]].programme if holding else "default")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 399 * 86400))
def test_every_moment_lies_in_exactly_one_lighting_day(name: str, second: int) -> None:
    zone = ZoneInfo(name)
    at = datetime(2026, 11, 2, 16, tzinfo=UTC) + timedelta(seconds=second)
    found = lighting_day_at(at, zone)
    near = [lighting_day(at.date() + timedelta(days=n), zone) for n in (-2, -1, 0, 1)]
    assert [day for day in near if day.start <= at < day.end] == [found]


@pytest.mark.parametrize("name", ZONES)
def test_lighting_days_follow_one_another_without_gap_through_every_change_of_the_clock(name: str) -> None:
    zone = ZoneInfo(name)
    days = [lighting_day(day, zone) for day in YEAR]
    assert all(before.end == after.start for before, after in pairwise(days))
    lasted = {(day.end - day.start) / timedelta(hours=1) for day in days}
    assert lasted <= {23.0, 23.5, 24.0, 24.5, 25.0}
    assert len(lasted) == (1 if name == "UTC" else 3)


@pytest.mark.parametrize("name", ZONES)
def test_later_clock_times_are_never_earlier_moments_on_any_night(name: str) -> None:
    zone = ZoneInfo(name)
    for day in YEAR:
        evening = [moment(day, minutes, zone) for minutes in range(720, 1440, 15)]
        morning = [moment(day + timedelta(days=1), minutes, zone) for minutes in range(0, 721, 15)]
        assert all(before <= after for before, after in pairwise(evening + morning))


def test_a_time_that_the_clock_skips_is_the_moment_of_the_skip_and_one_that_comes_twice_its_first() -> None:
    paris = ZoneInfo("Europe/Paris")
    skip, twice = date(2027, 3, 28), date(2027, 10, 31)
    assert moment(skip, 150, paris) == moment(skip, 180, paris) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    assert moment(twice, 150, paris) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # half an hour, and at 2 in the morning of the south's spring
    assert moment(date(2027, 10, 3), 135, lord_howe) == moment(date(2027, 10, 3), 150, lord_howe)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Rule("p", weekdays=frozenset({6}), nth=frozenset({1})), ["2026-11-01", "2026-12-06", "2027-01-03"]),
        (Rule("p", weekdays=frozenset({6}), nth=frozenset({LAST})), ["2026-11-29", "2026-12-27", "2027-01-31"]),
        (Rule("p", dates=(DayOf(2026, 12, 24), DayOf(None, 1, 31))), ["2026-12-24", "2027-01-31"]),
        (Rule("p", holiday=True), ["2026-11-01", "2026-11-11", "2026-12-25", "2027-01-01"]),
        (Rule("p", holiday_eve=True), ["2026-11-10", "2026-12-24", "2026-12-31"]),
        (
            Rule("p", span=Span(DayOf(None, 12, 30), DayOf(None, 1, 2)), except_holidays=True),
            ["2026-12-30", "2026-12-31", "2027-01-02"],
        ),
        (
            Rule("p", span=Span(DayOf(2026, 12, 30), DayOf(2027, 1, 2)), except_dates=(DayOf(None, 12, 31),)),
            ["2026-12-30", "2027-01-01", "2027-01-02"],
        ),
    ],
)
def test_a_rule_holds_on_the_days_it_names_and_on_no_other(rule: Rule, days: list[str]) -> None:
    winter = [day for day in YEAR if day < date(2027, 2, 1)]
    assert [day.isoformat() for day in winter if rule.holds(day, FRANCE)] == days


def test_the_29th_of_february_comes_in_leap_years_only_and_a_range_over_it_every_year() -> None:
    leap = Rule("p", dates=(DayOf(None, 2, 29),))
    over = Rule("p", span=Span(DayOf(None, 2, 29), DayOf(None, 3, 1)))
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(700)]
    assert [str(day) for day in days if leap.holds(day, FRANCE)] == ["2028-02-29"]
    assert [str(day) for day in days if over.holds(day, FRANCE)] == ["2027-03-01", "2028-02-29", "2028-03-01"]
