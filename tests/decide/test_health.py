"""Each fault is named rightly within its window, and a healthy lamp is never called ill."""

import json
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING
from tests.decide.cabinet import RATED_W
from tests.decide.cabinet import play as play_circuit
from tests.decide.lamps import (
    DAY_S,
    DUSK_S,
    Lamp,
    Plan,
    continuous,
    dark_when_alone,
    midnight,
    on_demand,
    play,
    seen,
    street,
)

from lampyre.decide.draw import Draw, rising
from lampyre.decide.health import LampHealth
from lampyre.decide.supply import Feeder

Told = tuple[float, str, bool]  # hours since noon of the first day of the fault


def one(plan: Plan, seed: int = 1, sodium: bool = False) -> Lamp:
    """A lamp that has been well for three nights."""
    lamp = Lamp(0, plan, sodium, 70.0 if sodium else 40.0, random.Random(seed))
    assert not list(play([lamp], range(3)))
    return lamp


def fails(lamp: Lamp, fault: str, nights: int = 1, at_h: float = 9.0) -> list[Told]:
    """Let a fault befall it at 21 h of the fourth day; return what is told in so many nights."""
    found: list[Told] = []
    healthy = play([lamp], range(3, 3 + nights))
    lamp.plan = _broken_from(lamp.plan, lamp, fault, at_h)
    for mono_s, _, event, begins, _ in healthy:
        found.append((mono_s / 3600 - 72.0, event, begins))
    return found


def _broken_from(plan: Plan, lamp: Lamp, fault: str, at_h: float) -> Plan:
    def broken(asked: Lamp, at_s: float) -> float:
        if at_s >= at_h * 3600:
            lamp.fault = fault
        return plan(asked, at_s)

    return broken


@pytest.mark.parametrize(
    ("plan", "fault", "event", "within_h"),
    [
        (on_demand, "out", "lampFailure", 0.2),
        (midnight, "out", "lampFailure", 0.2),
        (dark_when_alone, "out", "lampFailure", 6.0),  # ten minutes of light, a passer at a time
        (on_demand, "cycling", "cyclingFailure", 1.6),
        (continuous, "cycling", "cyclingFailure", 1.6),
        (on_demand, "stuck", "dimmingFailure", 3.0),  # ten minutes after two levels were ordered for a minute each
        (midnight, "stuck", "dimmingFailure", 2.5),
        (continuous, "at full", "dimmingFailure", 3.0),
        (on_demand, "half", "lampPowerTooLow", 2.0),
        (midnight, "half", "lampPowerTooLow", 6.1),
        (on_demand, "meter silent", "powerMeterFailure", 0.2),
        (on_demand, "meter frozen", "powerMeterFailure", 1.5),
    ],
)
def test_a_fault_at_night_is_named_rightly_within_its_window(
    plan: Plan, fault: str, event: str, within_h: float
) -> None:
    for seed in (1, 2):
        told = [each for each in fails(one(plan, seed), fault) if each[0] <= 9.0 + within_h]
        assert [(name, begins) for _, name, begins in told] == [(event, True)]


def test_a_day_burner_is_named_after_ten_minutes_and_is_no_failure_at_night() -> None:
    told = fails(one(on_demand), "day burner", nights=2, at_h=1.0)
    assert told[0][1:] == ("lampUnexpectedOn", True)
    assert 1.0 <= told[0][0] <= 1.2
    assert {event for _, event, _ in told} == {"lampUnexpectedOn"}


EVENTS = {
    "out": {"lampFailure"},
    "cycling": {"cyclingFailure"},
    "stuck": {"dimmingFailure", "lampUnexpectedOn"},  # a driver that obeys nothing burns by day too
    "half": {"lampPowerTooLow"},
    "meter silent": {"powerMeterFailure"},
    "day burner": {"lampUnexpectedOn"},
}


