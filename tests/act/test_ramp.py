"""Ramps: an even one has equal ratios in equal times, and a logarithmic driver makes every ramp one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.act.curve import LOG
from lampyre.act.output import BoardLamp
from lampyre.act.pipeline import Luminaire
from lampyre.act.ramp import Shape, even, linear

LEAST = 0.1  # of our board
signals = st.floats(0.0, 1.0)
SHAPES = [linear, even(LEAST)]


@pytest.mark.parametrize("shape", SHAPES)
@given(signals, signals, signals, signals)
def test_a_ramp_goes_one_way_and_arrives(shape: Shape, begin: float, end: float, one: float, other: float) -> None:
    assert shape(begin, end, 1.0) == pytest.approx(end, abs=1e-12)
    first, second = (shape(begin, end, share) for share in sorted((one, other)))
    low, high = sorted((begin, end))
    if low >= LEAST:
        assert low - 1e-9 <= min(first, second) <= max(first, second) <= high + 1e-9
        assert (first - second) * (begin - end) >= -1e-12


def test_an_even_ramp_has_equal_ratios_in_equal_times_and_passes_off_by_way_of_the_least() -> None:
    shape = even(0.1)
    assert [shape(0.1, 1.0, quarter / 4) for quarter in range(5)] == pytest.approx(
        [0.1, 0.178, 0.316, 0.562, 1.0], abs=1e-3
    )
    assert [shape(0.8, 0.0, share) for share in (0.0, 0.999, 1.0)] == pytest.approx([0.8, 0.1, 0.0], abs=1e-3)
    assert shape(0.0, 0.8, 0.0) == 0.1
    assert shape(0.0, 0.0, 0.5) == 0.0


def test_a_straight_ramp_of_a_driver_with_the_logarithmic_curve_is_even_to_the_eye() -> None:
    output = BoardLamp(lambda *_: None, 12.0, Luminaire(curve=LOG))
    seen = output.seen(linear)
    levels = [seen(0.01, 1.0, half / 2) for half in range(3)]
    assert levels == pytest.approx([0.01, 0.1, 1.0], rel=1e-6)


def test_a_plain_luminaire_sees_a_straight_ramp_as_it_is() -> None:
    output = BoardLamp(lambda *_: None, 12.0, Luminaire(virtual=0.7))
    assert output.seen(linear) is linear
