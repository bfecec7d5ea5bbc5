"""What a played night comes to, held against sums on paper."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lampyre_sim.light.candidates import CANDIDATES, Asks, Candidate
from lampyre_sim.light.play import Dark, Stage, asked_at, nights_of
from lampyre_sim.light.sites import Passers, Place, Site, day_s
from lampyre_sim.light.tally import Meter, Tally

DIJON = Place(ZoneInfo("Europe/Paris"), 47.3, 5.0, "FR", 28.8)
DESIGN_PER_H = 10.0
NOON = day_s(datetime(2026, 12, 1, tzinfo=UTC).date(), DIJON.zone)
TEN = NOON + 10 * 3600.0  # in the evening
STAYS_S = 2.0  # 16 m at 28.8 km/h
MISSED_S = (0.795 - 0.32) / 0.48  # of a ramp of a second from the quiet level to the class's, less what no eye sees
BY_NAME = {one.name: one for one in CANDIDATES}


def passers(*comes_s: float) -> Passers:
    comes = np.array(comes_s, np.float64)
    return Passers(comes, comes + STAYS_S, np.zeros(len(comes), np.bool_))


def night_of(name: str, *comes_s: float, nights: int = 1) -> tuple[Tally, Dark]:
    """Play nights of one candidate without a model."""
    candidate = replace(BY_NAME[name], model=False)
    site = Site("lane", DIJON, NOON - 86400.0, NOON + 86400.0 * nights, recorded=passers(*comes_s))
    settings = candidate.settings(DIJON, DESIGN_PER_H)
    dark = nights_of(settings, NOON, NOON + 86400.0 * nights)
    people = site.passers(1)
    stage = Stage(site, candidate, settings, people, None, asked_at(candidate.asks, settings, people, DESIGN_PER_H))
    return stage.play(dark, NOON), dark[0]


def test_light_is_added_up_and_a_user_misses_what_lies_below_what_is_asked() -> None:
    meter = Meter(lambda at_s: 0.8 if at_s < 100.0 else 0.4)
    meter.came(1)
    meter.shone(0.0, 0.0, 10.0, 1.0)
    meter.left(1)
    meter.came(2)
    meter.shone(10.0, 1.0, 100.0, 1.0)
    meter.left(2)
    meter.came(3)
    meter.shone(100.0, 0.32, 103.0, 0.32)
    meter.left(3)
    meter.left(4)  # came before the night
    assert meter.tally.light_s == pytest.approx(5.0 + 90.0 + 0.96)
    assert (meter.tally.users, meter.tally.under) == (3, 2)
    assert meter.tally.under_s == pytest.approx(7.95 + 3.0)


def test_full_light_is_full_but_for_its_first_ramp() -> None:
    tally, dark = night_of("full", TEN)
    night_s = dark.dawn_s - dark.dusk_s
    assert tally.night_s == night_s
    assert 14 * 3600 < night_s < 16 * 3600
    assert tally.light_s == pytest.approx(night_s - 0.5)
    assert (tally.switchings, tally.users, tally.under, tally.under_s) == (2, 1, 0, 0.0)


def test_midnight_dimming_halves_six_hours_and_leaves_who_comes_then_in_too_little_light() -> None:
    tally, dark = night_of("midnight", TEN, TEN + 4 * 3600.0)
    saved = 6 * 3600 * 0.5 - 12.0 * 0.25 + 1.0 * 0.25
    assert tally.light_s == pytest.approx(dark.dawn_s - dark.dusk_s - 0.5 - saved)
    assert (tally.switchings, tally.users, tally.under) == (4, 2, 1)
    assert tally.under_s == pytest.approx(STAYS_S)


def test_on_demand_the_first_misses_the_ramp_and_who_comes_within_the_hold_misses_nothing() -> None:
    tally, dark = night_of("fixed-hold", TEN, TEN + 30.0)
    held_s = 30.0 + STAYS_S + 60.0 + 1.0  # and the look after it
    extra = 0.48 * (0.5 + held_s - 1.0 + 6.0)
    assert tally.light_s == pytest.approx(0.32 * (dark.dawn_s - dark.dusk_s) - 0.16 + extra)
    assert (tally.switchings, tally.users, tally.under) == (4, 2, 1)
    assert tally.under_s == pytest.approx(MISSED_S)
    figures = tally.figures()
    assert figures["under_share"] == 0.5
    assert figures["under_s"] == pytest.approx(MISSED_S / 2)


def test_with_moving_light_only_the_first_lamp_of_the_row_is_late() -> None:
    tally, dark = night_of("moving", TEN)
    assert tally.nights == 5
    assert tally.night_s == pytest.approx(5 * (dark.dawn_s - dark.dusk_s))
    assert (tally.users, tally.under, tally.switchings) == (5, 1, 5 * 4)
    assert tally.under_s == pytest.approx(MISSED_S)


def test_what_learns_from_each_passage_lives_through_the_nights_before() -> None:
    candidate = BY_NAME["learned-hold"]
    comes = [TEN + 86400.0 * night + 20.0 * number for night in range(3) for number in range(30)]
    site = Site("lane", DIJON, NOON, NOON + 3 * 86400.0, recorded=passers(*comes))
    settings = candidate.settings(DIJON, DESIGN_PER_H)
    dark = nights_of(settings, site.begins_s, site.ends_s)
    stage = Stage(site, candidate, settings, site.passers(1), None, lambda _: 0.8)
    tally = stage.play(dark, NOON, dark[2].dusk_s)
    assert (tally.nights, tally.users) == (1, 30)
    learned = stage.posts[0].lamp.policy.learned()
    assert isinstance(learned, list)
    assert sum(map(sum, learned)) > 60.0 * 0.9  # gaps of all three nights


def test_by_traffic_the_first_passer_of_a_quiet_hour_misses_the_ramp_and_the_light_stays_for_two_samples() -> None:
    tally, dark = night_of("tai", TEN)
    assert (tally.users, tally.under) == (1, 1)
    assert tally.under_s == pytest.approx(MISSED_S)
    assert tally.switchings == 4
    raised_s = (tally.light_s - 0.32 * (dark.dawn_s - dark.dusk_s) + 0.16 - 0.48 * (0.5 + 6.0)) / 0.48 + 1.0
    assert 1200.0 <= raised_s <= 1801.0


def test_what_the_traffic_asks_for_goes_by_ten_minutes_in_steps_or_without() -> None:
    settings = BY_NAME["tai"].settings(DIJON, 24.0)
    people = passers(TEN, TEN + 599.0, TEN + 600.0)
    steps = asked_at(Asks.STEPS, settings, people, 24.0)
    curve = asked_at(Asks.CURVE, settings, people, 24.0)
    whole = asked_at(Asks.CLASS, settings, people, 24.0)
    times = (TEN - 1.0, TEN, TEN + 599.9, TEN + 600.0, TEN + 1200.0)
    assert [steps(at_s) for at_s in times] == pytest.approx(
        [0.32, 0.8, 0.8, 0.48, 0.32]
    )  # 12 an hour is half, 6 a quarter
    assert [curve(at_s) for at_s in times] == pytest.approx([0.32, 0.48, 0.48, 0.32, 0.32])
    assert [whole(at_s) for at_s in times] == [0.8] * 5


def test_who_comes_at_dusk_or_dawn_or_by_day_is_not_judged() -> None:
    _, dark = night_of("full")
    tally, _ = night_of("full", NOON + 60.0, dark.dusk_s + 1.0, TEN, dark.dawn_s - 1.0, dark.dawn_s + 1.0)
    assert tally.users == 1


def test_a_night_with_a_gap_in_its_record_is_not_whole() -> None:
    edges = np.arange(NOON - 86400.0, NOON + 48 * 3600.0, 3600.0, dtype=np.float64)
    counts = np.where(np.arange(72) == 24 + 10, np.nan, 1.0)
    site = Site("gap", DIJON, edges[0], edges[-1] + 3600.0, 3600.0, edges, counts)
    dark = nights_of(BY_NAME["full"].settings(DIJON, DESIGN_PER_H), edges[0], edges[-1])
    assert [site.measured(one.dusk_s, one.dawn_s) for one in dark] == [True, False, True]
    assert not site.measured(edges[0] - 1.0, edges[0])
    assert not site.measured(edges[-1], edges[-1] + 3601.0)


def test_the_time_before_and_between_the_nights_that_are_judged_only_teaches() -> None:
    candidate = Candidate("class", "", {"policy": "program"}, model=True)
    site = Site("lane", DIJON, NOON, NOON + 4 * 86400.0, recorded=passers(TEN, TEN + 86400.0, TEN + 3 * 86400.0))
    settings = candidate.settings(DIJON, DESIGN_PER_H)
    dark = nights_of(settings, site.begins_s, site.ends_s)
    assert all(after.dusk_s - before.dawn_s > 8 * 3600 for before, after in pairwise(dark))
    stage = Stage(site, candidate, settings, site.passers(1), None, lambda _: 0.8)
    tally = stage.play([dark[1], dark[3]], NOON)
    assert (tally.nights, tally.users, tally.switchings) == (2, 2, 4)
    assert math.isclose(tally.light_s, 0.8 * tally.night_s - 0.8 / 2 * 2, rel_tol=1e-9)
    assert stage.posts[0].lamp.site.past.profile.learned == (dark[3].dawn_s - NOON) // 900 - 1  # all but the first


def test_nothing_measured_has_no_figures() -> None:
    assert set(Tally().figures().values()) == {None}