@pytest.mark.parametrize("fault", EVENTS)
def test_a_repair_ends_what_was_told_and_a_restart_tells_nothing_twice(fault: str) -> None:
    lamp = one(on_demand)
    told = fails(lamp, fault, nights=2, at_h=9.0)
    started = {event for _, event, begins in told if begins}
    assert started == EVENTS[fault]
    kept = json.loads(json.dumps(lamp.health.to_json()))
    lamp.health = LampHealth("b.power", lamp.rated_w)
    lamp.health.restore(kept)
    assert set(lamp.health.active) == started
    assert len(json.dumps(kept)) < 3000
    lamp.fault, lamp.plan = "", on_demand
    after = [(event, begins) for _, _, event, begins, _ in play([lamp], range(5, 7))]
    assert sorted(after) == sorted((event, False) for event in started)


def steady(*_: object) -> float:
    return 1.0


def test_a_drift_of_one_percent_a_month_is_named_when_it_reaches_ten() -> None:
    lamp = one(midnight)
    named = None
    for month in range(1, 14):
        lamp.age = 0.01 * month
        days = range(3 + 2 * (month - 1), 3 + 2 * month)  # the power of each month, two nights of it
        told = [(event, begins) for _, _, event, begins, _ in play([lamp], days, tick_s=60.0, mains_of=steady)]
        if told and named is None:
            assert told == [("lampPowerTooLow", True)]
            named = month
    assert named in {10, 11}
    drift = lamp.health.draw.drift
    assert drift is not None
    assert -0.12 < drift < -0.07


def test_thirty_nights_of_one_lamp_of_each_kind_raise_no_alarm() -> None:
    """All 64 lamps: python -m tests.decide.lamps."""
    lamps = street(8)
    assert not list(play(lamps, range(30), tick_s=40.0))
    assert all(lamp.health.draw._first for lamp in lamps if lamp.plan is not dark_when_alone), "they have learned"


def test_a_feeder_that_fails_is_no_failure_of_its_lamps() -> None:
    lamps = street(4)
    feeder = lamps[0].health.feeder
    lost = []
    for night in range(2):
        for step in range(DUSK_S, DUSK_S + 4 * 3600, 10):
            out = 3600 <= step - DUSK_S < 7200
            for lamp in lamps:
                lamp.level = 0.8
                power_w = lamp.power_w(0.0 if out else 1.0, 10.0, 0.0)
                mono_s = night * DAY_S + step
                assert not lamp.health.look(seen(power_w, EVENING, mono_s), 0.8)
            lost.append(feeder.lost)
    assert sum(lost) == pytest.approx(720, abs=2)
    assert feeder.said == "0 of 4 lamps that should burn draw no power"


def test_two_lamps_of_a_street_may_fail_in_one_moment() -> None:
    feeder = Feeder()
    lamps = [object() for _ in range(10)]
    for n, lamp in enumerate(lamps):
        feeder.tell(lamp, n < 2)
    assert not feeder.lost
    for lamp in lamps[:9]:
        feeder.tell(lamp, True)
    assert feeder.lost
    for lamp in lamps:
        feeder.tell(lamp, None)
    assert not feeder.lost


def circuit(minutes: float = 8.0) -> Iterator[list[float | None]]:
    """Nights as the cabinet's: warm-up of eight minutes, two steps, an interruption; drawn, not copied."""
    dice = random.Random(5)
    for number in range(8):
        night: list[float | None] = [0.0] * 1440
        on, cold = 580 + dice.randint(-2, 2), 0
        for minute in range(on, 1345):
            level = 1.0 if minute < 662 else 0.9 if minute < 782 else 0.79 if minute < 1022 else 0.74
            cold = 0 if 1190 <= minute < 1228 and number == 5 else cold + 1
            warm = min(1.0, 0.14 + 0.86 * cold / minutes)
            night[minute] = None if cold == 0 else RATED_W * level * warm * (1.0 + dice.gauss(0.0, 0.005))
        yield night


def test_warm_up_steps_and_an_interruption_of_a_sodium_circuit_are_no_faults() -> None:
    """The recorded nights themselves: python -m tests.decide.cabinet --data FOLDER."""
    health = LampHealth("b.power", RATED_W)
    assert not list(play_circuit(health, list(circuit())))
    assert health.draw.power_w(0.79) == pytest.approx(0.79 * RATED_W, rel=0.02)


