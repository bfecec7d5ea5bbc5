"""The lamp of the board: orders, ramps, expiry, the safe programme; also across the wrap of the ticks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre import wire
from lampyre.act.ramp import even, linear
from lampyre_boards.common.lamp import MASK, Lamp, since
from lampyre_boards.lamp_bin_pico import pins

WRAP = MASK + 1
STARTS = [0, WRAP - 1, WRAP - 500, WRAP - 59_000, WRAP // 2 - 500]


def lit_by_order(level: float, now: int, ramp_ms: int = 0, valid_ms: int = 60_000) -> Lamp:
    lamp = Lamp(dark=True)
    lamp.order(7, level, ramp_ms, valid_ms, now)
    lamp.step(now, True)
    return lamp


def test_since_counts_across_the_wrap() -> None:
    assert since(5, WRAP - 5) == 10
    assert since(WRAP - 5, 5) == -10


def test_a_board_that_starts_in_the_dark_is_lit_at_once() -> None:
    assert Lamp(dark=True).level == pins.SAFE_LEVEL
    assert Lamp(dark=False).level == 0.0


@pytest.mark.parametrize("start", STARTS)
def test_a_ramp_is_linear_from_the_present_level(start: int) -> None:
    lamp = lit_by_order(1.0, start, ramp_ms=2000)
    levels = []
    for passed in (0, 500, 1000, 2000, 5000):
        lamp.step((start + passed) % WRAP, True)
        levels.append(lamp.level)
    assert levels == pytest.approx([0.6, 0.7, 0.8, 1.0, 1.0])


@pytest.mark.parametrize("start", STARTS)
def test_an_order_holds_until_it_expires_and_no_longer(start: int) -> None:
    lamp = lit_by_order(0.3, start)
    lamp.step((start + 59_999) % WRAP, True)
    assert (lamp.mode, lamp.level, lamp.left_ms((start + 59_999) % WRAP)) == (wire.ORDERED, 0.3, 1)
    lamp.step((start + 60_000) % WRAP, True)
    assert (lamp.mode, lamp.left_ms((start + 60_000) % WRAP)) == (wire.SAFE, 0)
    lamp.step((start + 61_000) % WRAP, True)
    assert lamp.level == pytest.approx(0.45)
    lamp.step((start + 62_000) % WRAP, True)
    assert lamp.level == pins.SAFE_LEVEL


def test_by_day_an_expired_order_goes_out_slowly() -> None:
    lamp = lit_by_order(1.0, 0, valid_ms=1000)
    lamp.step(1000, False)
    lamp.step(6000, False)
    assert lamp.level == pytest.approx(0.5)
    lamp.step(11_000, False)
    assert lamp.level == 0.0


def test_below_the_least_level_the_lamp_shows_the_least_and_zero_is_off() -> None:
    assert lit_by_order(0.02, 0).level == pins.LEAST
    assert lit_by_order(0.0, 0).level == 0.0


def test_an_order_that_repeats_the_target_does_not_delay_the_ramp() -> None:
    lamp = lit_by_order(0.1, 0, ramp_ms=10_000)
    for now in range(0, 10_000, 1000):
        lamp.order(8, 0.1, 10_000, 60_000, now)
    lamp.step(10_000, True)
    assert lamp.level == 0.1


def test_an_order_that_repeats_the_target_may_hurry_the_ramp() -> None:
    lamp = lit_by_order(1.0, 0, ramp_ms=10_000)
    lamp.order(8, 1.0, 500, 60_000, 1000)
    lamp.step(1500, True)
    assert lamp.level == 1.0


def test_a_refreshed_order_never_moves_the_lamp() -> None:
    lamp = lit_by_order(0.4, 0)
    for now in range(0, 300_000, 5000):
        lamp.order(now // 5000 & 0xFF, 0.4, 2000, 60_000, now)
        lamp.step(now, True)
        assert lamp.level == 0.4


def test_a_lamp_left_alone_for_weeks_stays_at_its_safe_level() -> None:
    lamp = lit_by_order(1.0, 0, ramp_ms=600_000, valid_ms=120_000)
    for minute in range(0, 40 * 24 * 60, 7):
        lamp.step(minute * 60_000 % WRAP, True)
        assert minute < 10 or lamp.level == pins.SAFE_LEVEL


SIGNALS = st.floats(0.0, 1.0)


@pytest.mark.parametrize("evenly", [False, True])
@settings(derandomize=True)
@given(SIGNALS, SIGNALS, st.integers(100, 20_000), st.floats(0.0, 1.2))
def test_the_agent_knows_where_the_lamp_is_on_a_ramp_of_either_shape(
    evenly: bool, begin: float, end: float, ramp_ms: int, share: float
) -> None:
    board = Lamp(dark=True)
    board.order(1, begin, 0, 60_000, 0)
    board.order(2, end, ramp_ms, 60_000, 1000, evenly)
    now = 1000 + round(share * ramp_ms)
    board.step(now, True)
    begin, end = (max(pins.LEAST, level) if level > 0.0 else 0.0 for level in (begin, end))  # as the board takes them
    shape = even(pins.LEAST) if evenly else linear
    assert board.mode == wire.ORDERED
    assert board.level == pytest.approx(shape(begin, end, min(1.0, (now - 1000) / ramp_ms)), abs=1e-9)


@settings(derandomize=True)
@given(
    st.integers(0, MASK),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 20_000), st.integers(0, 120_000), st.integers(0, 30_000)), max_size=20
    ),
    st.booleans(),
    st.booleans(),
)
def test_the_level_is_always_a_ratio_and_without_orders_always_safe(
    start: int, orders: list[tuple[float, int, int, int]], dark: bool, evenly: bool
) -> None:
    lamp = Lamp(dark)
    now = start
    for level, ramp_ms, valid_ms, passed in orders:
        lamp.order(1, level, ramp_ms, valid_ms, now, evenly)
        now = (now + passed) % WRAP
        lamp.step(now, dark)
        assert 0.0 <= lamp.level <= 1.0
        assert 0 <= lamp.left_ms(now) <= 120_000
    for _ in range(6):  # a restless one rests first
        now = (now + 120_000) % WRAP
        lamp.step(now, dark)
    assert (lamp.mode, lamp.level) == (wire.SAFE, pins.SAFE_LEVEL if dark else 0.0)
