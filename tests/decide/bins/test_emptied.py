"""A fall that stays is an emptying; what comes back, settles or swings is none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.bins.emptied import Emptied, Emptyings
from lampyre.records import Quality

MONDAY = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)


def play(fills: Sequence[float], step_h: float = 2.5, watch: Emptyings | None = None) -> list[Emptied]:
    watch = watch or Emptyings()
    found = [watch.see(MONDAY + timedelta(hours=step_h * k), fill) for k, fill in enumerate(fills)]
    return [one for one in found if one is not None]


def test_an_emptying_is_told_once_with_its_time_and_both_levels() -> None:
    (one,) = play([0.5, 0.6, 0.7, 0.72, 0.02, 0.05, 0.1, 0.2])
    assert one.since == MONDAY + timedelta(hours=7.5)
    assert one.at == MONDAY + timedelta(hours=10)
    assert (one.before, one.after) == (0.72, 0.02)
    assert one.confidence > 0.9


def test_at_a_look_a_minute_it_takes_three_quarters_of_an_hour_to_be_sure_or_ten_minutes_of_who_was_tipped() -> None:
    for handled, minutes in ((False, 45), (True, 10)):
        watch = Emptyings()
        assert not play([0.7] * 60 + [0.02] * minutes, 1 / 60, watch)
        late = MONDAY + timedelta(minutes=60 + minutes)
        assert watch.see(late, 0.02, handled=handled) is not None


def test_a_container_that_fills_again_at_once_was_emptied() -> None:
    (one,) = play([0.9, 0.95, 1.0, 1.0, 0.03, 0.6, 0.75, 0.92])
    assert (one.before, one.after) == (1.0, 0.03)


def test_a_reading_of_nothing_between_two_like_it_is_a_dip() -> None:
    watch = Emptyings()
    assert not play([0.7, 0.71, 0.0, 0.72, 0.73], watch=watch)
    assert watch.dips == 1


def test_the_end_of_a_spike_or_of_days_at_the_top_is_no_emptying() -> None:
    watch = Emptyings()
    assert not play([0.3, 0.31, 1.0, 0.31, 0.32], watch=watch)
    assert not play([0.3, 0.31, *[1.0] * 60, 0.33, 0.34], watch=watch)
    assert (watch.spikes, watch.false_full) == (1, 1)


def test_waste_that_settles_or_is_pressed_down_is_no_emptying() -> None:
    assert not play([0.9, 0.98, 1.0, 0.66, 0.66, 0.66, 0.7])
    assert not play([0.5, 0.52, 0.4, 0.38, 0.38])


def test_a_level_no_container_rises_to_so_fast_is_none_to_fall_from() -> None:
    slow = [0.02 + 0.0025 * k for k in range(100)]  # 24 points in ten days
    top = slow[-1]
    assert not play([*slow, 0.8, 0.75, 0.85, 0.8, 0.2, 0.2, 0.2])
    assert play([*slow, *(top + 0.0025 * k for k in range(100)), 0.1, 0.1, 0.1])


def test_who_was_tilted_or_opened_is_believed_more() -> None:
    watch, other = Emptyings(), Emptyings()
    for one in (watch, other):
        play([0.8, 0.8, 0.8], watch=one)
    late = MONDAY + timedelta(hours=7.5)
    assert watch.see(late, 0.45) is other.see(late, 0.45) is None
    plain = watch.see(late + timedelta(hours=1), 0.45)
    handled = other.see(late + timedelta(hours=1), 0.45, handled=True)
    assert plain is not None
    assert handled is not None
    assert handled.confidence > plain.confidence


def test_a_reading_nobody_believes_changes_nothing() -> None:
    watch = Emptyings()
    play([0.7, 0.7], watch=watch)
    for k in range(20):
        assert watch.see(MONDAY + timedelta(hours=5 + k), 0.0, Quality.STALE) is None
    assert watch.see(MONDAY + timedelta(hours=30), 0.7) is None
    assert watch.dips == 0


FILLS = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.3, 0.7, 1.0])), max_size=80)


@given(FILLS, st.floats(0.01, 5.0))
def test_what_is_told_is_a_fall_of_thirty_points_that_was_seen(fills: list[float], step_h: float) -> None:
    for one in play(fills, step_h):
        assert one.before - one.after >= 0.3 - 1e-9
        assert one.before in fills
        assert one.after in fills
        assert one.since < one.at
        assert 0.5 <= one.confidence <= 1.0


@given(FILLS, st.lists(st.floats(-100, 100), min_size=80, max_size=80))
def test_a_clock_that_jumps_breaks_nothing(fills: list[float], hours: list[float]) -> None:
    watch = Emptyings()
    for fill, hour in zip(fills, hours, strict=False):
        watch.see(MONDAY + timedelta(hours=hour), fill)
