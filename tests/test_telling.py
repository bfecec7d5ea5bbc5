"""A state that passers have caused leaves when a minute begins, never when one of them comes."""

from datetime import UTC, datetime, timedelta

import pytest

from lampyre.records import Cause, Intent, Order, Snapshot, Step
from lampyre.telling import Telling

NIGHT = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
LEAST = 5


def step(at_s: float, level: float, cause: Cause = Cause.SENSOR) -> Step:
    order = Order(level, 1.0, 60.0, cause, str(level))
    seen = Snapshot(NIGHT + timedelta(seconds=at_s), at_s, True)
    return Step("l1", seen, True, "dark", None, Intent(level, cause, "x"), order)


@pytest.mark.parametrize("changed", [False, True])
def test_the_fifth_passer_makes_no_message_leave_in_his_second(changed: bool) -> None:
    telling = Telling(LEAST)
    assert telling.due(step(1.0, 0.3, Cause.PROGRAM), changed=True, passed=0) is False
    assert telling.due(step(130.0, 0.8), changed=True, passed=1) is None, "one is nobody's business"
    assert telling.due(step(200.0, 0.8), changed=False, passed=4) is None
    assert telling.due(step(240.2, 0.8), changed=False, passed=4) is None
    assert telling.due(step(247.3, 0.8), changed=changed, passed=5) is None, (
        "there are enough now, but this is his second"
    )
    assert telling.due(step(299.0, 0.8), changed=False, passed=5) is None
    assert telling.due(step(300.1, 0.8), changed=False, passed=5) is True


def test_what_a_programme_or_a_command_does_is_told_at_once() -> None:
    telling = Telling(LEAST)
    assert telling.due(step(1.0, 0.3, Cause.PROGRAM), changed=True, passed=0) is False
    assert telling.due(step(7.0, 0.5, Cause.PROGRAM), changed=True, passed=0) is False
    assert telling.due(step(9.0, 0.7, Cause.OVERRIDE), changed=True, passed=0) is False
