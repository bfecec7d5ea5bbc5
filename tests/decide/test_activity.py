"""What a site will be like: features that are always finite, and forecasts that always answer."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.activity import (
    HORIZONS_S,
    NAMES,
    ROOT_MOST,
    activity_features,
    history_length,
    naive_activity,
)
from lampyre.decide.calendar import Calendar
from lampyre.decide.holidays import holidays_of
from lampyre.decide.inference import load_model
from lampyre.decide.profile import SiteProfile
from lampyre.records import Quality
from lampyre_models import folder
from training.vector import Series, features, four_week_mean, targets

MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo("Europe/Paris"))
MODEL = load_model(folder("activity_v1"))


def street(quarter: int) -> float:
    """A street that wakes at 7, is busy at 8 and 17 h, and sleeps."""
    hour = quarter % 96 / 4
    return 40 * math.exp(-((hour - 8) ** 2)) + 50 * math.exp(-((hour - 17) ** 2) / 4)


def lived(quarters: int) -> tuple[SiteProfile, list[float | None]]:
    profile = SiteProfile()
    for k in range(quarters):
        profile.learn(MONDAY + k * timedelta(minutes=15), street(k), 900)
    return profile, [street(k) for k in range(max(quarters - history_length(900), 0), quarters)]


def test_the_shipped_model_takes_these_features() -> None:
    assert MODEL.card.names == NAMES
    assert MODEL.card.outputs[0].horizons_s == HORIZONS_S


def test_a_known_site_gives_good_features_and_a_new_one_suspect_ones() -> None:
    profile, history = lived(2 * 672)
    at = MONDAY + timedelta(days=14)
    assert activity_features(history, profile, at, Calendar()).quality is Quality.GOOD
    assert activity_features([*history[:-1], None], profile, at, Calendar()).quality is Quality.SUSPECT
    assert activity_features([], SiteProfile(), at, Calendar()).quality is Quality.SUSPECT


def test_features_ask_nothing_of_the_future() -> None:
    profile, history = lived(2 * 672)
    at = MONDAY + timedelta(days=14)
    before = profile.to_json()
    first = activity_features(history, profile, at, Calendar())
    assert profile.to_json() == before
    assert activity_features(history, SiteProfile.from_json(before), at, Calendar()).values == pytest.approx(
        first.values, rel=1e-3
    )


def test_the_model_sees_the_morning_coming() -> None:
    quarters = 28 * 96 + 7 * 4  # a Monday, 7 h
    profile, history = lived(quarters)
    at = MONDAY + timedelta(days=28, hours=7)
    found = MODEL.predict(activity_features(history, profile, at, Calendar()))
    assert found is not None
    assert found.source.startswith("activity_v1")
    assert found.of == "count per period"
    for guess, ahead in zip(found.p50, (0, 1, 2, 3, 95), strict=True):
        assert guess == pytest.approx(street(quarters + ahead), rel=0.35, abs=4)


def test_the_rule_expects_the_slots_own_mean() -> None:
    profile, history = lived(28 * 96 + 7 * 4)
    found = naive_activity(history, profile, MONDAY + timedelta(days=28, hours=7))
    assert found.source == "rule: slot of the week"
    assert found.p50 == pytest.approx([street(28 + ahead) for ahead in (0, 1, 2, 3, 95)])


def test_in_its_first_hour_a_site_is_expected_to_go_on_as_it_is() -> None:
    found = naive_activity([3.0, 5.0], SiteProfile(), MONDAY)
    assert found.p50 == (4.0,) * 5


COUNTS = st.lists(
    st.one_of(st.none(), st.floats(0, 1e6), st.just(0.0), st.floats(allow_nan=True, allow_infinity=True)), max_size=130
)


@given(learned=COUNTS, history=COUNTS, minutes=st.integers(0, 10_080), hourly=st.booleans())
@settings(deadline=None)
def test_odd_histories_never_give_features_that_are_not_finite(
    learned: Sequence[float | None], history: Sequence[float | None], minutes: int, hourly: bool
) -> None:
    period_s = 3600 if hourly else 900
    profile = SiteProfile(period_s)
    at = MONDAY + timedelta(minutes=minutes)
    for k, count in enumerate(learned):
        if count is not None:
            profile.learn(at + (k - len(learned)) * timedelta(seconds=period_s), count, period_s)
    found = activity_features(history, profile, at, Calendar())
    assert found.names == NAMES
    assert len(found.values) == len(NAMES)
    assert all(math.isfinite(value) for value in found.values)
    by_name = dict(zip(found.names, found.values, strict=True))
    assert all(0 <= by_name[name] <= 1 for name in NAMES if name.startswith(("busy", "weeks", "known")))
    assert all(
        0 <= by_name[name] <= ROOT_MOST
        for name in NAMES
        if name.startswith(("quarter", "hour_", "week_", "season_", "last_week_", "sunday_"))
    )
    for forecast in (MODEL.predict(found), naive_activity(history, profile, at)):
        assert forecast is not None
        for p10, p50, p90 in zip(forecast.p10, forecast.p50, forecast.p90, strict=True):
            assert 0 <= p10 <= p50 <= p90 < math.inf


@pytest.mark.parametrize("period_s", [900, 3600])
def test_training_sees_exactly_what_the_node_computes(period_s: int) -> None:
    rng = np.random.default_rng(7)
    per_day = 86400 // period_s
    wave = 20 + 15 * np.sin(np.arange(40 * per_day) * 2 * np.pi / per_day)
    counts = rng.poisson(wave).astype(float)
    counts[rng.random(len(counts)) < 0.05] = np.nan
    counts[9 * per_day : 11 * per_day] = np.nan
    counts[300] = 100_000.0
    counts[: per_day // 3] = np.nan
    series = Series(counts, period_s, MONDAY.date(), Calendar(51.96, holidays_of("DE-NW")))
    checked = {1, per_day // 2, per_day, per_day + 5, 10 * per_day, 11 * per_day + 1, len(counts) - 1}
    checked |= set(rng.integers(0, len(counts), 40).tolist())
    monday = MONDAY.replace(tzinfo=None)
    dates = Calendar(51.96, holidays_of("DE-NW"))
    week = 7 * per_day
    profile = SiteProfile(period_s)
    for k in range(len(counts)):
        at = monday + k * timedelta(seconds=period_s)
        if k in checked:
            history = [None if math.isnan(count) else float(count) for count in counts[max(k - week, 0) : k]]
            for heard in (week, per_day // 2) if k > 2 * per_day else (week,):
                vectorised, _, slot_mean = features(series, np.array([k]), np.array([heard]))
                found = activity_features(history[-heard:], profile, at, dates).values
                assert vectorised[0] == pytest.approx(found, rel=1e-5, abs=1e-5), k
            if k > 2 * per_day:
                assert slot_mean[0] == pytest.approx(naive_activity(history, profile, at).p50, rel=1e-6)
        if not math.isnan(counts[k]):
            profile.learn(at, float(counts[k]), period_s)


def test_training_truth_is_the_count_of_each_horizons_period() -> None:
    quarters = Series(np.arange(200.0), 900)
    assert targets(quarters, np.array([10])).tolist() == [[10.0, 11.0, 12.0, 13.0, 105.0]]
    hours = targets(Series(np.arange(50.0), 3600), np.array([10]))[0]
    assert np.isnan(hours[:3]).all()
    assert hours[3:].tolist() == [10.0, 33.0]


def test_the_four_week_mean_looks_back_only() -> None:
    series = Series(np.arange(6 * 672.0), 900)
    assert four_week_mean(series, np.array([5 * 672]))[0, 0] == 5 * 672 - 2.5 * 672
    assert np.isnan(four_week_mean(series, np.array([10]))).all()
