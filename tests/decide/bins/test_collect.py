"""When a bin should be collected: pure, the same on a node and in the evaluation of policies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.collect import Collection, Reason, Seen, Wish, collection, waiting_h
from lampyre.records import Quality

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
ROUNDS = tuple(NOW + timedelta(days=day) for day in range(4))
BY_DAY = (0.0, 0.05, 0.06, 0.06, 0.03, 0.0, 0.0, 0.0)  # fill per hour: 0.6 a day, none of it at night
SLOWLY = tuple(rate / 20 for rate in BY_DAY)
HALF = Seen(0.65, Quality.GOOD, (3.0, 4.0, 6.0), BY_DAY)


def asked(seen: Seen, wish: Wish | None = None) -> Collection:
    return collection(seen, NOW, ROUNDS, wish or Wish(risk_h=10.0))


def test_a_bin_that_will_be_full_before_the_next_round_is_collected_now_by_forecast() -> None:
    found = asked(HALF)
    assert found.by == NOW
    assert found.reason is Reason.FORECAST


def test_a_bin_above_its_threshold_is_collected_for_its_fullness() -> None:
    found = asked(replace(HALF, fill=0.9, hours=(0.0, 0.0, 0.0)))
    assert (found.by, found.reason) == (NOW, Reason.FULLNESS)


def test_an_empty_bin_waits_for_a_later_round() -> None:
    found = asked(replace(HALF, fill=0.05, hours=(26.0, 30.0, 40.0)))
    assert found.by in ROUNDS[1:]


def test_a_slow_bin_above_its_threshold_may_wait_if_the_town_takes_the_risk() -> None:
    slow = replace(HALF, fill=0.82, hours=(0.0, 0.0, 0.0), slots=SLOWLY)
    assert asked(slow, Wish(risk_h=15.0)).by is None
    assert asked(slow, Wish(risk_h=1.0)).by == NOW


@pytest.mark.parametrize(
    "seen",
    [
        replace(HALF, fill=None),
        replace(HALF, quality=Quality.STALE),
        replace(HALF, quality=Quality.MISSING),
        replace(HALF, fill=1.0, doubt="stuck at 100 % for three days"),
    ],
)
def test_a_sensor_that_cannot_be_trusted_sends_nobody_and_says_why(seen: Seen) -> None:
    found = asked(seen)
    assert found.by is None
    assert found.suppressed
    assert seen.doubt is None or seen.doubt in found.why


def test_an_alert_sends_the_next_round_whatever_the_sensor_says() -> None:
    found = asked(replace(HALF, fill=None, alert="45 degC in the bin"))
    assert (found.by, found.reason, found.why) == (NOW, Reason.ALERT, "45 degC in the bin")


def test_age_sends_the_last_round_before_it_is_too_old_even_when_the_sensor_is_doubted() -> None:
    old = replace(HALF, fill=0.1, emptied_at=NOW - timedelta(days=12), doubt="fouled")
    found = asked(old, Wish(age_most=timedelta(days=14)))
    assert found.reason is Reason.AGE
    assert found.by == NOW + timedelta(days=2)
    assert found.suppressed


def test_age_does_not_put_off_what_is_full() -> None:
    found = asked(replace(HALF, emptied_at=NOW - timedelta(days=12)), Wish(risk_h=10.0, age_most=timedelta(days=14)))
    assert (found.by, found.reason) == (NOW, Reason.FORECAST)


def test_without_a_forecast_nothing_is_promised() -> None:
    found = asked(replace(HALF, hours=None))
    assert found.by is None
    assert not found.suppressed


def test_a_bin_that_is_full_again_within_hours_is_not_saved_by_a_collection() -> None:
    hourly = tuple(1.0 for _ in BY_DAY)
    assert waiting_h(0.9, (0.0, 0.0, 0.0), hourly, 0.0, 24.0) < 6.0


fills = st.floats(0.0, 1.0)
rates = st.lists(st.floats(0.0, 0.3), min_size=8, max_size=8)
hours = st.tuples(*[st.floats(0.0, 336.0)] * 3).map(lambda three: tuple(sorted(three)))


@given(fills, hours, rates, st.floats(0.0, 24.0), st.floats(0.1, 48.0))
def test_waiting_never_costs_more_than_the_time_it_takes(
    fill: float, until: tuple[float, float, float], slots: list[float], begin: float, span: float
) -> None:
    cost = waiting_h(fill, until, slots, begin, begin + span)
    assert -span <= cost <= span + 1e-9


@given(fills, fills, hours, rates)
def test_a_fuller_bin_never_waits_longer(
    one: float, other: float, until: tuple[float, float, float], slots: list[float]
) -> None:
    low, high = sorted((one, other))
    assert waiting_h(low, until, slots, 0.0, 24.0) <= waiting_h(high, until, slots, 0.0, 24.0) + 1e-9


@given(fills, hours, rates, st.floats(0.0, 24.0), st.floats(0.0, 24.0))
def test_who_takes_less_risk_never_comes_later(
    fill: float, until: tuple[float, float, float], slots: list[float], one: float, other: float
) -> None:
    seen = Seen(fill, Quality.GOOD, until, slots)
    less, more = (asked(seen, Wish(risk_h=risk)).by for risk in sorted((one, other)))
    assert more is None or (less is not None and less <= more)
