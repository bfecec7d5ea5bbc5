"""The ladder: of any two wishes the higher one decides, whichever came first."""

from itertools import permutations, product

import pytest

from lampyre.act.ladder import CAUSES, COMMON, LADDER, fine_of, highest
from lampyre.records import Cause, Fine, Intent


def wish(fine: Fine, level: float | None = 0.5) -> Intent:
    return Intent(level, CAUSES[fine], fine.value, fine)


def test_every_rung_stands_once_and_in_this_order() -> None:
    assert [fine.value for fine in LADDER] == [
        "protection", "technician", "remote", "presence", "adaptive", "program", "default", "failsafe",
    ]  # fmt: skip
    assert set(LADDER) == set(Fine) == set(CAUSES)


@pytest.mark.parametrize(("one", "other"), list(permutations(Fine, 2)))
def test_of_two_the_higher_decides(one: Fine, other: Fine) -> None:
    decides = highest([wish(one), wish(other)])
    assert decides is not None
    assert decides.fine is min(one, other, key=LADDER.index)


@pytest.mark.parametrize(("one", "other"), list(product(Fine, repeat=2)))
def test_who_has_no_opinion_stands_aside(one: Fine, other: Fine) -> None:
    assert highest([wish(one, None), wish(other), None]) == wish(other)


def test_of_two_on_one_rung_the_first_decides_and_of_none_nobody() -> None:
    assert highest([wish(Fine.PROGRAM, 0.3), wish(Fine.PROGRAM, 0.4)]) == wish(Fine.PROGRAM, 0.3)
    assert highest([None, wish(Fine.PROGRAM, None)]) is None


@pytest.mark.parametrize("cause", Cause)
def test_an_intent_that_says_no_more_has_the_rung_with_the_fewest_rights(cause: Cause) -> None:
    assert fine_of(Intent(0.5, cause, "why")) is COMMON[cause]
    assert fine_of(Intent(0.5, cause, "why")) is not Fine.TECHNICIAN


@pytest.mark.parametrize(("cause", "fine"), list(product(Cause, Fine)))
def test_no_model_becomes_a_technician_by_saying_so(cause: Cause, fine: Fine) -> None:
    found = fine_of(Intent(0.0, cause, "mad", fine))
    assert CAUSES[found] is cause
    assert found is fine or CAUSES[fine] is not cause
