"""Night and the on-demand rule, by day and by night, with and without clock, photocell and forecast."""

import math
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING

from lampyre.decide.light.night import Night
from lampyre.decide.light.on_demand import Demand, OnDemand
from lampyre.decide.light.photocell import DARK_DWELL_S, LIGHT_DWELL_S
from lampyre.records import Cause, Forecast, Quality, Quantity, Reading, Snapshot

DIJON = (47.322, 5.041)
RULE = Demand(0.32, 0.8, hold_s=30.0, hold_most_s=180.0, presence="b1.presence", passages="b1.passages")
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def sky(lux: float | None, at: datetime, mono_s: float = 0.0, *, trusted: bool = True) -> Snapshot:
    readings = {} if lux is None else {"b1.lux": Reading("b1.lux", Quantity.ILLUMINANCE, lux, at)}
    return Snapshot(at, mono_s, trusted, MappingProxyType(readings))


def street(
    presence: float, passages: float, mono_s: float, quality: Quality = Quality.GOOD, at: datetime = EVENING
) -> Snapshot:
    readings = {
        "b1.presence": Reading("b1.presence", Quantity.PRESENCE, presence, at, quality),
        "b1.passages": Reading("b1.passages", Quantity.PASSAGES, passages, at, quality),
    }
    return Snapshot(at, mono_s, True, MappingProxyType(readings))


def expects(count: float) -> Forecast:
    return Forecast("count per 15 min", (900.0,), (0.0,), (count,), (2 * count,), "activity_v1")


@pytest.mark.parametrize(
    ("lux", "at", "trusted", "night"),
    [
        (3.0, EVENING, True, True),
        (5000.0, EVENING, True, True),  # a torch into the photocell
        (3.0, NOON, True, True),  # a covered photocell or a wrong clock: nobody can say which, so lit
        (500.0, NOON, True, False),
        (None, EVENING, True, True),
        (None, NOON, True, False),
        (3.0, NOON, False, True),  # the clock may be wrong by hours: the photocell alone
        (None, NOON, False, True),  # nothing to go by: lit
        (None, EVENING, False, True),
    ],
)
def test_night_is_right_with_whatever_can_be_trusted(
    lux: float | None, at: datetime, trusted: bool, night: bool
) -> None:
    assert Night(*DIJON, "b1.lux").judge(sky(lux, at, trusted=trusted)).night is night


def test_a_clock_that_contradicts_the_photocell_is_a_doubt_to_be_told() -> None:
    night = Night(*DIJON, "b1.lux")
    assert night.judge(sky(3.0, NOON)).doubt
    assert night.judge(sky(5000.0, EVENING)).doubt
    assert not night.judge(sky(5000.0, NOON)).doubt
    assert not night.judge(sky(3.0, EVENING)).doubt


def test_daylight_without_a_clock_must_last_before_a_lamp_goes_out() -> None:
    night = Night(*DIJON, "b1.lux")
    assert night.judge(sky(3.0, NOON, -1.0, trusted=False)).night
    assert night.judge(sky(5000.0, NOON, 0.0, trusted=False)).night
    assert night.judge(sky(5000.0, NOON, LIGHT_DWELL_S - 1, trusted=False)).night
    assert not night.judge(sky(5000.0, NOON, LIGHT_DWELL_S + 1, trusted=False)).night
    assert not night.judge(sky(50.0, NOON, LIGHT_DWELL_S + 2, trusted=False)).night, (
        "between the thresholds nothing moves"
    )
    assert not night.judge(sky(30.0, NOON, LIGHT_DWELL_S + 3, trusted=False)).night, "a bird is no dusk"
    assert night.judge(sky(30.0, NOON, LIGHT_DWELL_S + 3 + DARK_DWELL_S, trusted=False)).night


