"""A forecast is as reliable as it was on this bin, and its hours are those until the bin's own threshold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.past import HOURS_MOST, Past
from lampyre.decide.bins.reliable import UNPROVEN, hours_until, reliability
from lampyre.decide.skill import Contest
from lampyre.records import Quality

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def scored(error: float, *, inside: bool, times: int = 200) -> Contest:
    contest = Contest((3600.0,), 24)
    half = error + 0.01 if inside else error / 2
    for _ in range(times):
        contest.take(0, 0.5, (0.0, *(0.5 + error + move for move in (-half, 0.0, half)), 0.1, 0.1, 0.1))
    return contest


def test_before_a_week_was_scored_it_is_half_and_without_a_forecast_or_level_nothing() -> None:
    assert reliability(Contest((3600.0,), 24), Quality.GOOD, foreseen=True) == UNPROVEN
    assert reliability(scored(0.0, inside=True), Quality.GOOD, foreseen=False) == 0.0
    assert reliability(scored(0.0, inside=True), Quality.STALE, foreseen=True) == 0.0


def test_small_errors_inside_the_band_are_reliable_and_large_or_surprising_ones_are_not() -> None:
    assert reliability(scored(0.025, inside=True), Quality.GOOD, foreseen=True) == pytest.approx(0.9)
    assert reliability(scored(0.1, inside=True), Quality.GOOD, foreseen=True) == pytest.approx(0.6)
    assert reliability(scored(0.1, inside=False), Quality.GOOD, foreseen=True) == 0.0
    assert reliability(scored(0.025, inside=True), Quality.SUSPECT, foreseen=True) == pytest.approx(0.45)


def filled(fill: float, per_day: float = 0.12) -> Past:
    hours = range(48, -1, -1)
    return Past([(NOON - timedelta(hours=h), max(fill - per_day * h / 24, 0.0)) for h in hours], NOON)


def test_the_threshold_of_a_file_without_one_is_that_of_the_forecast() -> None:
    assert hours_until(0.8, (20.0, 30.0, 60.0), filled(0.5)) == (20.0, 30.0, 60.0)


def test_a_lower_threshold_is_reached_sooner_and_a_higher_one_later() -> None:
    lower, higher = (hours_until(at, (20.0, 30.0, 60.0), filled(0.5)) for at in (0.6, 0.9))
    assert lower is not None
    assert higher is not None
    assert lower[1] < 30.0 < higher[1]
    assert hours_until(0.4, (20.0, 30.0, 60.0), filled(0.5)) == (0.0, 0.0, 0.0)


def test_above_80_percent_a_higher_threshold_is_still_ahead() -> None:
    found = hours_until(0.95, (0.0, 0.0, 0.0), filled(0.85))
    assert found is not None
    assert 0.0 < found[0] < found[1] < found[2]


@given(st.floats(0.05, 1.0), st.floats(0.0, 1.0), st.lists(st.floats(0.0, HOURS_MOST), min_size=3, max_size=3))
def test_hours_are_finite_in_order_and_within_two_weeks(threshold: float, fill: float, hours: list[float]) -> None:
    low, mid, high = sorted(hours)
    found = hours_until(threshold, (low, mid, high), filled(fill))
    if found is not None:
        assert 0.0 <= found[0] <= found[1] <= found[2] <= HOURS_MOST


def test_nothing_is_known_of_a_bin_without_a_reading_or_a_pace() -> None:
    assert hours_until(0.8, (1.0, 2.0, 3.0), Past([], NOON)) is None
    assert hours_until(0.8, None, filled(0.5)) is None
