"""Moving light: ahead of who comes, at his pace, and never in circles."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.light.moving import (
    LATE,
    LEAST_S,
    LONGEST_S,
    SLOWEST_S,
    UNKNOWN_S,
    Beyond,
    Expected,
    Moving,
)

STREET = {"a": ("b",), "b": ("a", "c"), "c": ("b", "d"), "d": ("c", "e"), "e": ("d", "f"), "f": ("e",)}


def lamps(expected: Iterable[Expected | Beyond]) -> list[str]:
    return [one.lamp for one in expected]


def test_of_whom_nobody_knows_the_way_all_neighbours_hear() -> None:
    cross = {"x": ("n", "e", "s"), "n": ("x",), "e": ("x",), "s": ("x",)}
    assert Moving(cross, 4).came("x", 100.0) == tuple(Expected(one, 100.0 + UNKNOWN_S) for one in "nes")


def test_a_walker_has_one_lamp_ahead_and_none_behind() -> None:
    moving = Moving(STREET, 4)
    moving.came("a", 0.0)
    assert moving.came("b", 25.0) == (Expected("c", 25.0 + LATE * 25.0),)
    assert lamps(moving.came("c", 50.0)) == ["d"]


def test_a_car_has_as_many_ahead_as_it_may() -> None:
    moving = Moving(STREET, 4)
    moving.came("a", 0.0)
    assert lamps(moving.came("b", 2.5)) == ["c", "d", "e", "f"]
    moving = Moving(STREET, 2)
    moving.came("a", 0.0)
    assert lamps(moving.came("b", 2.5)) == ["c", "d"]


def test_a_cyclist_has_two_ahead() -> None:
    moving = Moving(STREET, 4)
    moving.came("a", 0.0)
    assert lamps(moving.came("b", 6.0)) == ["c", "d"]


def test_where_two_meet_both_sides_are_lit() -> None:
    moving = Moving(STREET, 4)
    moving.came("b", 0.0)
    moving.came("d", 1.0)
    assert lamps(moving.came("c", 20.0)) == ["b", "d"]


def test_who_was_there_long_ago_tells_no_way() -> None:
    moving = Moving(STREET, 4)
    moving.came("b", 0.0)
    assert lamps(moving.came("c", SLOWEST_S + 1.0)) == ["b", "d"]


def test_two_sensors_that_see_the_same_one_tell_no_pace() -> None:
    moving = Moving(STREET, 4)
    moving.came("b", 0.0)
    assert lamps(moving.came("c", 0.1)) == ["b", "d"]


def test_lamps_that_stand_in_a_ring_hear_of_it_once_and_it_ends() -> None:
    ring = {"a": ("b", "d"), "b": ("a", "c"), "c": ("b", "d"), "d": ("c", "a")}
    moving = Moving(ring, 8)
    moving.came("a", 0.0)
    assert lamps(moving.came("b", 2.0)) == ["c", "d"]


NAMES = [f"lamp-{number}" for number in range(12)]
GRAPHS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=40)
EVENTS = st.lists(st.tuples(st.sampled_from(NAMES), st.floats(0.0, 90.0)), max_size=60)


@given(GRAPHS, EVENTS, st.integers(1, 8))
def test_however_the_lamps_stand_each_hears_once_not_too_far_and_for_a_bounded_time(
    pairs: list[tuple[str, str]], events: list[tuple[str, float]], most: int
) -> None:
    neighbours: dict[str, tuple[str, ...]] = {}
    for one, other in pairs:
        if one != other:
            neighbours[one] = tuple(dict.fromkeys((*neighbours.get(one, ()), other)))
            neighbours[other] = tuple(dict.fromkeys((*neighbours.get(other, ()), one)))
    moving = Moving(neighbours, most)
    now_s = 0.0
    for lamp, then_s in events:
        now_s += then_s
        found = [one for one in moving.came(lamp, now_s) if isinstance(one, Expected)]
        assert lamp not in lamps(found)
        assert len(set(lamps(found))) == len(found) <= len(NAMES)
        assert set(lamps(found)) <= _within(neighbours, lamp, most)
        assert all(now_s < one.until_s <= now_s + LATE * 2 * SLOWEST_S for one in found)
        assert all(after.until_s >= before.until_s for before, after in pairwise(found)), "the nearest first"


def _within(neighbours: dict[str, tuple[str, ...]], lamp: str, hops: int) -> set[str]:
    found = {lamp}
    for _ in range(hops):
        found |= {other for one in found for other in neighbours.get(one, ())}
    return found


NEAR = {"a": ("b", "n0/z"), "b": ("a", "c"), "c": ("b", "n2/a", "n3/a")}  # of node n1, between three others


def test_of_whom_nobody_knows_the_way_other_nodes_hear_and_tell_nobody_farther() -> None:
    assert Moving(NEAR, 4).came("c", 100.0) == (
        Expected("b", 100.0 + UNKNOWN_S),
        Beyond("n2/a", "c", None, 1, 0),
        Beyond("n3/a", "c", None, 1, 0),
    )


def test_light_goes_on_ahead_into_the_next_nodes_with_what_is_left_of_its_lamps() -> None:
    moving = Moving(NEAR, 4)
    moving.came("a", 0.0)
    assert moving.came("b", 3.0) == (
        Expected("c", 3.0 + LEAST_S),
        Beyond("n2/a", "c", 3.0, 2, 2),
        Beyond("n3/a", "c", 3.0, 2, 2),
    )


def test_who_comes_from_another_node_has_a_pace_and_a_way_at_our_first_lamp() -> None:
    moving = Moving(NEAR, 4)
    assert moving.heard("a", "n0/z", None, 1, 0, 0.0) == (Expected("a", UNKNOWN_S),)
    assert moving.came("a", 4.0) == (
        Expected("b", 4.0 + LEAST_S),
        Expected("c", 4.0 + LATE * 2 * 4.0),
        Beyond("n2/a", "c", 4.0, 3, 0),
        Beyond("n3/a", "c", 4.0, 3, 0),
    )


def test_what_another_node_says_goes_through_to_the_next_ones_each_time_fewer() -> None:
    moving = Moving(NEAR, 8)
    assert moving.heard("a", "n0/z", 2.0, 2, 4, 0.0) == (
        Expected("a", LEAST_S),
        Expected("b", LATE * 3 * 2.0),
        Expected("c", LATE * 4 * 2.0),
        Beyond("n2/a", "c", 2.0, 5, 1),
        Beyond("n3/a", "c", 2.0, 5, 1),
    )


def test_nobody_is_believed_who_asks_for_more_than_this_node_would_do_itself() -> None:
    moving = Moving(NEAR, 2)
    assert lamps(moving.heard("a", "n0/z", 0.5, 1, 7, 0.0)) == ["a", "b"]
    assert lamps(moving.heard("a", "n0/z", 60.0, 1, 7, 0.0)) == ["a"]
    (here,) = moving.heard("a", "n0/z", 60.0, 8, 0, 0.0)
    assert here == Expected("a", LONGEST_S)
