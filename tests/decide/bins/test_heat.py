"""A fire is named by its heat or by how fast it heats; the sun, a damaged value and a silent sensor are none."""

import math
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.heat import COOL_S, Fire


def play(fire: Fire, heats: Iterable[float | None], start_s: float = 0.0) -> list[tuple[float, bool]]:
    told = [(start_s + k, fire.see(cel, start_s + k)) for k, cel in enumerate(heats)]
    return [(at_s, one) for at_s, one in told if one is not None]


def test_heat_above_the_threshold_is_a_fire_within_three_seconds() -> None:
    assert play(Fire(65.0), [20.0] * 10 + [70.0] * 10) == [(12.0, True)]


def test_a_rise_of_ten_kelvin_a_minute_is_a_fire_long_before_it_is_hot() -> None:
    fire = Fire(65.0)
    ((at_s, begins),) = play(fire, [25.0] * 600 + [25.0 + k * 12 / 60 for k in range(300)])
    assert begins
    assert at_s - 600 < 90
    assert "more within a minute" in fire.why


def test_a_bin_in_the_first_sun_is_no_fire() -> None:
    assert not play(Fire(65.0), [5.0 + 40.0 * k / 7200 for k in range(7200)])


def test_warmer_in_a_minute_but_cold_all_the_same_is_no_fire() -> None:
    assert not play(Fire(65.0), [-15.0] * 300 + [10.0] * 300)


def test_what_is_no_number_is_no_fire() -> None:
    assert not play(Fire(65.0), [math.nan, math.inf] * 200)


def test_one_damaged_value_is_no_fire() -> None:
    assert not play(Fire(65.0), [20.0] * 100 + [120.0] + [20.0] * 100 + [-40.0] + [22.0] * 200)


def test_a_fire_is_out_when_it_has_been_cool_for_a_while_and_never_by_silence() -> None:
    fire = Fire(65.0)
    play(fire, [20.0] * 10 + [80.0] * 10)
    assert fire.active
    assert not play(fire, [None] * 5000, 20.0)
    ((at_s, begins),) = play(fire, [30.0] * 1000, 6000.0)
    assert not begins
    assert at_s >= 6000.0 + COOL_S


@given(st.floats(-30.0, 29.0), st.lists(st.floats(-0.5, 0.5), min_size=60, max_size=60), st.integers(0, 30))
def test_no_fire_is_missed_whatever_came_before(cel: float, noise: list[float], gap: int) -> None:
    fire = Fire(65.0)
    play(fire, [cel + one for one in noise] + [None] * gap)
    told = play(fire, [min(cel + k / 2, 300.0) for k in range(400)], 60.0 + gap)
    assert told[0][1]
    assert told[0][0] - 60.0 - gap <= (65.0 - cel) * 2 + 5.0
