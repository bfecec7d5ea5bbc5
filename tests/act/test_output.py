"""An order is sent when it is new, repeated before it expires, and a repeated one never makes a lamp jump."""

import math

import pytest
from tests.clocks import EVENING

from lampyre.act.output import REFRESH_S, BoardLamp
from lampyre.act.pipeline import Luminaire
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


AGING = Luminaire(depreciation=((0.0, 0.8), (50_000.0, 1.0)))


def an_old_lamp() -> tuple[BoardLamp, Sent]:
    sent: Sent = []
    return BoardLamp(lambda signal, ramp_s, valid_s: sent.append((signal, ramp_s, valid_s)), 12.0, AGING), sent


def test_age_is_made_up_for_with_an_order_that_moves_the_lamp_and_no_refresh_does() -> None:
    lamp, sent = an_old_lamp()
    lamp.apply(order(0.5, 12.0), 0.0, 0.0, EVENING)
    lamp.apply(order(0.5, 0.0), 60.0, 25_000.0, EVENING)
    assert [signal for signal, _, _ in sent] == [0.4, 0.4], "a lamp that stands is not moved"
    lamp.apply(order(1.0, 1.0), 61.0, 25_000.0, EVENING)
    assert sent[-1][0] == pytest.approx(0.9)


def test_an_order_that_is_sent_again_to_a_board_that_has_just_started_moves_no_lamp_either() -> None:
    lamp, sent = an_old_lamp()
    lamp.apply(order(0.5, 12.0), 0.0, 0.0, EVENING)
    lamp.again()
    lamp.apply(order(0.5, 0.0), 1.0, 25_000.0, EVENING)
    assert [signal for signal, _, _ in sent] == [0.4, 0.4]


def test_without_a_clock_age_and_dirt_stay_as_they_were() -> None:
    lamp, sent = an_old_lamp()
    lamp.restore(0.85)
    lamp.apply(order(1.0, 1.0), 0.0, 50_000.0, None)
    assert sent[-1][0] == 0.85


def test_after_a_restart_the_level_of_a_compensated_lamp_is_read_as_it_was_ordered() -> None:
    before, sent = an_old_lamp()
    before.apply(order(0.5, 12.0), 0.0, 25_000.0, EVENING)
    after, _ = an_old_lamp()
    after.restore(before.factor)
    assert after.level(sent[-1][0]) == pytest.approx(0.5)


def test_a_factor_is_forgotten_where_the_configuration_names_no_age_any_more() -> None:
    lamp, _ = a_lamp()
    lamp.restore(0.8)
    assert lamp.signal(0.5) == 0.5


@pytest.mark.parametrize("kept", [0.0, -1.0, 1.5, math.nan])
def test_a_factor_that_no_lamp_can_have_is_refused(kept: float) -> None:
    with pytest.raises(ValueError, match="no factor"):
        an_old_lamp()[0].restore(kept)


def test_a_new_order_for_a_lamp_that_should_be_there_already_is_gentle_where_it_is_not() -> None:
    lamp, sent = a_lamp()
    lamp.apply(order(1.0, 1.0), 0.0)
    lamp.again()
    lamp.apply(order(0.8, 0.0), 1.0)
    assert sent[-1] == (0.8, 12.0, 60.0), "a report that crossed the last order said so, and the lamp rises still"