@given(st.lists(st.sampled_from([math.nan, math.inf, -math.inf, -5.0, -0.3, 0.0, 12.0, 40.0, 1e9]), max_size=200))
def test_no_reading_whatever_breaks_the_health(powers: list[float]) -> None:
    health = LampHealth("b.power", 40.0)
    for second, power_w in enumerate(powers):
        look = seen(power_w, EVENING, second * 30.0)
        health.look(look, 0.5)
        drawn_w, metered = health.drawn_w(look, 0.5)
        assert 0.0 <= drawn_w < math.inf
        assert not metered or drawn_w == max(0.0, power_w)


def test_a_lamp_without_a_power_sensor_raises_nothing_and_has_a_modelled_power() -> None:
    health = LampHealth("b.power", 40.0)
    for second in range(0, 40_000, 30):
        look = seen(math.nan, EVENING, float(second))
        assert not health.look(look, 0.5)
    assert health.drawn_w(look, 0.5) == (20.0, False)


def test_a_meter_whose_last_digit_stands_still_is_not_frozen_by_a_reading_from_before_a_rise() -> None:
    health = LampHealth("b.power", 40.0)
    told = []
    for at_s in range(4 * 3600):
        risen_s = at_s % 2400 - 2370  # somebody comes every 40 minutes, and for 5 s the meter has not heard of it
        level, power_w = (0.8 if risen_s >= 0 else 0.32), (33.5 if risen_s >= 5 else 14.3)
        told += health.look(seen(power_w, EVENING, float(at_s)), level)
    assert told == []


def test_a_frozen_meter_is_not_believed_for_energy() -> None:
    lamp = one(on_demand)
    fails(lamp, "meter frozen")
    look = seen(23.4, EVENING, 5 * DAY_S)
    power_w, metered = lamp.health.drawn_w(look, 0.32)
    assert not metered
    assert power_w == pytest.approx(lamp._burning_w(0.32, 1.0), rel=0.1)


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1e3), st.floats(1.0, 1e4)), min_size=1, max_size=20))
def test_a_learned_curve_never_falls(points: list[tuple[float, float, float]]) -> None:
    curve = rising(points)
    assert len(curve) == len(points)
    assert all(before[1] <= after[1] + 1e-6 for before, after in pairwise(curve))
    mean = sum(power_w * weight for _, power_w, weight in points)
    at = dict.fromkeys(range(len(points)))
    assert sum(c[1] * p[2] for c, p, _ in zip(curve, sorted(points), at, strict=True)) == pytest.approx(mean)


def test_another_rated_power_is_another_lamp_and_a_damaged_table_is_refused() -> None:
    draw = Draw(40.0)
    for _ in range(400):
        draw.learn(0.5, 18.0, 5.0)
    kept = json.loads(json.dumps(draw.to_json()))
    again, other = Draw(40.0), Draw(60.0)
    again.restore(kept)
    other.restore(kept)
    assert again.power_w(0.5) == pytest.approx(18.0)
    assert other.power_w(0.5) == 30.0
    for row in ([-1, 0.5, 1.0, 0.5, 1.0], [100, 7.0, 1.0, 0.5, 1.0], [100, 0.5, math.nan, 0.5, 1.0], ["x"]):
        with pytest.raises((ValueError, TypeError)):
            Draw(40.0).restore({"rated_w": 40.0, "knots": {"10": row}})


def test_a_doubtful_zero_a_little_below_zero_is_zero() -> None:
    health = LampHealth("b.power", 40.0)
    assert health.drawn_w(seen(-0.3, EVENING, 0.0), 0.0) == (0.0, True)
    assert health.drawn_w(seen(-30.0, EVENING, 0.0), 0.5) == (20.0, False)
    stale = seen(-0.3, EVENING, 0.0)
    gone = replace(stale, readings={})
    assert health.drawn_w(gone, 0.0) == (0.0, False)
