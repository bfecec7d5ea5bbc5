"""What stands still, rises as no waste rises, or swings, is named with its evidence; busy and quiet bins are not."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.doubts import BLOCKED, DIRTY, STUCK
from lampyre.decide.bins.trace import Trace

START = datetime(2026, 3, 2, tzinfo=UTC)
STEP_H = 2.5


def play(trace: Trace, fills: Iterable[float], since_h: float = 0.0) -> list[frozenset[str]]:
    return [
        frozenset(trace.see(START + timedelta(hours=since_h + STEP_H * k), fill).faults) for k, fill in enumerate(fills)
    ]


def filling(days: float, daily: float, since_h: float = 0.0, seed: int = 1) -> list[float]:
    """A container that is emptied at 90 %, with the flicker of its sensor."""
    chance, level, found = Random(seed), 0.05, []
    for k in range(int(days * 24 / STEP_H)):
        hour = (since_h + STEP_H * k) % 24
        level += daily * STEP_H / 14 * chance.uniform(0.5, 1.5) if 7 <= hour < 21 else 0.0
        if level > 0.9 and 6 <= hour < 9:
            level = 0.03
        found.append(min(max(min(level, 1.0) + chance.uniform(-0.01, 0.01), 0.0), 1.0))
    return found


def test_containers_quick_and_slow_are_left_in_peace_for_months() -> None:
    for daily in (0.02, 0.05, 0.1, 0.3, 0.5):
        trace = Trace()
        assert set(play(trace, filling(120, daily))) == {frozenset()}, daily
        assert trace.last is not None


def test_a_level_that_stands_still_while_half_a_container_was_due_is_stuck_until_it_moves() -> None:
    trace = Trace()
    fills = filling(12, 0.3)
    play(trace, fills)
    told = play(trace, [fills[-1]] * 60 + [min(fills[-1] + 0.1, 1.0)], 12 * 24.0)
    assert told[-2] == {STUCK}
    assert STUCK not in told[20]
    assert STUCK not in told[-1]


def test_a_rise_of_many_days_at_once_that_stays_is_something_in_front_of_the_sensor() -> None:
    trace = Trace()
    fills = [0.05 + 0.03 * k * STEP_H / 24 for k in range(100)]
    play(trace, fills)
    told = play(trace, [1.0] * 40 + [fills[-1] + 0.02] * 3, 250.0)
    assert told[1] == {BLOCKED}
    assert told[-1] == frozenset(), "it fell down, or was taken out"
    assert trace.last is None, "and nobody emptied it"


def test_a_cartload_in_a_container_that_fills_in_two_days_is_no_fault() -> None:
    trace = Trace()
    play(trace, filling(20, 0.45))
    assert not any(play(trace, [0.1, 0.1, 0.8, 0.85, 0.9], 20 * 24.0))


def test_who_stands_at_the_top_three_times_as_long_as_he_ever_waited_is_blocked() -> None:
    trace = Trace()
    play(trace, filling(40, 0.45))
    told = play(trace, [1.0] * 120, 40 * 24.0)
    assert BLOCKED in told[-1]
    assert BLOCKED not in told[40]


def test_a_level_that_swings_three_times_a_day_is_a_dirty_sensor_until_it_is_calm() -> None:
    trace = Trace()
    play(trace, [0.3] * 20)
    told = play(trace, [0.3, 0.9, 0.3, 0.32, 0.9, 0.31, 0.9, 0.3, 0.3], 50.0)
    assert DIRTY in told[-1]
    assert play(trace, [0.3 + 0.001 * k for k in range(60)], 75.0)[-1] == frozenset()


def test_a_clock_that_is_put_back_leaves_no_sensor_dirty_for_ever() -> None:
    trace = Trace()
    play(trace, [0.3] * 20)
    assert DIRTY in play(trace, [0.3, 0.9, 0.3, 0.32, 0.9, 0.31, 0.9, 0.3, 0.3], 5000.0)[-1]
    assert play(trace, [0.3 + 0.001 * k for k in range(60)], 75.0)[-1] == frozenset()


def test_what_was_learned_outlives_a_restart_and_what_was_counted_does_not() -> None:
    trace, again = Trace(), Trace()
    fills = filling(60, 0.3)
    play(trace, fills)
    again.learn((START + timedelta(hours=STEP_H * k), fill) for k, fill in enumerate(fills))
    assert again.last == trace.last
    assert again.gap == trace.gap
    assert again.emptyings.daily == trace.emptyings.daily
    assert not any(again.discrepancies.values())


@given(st.lists(st.tuples(st.floats(-50, 300), st.floats(0, 1)), max_size=120))
def test_no_clock_and_no_level_breaks_it(steps: list[tuple[float, float]]) -> None:
    trace = Trace()
    for hour, fill in steps:
        told = trace.see(START + timedelta(hours=hour), fill)
        assert set(told.faults) <= {STUCK, BLOCKED, DIRTY}
        assert all(told.faults.values())
    assert all(count >= 0 and math.isfinite(count) for count in trace.discrepancies.values())
