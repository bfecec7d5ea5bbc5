"""A day is from noon to noon and adds up to what happened; days are bounded, outlive restarts, and tell of nobody."""

import json
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.curfew import Curfew
from lampyre.records import Cause, Drawn, Intent, Order, Snapshot, Step
from lampyre.summarise.days import CLASSES, KEPT, Day, DayLog, class_of, day_of, days_of
from lampyre.summarise.evidence import added, consumption, power_density

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 1, 10, 11, 0, tzinfo=UTC)  # noon in Paris
CURFEW = Curfew(time(23), time(5), 0.5, PARIS)


def step(at: datetime, mono_s: float, *, night: bool, cause: Cause = Cause.PROGRAM, trusted: bool = True) -> Step:
    seen = Snapshot(at, mono_s, trusted, MappingProxyType({}))
    order = Order(0.5, 0.0, 60.0, cause, "why")
    return Step("lamp-1", seen, night, "sun", None, Intent(0.5, cause, "why"), order)


def lived(log: DayLog, days: float = 1.0, start: datetime = NOON, cause: Cause = Cause.PROGRAM) -> None:
    """Full light from 18 to 22 h and 0.6 until 6 h, local, a look every 30 s."""
    for tick in range(int(days * 2880) + 1):
        at = start + timedelta(seconds=30 * tick)
        hour = at.astimezone(PARIS).hour
        level = 1.0 if 18 <= hour < 22 else 0.6 if hour >= 22 or hour < 6 else 0.0
        log.add(step(at, 30.0 * tick, night=level > 0.0, cause=cause), level, Drawn(40.0 * level, level > 0.5, 40.0))


def test_a_day_adds_up_and_the_curfew_is_told() -> None:
    log = DayLog(PARIS, CURFEW)
    lived(log)
    (day,) = log.over
    assert day.day == "2026-01-10"
    assert (day.night_from, day.night_to) == ("2026-01-10T17:00Z", "2026-01-11T04:59Z")
    assert day.energy_wh == pytest.approx(40 * 4 + 24 * 8, rel=0.01)
    assert day.full_light_wh == pytest.approx(480, rel=0.01)
    assert day.starts == 1
    hours = dict(zip(CLASSES, (seconds / 3600 for seconds in day.at_class_s), strict=True))
    assert hours == pytest.approx({0.0: 12, 0.25: 0, 0.5: 0, 0.75: 8, 1.0: 4}, abs=0.02)
    assert [day.curfew_s / 3600, day.curfew_lit_s / 3600, day.curfew_above_s / 3600] == pytest.approx(
        [6, 6, 6], abs=0.02
    )
    assert day.curfew_override_s == 0.0
    assert log.energy_wh == pytest.approx(day.energy_wh)


def test_light_by_command_in_the_curfew_is_told_apart() -> None:
    log = DayLog(PARIS, CURFEW)
    lived(log, cause=Cause.OVERRIDE)
    assert log.over[0].curfew_override_s == log.over[0].curfew_above_s > 0.0


def test_a_day_that_was_still_to_come_does_not_last_until_it_comes() -> None:
    log = DayLog(PARIS, CURFEW)
    lived(log, days=0.25, start=NOON + timedelta(days=1000))
    at = NOON + timedelta(hours=7)
    log.add(step(at, 30_000.0, night=True), 0.6, Drawn(24.0, True, 40.0))
    assert (log.open.day, log.open.night_from) == ("2026-01-10", "2026-01-10T18:00Z")
    log.add(step(at + timedelta(days=1), 60_000.0, night=True), 0.6, Drawn(24.0, True, 40.0))
    assert [day.day for day in log.over] == ["2026-01-10"]


def test_the_days_when_clocks_change_are_days_of_23_and_25_hours() -> None:
    for noon, hours in ((datetime(2026, 3, 28, 11, tzinfo=UTC), 23), (datetime(2026, 10, 24, 10, tzinfo=UTC), 25)):
        log = DayLog(PARIS, None)
        lived(log, days=1.2, start=noon)
        assert log.over[0].seen_s / 3600 == pytest.approx(hours, abs=0.02)


def test_a_clock_put_back_makes_no_second_day_and_one_not_trusted_none() -> None:
    log = DayLog(PARIS, None)
    lived(log, days=0.5)
    before = log.open.energy_wh
    lived(log, days=0.1, start=NOON - timedelta(hours=20))
    assert not log.over
    assert log.open.day == "2026-01-10"
    assert log.open.energy_wh >= before
    lived(log, days=0.1, start=NOON - timedelta(days=3))
    assert not log.over
    assert log.open.day == "2026-01-07", "by more than a day: it was another day all along"
    blind = DayLog(PARIS, CURFEW)
    blind.add(step(NOON, 0.0, night=True, trusted=False), 0.5, Drawn(20.0, metered=True, full_w=40.0))
    assert blind.open.day == ""


def test_days_are_bounded_and_come_back_from_their_text() -> None:
    log = DayLog(PARIS, None)
    for number in range(KEPT + 5):
        log.over.append(Day(day=str(NOON.date() + timedelta(days=number)), energy_wh=1.0, at_class_s=[1.0] * 5))
    text = log.text()
    assert len(log.over) == KEPT
    assert len(text) < 60_000, "what the disk is told once a day for one lamp"
    again = DayLog(PARIS, None)
    again.restore(text)
    assert list(again.over) == list(log.over)


@pytest.mark.parametrize("text", ["[]", "{}", "[1,2]", "x", json.dumps([*["2026-01-10"] * 3, *[-1.0] * 11])])
def test_a_damaged_day_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        days_of(text)
    row = Day(day="2026-01-10").rounded()
    with pytest.raises(ValueError, match="sums"):
        day_of([*row[:3], float("nan"), *row[4:]])
    with pytest.raises(ValueError, match="month"):
        day_of(["2026-13-10", *row[1:]])


@given(st.floats(0.0, 1.0))
def test_each_level_has_its_class(level: float) -> None:
    assert level <= CLASSES[class_of(level)] + 0.005


def test_sums_and_indicators_by_hand() -> None:
    days = [Day(day=f"2026-01-{n:02}", energy_wh=100.0, full_light_wh=400.0, seen_s=86400.0) for n in (1, 2)]
    sums = added(days)
    assert (sums.energy_wh, sums.saved_wh, sums.saved_share, sums.seen_h) == (200.0, 600.0, 0.75, 48.0)
    assert added([]).saved_share is None
    assert power_density(32.0, 5.0, 200.0) == pytest.approx(0.032)  # 32 W for 5 lx on 200 m2
    assert consumption(73_000.0, 200.0) == 365.0
