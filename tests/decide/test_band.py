"""A band becomes right at each place, whatever the model says of its own doubt."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.band import LEAST, MOST, Band
from lampyre.records import Forecast

PER_DAY = 96


def said(low: float, mid: float, high: float) -> Forecast:
    return Forecast("x", (900.0,), (low,), (mid,), (high,), "model")


@pytest.mark.parametrize("spread", [6.0, 10.0, 22.0])
def test_a_band_too_narrow_or_too_wide_comes_to_hold_eight_truths_in_ten(spread: float) -> None:
    rng = random.Random(3)
    band = Band(1, PER_DAY)
    inside = []
    for _ in range(90 * PER_DAY):
        fitted = band.fit(said(100 - spread, 100, 100 + spread), 0.0, 1e6)
        truth = rng.gauss(100, 10)  # right is a spread of 12.8
        inside.append(fitted.p10[0] <= truth <= fitted.p90[0])
        band.take(0, truth, (fitted.p10[0], fitted.p50[0], fitted.p90[0]))
    later = inside[60 * PER_DAY :]
    assert sum(later) / len(later) == pytest.approx(0.8, abs=0.02)


def test_each_side_is_moved_by_its_own_truths() -> None:
    band = Band(1, PER_DAY)
    for k in range(40 * PER_DAY):
        band.take(0, 30.0 if k % 2 else 10.0, (5.0, 10.0, 15.0))
    (down, up), *_ = band.reach
    assert down == LEAST
    assert up == MOST


def test_one_wild_day_moves_a_band_by_little() -> None:
    band = Band(1, PER_DAY)
    for _ in range(8):  # two hours of a fair
        band.take(0, 1e6, (5.0, 10.0, 15.0))
    assert band.reach[0][1] < 1.05


@given(
    truths=st.lists(st.floats(0, 1e6), max_size=200),
    three=st.tuples(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0, 1e3)),
)
def test_the_order_of_the_quantiles_and_the_limits_hold(truths: list[float], three: tuple[float, float, float]) -> None:
    low, mid, high = sorted(three)
    band = Band(1, 24)
    for truth in truths:
        band.take(0, truth, (low, mid, high))
    fitted = band.fit(said(low, mid, high), 0.0, 1e3)
    assert 0.0 <= fitted.p10[0] <= mid <= fitted.p90[0] <= 1e3
    assert fitted.p50 == (mid,)


def test_a_forecast_over_other_horizons_is_left_alone() -> None:
    other = Forecast("x", (1.0, 2.0), (0.0, 0.0), (1.0, 1.0), (2.0, 2.0), "model")
    assert Band(1, 24).fit(other, 0.0, 1.0) is other
