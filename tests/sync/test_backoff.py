"""Back-off: a city's nodes never come all at once, in the same numbers as they are drawn on the masts."""

import random
from collections import Counter
from math import sqrt

import pytest

from lampyre.sync import codes
from lampyre.sync.backoff import FULL, SPREAD_S, TWIN, USUAL, Backoff

NODES = 200


def city() -> list[Backoff]:
    return [Backoff(SPREAD_S, random.Random(number)) for number in range(NODES)]


def peak(moments_s: list[float]) -> int:
    """Return the most that come within one second of the clock."""
    return max(Counter(int(moment_s) for moment_s in moments_s).values())


def four_sigma(mean: float) -> float:
    return mean + 4 * sqrt(mean)


def test_after_a_power_cut_the_first_connects_are_spread_evenly() -> None:
    moments = [node.first_s() for node in city()]
    assert peak(moments) <= four_sigma(NODES / SPREAD_S)
    assert max(moments) <= SPREAD_S


def test_when_a_broker_restarts_under_all_of_them_they_are_spread_too() -> None:
    moments = [node.wait_s(lived_s=3600.0) for node in city()]
    assert peak(moments) <= four_sigma(NODES / (SPREAD_S - USUAL.first_s))
    assert min(moments) >= USUAL.first_s


def test_while_a_broker_is_away_they_come_ever_less_often_and_never_all_together() -> None:
    moments: list[float] = []
    for node in city():
        at_s = node.first_s()
        while at_s < 1800.0:
            moments.append(at_s)
            at_s += node.wait_s(lived_s=0.0)
    # the first tries of some and the second ones of others meet
    assert peak(moments) <= four_sigma(NODES / SPREAD_S + NODES / (SPREAD_S - USUAL.first_s))
    assert peak([moment for moment in moments if moment > 600.0]) <= four_sigma(NODES / (USUAL.most_s / 3))


@pytest.mark.parametrize("code", [codes.BUSY, codes.UNAVAILABLE, codes.QUOTA_EXCEEDED, codes.TOO_MANY_CONNECTS])
def test_a_broker_that_says_that_we_are_too_many_is_left_alone_for_longer(code: int) -> None:
    node = city()[0]
    waits = [node.wait_s(0.0, code) for _ in range(50)]
    assert all(FULL.first_s <= wait <= FULL.most_s for wait in waits)
    assert max(waits) > FULL.most_s / 2


def test_a_minute_of_peace_ends_the_patience_with_a_broker_but_not_with_a_twin() -> None:
    node = city()[0]
    for _ in range(20):
        node.wait_s(0.0)
        node.wait_s(0.0, codes.TAKEN_OVER)
    assert node.wait_s(lived_s=USUAL.stable_s) <= max(3 * USUAL.first_s, SPREAD_S)
    assert max(node.wait_s(USUAL.stable_s, codes.TAKEN_OVER) for _ in range(20)) > TWIN.most_s / 3
