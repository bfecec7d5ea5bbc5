"""Failsafe: where a board follows no order, what is told is what the board does."""

import pytest

from lampyre.act.failsafe import DEAF_S, HELD_S, Failsafe
from lampyre.act.governor import VALID_S
from lampyre.records import Cause, Fine, Order

ORDER = Order(0.32, 20.0, VALID_S, Cause.PROGRAM, "nobody here", fine=Fine.PROGRAM)


@pytest.fixture
def failsafe() -> Failsafe:
    failsafe = Failsafe(0.6)
    failsafe.heard(0.6, 0.0, ordered=False)
    return failsafe


def test_a_board_that_has_just_started_is_given_time(failsafe: Failsafe) -> None:
    failsafe.heard(0.6, DEAF_S, ordered=False)
    assert failsafe.instead(ORDER, DEAF_S, night=True, lost=False) is ORDER


def test_a_board_that_tells_of_its_safe_programme_does_not_hear_us(failsafe: Failsafe) -> None:
    failsafe.heard(0.6, 10.1, ordered=False)
    told = failsafe.instead(ORDER, 10.1, night=True, lost=False)
    assert (told.level, told.cause, told.fine) == (0.6, Cause.DEFAULT, Fine.FAILSAFE)
    assert "hears no orders" in told.why
    failsafe.heard(0.32, 11.0, ordered=True)
    assert failsafe.instead(ORDER, 11.0, night=True, lost=False) is ORDER


@pytest.mark.parametrize(("night", "level"), [(True, 0.6), (False, 0.0)])
def test_of_a_silent_board_it_is_known_when_its_order_ends(failsafe: Failsafe, night: bool, level: float) -> None:
    assert HELD_S == VALID_S
    failsafe.heard(0.32, 10.0, ordered=True)
    assert failsafe.instead(ORDER, 10.0 + HELD_S, night=night, lost=True) is ORDER
    told = failsafe.instead(ORDER, 10.1 + HELD_S, night=night, lost=True)
    assert (told.level, told.fine) == (level, Fine.FAILSAFE)
    assert "silent" in told.why
    assert failsafe.instead(ORDER, 10.1 + HELD_S, night=night, lost=False) is ORDER, "its line is up: it will speak"
