"""A counter's past in order: what is judged is what a node would have said, and never knew the future."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lampyre_models
from lampyre.decide.activity import HORIZONS_S
from lampyre.decide.calendar import Calendar
from lampyre.decide.inference import Model, load_model
from lampyre.decide.past import SitePast
from lampyre.records import Features, Forecast
from lampyre_sim.score.activity import judge, play
from lampyre_sim.score.grid import Series
from lampyre_sim.score.measures import Floats

MONDAY_S = int(datetime(2024, 3, 4, tzinfo=UTC).timestamp())
EVER = -math.inf


class Steady:
    """A model that always says the same."""

    def __init__(self, p10: float, p50: float, p90: float) -> None:
        of = len(HORIZONS_S)
        self._said = Forecast("count", HORIZONS_S, (p10,) * of, (p50,) * of, (p90,) * of, "steady 1")

    def predict(self, features: Features) -> Forecast | None:
        return self._said


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(Path(lampyre_models.__file__).parent / "activity_v1")


def weeks(number: int, period_s: int = 3600, zone: ZoneInfo | None = None) -> Series:
    """Return some weeks of a street with a rhythm, a little noise and no gap."""
    length = number * 7 * 86400 // period_s
    day = 2 * np.pi * np.arange(length) * period_s / 86400
    counts = np.random.default_rng(1).poisson(20 - 18 * np.cos(day)).astype(float)
    return Series("a", MONDAY_S, period_s, counts, zone)


def with_counts(series: Series, counts: Floats) -> Series:
    return Series(series.name, series.start_s, series.period_s, counts, series.zone)


def test_the_measures_of_a_steady_forecast_are_those_worked_out_by_hand() -> None:
    counts = np.tile(np.arange(24.0), 14)  # every hour has its own number: the rules are right, as now is one off
    book = judge(with_counts(weeks(2), counts), Calendar(), Steady(5, 10, 15), EVER)
    rows = 7 * 24
    assert book.numbers["mae", 3600, "model"] == rows
    errors = [abs(hour - 10) for hour in range(24)]
    assert book.mean(("mae", 3600, "model")) == pytest.approx(sum(errors) / 24)
    night = [abs(hour - 10) for hour in (22, 23, 0, 1, 2, 3, 4, 5)]
    assert book.mean(("mae_night", 3600, "model")) == pytest.approx(sum(night) / 8)
    told = play(with_counts(weeks(2), counts), Calendar(), Steady(5, 10, 15), EVER)
    said = list(zip([*range(24)] * 7, told.model[-rows:, 3].tolist(), strict=True))
    assert all(three[0] < 5.0 and three[2] > 15.0 for _, three in said), "the band has grown: the day is wider"
    inside = [three[0] <= hour <= three[2] for hour, three in said]
    assert book.mean(("coverage", 3600, "model")) == pytest.approx(sum(inside) / rows)
    losses = [
        sum(max(q * (hour - p), (q - 1) * (hour - p)) for q, p in zip((0.1, 0.5, 0.9), three, strict=True)) / 3
        for hour, three in said
    ]
    assert book.mean(("pinball", 3600, "model")) == pytest.approx(sum(losses) / rows)
    for who in ("week_ago", "four_weeks", "rule"):
        assert book.mean(("mae", 3600, who)) == 0
        assert book.f1(("busy", 3600, who)) == 1
    assert book.mean(("mae", 3600, "persistence")) == pytest.approx((23 * 1 + 23) / 24)
    # 21, 22, 23 are the busiest tenth; the hour before calls 22, 23 and, in vain, 0
    assert book.f1(("busy", 3600, "persistence")) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert book.f1(("busy", 3600, "model")) == 0
    assert book.left_out["left_out", 3600, "not measured a week before"] == 7 * 24 - 1
    # tomorrow's period ends at this time: as now is the same hour a day before
    assert book.mean(("mae", 86400, "persistence")) == 0


def test_a_four_week_mean_is_over_the_weeks_that_were_measured() -> None:
    counts = np.repeat([10.0, 20.0, np.nan, 40.0, 50.0], 7 * 24)
    book = judge(with_counts(weeks(5), counts), Calendar(), Steady(0, 0, 0), MONDAY_S + 4 * 7 * 86400)
    assert book.mean(("mae", 3600, "four_weeks")) == pytest.approx(50 - (10 + 20 + 40) / 3)
    assert book.mean(("mae", 3600, "week_ago")) == pytest.approx(10)


def test_ages_tell_the_first_day_from_the_first_week_and_month() -> None:
    book = judge(weeks(6), Calendar(), Steady(0, 0, 0), EVER)
    found = {age: book.numbers["age", 3600, age, "model"] for age in ("day 1", "week 1", "month 1", "later")}
    assert found == {"day 1": 23, "week 1": 6 * 24, "month 1": 21 * 24, "later": 14 * 24}


def test_rows_before_the_day_only_teach(model: Model) -> None:
    series, since_s = weeks(4), MONDAY_S + 21 * 86400
    late, whole = (play(series, Calendar(), model, start) for start in (since_s, EVER))
    assert np.isnan(late.model[: 21 * 24]).all()
    np.testing.assert_equal(late.model[21 * 24 :], whole.model[21 * 24 :])
    assert judge(series, Calendar(), model, since_s).numbers["mae", 3600, "model"] == 7 * 24


@pytest.mark.parametrize("period_s", [900, 3600])
def test_what_is_foreseen_is_what_a_node_would_say(model: Model, period_s: int) -> None:
    series = weeks(2, period_s, ZoneInfo("Europe/Paris"))
    series.counts[200:230] = np.nan
    told, past = play(series, Calendar(48.9), model, EVER), SitePast(period_s, Calendar(48.9))
    at = datetime.fromtimestamp(MONDAY_S, UTC)
    for k, count in enumerate(series.counts.tolist()):
        local = at.astimezone(ZoneInfo("Europe/Paris"))
        if k > 0 and not math.isnan(series.counts[k - 1]):
            past.speak(model, local)
            assert past.said is not None
            by_model, by_rule = past.said
            assert by_model is not None
            assert told.model[k, :, 1].tolist() == list(by_model.p50)
            assert told.rule[k, :, 2].tolist() == list(by_rule.p90)
        else:
            if k > 0:
                past.speak(model, local)
            assert np.isnan(told.model[k]).all()
        past.take(local, None if math.isnan(count) else count)
        at += timedelta(seconds=period_s)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 400), st.lists(st.none() | st.integers(0, 5000), min_size=1, max_size=5))
def test_another_future_changes_no_forecast_of_the_past(now: int, future: list[int | None]) -> None:
    model = load_model(Path(lampyre_models.__file__).parent / "activity_v1")
    series = weeks(3)
    other = series.counts.copy()
    other[now:] = np.resize([math.nan if count is None else float(count) for count in future], len(other) - now)
    here, there = (play(with_counts(series, counts), Calendar(), model, EVER) for counts in (series.counts, other))
    for one, two in ((here.model, there.model), (here.rule, there.rule), (here.spoke, there.spoke)):
        np.testing.assert_equal(one[: now + 1], two[: now + 1])


def test_after_a_long_gap_a_node_knows_what_it_would_after_every_empty_period(model: Model) -> None:
    series = weeks(4)
    series.counts[100:500] = np.nan
    told, past = play(series, Calendar(), model, EVER), SitePast(3600, Calendar())
    for k in range(501):
        past.take(series.at_local(k), None if math.isnan(series.counts[k]) else series.counts[k])
    found = past.foresee(model, series.at_local(501))
    assert found is not None
    assert told.model[501, :, 1].tolist() == list(found.p50)
    book = judge(series, Calendar(), model, EVER)
    assert book.left_out["left_out", 3600, "the period before was not measured"] == 1


def test_where_clocks_change_a_week_ago_is_the_same_time_on_the_clock() -> None:
    paris = ZoneInfo("Europe/Paris")
    start = datetime(2024, 3, 18, tzinfo=paris)  # clocks go forward on 31 March
    at = [datetime.fromtimestamp(start.timestamp() + 3600 * k, UTC).astimezone(paris) for k in range(4 * 7 * 24)]
    counts = np.array([float(10 * one.hour) for one in at])  # people live by the clock
    series = Series("a", round(start.timestamp()), 3600, counts, paris)
    book = judge(series, Calendar(), Steady(0, 0, 0), EVER)
    assert book.mean(("mae", 3600, "week_ago")) == 0
    assert book.mean(("mae", 3600, "rule")) == 0
    assert (
        book.left_out["left_out", 3600, "not measured a week before"] == 7 * 24 - 1 + 1
    )  # and the hour that was skipped


def test_a_model_that_does_worse_than_the_rule_loses_its_say() -> None:
    book = judge(weeks(10), Calendar(), Steady(0, 0, 0), MONDAY_S + 9 * 7 * 86400)
    assert book.mean(("model_spoke", 3600, "spoke")) == 0
    assert book.mean(("mae", 3600, "spoke")) == book.mean(("mae", 3600, "rule"))
