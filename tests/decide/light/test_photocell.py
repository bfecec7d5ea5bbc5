"""The photocell under generated skies and faults: no fault of it leaves a lamp dark at night."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.light.night import By, Night, NightRule
from lampyre.decide.light.photocell import (
    CONTRARY_S,
    DAYLIGHT_LUX,
    FROZEN_S,
    STUCK_DARK_S,
    SURE_DAY,
    SURE_NIGHT,
    longest_day_s,
    sky_lux,
)
from lampyre.decide.light.sun import Sun
from lampyre.records import Quantity, Reading, Snapshot
from lampyre_sim.sun import Sky, daylight

DIJON = (47.32, 5.04)
STEP_S = 120.0
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SUN = Sun(*DIJON)

Cell = Callable[[float, float], float | None]  # what it shows of lux, at seconds since the start


def clouded(seed: int) -> Callable[[float], float]:
    chance = Random(seed)
    fields = [math.exp(chance.gauss(0.0, 0.5)) for _ in range(2000)]
    return lambda s: fields[int(s // 1200)]


def looks(night: Night, cell: Cell, days: float, *, trusted: bool = True, seed: int = 1) -> list[tuple[float, bool]]:
    """Live some days; return the sun's height and the verdict at every look."""
    sky = clouded(seed)
    found = []
    for n in range(int(days * 86400 / STEP_S)):
        at = NOON + timedelta(seconds=n * STEP_S)
        lux = cell(daylight(SUN.height(at)) * sky(n * STEP_S), n * STEP_S)
        readings = {} if lux is None else {"c": Reading("c", Quantity.ILLUMINANCE, lux, at)}
        verdict = night.judge(Snapshot(at, n * STEP_S, trusted, MappingProxyType(readings)))
        found.append((SUN.height(at), verdict.night))
    return found


def switches(seen: list[tuple[float, bool]]) -> int:
    return sum(before[1] != after[1] for before, after in pairwise(seen))


FAULTS: dict[str, Cell] = {
    "healthy": lambda lux, s: lux,
    "stuck in the light": lambda lux, s: 400.0,
    "stuck at full scale": lambda lux, s: 100_000.0,
    "stuck in the dark": lambda lux, s: 0.2,
    "stuck between the thresholds": lambda lux, s: 50.0,
    "mute": lambda lux, s: None,
    "not a number": lambda lux, s: math.nan,
    "stray light": lambda lux, s: lux + 80.0,
    "a little stray light": lambda lux, s: lux + 60.0,
    "dirty": lambda lux, s: lux * 0.1,
    "comes and goes": lambda lux, s: lux if s % 4000 < 2000 else None,
    "stuck from the second noon on": lambda lux, s: lux if s < 86400 else 9000.0,
}


@pytest.mark.parametrize("by", [By.PHOTOCELL, By.WINDOW])
@pytest.mark.parametrize("fault", FAULTS)
def test_with_a_clock_no_fault_of_the_photocell_leaves_a_lamp_dark_at_night(fault: str, by: By) -> None:
    seen = looks(Night(*DIJON, "c", NightRule(by=by)), FAULTS[fault], 3)
    assert all(night for degrees, night in seen if degrees <= SURE_NIGHT)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(FAULTS)), st.sampled_from(sorted(FAULTS)), st.floats(0.0, 2.0), st.integers(0, 99))
def test_whatever_it_breaks_into_the_night_stays_lit(before: str, after: str, at_day: float, seed: int) -> None:
    def cell(lux: float, s: float) -> float | None:
        return FAULTS[before if s < at_day * 86400 else after](lux, s)

    seen = looks(Night(*DIJON, "c"), cell, 2.5, seed=seed)
    assert all(night for degrees, night in seen if degrees <= SURE_NIGHT)


@pytest.mark.parametrize("fault", ["stuck in the light", "stuck in the dark", "stuck between the thresholds", "mute"])
def test_without_a_clock_a_photocell_that_never_told_night_from_day_leaves_the_lamp_lit(fault: str) -> None:
    assert all(night for _, night in looks(Night(*DIJON, "c"), FAULTS[fault], 2, trusted=False))


def test_without_a_clock_a_cell_at_full_scale_is_found_out_within_an_hour() -> None:
    seen = looks(Night(*DIJON, "c"), FAULTS["stuck at full scale"], 1, trusted=False)
    assert all(night for _, night in seen[int(FROZEN_S / STEP_S) + 2 :])


def test_without_a_clock_a_healthy_photocell_switches_twice_a_day() -> None:
    seen = looks(Night(*DIJON, "c"), FAULTS["healthy"], 3, trusted=False)
    assert switches(seen[10:]) == 6
    assert all(night for degrees, night in seen if degrees <= SURE_NIGHT)


