"""What people see is scored; only two who agree move a calibration, never by much, and nonsense moves nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.measure import Container, Measure
from lampyre.decide.bins.observe import FAR, STEP, Observations
from lampyre.errors import CommandRefused

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HEIGHT_M = 1.2
BOX = Container("d", None, HEIGHT_M, 0.2)


def looked_into(fill: float, at: datetime = NOON, *, sound: bool = True, box: Container = BOX) -> Observations:
    seen = Observations(Measure(box), box.height_m)
    seen.see(at, fill, sound=sound)
    return seen


def again(seen: Observations, sensor: float, eye: float, number: int) -> str:
    at = NOON + number * timedelta(days=1)
    seen.see(at, sensor, sound=True)
    return seen.take(eye, at, at)


def test_who_agrees_with_the_sensor_is_counted_and_moves_nothing() -> None:
    seen = looked_into(0.75)
    assert "they agree" in seen.take(0.8, NOON, NOON)
    assert seen.told is not None
    assert (seen.told.count, seen.told.error, seen.told.bias, seen.told.moves) == (1, 0.05, -0.05, 0)


def test_one_eye_moves_nothing_and_two_that_agree_do_towards_what_they_saw() -> None:
    seen = looked_into(0.5)
    measure = seen._measure
    metres = measure.empty_m - 0.5 * (measure.empty_m - measure.full_m)
    assert "another one that agrees" in seen.take(0.7, NOON, NOON)
    assert measure.full_m == 0.2
    assert "full is moved by +6 cm" in again(seen, 0.5, 0.7, 1)
    assert 0.5 < measure.fill_at(metres) < 0.7
    assert seen.moves == 1


def test_two_that_disagree_are_not_averaged() -> None:
    seen = looked_into(0.5)
    seen.take(0.8, NOON, NOON)
    assert "saw it otherwise" in again(seen, 0.5, 0.2, 1)
    assert (seen.disputed, seen.moves, seen._measure.full_m, seen._measure.empty_m) == (1, 0, 0.2, HEIGHT_M)


def test_who_sees_what_the_sensor_sees_takes_back_what_another_saw() -> None:
    seen = looked_into(0.5)
    seen.take(0.8, NOON, NOON)
    again(seen, 0.5, 0.5, 1)
    assert "another one" in again(seen, 0.5, 0.8, 2)
    assert seen.moves == 0


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=60))
def test_whatever_is_seen_no_step_and_no_sum_of_steps_is_too_far(looks: list[tuple[float, float]]) -> None:
    seen = looked_into(0.5)
    measure = seen._measure
    for number, (sensor, eye) in enumerate(looks):
        before = (measure.empty_m, measure.full_m)
        again(seen, sensor, eye, number)
        moved = [abs(a - b) for a, b in zip((measure.empty_m, measure.full_m), before, strict=True)]
        assert max(moved) <= STEP * HEIGHT_M + 1e-9
        assert abs(measure.empty_m - HEIGHT_M) <= FAR * HEIGHT_M + 1e-9
        assert abs(measure.full_m - 0.2) <= FAR * HEIGHT_M + 1e-9
    back = looked_into(0.5)
    back.restore(seen.saved())
    assert back.saved() == seen.saved()


@given(st.floats(0.0, 1.0), st.sampled_from(["box", "cone", "underground", "bag"]))
def test_the_height_of_a_fill_is_the_one_that_yields_it(fill: float, shape: str) -> None:
    measure = Measure(Container("d", None, HEIGHT_M, 0.2, shape=shape))  # type: ignore[arg-type] # of the sampled ones
    metres = measure.empty_m - measure.height_at(fill) * (measure.empty_m - measure.full_m)
    assert measure.fill_at(metres) == pytest.approx(fill, abs=0.002)


def test_a_sensor_in_doubt_is_scored_and_not_moved() -> None:
    seen = looked_into(0.5, sound=False)
    assert "in doubt" in seen.take(0.9, NOON, NOON)
    assert seen.told is not None
    assert seen.told.error == 0.4


def test_what_was_seen_before_an_emptying_is_held_against_the_level_of_then() -> None:
    seen = looked_into(0.8)
    for minute in range(10, 50, 5):
        seen.see(NOON + timedelta(minutes=minute), 0.02, sound=True)
    assert "they agree" in seen.take(0.85, NOON, NOON + timedelta(minutes=45))


def test_without_a_level_of_then_it_is_noted_and_scores_nothing() -> None:
    seen = looked_into(0.8, NOON - timedelta(minutes=30))
    assert "nothing then" in seen.take(0.85, NOON, NOON)
    assert seen.told is not None
    assert (seen.told.count, seen.told.error) == (0, None)


@pytest.mark.parametrize(
    ("fill", "at", "why"),
    [
        (float("nan"), NOON, "from 0 to 100 %"),
        (1.01, NOON, "from 0 to 100 %"),
        (-0.01, NOON, "from 0 to 100 %"),
        (0.5, NOON + timedelta(hours=1), "in the future"),
        (0.5, NOON - timedelta(hours=2), "more than an hour ago"),
    ],
)
def test_nonsense_is_refused_with_the_cure(fill: float, at: datetime, why: str) -> None:
    seen = looked_into(0.5)
    with pytest.raises(CommandRefused, match=why):
        seen.take(fill, at, NOON)
    assert seen.told is None


def test_the_same_twice_is_a_second_press_of_the_button() -> None:
    seen = looked_into(0.5)
    seen.take(0.8, NOON, NOON)
    with pytest.raises(CommandRefused, match="within ten minutes"):
        seen.take(0.8, NOON, NOON)
    assert seen.count == 1


@pytest.mark.parametrize("data", [{}, {"count": -1}, {"count": 1, "disputed": 0, "moves": 0, "error": 2.0},
    {"count": 1, "disputed": 0, "moves": 0, "error": 0.1, "bias": 0.1, "moved": {"empty": 5, "full": 0},
     "apart": None, "last": None}])  # fmt: skip
def test_a_memory_of_another_kind_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        looked_into(0.5).restore(data)
