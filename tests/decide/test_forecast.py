"""How full a bin will be: features that are always finite, forecasts that always answer."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.chance import Chance
from lampyre.decide.bins.forecast import (
    CHANCES_H,
    HORIZONS_S,
    HOURS_MOST,
    NAMES,
    fill_features,
    outlook_of,
    rule_of,
)
from lampyre.decide.bins.past import Past
from lampyre.decide.inference import load_model
from lampyre.records import Features, Forecast, Quality
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
    fill, hours, soon = MODEL.card.outputs
    assert (fill.of, fill.horizons_s) == ("fill", HORIZONS_S)
    assert (hours.of, hours.base) == ("hours to 80 %", "hours_by_slot")
    assert (soon.scale, soon.horizons_s) == ("logistic", tuple(3600.0 * ahead for ahead in CHANCES_H))


def test_emptyings_are_found_and_do_not_count_as_rates() -> None:
    found = values(filling(14, 0.3))
    assert found["emptied_daily"] == pytest.approx(4 / 14, rel=0.01)
    assert found["rate_28d"] == pytest.approx(0.3, rel=0.05)
    assert found["rate_7d"] == pytest.approx(0.3, rel=0.15)
    assert found["rate_since_emptied"] == pytest.approx(0.3, rel=0.05)
    assert found["fill_after_emptied"] == 0.0
    assert found["rise_daily_24h"] == pytest.approx(0.3, rel=0.15)


def test_a_flickering_sensor_fills_no_bin() -> None:
    history = [(AT - timedelta(hours=h), 0.4 + 0.02 * (h % 2)) for h in range(300, -1, -1)]
    assert values(history)["rate_28d"] == pytest.approx(0, abs=0.01)


def test_only_the_last_four_weeks_and_nothing_later_count() -> None:
    history = filling(28, 0.3)
    wild = [(AT - timedelta(days=40), 1.0), *history, (AT + timedelta(hours=1), 1.0)]
    assert values(wild) == values(history)


def test_little_history_is_suspect_and_none_is_missing() -> None:
    assert fill_features(filling(14, 0.3), AT, "paper", PRAGUE).quality is Quality.GOOD
    assert fill_features(filling(1, 0.3), AT, "paper", PRAGUE).quality is Quality.SUSPECT
    assert fill_features(filling(14, 0.3), AT + timedelta(days=1), "paper", PRAGUE).quality is Quality.SUSPECT
    assert fill_features([], AT, "paper", PRAGUE).quality is Quality.MISSING


def test_the_rule_goes_on_at_the_mean_rate() -> None:
    forecast, hours = rule_of(Past(filling(14, 0.05), AT))
    last = filling(14, 0.05)[-1][1]
    assert forecast.p50 == pytest.approx([last + 0.05 * ahead / 24 for ahead in (6, 12, 24, 48)], abs=0.005)
    assert hours is not None
    soon, mean, late = hours
    assert mean == pytest.approx((0.8 - last) / 0.05 * 24, rel=0.05)
    assert 0 < soon < mean < late


def test_a_bin_that_never_fills_and_one_never_read_have_no_hours() -> None:
    flat = [(AT - timedelta(hours=h), 0.3) for h in range(100, -1, -3)]
    assert rule_of(Past(flat, AT))[1] is None
    assert rule_of(Past([], AT))[1] is None
    assert outlook_of(MODEL, Past([], AT), AT, "paper", PRAGUE).fill.source == "rule: mean rate"


def test_a_full_bin_has_no_hours_left() -> None:
    history = [(AT - timedelta(hours=h), min(1.0, 1.2 - h / 60)) for h in range(60, -1, -3)]
    assert outlook_of(MODEL, Past(history, AT), AT, "paper", PRAGUE).hours == (0.0, 0.0, 0.0)
    assert outlook_of(None, Past(history, AT), AT, "paper", PRAGUE).hours == (0.0, 0.0, 0.0)


def test_a_full_bin_is_sure_to_be_full_and_an_empty_slow_one_is_not() -> None:
    history = [(AT - timedelta(hours=h), min(1.0, 1.2 - h / 60)) for h in range(60, -1, -3)]
    soon = outlook_of(MODEL, Past(history, AT), AT, "paper", PRAGUE).soon
    assert soon is not None
    assert soon.chances == (1.0, 1.0)
    assert soon.expected == (True, True)
    slow = [(AT - timedelta(hours=h), 0.1 + (300 - h) / 6000) for h in range(300, -1, -3)]
    soon = outlook_of(MODEL, Past(slow, AT), AT, "glass", PRAGUE).soon
    assert soon is not None
    assert max(soon.chances) < 0.05
    assert soon.expected == (False, False)


def test_the_rule_knows_no_chance() -> None:
    assert outlook_of(None, Past(filling(28, 0.3), AT), AT, "paper", PRAGUE).soon is None


@pytest.mark.parametrize("kept", [slice(None, None, -1), slice(0), slice(1)])
def test_another_models_outputs_leave_it_to_the_rule(kept: slice) -> None:
    class Turned:
        def predict_all(self, features: Features) -> tuple[Forecast | Chance, ...] | None:
            found = MODEL.predict_all(features)
            return None if found is None else found[kept]

    assert outlook_of(Turned(), Past(filling(28, 0.3), AT), AT, "paper", PRAGUE).fill.source == "rule: mean rate"


def test_a_model_without_chances_says_none() -> None:
    class Older:
        def predict_all(self, features: Features) -> tuple[Forecast | Chance, ...] | None:
            found = MODEL.predict_all(features)
            return None if found is None else found[:2]

    found = outlook_of(Older(), Past(filling(28, 0.3), AT), AT, "paper", PRAGUE)
    assert found.fill.source.startswith("fill_v1")
    assert found.soon is None


def test_the_model_speaks_where_there_is_one() -> None:
    found = outlook_of(MODEL, Past(filling(14, 0.3), AT), AT, "paper", PRAGUE)
    forecast, hours = found.fill, found.hours
    assert forecast.source.startswith("fill_v1")
    assert forecast.of == "fill"
    assert hours is not None
    assert 0 <= hours[0] <= hours[1] <= hours[2] <= HOURS_MOST
    assert outlook_of(None, Past(filling(14, 0.3), AT), AT, "paper", PRAGUE).fill.source == "rule: mean rate"


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
        outlook = outlook_of(model, Past(history, AT), AT, stream, PRAGUE)
        forecast, hours = outlook.fill, outlook.hours
        assert outlook.soon is None or 0 <= outlook.soon.chances[0] <= outlook.soon.chances[1] <= 1
        for p10, p50, p90 in zip(forecast.p10, forecast.p50, forecast.p90, strict=True):
            assert 0 <= p10 <= p50 <= p90 <= 1
        assert hours is None or 0 <= hours[0] <= hours[1] <= hours[2] <= HOURS_MOST
