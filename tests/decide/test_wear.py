"""What remains of a driver's life is a range, follows heat, starts and drift, and is none without a rating."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.wear import Rating, Wear

RATED = Rating(life_h=100_000.0, starts=50_000.0, reference=70.0)


def lit(temperature: float | None, hours: int = 200) -> Wear:
    wear = Wear()
    for _ in range(60 * hours):
        wear.count(0.5, 0.5, temperature, 60.0)
    return wear


def test_without_a_rated_life_nothing_is_promised() -> None:
    assert Wear().life(5000.0, Rating(), 0.01) is None


def test_at_its_reference_a_driver_has_its_rated_life_and_ten_kelvin_more_halve_it() -> None:
    cool, warm = lit(70.0).life(10_000.0, RATED, None), lit(80.0).life(10_000.0, RATED, None)
    assert cool is not None
    assert warm is not None
    assert cool.low_h < 90_000 < cool.high_h
    assert warm.low_h < 40_000 < warm.high_h
    assert "mean ageing 2.00 by heat" in warm.why


def test_without_a_temperature_the_range_is_wider() -> None:
    known, unknown = lit(70.0).life(10_000.0, RATED, None), lit(None).life(10_000.0, RATED, None)
    assert known is not None
    assert unknown is not None
    assert unknown.high_h - unknown.low_h > known.high_h - known.low_h


def test_a_power_that_drifts_ends_life_where_it_leaves_the_tolerance() -> None:
    life = lit(70.0).life(10_000.0, RATED, -0.05)
    assert life is not None
    assert life.low_h == life.high_h == pytest.approx(10_000.0)


def test_starts_count_once_each_and_wear_a_driver_too() -> None:
    wear = lit(70.0)
    for _ in range(25_000):
        wear.count(0.0, 0.5, None, 1.0)
        wear.count(0.5, 0.5, None, 1.0)
    assert wear.starts == 25_000
    worn, fresh = wear.life(10_000.0, RATED, None), lit(70.0).life(10_000.0, RATED, None)
    assert worn is not None
    assert fresh is not None
    assert worn.high_h < fresh.high_h / 4


@given(st.floats(0.0, 1e6), st.integers(0, 10**7), st.floats(-60, 200), st.one_of(st.none(), st.floats(-1.0, 1.0)))
def test_what_remains_is_never_negative_nor_upside_down(
    light_h: float, starts: int, temperature: float, drift: float | None
) -> None:
    wear = lit(temperature, hours=30)
    wear.starts = starts
    life = wear.life(light_h, RATED, drift)
    assert life is not None
    assert 0.0 <= life.low_h <= life.high_h <= 400_000


def test_another_board_has_another_count_of_starts() -> None:
    wear = Wear()
    assert wear.booted({"id": "e661", "boots": "12", "cause": "power"}) is None
    again = Wear()
    again.restore(json.loads(json.dumps(wear.to_json())))
    assert again.booted({"id": "e662", "boots": "57", "cause": "power"}) is None
    assert again.supply_losses == 0
    assert again.booted({"id": "e662", "boots": "58", "cause": "power"}) is not None


def test_a_board_that_was_without_supply_is_told_of_once() -> None:
    wear = Wear()
    assert wear.booted({"boots": "12", "cause": "power"}) is None, "nobody knows what was before"
    assert wear.booted({"boots": "12", "cause": "power"}) is None
    assert wear.booted({"boots": "13", "cause": "watchdog"}) is None
    again = Wear()
    again.restore(json.loads(json.dumps(wear.to_json())))
    assert again.booted({"boots": "14", "cause": "power"}) == "its board was without supply: start 13 to 14"
    assert again.supply_losses == 1
    assert again.booted({"boots": "x", "cause": "power"}) is None
    assert again.booted({}) is None
