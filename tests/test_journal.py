"""The journal tells which decision held when, keeps two days and no more than its share."""

from datetime import UTC, datetime, timedelta

from lampyre.journal import EACH_MOST, KEPT_MOST, KEPT_S, Journal, share_of
from lampyre.records import Cause, Intent, Order, Quantity, Reading, Snapshot, Step

START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


def step(after_s: float, why: str, wall_off_s: float = 0.0, *, trusted: bool = True) -> Step:
    at = START + timedelta(seconds=after_s + wall_off_s)
    readings = {q.name: Reading(f"b1.{q.name.lower()}", q, 1.0, at) for q in (Quantity.PRESENCE, Quantity.PASSAGES)}
    seen = Snapshot(at, 1000.0 + after_s, trusted, readings)
    order = Order(0.8, 1.0, 60.0, Cause.SENSOR, why)
    return Step("lamp-1", seen, True, "sun", None, Intent(0.8, Cause.SENSOR, why), order)


def why(journal: Journal, after_s: float) -> tuple[str, str | None] | None:
    held = journal.holding(START + timedelta(seconds=after_s))
    return None if held is None else (held[0].why, held[1].why if held[1] else None)


def test_each_moment_has_the_decision_that_held_and_the_one_that_ended_it() -> None:
    journal = Journal()
    assert why(journal, 0.0) is None
    assert journal.since is None
    journal.note(step(10.0, "a"), 0.3)
    journal.note(step(20.0, "b"), 0.8)
    assert [why(journal, at_s) for at_s in (9.9, 10.0, 19.9, 20.0, 9999.0)] == [
        None, ("a", "b"), ("a", "b"), ("b", None), ("b", None),
    ]  # fmt: skip


def test_counts_of_passers_are_not_kept() -> None:
    journal = Journal()
    journal.note(step(0.0, "a"), 0.3)
    held = journal.holding(START)
    assert held is not None
    assert [one.quantity for one in held[0].seen] == [Quantity.PRESENCE]


def test_it_keeps_two_days_and_what_held_when_they_began() -> None:
    journal = Journal()
    for hours in range(0, 73, 12):
        journal.note(step(hours * 3600.0, f"{hours}"), 0.3)
    assert journal.since == START + timedelta(hours=12)
    assert why(journal, 72 * 3600 - KEPT_S - 1.0) == ("12", "24")
    assert why(journal, 12 * 3600 - 1.0) is None


def test_it_keeps_no_more_than_its_share() -> None:
    journal = Journal(3)
    for second in range(5):
        journal.note(step(float(second), f"{second}"), 0.3)
    assert why(journal, 1.5) is None
    assert why(journal, 2.5) == ("2", "3")
    assert (share_of(1), share_of(0), share_of(64)) == (EACH_MOST, EACH_MOST, KEPT_MOST // 64)


def test_after_a_clock_was_set_back_the_later_of_two_equal_times_counts() -> None:
    journal = Journal()
    journal.note(step(0.0, "before"), 0.3)
    journal.note(step(100.0, "after", wall_off_s=-90.0), 0.3)
    assert why(journal, 15.0) == ("after", None)
    assert why(journal, 5.0) == ("before", "after")


def test_once_the_clock_is_set_what_was_decided_before_has_its_right_time() -> None:
    journal = Journal()
    lost_s = -30 * 365 * 86400.0
    journal.note(step(0.0, "a", lost_s, trusted=False), 0.3)
    journal.note(step(60.0, "b", lost_s + 7200.0, trusted=False), 0.3)  # somebody turned it once more
    journal.note(step(120.0, "c"), 0.8)
    for _ in range(2):  # asking again changes nothing
        journal.date(START + timedelta(seconds=500), 1500.0)
        assert [why(journal, at_s) for at_s in (-1.0, 0.0, 60.0, 120.0)] == [None, ("a", "b"), ("b", "c"), ("c", None)]
    entry, _ = journal.holding(START) or (None, None)
    assert entry is not None
    assert (entry.clock_trusted, entry.seen[0].at) == (False, START), "how it was decided is not changed by that"
