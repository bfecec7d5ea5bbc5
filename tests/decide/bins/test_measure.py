"""Metres become a fill by volume, with their doubt; what cannot be measured is never invented."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.measure import BEYOND, WINDOW, Calibration, Container, Measure, by_sound
from lampyre.decide.bins.shape import Shape, on_curve, volume
from lampyre.errors import CommandRefused
from lampyre.records import Quality

SHAPES: tuple[Shape, ...] = ("box", "cone", "underground", "bag")
BOX = Container("r1.distance", None, height_m=1.2, dead_zone_m=0.2)
HEIGHTS = st.floats(-0.5, 1.5)


def take(
    measure: Measure, metres: float, times: int = WINDOW, cel: float | None = None
) -> tuple[float | None, Quality]:
    for k in range(times):
        found = measure.take(metres, Quality.GOOD, cel, 60.0 * k)
    return found.fill, found.quality


@pytest.mark.parametrize("shape", SHAPES)
@given(HEIGHTS, HEIGHTS)
def test_a_higher_surface_is_never_less_waste(shape: Shape, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= volume(shape, low) <= volume(shape, high) <= 1.0


@pytest.mark.parametrize("shape", SHAPES)
def test_empty_is_nought_and_full_is_one(shape: Shape) -> None:
    assert volume(shape, 0.0) == pytest.approx(0.0, abs=1e-12)
    assert volume(shape, 1.0) == pytest.approx(1.0)


@pytest.mark.parametrize("shape", ["cone", "underground", "bag"])
def test_what_narrows_below_holds_less_than_half_at_half_its_height(shape: Shape) -> None:
    assert 0.3 < volume(shape, 0.5) < 0.5


def test_the_volume_of_a_cone_is_that_of_its_slices() -> None:
    slices = [(0.75 + 0.25 * (k + 0.5) / 1000) ** 2 for k in range(1000)]
    assert volume("cone", 0.4) == pytest.approx(sum(slices[:400]) / sum(slices), rel=1e-4)


def test_a_curve_of_the_towns_own_is_followed_between_its_points() -> None:
    curve = ((0.0, 0.0), (0.5, 0.2), (1.0, 1.0))
    assert [on_curve(curve, height) for height in (-1.0, 0.25, 0.5, 0.75, 2.0)] == pytest.approx([0, 0.1, 0.2, 0.6, 1])
    measure = Measure(Container("r1.distance", None, 1.2, 0.2, curve=curve))
    assert take(measure, 0.7)[0] == pytest.approx(0.2)


def test_sound_is_slower_in_the_cold() -> None:
    assert by_sound(1.0, 20.0) == 1.0
    assert by_sound(1.0, -20.0) == pytest.approx(math.sqrt(253.15 / 293.15))
    plain, mended = (Measure(Container("r", "t", 1.2, 0.2, compensate=on)) for on in (False, True))
    heard = 0.7 / by_sound(1.0, -20.0)  # what a sensor that reckons with 20 degC says of 0.7 m
    assert take(mended, heard, cel=-20.0)[0] == pytest.approx(0.5)
    assert take(plain, heard, cel=-20.0)[0] == pytest.approx(0.446, abs=1e-3)


def test_without_its_temperature_the_speed_of_sound_is_a_guess_and_the_fill_doubtful() -> None:
    fill, quality = take(Measure(Container("r", "t", 1.2, 0.2, compensate=True)), 0.7)
    assert fill == pytest.approx(0.5)
    assert quality is Quality.SUSPECT


def test_a_bag_that_swings_past_is_outvoted_and_readings_that_scatter_are_doubted() -> None:
    measure = Measure(BOX)
    take(measure, 0.7, 4)
    assert measure.take(0.3, Quality.GOOD, None, 240.0).fill == pytest.approx(0.5)
    found = [measure.take(metres, Quality.GOOD, None, 300.0 + k) for k, metres in enumerate((0.3, 1.2, 0.4, 1.1, 0.7))]
    assert found[-1].quality is Quality.SUSPECT
    assert found[-1].discrepancy == "scatter"


def test_what_was_measured_a_quarter_of_an_hour_ago_votes_no_more() -> None:
    measure = Measure(BOX)
    take(measure, 0.7)
    assert measure.take(1.2, Quality.GOOD, None, 2000.0).fill == pytest.approx(0.0)


def test_a_technician_shows_the_empty_and_the_full_bin() -> None:
    measure = Measure(BOX)
    take(measure, 1.1)
    assert measure.now_m == pytest.approx(1.1)
    assert measure.calibrate(empty_m=1.1) == Calibration(empty_m=1.1)
    assert take(measure, 1.1)[0] == pytest.approx(0.0)
    assert measure.calibrate(full_m=0.3) == Calibration(1.1, 0.3)
    assert take(measure, 0.7)[0] == pytest.approx(0.5)


@pytest.mark.parametrize(("empty_m", "full_m"), [(0.3, None), (None, 1.1), (None, -0.1), (math.nan, None), (2.0, None)])
def test_a_slip_of_the_hand_calibrates_nothing(empty_m: float | None, full_m: float | None) -> None:
    measure = Measure(BOX)
    with pytest.raises(CommandRefused):
        measure.calibrate(empty_m=empty_m, full_m=full_m)
    assert measure.calibration == Calibration()


ANY = st.one_of(st.floats(allow_nan=True), st.floats(0.0, 2.0))


@given(
    st.sampled_from(SHAPES),
    st.booleans(),
    st.lists(st.tuples(ANY, st.sampled_from(list(Quality)), st.one_of(st.none(), st.floats(-40, 80))), max_size=40),
)
def test_whatever_a_sensor_says_the_fill_is_a_ratio_with_its_doubt_or_nothing(
    shape: Shape, compensate: bool, heard: list[tuple[float, Quality, float | None]]
) -> None:
    measure = Measure(Container("r", "t", 1.2, 0.2, shape=shape, compensate=compensate))
    for k, (metres, quality, cel) in enumerate(heard):
        found = measure.take(metres, quality, cel, 60.0 * k)
        assert found.fill is None or 0.0 <= found.fill <= 1.0
        assert found.why
        if quality >= Quality.STALE or not math.isfinite(metres):
            assert found.fill is None, "silent"
            continue
        true_m = metres if cel is None or not compensate else by_sound(metres, cel)
        if true_m > 1.2 * BEYOND:
            assert found.fill is None, "beyond the container"
        if true_m < 0.2 or quality is Quality.SUSPECT or (compensate and cel is None):
            assert found.quality > Quality.GOOD, "dead zone, out of range, no temperature"
        if found.quality > Quality.GOOD and found.fill is not None:
            assert found.discrepancy is not None


@pytest.mark.parametrize("metres", [-0.5, math.inf, -math.inf, math.nan])
def test_a_distance_that_cannot_be_is_no_full_bin(metres: float) -> None:
    for quality in (Quality.GOOD, Quality.SUSPECT):
        found = Measure(BOX).take(metres, quality, None, 0.0)
        assert (found.fill, found.why) == (None, "distance sensor says what cannot be")
