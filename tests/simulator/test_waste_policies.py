"""Policies live through the same deposits, and none of them sees what it could not have seen."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.simulator.rubbish import deposits, recorded

from lampyre.decide.bins.collect import Wish
from lampyre_sim.waste.deposits import rebuilt
from lampyre_sim.waste.node import History, lived, ours, reactive
from lampyre_sim.waste.policies import best_weekdays, every_weeks, foreseen, weekdays
from lampyre_sim.waste.world import Tally, World

PRAGUE = ZoneInfo("Europe/Prague")
TRUCK_H = 6


@pytest.fixture(scope="module")
def world() -> World:
    return World(rebuilt(recorded(deposits(84, 0.5), (0, 2, 4)), PRAGUE), 1, 1.0)


@pytest.fixture(scope="module")
def rounds(world: World) -> list[int]:
    found: list[int] = world.rounds(TRUCK_H).tolist()
    return found


def test_the_town_s_own_rhythm_gives_back_what_was_recorded(world: World) -> None:
    found = world.tally(world.process.emptied.tolist(), 0)
    # the hour of an emptying is known to a step between readings, and this record is short
    assert found.full_h / found.hours == pytest.approx(world.process.recorded_95, abs=0.06)


def test_who_knows_what_will_come_is_beaten_by_nobody(world: World, rounds: list[int]) -> None:
    price_h = 8.0

    def cost(plan: list[int]) -> float:
        found = world.tally(plan, 0)
        return found.full_h + price_h * found.collections

    others = [
        rounds,
        best_weekdays(world, rounds, 3, 0),
        reactive(world, rounds, 0, 0.8),
        ours(world, rounds, 0, Wish(risk_h=12.0), None, PRAGUE),
    ]
    assert all(cost(foreseen(world, rounds, price_h)) <= cost(plan) for plan in others)


def test_the_best_weekdays_are_no_worse_than_any_others(world: World, rounds: list[int]) -> None:
    best = world.tally(best_weekdays(world, rounds, 3, 0), 0).full_h
    assert best <= world.tally(weekdays(rounds, (0, 1, 2)), 0).full_h
    assert len(every_weeks(rounds, 2)) == 5


@pytest.mark.parametrize("lead_h", [0, 12])
def test_no_plan_knows_a_reading_from_after_it_was_made(world: World, rounds: list[int], lead_h: int) -> None:
    asked = []

    def comes(history: History, at: datetime, truck: datetime) -> bool:
        asked.append(at)
        assert history[-1][0] <= at
        assert truck - at == timedelta(hours=lead_h)
        return len(asked) % 2 == 0

    lived(world, rounds, lead_h, comes, lambda _: None)
    assert len(asked) > 70


@pytest.mark.parametrize("lead_h", [0, 12])
def test_a_container_is_seen_empty_after_its_truck_came(world: World, rounds: list[int], lead_h: int) -> None:
    found = []

    def comes(history: History, at: datetime, _truck: datetime) -> bool:
        found.append(history[-1][1])
        return True

    lived(world, rounds, lead_h, comes, lambda _: None)
    assert max(found[2:]) < 0.85  # never more than a day's


def test_a_lower_threshold_or_a_smaller_risk_comes_more_often_and_leaves_it_full_less(
    world: World, rounds: list[int]
) -> None:
    for strict, loose in (
        (reactive(world, rounds, 0, 0.5), reactive(world, rounds, 0, 0.9)),
        (
            ours(world, rounds, 0, Wish(risk_h=4.0), None, PRAGUE),
            ours(world, rounds, 0, Wish(risk_h=18.0), None, PRAGUE),
        ),
    ):
        often, seldom = world.tally(strict, 0), world.tally(loose, 0)
        assert often.collections > seldom.collections
        assert often.full_h <= seldom.full_h


def test_nothing_before_the_judged_hours_counts(world: World, rounds: list[int]) -> None:
    late = world.process.hours - 240
    found = world.tally(rounds, late)
    assert (found.hours, found.collections) == (240, 10)


def test_tallies_add_up() -> None:
    one = Tally(hours=168, overflow_h=10, full_h=20, collections=2, found=1.5)
    one.take(Tally(hours=168, collections=2, found=1.9))
    assert one.figures() == {
        "per_week": 2.0, "overflow": pytest.approx(10 / 336), "full": pytest.approx(20 / 336),
        "fill": pytest.approx(0.85),
    }  # fmt: skip
    assert set(Tally().figures().values()) == {None}
