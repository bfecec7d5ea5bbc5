"""Programmes over 400 nights: one light at every moment, the same in the list of switchings as in the running lamp."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.light.night import Almanac, By, Night, NightRule
from lampyre.decide.light.on_demand import Demand, OnDemand
from lampyre.decide.light.programme import Base, Mark, Period, Plan, Point, Programme
from lampyre.decide.light.timetable import DayOf, Rule, Timetable, lighting_day, lighting_day_at
from lampyre.records import Cause, Quantity, Reading, Snapshot

PLACES = {
    "Europe/Paris": (47.3, 5.0), "Europe/Oslo": (69.65, 18.96), "America/Anchorage": (71.29, -156.79),
    "Australia/Lord_Howe": (-31.5, 159.1), "Pacific/Auckland": (-45.87, 170.5), "America/Santiago": (-33.4, -70.7),
}  # fmt: skip
CHANGES = {
    "Europe/Paris": (date(2027, 3, 27), date(2027, 10, 30)),
    "Australia/Lord_Howe": (date(2027, 4, 3), date(2027, 10, 2)),
    "Pacific/Auckland": (date(2027, 4, 3), date(2027, 9, 25)),
    "America/Santiago": (date(2027, 4, 3), date(2027, 9, 4)),
}
START = datetime(2026, 11, 1, 12, tzinfo=UTC)

POINTS = st.builds(Point, st.just(Mark.CLOCK), st.integers(0, 95).map(lambda n: 15 * n)) | st.builds(
    Point, st.sampled_from([mark for mark in Mark if mark is not Mark.CLOCK]), st.integers(-120, 120)
)
PERIODS = st.builds(Period, POINTS, POINTS, st.sampled_from([0.1, 0.4, 0.8]), st.booleans(), st.booleans()).filter(
    lambda period: period.begin != period.end
)


def plan(zone: str, periods: list[Period], rules: tuple[Rule, ...] = (), rule: NightRule | None = None) -> Plan:
    programmes = {"p": Programme("p", tuple(periods), 0.32), "q": Programme("q", (), 0.5)}
    timetable = Timetable("town" if rules else None, rules, "p", lambda _: False)
    return Plan(ZoneInfo(zone), Almanac(*PLACES[zone], rule or NightRule()), timetable, programmes, 0.6)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(PLACES)), st.lists(PERIODS, min_size=1, max_size=5), st.integers(0, 399 * 96))
def test_at_every_moment_exactly_one_light_is_asked_for(zone: str, periods: list[Period], quarter: int) -> None:
    made = plan(zone, periods, (Rule("q", weekdays=frozenset({4})),))
    at = START + quarter * timedelta(minutes=15)
    day = made.plan(lighting_day_at(at, made.zone))
    assert day.day.start <= at < day.day.end
    friday = day.day.day.weekday() == 4
    assert day.programme.id == ("q" if friday else "p")
    assert all(day.day.start <= s.start <= day.day.end and day.day.start <= s.end <= day.day.end for s in day.stretches)
    holding = [s for s in day.stretches if s.start <= at < s.end]
    asleep = [s for s in holding if s.period.by_day]
    assert made.base(at, night=True) is not None
    assert made.base(at, night=True).level == (holding[0].period.level if holding else 0.5 if friday else 0.32)  # type: ignore[union-attr]
    by_day = made.base(at, night=False)
    assert (by_day.level if by_day else None) == (asleep[0].period.level if asleep else None)


@pytest.mark.parametrize("zone", CHANGES)
def test_on_the_nights_of_a_change_of_clocks_clock_periods_follow_one_another_without_gap(zone: str) -> None:
    times = [Point(Mark.CLOCK, 60 * hour + minute) for hour in (22, 0, 1, 2, 3, 4) for minute in (0, 30)]
    periods = [Period(a, b, round(0.3 + n / 100, 2), False, True) for n, (a, b) in enumerate(pairwise(times))]
    made = plan(zone, periods)
    for day in CHANGES[zone]:
        lasted = lighting_day(day, made.zone)
        assert lasted.end - lasted.start != timedelta(hours=24), "a night of a change"
        stretches = made.plan(lasted).stretches
        assert len(stretches) == len(periods)
        assert all(before.end == after.start for before, after in pairwise(stretches))
        levels: list[float] = []
        at = stretches[0].start
        while at < stretches[-1].end:
            base = made.base(at, night=True)
            assert base is not None
            if not levels or levels[-1] != base.level:
                levels.append(base.level)
            at += timedelta(minutes=1)
        assert levels == sorted(set(levels)), "every period once, none twice"


@pytest.mark.parametrize("zone", PLACES)
def test_the_running_night_switches_where_the_almanac_says_and_nowhere_else(zone: str) -> None:
    rule = NightRule(by=By.SUN, on_offset_s=600.0, off_offset_s=-900.0)
    almanac = Almanac(*PLACES[zone], rule)
    night = Night(*PLACES[zone], None, rule)
    switches = almanac.switches(START, START + timedelta(days=400))
    looks = {START + n * timedelta(minutes=30) for n in range(400 * 48)}
    looks |= {switch.at + timedelta(seconds=off) for switch in switches for off in (-1, 0)}
    found = []
    was = None
    for at in sorted(looks):
        now = night.judge(Snapshot(at, 0.0, True, MappingProxyType({}))).night
        if was is not None and now != was:
            found.append((at, now))
        was = now
    assert found == [(switch.at, switch.night) for switch in switches]


def test_sunset_moves_to_noon_before_the_polar_night_and_to_midnight_before_the_polar_day() -> None:
    zone = "Europe/Oslo"
    made = plan(zone, [Period(Point(Mark.SUNSET), Point(Mark.SUNRISE), 0.4, False, True)])
    hours = []
    for n in range(400):
        day = lighting_day(date(2026, 11, 1) + timedelta(days=n), made.zone)
        (stretch,) = made.plan(day).stretches
        hours.append((stretch.end - stretch.start).total_seconds() / 3600)
    assert max(hours) == 24.0
    assert min(hours) == 0.0
    # but at the limits of the polar night nothing jumps by more than the sun does: 40 min a day
    assert all(abs(after - before) < 3.0 for before, after in pairwise(hours))


def test_clock_times_go_on_over_noon_by_day() -> None:
    made = plan("Europe/Paris", [Period(Point(Mark.CLOCK, 480), Point(Mark.CLOCK, 1080), 0.4, False, True)])
    noon = datetime(2027, 2, 1, 11, tzinfo=UTC)
    lit = [hour for hour in range(-6, 12) if made.base(noon + timedelta(hours=hour), night=False)]
    assert lit == list(range(-4, 6)), "from 8 to 18"


def test_without_a_clock_no_programme_is_believed_and_the_lamp_is_safe() -> None:
    made = plan("Europe/Paris", [Period(Point(Mark.DUSK), Point(Mark.DAWN), 0.1, False, True)])
    assert made.base(START, night=True, trusted=False) == Base(
        0.6, True, "clock not trusted, so no programme: safe level"
    )
    assert made.base(START, night=False, trusted=False) is None


def test_presence_raises_above_a_programme_unless_it_says_not_to() -> None:
    policy = OnDemand(Demand(0.32, 0.8, 30.0, 180.0, "b1.presence", "b1.passages"))
    seen = Snapshot(
        START, 0.0, True, MappingProxyType({"b1.presence": Reading("b1.presence", Quantity.PRESENCE, 1.0, START)})
    )

    def asked(base: Base | None, *, night: bool = True) -> tuple[float | None, Cause]:
        intent = policy.decide(seen, night=night, forecast=None, base=base)
        return intent.level, intent.cause

    assert asked(Base(0.4, True, "p")) == (0.8, Cause.SENSOR)
    assert asked(Base(0.4, False, "p")) == (0.4, Cause.PROGRAM)
    assert asked(Base(0.9, True, "p")) == (0.9, Cause.PROGRAM)
    assert asked(None) == (0.8, Cause.SENSOR)
    assert asked(None, night=False) == (0.0, Cause.PROGRAM)
    assert asked(Base(0.4, False, "p"), night=False) == (0.4, Cause.PROGRAM)


def test_the_reason_names_programme_period_rule_and_calendar() -> None:
    made = plan(
        "Europe/Paris",
        [Period(Point(Mark.SUNSET, 30), Point(Mark.CLOCK, 1410), 0.4, True, False)],
        (Rule("q", dates=(DayOf(None, 11, 2),)),),
    )
    at = datetime(2026, 11, 1, 20, tzinfo=UTC)
    told = [made.base(at + timedelta(days=days), night=True) for days in (0, 1)]
    assert [base.why for base in told if base] == [
        "programme p from sunset+30 to 23:30, by the default of calendar town",
        "programme q, no period now, by rule 1 of calendar town",
    ]
