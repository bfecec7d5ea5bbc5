"""How full a bin will be: features that are always finite, forecasts that always answer."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.bins.forecast import (
    HORIZONS_S,
    HOURS_MOST,
    NAMES,
    bin_forecast,
    fill_features,
    naive_forecast,
)
from lampyre.decide.inference import load_model
from lampyre.records import Quality
from lampyre_models import folder

AT = datetime(2026, 3, 18, 12, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")
MODEL = load_model(folder("fill_v1"))
History = list[tuple[datetime, float]]


def filling(days: float, per_day: float, step_h: float = 2.5, emptied_at: float = 0.9) -> History:
    """A bin that fills evenly and is emptied when it is full."""
    history: History = []
    fill = 0.0
    for k in range(int(days * 24 / step_h), -1, -1):
        history.append((AT - timedelta(hours=k * step_h), fill))
        fill = 0.0 if fill >= emptied_at else min(fill + per_day * step_h / 24, 1.0)
    return history


def values(history: History, stream: str = "paper") -> dict[str, float]:
    found = fill_features(history, AT, stream, PRAGUE)
    return dict(zip(found.names, found.values, strict=True))


def test_the_shipped_model_takes_these_features() -> None:
    assert MODEL.card.names == NAMES
    assert [output.of for output in MODEL.card.outputs] == ["fill", "hours to 80 %"]
    assert MODEL.card.outputs[0].horizons_s == HORIZONS_S


def test_emptyings_are_found_and_do_not_count_as_rates() -> None:
    found = values(filling(14, 0.3))
    assert found["emptied_14d"] == 4
    assert found["rate_14d"] == pytest.approx(0.3, rel=0.05)
    assert found["rate_since_emptied"] == pytest.approx(0.3, rel=0.05)
    assert found["fill_after_emptied"] == 0.0
    assert found["rise_daily_24h"] == pytest.approx(0.3, rel=0.15)


def test_a_flickering_sensor_fills_no_bin() -> None:
    history = [(AT - timedelta(hours=h), 0.4 + 0.02 * (h % 2)) for h in range(300, -1, -1)]
    assert values(history)["rate_14d"] == pytest.approx(0, abs=0.01)


def test_only_the_last_two_weeks_and_nothing_later_count() -> None:
    history = filling(14, 0.3)
    wild = [(AT - timedelta(days=40), 1.0), *history, (AT + timedelta(hours=1), 1.0)]
    assert values(wild) == values(history)


def test_little_history_is_suspect_and_none_is_missing() -> None:
    assert fill_features(filling(14, 0.3), AT, "paper", PRAGUE).quality is Quality.GOOD
    assert fill_features(filling(1, 0.3), AT, "paper", PRAGUE).quality is Quality.SUSPECT
    assert fill_features(filling(14, 0.3), AT + timedelta(days=1), "paper", PRAGUE).quality is Quality.SUSPECT
    assert fill_features([], AT, "paper", PRAGUE).quality is Quality.MISSING


def test_the_rule_goes_on_at_the_mean_rate() -> None:
    forecast, hours = naive_forecast(filling(14, 0.05), AT)
    last = filling(14, 0.05)[-1][1]
    assert forecast.p50 == pytest.approx([last + 0.05 * ahead / 24 for ahead in (6, 12, 24, 48)], abs=0.005)
    assert hours is not None
    soon, mean, late = hours
    assert mean == pytest.approx((0.8 - last) / 0.05 * 24, rel=0.05)
    assert 0 < soon < mean < late


def test_a_bin_that_never_fills_and_one_never_read_have_no_hours() -> None:
    flat = [(AT - timedelta(hours=h), 0.3) for h in range(100, -1, -3)]
    assert naive_forecast(flat, AT)[1] is None
    assert naive_forecast([], AT)[1] is None
    assert bin_forecast(MODEL, [], AT, "paper", PRAGUE)[0].source == "rule: mean rate"


def test_a_full_bin_has_no_hours_left() -> None:
    history = [(AT - timedelta(hours=h), min(1.0, 1.2 - h / 60)) for h in range(60, -1, -3)]
    assert bin_forecast(MODEL, history, AT, "paper", PRAGUE)[1] == (0.0, 0.0, 0.0)
    assert bin_forecast(None, history, AT, "paper", PRAGUE)[1] == (0.0, 0.0, 0.0)


def test_the_model_speaks_where_there_is_one() -> None:
    forecast, hours = bin_forecast(MODEL, filling(14, 0.3), AT, "paper", PRAGUE)
    assert forecast.source.startswith("fill_v1")
    assert forecast.of == "fill"
    assert hours is not None
    assert 0 <= hours[0] <= hours[1] <= hours[2] <= HOURS_MOST
    assert bin_forecast(None, filling(14, 0.3), AT, "paper", PRAGUE)[0].source == "rule: mean rate"


@given(
    readings=st.lists(
        st.tuples(st.floats(-400, 5), st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0]), st.floats())), max_size=60
    ),
    ordered=st.booleans(),
    stream=st.sampled_from(["paper", "plastic", "glass", "litter", ""]),
)
@settings(deadline=None)
def test_odd_histories_never_give_features_that_are_not_finite(
    readings: list[tuple[float, float]], ordered: bool, stream: str
) -> None:
    history = [(AT + timedelta(hours=h), fill) for h, fill in (sorted(readings) if ordered else readings)]
    found = fill_features(history, AT, stream, PRAGUE)
    assert found.names == NAMES
    assert len(found.values) == len(NAMES)
    assert all(math.isfinite(value) and -1 <= value <= HOURS_MOST for value in found.values)
    for model in (MODEL, None):
        forecast, hours = bin_forecast(model, history, AT, stream, PRAGUE)
        for p10, p50, p90 in zip(forecast.p10, forecast.p50, forecast.p90, strict=True):
            assert 0 <= p10 <= p50 <= p90 <= 1
        assert hours is None or 0 <= hours[0] <= hours[1] <= hours[2] <= HOURS_MOST
