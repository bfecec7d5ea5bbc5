"""What no waste can have done is no fill; what a collection did is one."""

from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.faults import EMPTY_MOST_H, FULL_MOST_H, believed, faulty

STEP_H = 2.5


def hours(fills: list[float], step_h: float = STEP_H) -> list[float]:
    return [step_h * k for k in range(len(fills))]


def wrong(fills: list[float], step_h: float = STEP_H) -> list[int]:
    return [k for k, fault in enumerate(faulty(hours(fills, step_h), fills)) if fault]


def test_a_single_reading_of_full_or_empty_that_came_back_is_a_fault() -> None:
    assert wrong([0.3, 0.31, 1.0, 0.31, 0.32]) == [2]
    assert wrong([0.7, 0.71, 0.0, 0.72, 0.73]) == [2]


def test_days_of_false_full_are_a_fault_and_weeks_of_full_are_not() -> None:
    days = int(FULL_MOST_H / STEP_H) - 2
    assert wrong([0.3, *[1.0] * days, 0.33]) == list(range(1, days + 1))
    assert wrong([0.3, *[1.0] * (days + 5), 0.33]) == []


def test_an_emptying_is_no_fault() -> None:
    assert wrong([0.7, 0.9, 0.0, 0.1, 0.2]) == []
    assert wrong([0.7, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.85], EMPTY_MOST_H / 4) == [], "long enough to fill again"


def test_a_bin_that_fills_up_and_is_emptied_is_no_fault() -> None:
    assert wrong([0.3, 0.7, 1.0, 1.0, 0.3]) == []
    assert wrong([0.1, 1.0, 0.95, 0.0, 0.1]) == []


def test_the_newest_reading_is_doubted_but_stays() -> None:
    fills = [0.3, 0.31, 1.0]
    assert wrong(fills) == []
    assert believed(hours(fills), fills) == 0.31
    assert believed(hours([0.3, 0.6, 0.9]), [0.3, 0.6, 0.9]) == 0.9
    emptied = [0.8, *[0.0] * 5]
    assert believed(hours(emptied), emptied) == 0.0, "after ten hours it is empty"


@given(st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.3, 0.7, 1.0])), min_size=1, max_size=60))
def test_first_and_last_are_never_faults_and_what_is_one_lies_at_an_end(fills: list[float]) -> None:
    found = faulty(hours(fills), fills)
    assert len(found) == len(fills)
    assert not found[0]
    assert not found[-1]
    assert all(fill >= 0.99 or fill <= 0.01 for fill, fault in zip(fills, found, strict=True) if fault)
    assert believed(hours(fills), fills) in fills