def test_without_a_clock_a_cell_is_believed_when_it_moves_and_what_it_did_before_a_restart_proves_nothing() -> None:
    before = Night(*DIJON, "c")
    looks(before, FAULTS["healthy"], 2, trusted=False)
    after = Night(*DIJON, "c")
    after.cell.restore(before.cell.learned())
    assert all(night for _, night in looks(after, lambda lux, s: 9000.0, 2, trusted=False))
    doubt = after.judge(Snapshot(NOON, 1e6, False)).doubt
    assert doubt == "neither clock nor photocell can be trusted: lit", "it may burn for days: somebody should know"


def test_without_a_clock_light_for_longer_than_any_day_is_no_day() -> None:
    flicker = Random(3)
    seen = looks(
        Night(*DIJON, "c"), lambda lux, s: lux if s < 80_000 else 500.0 + 300.0 * flicker.random(), 3, trusted=False
    )
    lit = seen[int((80_000 + longest_day_s(DIJON[0])) / STEP_S) :]
    assert all(night for _, night in lit)


@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_photocell_switches_twice_a_day_and_is_never_complained_of(seed: int) -> None:
    night = Night(*DIJON, "c")
    seen = looks(night, FAULTS["healthy"], 9, seed=seed)
    assert switches(seen[2:]) == 18
    assert night.cell.complaint is None


def test_a_dirty_photocell_is_found_within_a_week_and_a_clean_one_is_well_again() -> None:
    night = Night(*DIJON, "c")
    looks(night, FAULTS["dirty"], 7)
    assert night.cell.complaint is not None
    assert "dirty or shaded" in night.cell.complaint
    again = Night(*DIJON, "c")
    again.cell.restore(night.cell.learned())
    assert again.cell.complaint == night.cell.complaint, "a restart forgets nothing"
    looks(again, FAULTS["healthy"], 7)
    assert again.cell.complaint is None


def test_a_cell_stuck_in_the_dark_burns_for_a_day_and_then_the_sun_alone_decides() -> None:
    night = Night(*DIJON, "c")
    seen = looks(night, FAULTS["stuck in the dark"], 3)
    after = seen[int(STUCK_DARK_S / STEP_S) + 1 :]
    assert not any(lit for degrees, lit in after if degrees >= SURE_DAY)
    assert night.cell.complaint == "photocell has not seen light for a day: covered or stuck"


def test_a_cell_that_sees_light_in_the_night_is_not_asked_at_dawn() -> None:
    night = Night(*DIJON, "c")
    seen = looks(night, FAULTS["a little stray light"], 2)
    dawn = [lit for (before, _), (degrees, lit) in pairwise(seen) if before < degrees < -3.6]
    assert all(dawn[int(CONTRARY_S / STEP_S) :])
    assert night.cell.complaint is not None


def test_a_window_bounds_how_far_a_cloud_or_a_dirty_cell_moves_dusk_and_dawn() -> None:
    rule = NightRule(by=By.WINDOW, window_s=600.0)
    by_sun = Night(*DIJON, None, NightRule(by=By.SUN))
    windowed = looks(Night(*DIJON, "c", rule), FAULTS["dirty"], 3)
    sun_only = looks(by_sun, FAULTS["mute"], 3)
    other = [n for n, (one, two) in enumerate(zip(windowed, sun_only, strict=True)) if one[1] != two[1]]
    assert other, "the dirty cell moves them"
    assert len(other) <= 6 * (600.0 / STEP_S + 1)
    # but by full day what a cell calls dark lights the lamp, whatever the window says
    assert all(windowed[n][0] < SURE_DAY for n in other)


def test_the_table_of_the_sky_grows_with_the_sun_and_days_are_long_in_the_north() -> None:
    levels = [sky_lux(tenth / 10) for tenth in range(-80, 160)]
    assert levels == sorted(levels)
    assert sky_lux(-3.4) == pytest.approx(35.0)
    assert levels[-1] > DAYLIGHT_LUX
    days = [longest_day_s(latitude) / 3600 for latitude in (0.0, 30.0, 47.0, 60.0, 70.0, -90.0)]
    assert days == sorted(days)
    assert 13.0 < days[0] < 14.0
    assert days[-1] == STUCK_DARK_S / 3600


@pytest.mark.parametrize("place", [(70.0, 25.8), (47.32, 5.04), (-45.87, 170.5)])
def test_under_drifting_clouds_a_lamp_switches_twice_a_day_all_year_and_seldom_more_near_the_polar_night(
    place: tuple[float, float],
) -> None:
    sky, night = Sky(*place, seed=2), Night(*place, "c")
    verdicts = []
    for n in range(400 * 144):
        at = NOON + timedelta(minutes=10 * n)
        lux = Reading("c", Quantity.ILLUMINANCE, sky.lux(at), at)
        seen = Snapshot(at, 600.0 * n, True, MappingProxyType({"c": lux}))
        verdicts.append((at, night.judge(seen).night))
    turned = Counter(str(after[0].date()) for before, after in pairwise(verdicts) if before[1] != after[1])
    assert night.cell.complaint is None
    assert max(turned.values()) <= (2 if abs(place[0]) < 60 else 4)
    assert sum(count > 2 for count in turned.values()) <= 8
