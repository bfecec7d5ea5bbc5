"""A lamp never changes direction more than six times in ten minutes, and is never kept from rising."""

from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.test_governor import moments, seen

from lampyre.act.envelope import Envelope
from lampyre.act.governor import SAME, Governor
from lampyre.act.steady import TURNS_MOST, WINDOW_S
from lampyre.curfew import Curfew
from lampyre.records import Cause, Fine, Intent, Quality

ENVELOPE = Envelope(0.32, 0.6, 1.0, 12.0, "b1.presence", 0.9)
CURFEW = Curfew(time(19, 2), time(23), 0.4, ZoneInfo("Europe/Paris"))  # two minutes after the tests begin
UP = Intent(0.8, Cause.SENSOR, "presence", Fine.PRESENCE)
DOWN = Intent(0.32, Cause.PROGRAM, "nobody here", Fine.PROGRAM)


def turns(path: list[tuple[float, float]]) -> list[float]:
    """Return when the lamp's level changed its direction; each point is (seconds, level)."""
    found: list[float] = []
    rising: bool | None = None
    for (_, before), (at_s, now) in pairwise(path):
        if abs(now - before) < SAME:
            continue
        if rising is not None and (now > before) is not rising:
            found.append(at_s)
        rising = now > before
    return found


def most_in_window(found: list[float]) -> int:
    return max((sum(0.0 <= at_s - other < WINDOW_S for other in found) for at_s in found), default=0)


def walked(governor: Governor, history: list[tuple[Intent | None, float, Quality, bool]]) -> list[tuple[float, float]]:
    """Return where the lamp was, looked at before and after every decision, ramps included."""
    path, now_s = [], 0.0
    for wish, passed_s, quality, night in history:
        path += [(now_s + passed_s * part / 8, governor.level(now_s + passed_s * part / 8)) for part in range(9)]
        now_s += passed_s
        governor.permit(wish, seen(now_s, quality), night=night)
    return [*path, *((now_s + second, governor.level(now_s + second)) for second in range(1, 14))]


@given(st.lists(moments.map(lambda each: each[0]), min_size=20, max_size=80))
@settings(deadline=None)
def test_whatever_is_wanted_the_lamp_is_not_restless(
    history: list[tuple[Intent | None, float, Quality, bool]],
) -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.32, 0.0)
    assert most_in_window(turns(walked(governor, history))) <= TURNS_MOST


wishes = st.tuples(st.sampled_from([UP, DOWN]), st.floats(1.0, 60.0), st.just(Quality.GOOD), st.just(True))


@given(st.lists(wishes, min_size=20, max_size=60))
@settings(deadline=None)
def test_nor_when_a_curfew_begins_in_the_middle_which_no_rest_delays(
    history: list[tuple[Intent | None, float, Quality, bool]],
) -> None:
    governor = Governor(Envelope(0.32, 0.6, 1.0, 12.0, "b1.presence", 0.9, CURFEW))
    governor.adopt(0.32, 0.0)
    path = walked(governor, history)
    assert most_in_window(turns(path)) <= TURNS_MOST
    late = [level for at_s, level in path if at_s >= 120.0 + 60.0 + 12.0]  # the next decision, and the ramp
    assert max(late, default=0.0) <= 0.4 + SAME


@given(st.lists(wishes, min_size=1, max_size=60))
@settings(deadline=None)
def test_whoever_passes_gets_light_at_once_however_often(
    history: list[tuple[Intent | None, float, Quality, bool]],
) -> None:
    governor = Governor(ENVELOPE)
    walked(governor, history)
    after_s = sum(passed_s for _, passed_s, _, _ in history) + 20.0
    order = governor.permit(UP, seen(after_s), night=True)
    assert (order.level, order.clamps) == (0.8, ())


def flickered(governor: Governor, times: int) -> float:
    now_s = 0.0
    for _ in range(times):
        for wish in (UP, DOWN):
            now_s += 20.0
            governor.permit(wish, seen(now_s), night=True)
    return now_s


def test_a_lamp_that_stays_up_says_why_and_goes_down_when_it_has_rested() -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.32, 0.0)
    now_s = flickered(governor, 5)
    order = governor.permit(DOWN, seen(now_s + 1), night=True)
    assert (order.level, order.clamps) == (0.8, ("kept up: it went up and down too often",))
    assert governor.permit(DOWN, seen(now_s + WINDOW_S), night=True).level == 0.32


