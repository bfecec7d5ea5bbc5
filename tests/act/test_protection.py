"""Protection: a driver that is too hot gives no more than the safe level, and never less by it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.act.protection import COOLER, HOT_S, Protection
from lampyre.records import Cause, Fine, Intent

SAFE = 0.6
FULL = Intent(1.0, Cause.OVERRIDE, "technician", Fine.TECHNICIAN)
QUIET = Intent(0.32, Cause.PROGRAM, "nobody here", Fine.PROGRAM)


def hot() -> Protection:
    protection = Protection(85.0, SAFE)
    protection.bound(FULL, 90.0, 0.0)
    return protection


def test_above_the_limit_for_half_a_minute_not_even_a_technician_gets_more_than_the_safe_level() -> None:
    protection = hot()
    assert protection.bound(FULL, 90.0, HOT_S - 1.0) == FULL
    bound = protection.bound(FULL, 90.0, HOT_S)
    assert (bound.level, bound.fine) == (SAFE, Fine.PROTECTION)


def test_it_ends_when_the_driver_has_cooled_and_does_not_swing() -> None:
    protection = hot()
    protection.bound(FULL, 90.0, HOT_S)
    assert protection.bound(FULL, 85.0 - COOLER + 1.0, 100.0).level == SAFE
    assert protection.bound(FULL, 85.0 - COOLER, 101.0) == FULL
    assert protection.bound(FULL, 84.0, 102.0) == FULL


@pytest.mark.parametrize("temperature", [None, math.nan])
def test_a_dead_sensor_protects_nothing(temperature: float | None) -> None:
    protection = hot()
    protection.bound(FULL, 90.0, HOT_S)
    assert protection.bound(FULL, temperature, 100.0) == FULL


def test_without_a_limit_nothing_is_bound() -> None:
    assert Protection(None, SAFE).bound(FULL, 200.0, 1e6) == FULL


temperatures = st.one_of(st.none(), st.floats(), st.floats(60.0, 110.0))
levels = st.one_of(st.none(), st.floats(), st.floats(0.0, 1.0))


@given(st.lists(st.tuples(levels, temperatures, st.floats(0.0, 60.0)), max_size=40))
def test_it_never_lights_a_lamp_and_never_lowers_one_below_the_safe_level(
    history: list[tuple[float | None, float | None, float]],
) -> None:
    protection, now_s = Protection(85.0, SAFE), 0.0
    for level, temperature, passed_s in history:
        now_s += passed_s
        wish = Intent(level, Cause.PROGRAM, "x", Fine.PROGRAM)
        bound = protection.bound(wish, temperature, now_s)
        assert bound is wish or (bound.level == SAFE and level is not None and level > SAFE)
    assert protection.bound(QUIET, 200.0, now_s + 100.0) == QUIET
