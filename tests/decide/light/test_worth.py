"""Worth: light for a likely peak, none for a mere chance, and a rate that is learned from what was just counted."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.light.volume import Volume
from lampyre.decide.light.worth import CURVE_S, ONE_S, STEPS_S, Rate, rate_of, worth
from lampyre.records import Forecast

FULL, ONE_DOWN, TWO_DOWN = 0.8, 0.48, 0.32
STEPPED = Volume(("P4", "P5", "P6"), (FULL, ONE_DOWN, TWO_DOWN), 120.0, (0.5, 0.25))
CONTINUOUS = Volume(("P4", "P5", "P6"), (FULL, ONE_DOWN, TWO_DOWN), 120.0, (0.5, 0.25), continuous=True)
BOTH = st.sampled_from([STEPPED, CONTINUOUS])
RATES = st.builds(Rate, st.floats(0.0, 200.0), st.floats(1e-3, 1e4))


def foreseen(p50: float, p90: float) -> Forecast:
    return Forecast("count per 15 min", (900.0,), (0.0,), (p50,), (p90,), "activity_v1")


def chance(rate: Rate, count: int) -> float:
    """Return how likely so many come, by a normal distribution."""
    return 0.5 * math.erfc((count - 0.5 - rate.mean) / math.sqrt(2.0 * rate.variance))


def test_a_forecast_of_a_quarter_of_an_hour_is_two_thirds_of_it_in_ten_minutes() -> None:
    by_chance = rate_of(foreseen(9.0, 9.0 + 1.2816 * 3.0))
    assert by_chance is not None
    assert by_chance.mean == pytest.approx(6.0)
    assert by_chance.extra == pytest.approx(0.0, abs=2e-3), "a Poisson count of 9 has a standard deviation of 3"
    unsure = rate_of(foreseen(9.0, 9.0 + 1.2816 * 6.0))
    assert unsure is not None
    assert unsure.extra == pytest.approx(27.0 * 4.0 / 9.0)


@pytest.mark.parametrize("p50", [math.nan, math.inf, -1.0, 1e300])
def test_a_mad_forecast_is_none(p50: float) -> None:
    assert rate_of(foreseen(p50, 5.0)) is None
    assert rate_of(foreseen(5.0, p50)) is None
    assert rate_of(Forecast("count", (), (), (), (), "empty")) is None
    assert rate_of(None) is None


def test_who_is_sure_of_a_quiet_street_gives_it_no_more_light_and_who_is_sure_of_a_peak_all_of_it() -> None:
    for volume in (STEPPED, CONTINUOUS):
        assert worth(volume, Rate(0.5, 0.01)) == TWO_DOWN
        assert worth(volume, Rate(40.0, 0.01)) == FULL


def test_a_step_is_given_where_those_it_spares_outweigh_its_light_for_fewer() -> None:
    count = STEPPED.count_for(1)
    assert count == 5
    price_s = min(ONE_S, STEPS_S / STEPPED.design_count)
    for mean in (0.5, 1.0, 2.0, 3.0, 4.0):
        rate = Rate(mean, 0.5)
        likely = chance(rate, count)
        pays = price_s * count * likely >= (ONE_DOWN - TWO_DOWN) * 600.0 * (1.0 - likely)
        assert (worth(STEPPED, rate) > TWO_DOWN) is pays
    assert worth(STEPPED, Rate(0.5, 0.5)) == TWO_DOWN
    assert worth(STEPPED, Rate(4.0, 0.5)) > TWO_DOWN


def test_without_steps_one_more_would_spare_too_few() -> None:
    rate = Rate(7.0, 2.0)
    level = worth(CONTINUOUS, rate)
    count = next(count for count in range(400) if CONTINUOUS.asked(count / 10) >= level - 1e-3) / 10
    sigma = math.sqrt(rate.variance)

    def gain_s(at: float) -> float:
        sigmas = (at - rate.mean) / sigma
        density = math.exp(-sigmas * sigmas / 2) / math.sqrt(2 * math.pi) / sigma
        wasted_s = (CONTINUOUS.asked(at + 1) - CONTINUOUS.asked(at)) * 600.0 * (1.0 - chance(rate, round(at)))
        return CURVE_S / CONTINUOUS.design_count * at * density - wasted_s

    assert gain_s(count - sigma) > 0.0 > gain_s(count + sigma)


@given(RATES, st.floats(0.0, 500.0))
def test_a_rate_given_a_count_lies_between_both_and_is_surer_the_less_it_was(rate: Rate, count: float) -> None:
    after = rate.given(count)
    low, high = sorted((rate.mean, count))
    assert low - 1e-6 <= after.mean <= high + 1e-6 or after == rate
    assert after.extra >= 0.0
    assert rate.given(rate.mean).extra <= rate.extra + 1e-9


@given(BOTH, RATES)
def test_what_is_worth_giving_is_always_a_level_of_the_lamp(volume: Volume, rate: Rate) -> None:
    level = worth(volume, rate)
    assert TWO_DOWN <= level <= FULL
    assert volume.continuous or level in volume.levels


@given(BOTH, st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_more_expected_for_sure_is_never_worth_less(volume: Volume, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert worth(volume, Rate(low, 1e-3)) <= worth(volume, Rate(high, 1e-3)) + 0.02


def test_where_the_design_flow_is_small_one_passer_is_not_worth_minutes_of_light() -> None:
    quiet = Volume(STEPPED.classes, STEPPED.levels, 30.0, (0.5, 0.25))
    assert quiet.count_for(1) == 2
    assert worth(quiet, Rate(0.2, 0.1)) == TWO_DOWN
    assert worth(quiet, Rate(2.0, 0.1)) > TWO_DOWN