def test_a_lamp_that_is_kept_up_goes_down_when_the_curfew_begins() -> None:
    governor = Governor(Envelope(0.32, 0.6, 1.0, 12.0, "b1.presence", 0.9, CURFEW))
    governor.adopt(0.32, 0.0)
    for number in range(5):
        governor.permit(DOWN if number % 2 else UP, seen(20.0 * (number + 1)), night=True)
    assert governor.permit(DOWN, seen(119.0), night=True).level == 0.8
    assert governor.permit(DOWN, seen(121.0), night=True).level == 0.4


def test_a_technician_may_try_the_lamp_as_often_as_he_likes() -> None:
    governor = Governor(ENVELOPE)
    flickered(governor, 9)
    dark = Intent(0.0, Cause.OVERRIDE, "technician", Fine.TECHNICIAN)
    assert governor.permit(dark, seen(400.0), night=True).level == 0.0


def test_a_driver_that_is_too_hot_does_not_wait_for_a_restless_lamp_to_rest() -> None:
    governor = Governor(ENVELOPE)
    flickered(governor, 9)
    hot = Intent(0.6, Cause.SENSOR, "driver too hot", Fine.PROTECTION)
    assert governor.permit(DOWN, seen(390.0), night=True).level == 0.8
    assert governor.permit(hot, seen(400.0), night=True).level == 0.6


def test_a_board_that_restarts_again_and_again_does_not_make_the_lamp_go_up_and_down() -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.32, 0.0)
    path = []
    for reset in range(12):
        at_s = reset * 40.0
        governor.adopt(0.6, at_s, by_itself=True)
        governor.permit(DOWN, seen(at_s), night=True)
        path += [(at_s + second, governor.level(at_s + second)) for second in range(40)]
    assert most_in_window(turns(path)) <= TURNS_MOST
    assert path[-1][1] == 0.6


def test_what_a_board_counted_before_our_restart_counts_and_what_it_never_did_does_not() -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.8, 0.0)
    governor.heard((True, [300, 200, 100, 50]), 0.0)
    assert governor.permit(DOWN, seen(1.0), night=True).level == 0.8, "it was restless before we came"
    assert governor.permit(DOWN, seen(299.0), night=True).level == 0.8
    assert governor.permit(DOWN, seen(301.0), night=True).level == 0.32, "the oldest is ten minutes old"


def test_orders_that_a_board_never_heard_make_no_lamp_restless() -> None:
    governor = Governor(ENVELOPE)
    for turn in range(20):
        governor.heard((True, [90 + 5 * turn]), 5.0 * turn)
        governor.adopt(0.6, 5.0 * turn, by_itself=True)
        order = governor.permit(DOWN, seen(5.0 * turn), night=True)
        assert (order.level, order.clamps) == (0.32, ())


def test_a_turn_that_was_ordered_and_is_told_of_is_one() -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.32, 0.0)
    for number in range(4):
        at_s = 20.0 * (number + 1)
        governor.permit(UP if number % 2 == 0 else DOWN, seen(at_s), night=True)
        governor.heard((number % 2 == 0, [int(20.0 * n) for n in range(number, 0, -1)]), at_s + 0.9)
    governor.permit(UP, seen(100.0), night=True)
    governor.heard((True, [80, 60, 40, 20]), 100.5)
    assert governor.permit(DOWN, seen(110.0), night=True).level == 0.8, "four turns"
    assert governor.permit(DOWN, seen(641.0), night=True).level == 0.32


def test_before_a_curfew_one_fall_is_kept_for_it() -> None:
    def level(curfew: Curfew | None, ages_s: list[int]) -> float:
        governor = Governor(Envelope(0.32, 0.6, 1.0, 12.0, "b1.presence", 0.9, curfew))
        governor.adopt(0.8, 0.0)
        governor.heard((True, ages_s), 0.0)
        return governor.permit(DOWN, seen(1.0), night=True).level

    assert level(None, [30, 20, 10]) == 0.32
    assert level(CURFEW, [30, 20, 10]) == 0.8
    assert level(CURFEW, [20, 10]) == 0.32
