"""What other nodes say is believed only of those named, while it is new, and only so often; all else is counted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING, HandClock

from lampyre.sync.coming import BODY_LIMIT, Coming, coarse, read
from lampyre.sync.neighbours import AT_ONCE, EACH_S, PAIR_AT_ONCE, PAIR_EACH_S, Neighbours, RowCounts

FAR = {"n2/lamp-1": frozenset({"lamp-6"})}
GOOD: dict[str, Any] = {
    "v": 1, "site": "dijon", "lamp": "n2/lamp-1", "ahead": "n1/lamp-6", "pace_s": 2.5, "hop": 1, "left": 3,
    "time": EVENING.isoformat(),
}  # fmt: skip


def ours(clock: HandClock) -> Neighbours:
    """Node n1, whose lamp-6 stands next to n2/lamp-1; it has listened for a minute."""
    made = Neighbours("dijon", "n1", FAR, clock)
    clock.pass_s(60.0)
    return made


def said(clock: HandClock, **changes: Any) -> bytes:
    return json.dumps(GOOD | {"time": clock.now().isoformat()} | changes).encode()


def test_what_a_neighbour_says_now_is_believed() -> None:
    clock = HandClock()
    neighbours = ours(clock)
    coming = neighbours.believe("n2", said(clock), timed=True)
    assert coming is not None
    assert (coming.receiver, coming.pace_s, coming.hop, coming.left) == (("n1", "lamp-6"), 2.5, 1, 3)
    assert neighbours.counts == RowCounts(heard=1)


def test_what_is_said_is_read_as_it_was_said_and_is_short() -> None:
    long = "x" * 32
    coming = Coming(
        site=long, lamp=f"{long}/{long}", ahead=f"{long}/{long}", pace_s=59.5, hop=4, left=4, time=datetime.now(UTC)
    )
    assert read(coming.body()) == coming
    assert len(coming.body()) <= 290 < BODY_LIMIT


def test_a_pace_is_told_in_halves_of_a_second() -> None:
    assert [coarse(pace_s) for pace_s in (None, 0.5, 0.6, 2.3, 25.1, 60.0)] == [None, 0.5, 0.5, 2.5, 25.0, 60.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2}, {"v": None}, {"pace_s": "2"}, {"pace_s": 0.4}, {"pace_s": 61.0}, {"pace_s": float("nan")},
        {"pace_s": float("inf")}, {"pace_s": True}, {"hop": 0}, {"hop": 9}, {"hop": 1.5}, {"left": -1}, {"left": 8},
        {"hop": 5, "left": 4}, {"pace_s": None, "left": 3}, {"time": "now"}, {"time": 5}, {"time": "2026-12-01T18:00"},
        {"lamp": "n2/+"}, {"lamp": "#"}, {"lamp": "lamp-1"}, {"ahead": "n1/lamp-6/x"}, {"ahead": ["n1/lamp-6"]},
        {"person": "somebody"}, {"site": "Dijon"}, {"lamp": "n2/" + "x" * 500},
    ],
)  # fmt: skip
def test_what_no_node_says_is_broken(changes: dict[str, Any]) -> None:
    clock = HandClock()
    neighbours = ours(clock)
    assert neighbours.believe("n2", said(clock, **changes), timed=False) is None
    assert neighbours.counts == RowCounts(broken=1)


@pytest.mark.parametrize(
    "changes",
    [{"site": "beaune"}, {"lamp": "n3/lamp-1"}, {"lamp": "n2/lamp-2"}, {"ahead": "n1/lamp-1"}, {"ahead": "n3/lamp-6"}],
)
def test_of_a_lamp_that_our_file_does_not_name_nothing_is_believed(changes: dict[str, str]) -> None:
    clock = HandClock()
    neighbours = ours(clock)
    assert neighbours.believe("n2", said(clock, **changes), timed=True) is None
    assert neighbours.counts == RowCounts(strange=1)


def test_one_node_does_not_speak_for_another() -> None:
    clock = HandClock()
    neighbours = Neighbours("dijon", "n1", FAR | {"n3/lamp-1": frozenset({"lamp-1"})}, clock)
    assert neighbours.believe("n3", said(clock), timed=True) is None
    assert neighbours.counts == RowCounts(strange=1)


@pytest.mark.parametrize("seconds", [-3600.0, -5.1, 5.1, 3600.0, 1e9])
def test_what_was_said_too_long_ago_or_is_still_to_be_said_is_late(seconds: float) -> None:
    clock = HandClock()
    neighbours = ours(clock)
    then = (clock.now() + timedelta(seconds=seconds)).isoformat()
    assert neighbours.believe("n2", said(clock, time=then), timed=False) is None
    assert neighbours.counts == RowCounts(late=1)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_the_ends_of_time_are_late_too(time: str) -> None:
    clock = HandClock()
    neighbours = ours(clock)
    assert neighbours.believe("n2", said(clock, time=time), timed=True) is None
    assert neighbours.counts.heard == 0


def test_the_same_again_and_what_was_said_before_are_not_believed() -> None:
    clock = HandClock()
    neighbours = ours(clock)
    before = said(clock)
    clock.pass_s(1.0)
    last = said(clock)
    assert neighbours.believe("n2", last, timed=True)
    assert neighbours.believe("n2", last, timed=True) is None
    assert neighbours.believe("n2", before, timed=True) is None
    assert neighbours.counts == RowCounts(heard=1, repeated=2)


def test_a_recording_from_before_a_restart_is_not_believed() -> None:
    clock = HandClock()
    recorded = said(clock)
    clock.pass_s(2.0)
    restarted = Neighbours("dijon", "n1", FAR, clock)
    assert restarted.believe("n2", recorded, timed=True) is None
    assert restarted.counts == RowCounts(repeated=1)


def test_without_a_clock_the_broker_is_believed_and_a_datagram_is_not() -> None:
    clock = HandClock(trusted=False)
    neighbours = ours(clock)
    assert neighbours.stamp() is None
    assert neighbours.believe("n2", said(clock, time=None), timed=False)
    assert neighbours.believe("n2", said(clock), timed=True) is None
    clock.trusted = True
    assert neighbours.believe("n2", said(clock, time=None), timed=True) is None
    assert neighbours.counts == RowCounts(heard=1, late=2)


@pytest.mark.parametrize("back_s", [3.0, 3600.0, 1e8])
def test_after_a_clock_was_set_back_others_are_believed_again_within_seconds(back_s: float) -> None:
    clock = HandClock()
    neighbours = ours(clock)
    assert neighbours.believe("n2", said(clock), timed=True)
    clock.set_wall(clock.now() - timedelta(seconds=back_s))
    for _ in range(12):
        clock.pass_s(1.0)
        neighbours.believe("n2", said(clock), timed=True)
    assert neighbours.counts.heard > 3


def test_stamps_rise_even_within_one_moment_and_follow_a_clock_that_was_set_back_far() -> None:
    clock = HandClock()
    neighbours = ours(clock)
    first, second = neighbours.stamp(), neighbours.stamp()
    assert first is not None
    assert second is not None
    assert first < second
    clock.set_wall(clock.now() - timedelta(hours=1))
    assert neighbours.stamp() == clock.now()


def test_a_flood_from_a_neighbour_costs_no_more_than_its_allowance() -> None:
    clock = HandClock()
    neighbours = ours(clock)
    let_in = sum(neighbours.may_knock("n2") for _ in range(10_000))
    assert let_in == AT_ONCE
    assert neighbours.counts == RowCounts(flooded=10_000 - AT_ONCE)
    clock.pass_s(EACH_S)
    assert neighbours.may_knock("n2")


def test_a_flood_of_valid_words_for_one_lamp_is_believed_a_few_times() -> None:
    clock = HandClock()
    neighbours = ours(clock)
    heard = 0
    for _ in range(1000):
        clock.pass_s(0.01)
        heard += neighbours.believe("n2", said(clock), timed=True) is not None
    assert heard <= PAIR_AT_ONCE + 10.0 / PAIR_EACH_S


@pytest.mark.parametrize("node", ["n1", "n9", "", "+", "#", "n2/n2", "n2\x00"])
def test_nobody_knocks_who_is_no_neighbour(node: str) -> None:
    neighbours = ours(HandClock())
    assert not neighbours.may_knock(node)
    assert neighbours.counts == RowCounts(strange=1)


def test_a_crowd_at_one_lamp_is_said_a_few_times() -> None:
    neighbours = ours(HandClock())
    assert sum(neighbours.may_say("n1/lamp-6", "n2/lamp-1") for _ in range(100)) == PAIR_AT_ONCE
    assert neighbours.counts == RowCounts(unsaid=100 - PAIR_AT_ONCE)


@given(st.binary(max_size=600))
def test_bytes_of_any_kind_raise_nothing(body: bytes) -> None:
    neighbours = ours(HandClock())
    assert neighbours.believe("n2", body, timed=False) is None
    assert neighbours.counts == RowCounts(broken=1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "more"]), VALUES, min_size=1, max_size=4))
def test_json_of_any_kind_raises_nothing_and_every_word_is_counted_once(changes: dict[str, Any]) -> None:
    clock = HandClock()
    neighbours = ours(clock)
    heard = neighbours.believe("n2", said(clock, **changes), timed=False)
    assert (heard is not None) == (neighbours.counts.heard == 1)
    assert sum(neighbours.counts.told().values()) == 1