def test_a_headlight_in_the_night_is_no_day_because_the_morning_was_bright() -> None:
    night = Night(*DIJON, "b1.lux")
    for second in range(0, 200, 10):
        night.judge(sky(5000.0 + 20.0 * second, NOON, second, trusted=False))  # a cell that moves is one that lives
    assert not night.judge(sky(5000.0, NOON, 200.0, trusted=False)).night
    assert night.judge(sky(None, EVENING, 20_000.0)).night
    assert night.judge(sky(500.0, EVENING, 20_001.0, trusted=False)).night


def test_daylight_that_a_silent_photocell_interrupts_begins_to_last_anew() -> None:
    night = Night(*DIJON, "b1.lux")
    assert night.judge(sky(500.0, EVENING, 0.0, trusted=False)).night
    assert night.judge(sky(None, EVENING, 10.0, trusted=False)).night
    assert night.judge(sky(500.0, EVENING, 4000.0, trusted=False)).night


def test_a_winter_day_has_one_dusk_and_one_dawn_by_the_sun_alone() -> None:
    night = Night(*DIJON, None)
    verdicts = [night.judge(sky(None, NOON + timedelta(minutes=m))).night for m in range(24 * 60)]
    changes = [m for m in range(1, len(verdicts)) if verdicts[m] != verdicts[m - 1]]
    assert len(changes) == 2
    assert 240 < changes[0] < 300, "dusk in Dijon on 1 December lies between 16:00 and 17:00 UTC"


@pytest.mark.parametrize("latitude", [70.0, -45.0, 0.0])
def test_night_has_an_answer_everywhere_on_every_day(latitude: float) -> None:
    night = Night(latitude, 20.0, None)
    answers = {night.judge(sky(None, NOON + timedelta(hours=h * 7))).night for h in range(52 * 24)}
    assert answers == {True, False}


def test_presence_raises_at_once_and_falls_to_quiet_after_the_hold() -> None:
    policy = OnDemand(RULE)
    assert policy.decide(street(0.0, 0, 0.0), night=True, forecast=None).level == RULE.quiet_level
    raised = policy.decide(street(1.0, 1, 10.0), night=True, forecast=None)
    assert (raised.level, raised.cause) == (RULE.class_level, Cause.SENSOR)
    assert policy.decide(street(0.0, 1, 39.0), night=True, forecast=None).level == RULE.class_level
    assert policy.decide(street(0.0, 1, 41.0), night=True, forecast=None).level == RULE.quiet_level


def test_a_passage_between_two_looks_is_not_missed() -> None:
    policy = OnDemand(RULE)
    policy.decide(street(0.0, 4, 0.0), night=True, forecast=None)
    assert policy.decide(street(0.0, 5, 1.0), night=True, forecast=None).level == RULE.class_level


def test_a_presence_sensor_that_fell_silent_never_darkens() -> None:
    policy = OnDemand(RULE)
    for quality in (Quality.STALE, Quality.MISSING):
        assert policy.decide(street(0.0, 0, 0.0, quality), night=True, forecast=None).level == RULE.class_level


def test_the_model_holds_longer_when_the_next_passer_is_likely_and_never_shorter_than_the_rule() -> None:
    policy = OnDemand(RULE)
    assert policy.hold(expects(10.0)) == (90.0, "by activity_v1: next passer likely")
    assert policy.hold(expects(0.5))[0] == RULE.hold_s
    assert policy.hold(None)[0] == RULE.hold_s


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_whatever_a_model_says_the_hold_stays_within_its_bounds(count: float) -> None:
    hold_s, _ = OnDemand(RULE).hold(expects(count))
    assert RULE.hold_s <= hold_s <= RULE.hold_most_s
    assert math.isfinite(hold_s)


def test_after_a_restart_a_raised_lamp_keeps_its_hold() -> None:
    policy = OnDemand(RULE)
    policy.adopt(0.8, 0.0)
    assert policy.decide(street(0.0, 0, 20.0), night=True, forecast=None).level == RULE.class_level
    assert policy.decide(street(0.0, 0, 31.0), night=True, forecast=None).level == RULE.quiet_level
