"""Looks and states keep to a year's budget whatever happens, no gap is without end, and fire waits for neither."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.bins.sampling import GAPS, YEAR_S, Pace, Purse, Sampling, pace_of

DAY_S = 86400.0
STRETCHES = st.lists(st.tuples(st.sampled_from(list(Pace)), st.floats(0.5, 40.0)), min_size=1, max_size=30)


def lived(sampling: Sampling, stretches: list[tuple[Pace, float]], step_s: float) -> tuple[list[float], list[float]]:
    """Return the seconds of the looks and of the states if one or the other is taken whenever it is due."""
    looks: list[float] = []
    states: list[float] = []
    now_s = 0.0
    for pace, days in stretches:
        sampling.pace = pace
        end_s = now_s + days * DAY_S
        while now_s < end_s:
            if sampling.look_due(now_s):
                sampling.looked(now_s, 2027)
                looks.append(now_s)
            if sampling.tells(now_s, 2027):
                states.append(now_s)
            now_s += step_s
    return looks, states


def most_in_a_year(times: list[float]) -> int:
    most = begin = 0
    for end, at in enumerate(times):
        while at - times[begin] >= YEAR_S:
            begin += 1
        most = max(most, end - begin + 1)
    return most


@settings(max_examples=25, deadline=None)
@given(STRETCHES, st.integers(8760, 30_000), st.integers(1460, 9_000), st.floats(700.0, 5000.0))
def test_no_year_costs_more_than_its_budget_and_no_gap_is_longer_than_the_budget_makes_it(
    stretches: list[tuple[Pace, float]], looks_most: int, states_most: int, step_s: float
) -> None:
    sampling = Sampling(looks_most, states_most)
    looks, states = lived(sampling, stretches, step_s)
    assert most_in_a_year(looks) <= looks_most
    assert most_in_a_year(states) <= states_most
    for times, purse in ((looks, sampling.looks), (states, sampling.states)):
        longest_s = max((b - a for a, b in pairwise(times)), default=0.0)
        assert longest_s <= purse.longest_s(GAPS[Pace.NIGHT].state_s) + 2 * step_s
    assert sampling.spent["looks"] == len(looks)


@settings(max_examples=50, deadline=None)
@given(STRETCHES, st.lists(st.floats(0.0, 200.0 * DAY_S), max_size=40))
def test_a_fire_is_told_at_once_whatever_was_spent_and_costs_the_budget_nothing(
    stretches: list[tuple[Pace, float]], fires: list[float]
) -> None:
    sampling = Sampling(8760, 1460)
    lived(sampling, stretches[:3], 3600.0)
    left = sampling.states.left
    assert all(sampling.tells(at, 2027, urgent=True) for at in fires)
    assert sampling.states.left == left
    assert sampling.spent["urgent"] == len(fires)


def test_on_mains_a_look_comes_with_its_gap_and_is_counted() -> None:
    sampling = Sampling(None, 52_560)
    looks, _ = lived(sampling, [(Pace.SOON, 1 / 24), (Pace.USUAL, 1 / 24), (Pace.NIGHT, 1 / 24)], 10.0)
    assert len(looks) == 120 + 60 + 20


def test_a_stir_waits_for_no_gap_but_for_the_purse() -> None:
    sampling = Sampling(8760, 1460)
    sampling.looked(0.0, 2027)
    assert not sampling.look_due(1.0)
    assert sampling.look_due(1.0, stirred=True)
    while sampling.look_due(1.0, stirred=True):
        sampling.looked(1.0, 2027)
    assert sampling.looks.left < 1.0
    assert not sampling.look_due(600.0, stirred=True)


def test_a_purse_that_is_rich_follows_the_plan_and_a_poor_one_its_income() -> None:
    purse = Purse(8760.0)
    purse.restore(100.0)
    purse.spend(0.0)
    assert purse.due(60.0, 60.0)
    purse.restore(20.0)
    assert not purse.due(60.0, 60.0)
    assert purse.due(60.0, purse.longest_s(60.0) + 1.0)


def test_a_restart_earns_nothing_and_a_new_year_counts_anew() -> None:
    sampling = Sampling(8760, 1460)
    while sampling.look_due(1.0, stirred=True):
        sampling.looked(1.0, 2027)
    again = Sampling(8760, 1460)
    again.restore(sampling.saved())
    assert not again.look_due(5.0)
    assert again.spent == sampling.spent
    again.tells(6.0, 2028, urgent=True)
    assert (again.year, again.spent) == (2028, {"looks": 0, "states": 0, "urgent": 1})


@pytest.mark.parametrize("data", [
    {}, {"year": 2027, "spent": {}, "left": [1, 2]}, {"year": "x", "spent": {}, "left": []},
    {"year": 1, "spent": {"looks": -1, "states": 0, "urgent": 0}, "left": [1, 2]},
    {"year": 1, "spent": {"looks": 1, "states": 0, "urgent": 0}, "left": [float("nan"), 2]},
])  # fmt: skip
def test_a_budget_of_another_kind_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        Sampling(8760, 1460).restore(data)


@pytest.mark.parametrize(
    ("about", "pace"),
    [
        ({}, Pace.USUAL),
        ({"night": True}, Pace.NIGHT),
        ({"night": True, "fill": 0.72}, Pace.SOON),
        ({"night": True, "soonest_h": 8.0}, Pace.SOON),
        ({"soonest_h": 40.0, "fill": 0.3}, Pace.USUAL),
        ({"heat": 51.0, "night": True}, Pace.HOT),
        ({"burns": True}, Pace.HOT),
    ],
)
def test_soon_full_and_hot_are_looked_at_more_and_the_night_less(about: dict[str, object], pace: Pace) -> None:
    plain: dict[str, object] = {
        "burns": False, "heat": 12.0, "fire_at": 65.0, "fill": 0.4, "full_at": 0.8, "soonest_h": None, "night": False,
    }  # fmt: skip
    assert pace_of(**(plain | about)) is pace  # type: ignore[arg-type] # a table of tests
