"""An order is sent when it is new, repeated before it expires, and a repeated one never makes a lamp jump."""

from lampyre.act.output import REFRESH_S, BoardLamp
from lampyre.records import Cause, Order

Sent = list[tuple[float, float, float]]


def order(level: float, ramp_s: float) -> Order:
    return Order(level, ramp_s, 60.0, Cause.PROGRAM, "nobody here")


def a_lamp() -> tuple[BoardLamp, Sent]:
    sent: Sent = []
    return BoardLamp(lambda level, ramp_s, valid_s: sent.append((level, ramp_s, valid_s)), 12.0), sent


def test_a_new_order_goes_at_once_and_the_same_only_when_it_is_due() -> None:
    lamp, sent = a_lamp()
    assert lamp.apply(order(0.8, 1.0), 0.0)
    assert not lamp.apply(order(0.8, 0.0), REFRESH_S - 1)
    assert sent == [(0.8, 1.0, 60.0)]
    assert lamp.apply(order(0.32, 12.0), REFRESH_S - 0.5)
    assert len(sent) == 2


def test_a_repeated_order_carries_the_slowest_ramp_for_a_board_that_missed_the_first() -> None:
    lamp, sent = a_lamp()
    lamp.apply(order(0.32, 12.0), 0.0)
    lamp.apply(order(0.32, 0.0), 60.0)
    assert sent[-1] == (0.32, 12.0, 60.0)


def test_a_board_that_does_not_follow_hears_the_order_again_as_a_new_one() -> None:
    lamp, sent = a_lamp()
    lamp.apply(order(0.8, 1.0), 0.0)
    lamp.again()
    lamp.apply(order(0.8, 0.5), 1.0)
    assert sent[-1] == (0.8, 0.5, 60.0)
