"""The world: the same seed brings the same street, and nothing in it is impossible."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre_sim.asked import Asked, prepare
from lampyre_sim.bins import LEFT_OVER, BinShape, RubbishBin
from lampyre_sim.people import Kind, Passage, passers
from lampyre_sim.sun import BRIGHTEST, DARKEST, DUSK_BEGINS, Sky, daylight
from lampyre_sim.world import LATE_S, REACH_M, SPACING_M, World

PARIS = ZoneInfo("Europe/Paris")
EVENING = datetime(2026, 11, 27, 20, 0, tzinfo=PARIS)


def street(seed: int = 1, start: datetime = EVENING, passages: list[Passage] | None = None) -> World:
    plan, stream = prepare(Asked(seed=seed, start=start))
    return World(plan, stream if passages is None else iter(passages))


def one(at_s: float = 10.0, speed_m_s: float = 1.4, forth: bool = True) -> Passage:
    return Passage(at_s, speed_m_s, forth, Kind.ON_FOOT)


@given(st.floats(-90, 90), st.floats(-90, 90))
def test_the_higher_the_sun_the_more_light(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 < daylight(low) <= daylight(high) < 120_000


@pytest.mark.parametrize(("degrees", "lux"), [(-4.5, 10), (-3.4, 35), (-2.8, 70), (60, 100_000)])
def test_daylight_goes_through_what_was_measured(degrees: float, lux: float) -> None:
    assert daylight(degrees) == pytest.approx(lux)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 99))
def test_clouds_stay_within_their_bounds(at: datetime, seed: int) -> None:
    assert DARKEST <= Sky(47.3, 5.0, seed).clouds(at) <= BRIGHTEST


def test_clouds_drift_and_do_not_jump() -> None:
    sky = Sky(47.3, 5.0, 7)
    shares = [sky.clouds(EVENING + timedelta(seconds=10 * step)) for step in range(2000)]
    assert max(abs(before - after) for before, after in pairwise(shares)) < 0.02
    assert max(shares) - min(shares) > 0.1


def test_dusk_is_where_the_sun_stands_low_in_the_evening() -> None:
    sky = Sky(47.32, 5.04, 1)
    dusk = sky.dusk(EVENING.date(), PARIS)
    assert sky.elevation(dusk) == pytest.approx(DUSK_BEGINS, abs=0.3)
    assert dusk.astimezone(PARIS).hour == 17


def test_in_the_midnight_sun_dusk_is_at_five() -> None:
    assert Sky(70.0, 25.0, 1).dusk(date(2026, 6, 21), PARIS).astimezone(PARIS).hour == 17


def test_the_same_seed_brings_the_same_passers_and_another_seed_others() -> None:
    streams = [list(islice(passers(EVENING, PARIS, seed), 200)) for seed in (3, 3, 4)]
    assert streams[0] == streams[1] != streams[2]
    assert all(before.at_s <= after.at_s for before, after in pairwise(streams[0]))


def test_more_pass_in_the_evening_than_at_night() -> None:
    def in_an_hour(hour: int) -> int:
        start = EVENING.replace(hour=hour)
        return sum(sum(p.at_s < 3600 for p in islice(passers(start, PARIS, seed), 500)) for seed in range(20))

    assert in_an_hour(17) > 5 * in_an_hour(2)


def test_the_same_seed_brings_the_same_night() -> None:
    def night(seed: int) -> list[object]:
        world = street(seed)
        world.advance(6 * 3600)
        return [world.passages, world.lux, *(bin_.fill for bin_ in world.bins), *(x.energy_wh for x in world.lamps)]

    assert night(5) == night(5) != night(6)


def test_the_truth_does_not_depend_on_how_often_one_looks() -> None:
    coarse, fine = street(), street()
    coarse.advance(1800)
    for second in range(1801):
        fine.advance(float(second))
    assert [x.passages for x in coarse.lamps] == [x.passages for x in fine.lamps]
    assert [x.fill for x in coarse.bins] == [x.fill for x in fine.bins]
    assert coarse.passing == fine.passing


def test_presence_moves_along_the_street() -> None:
    world = street(passages=[one(at_s=10.0)])
    came = []
    for number in range(6):
        world.advance(10.0 + (SPACING_M * (number + 0.5) - REACH_M) / 1.4 + 0.01)
        came.append([lamp.present for lamp in world.lamps].index(True))
        assert (world.lamps[number].on_foot, world.lamps[number].vehicles) == (1, 0)
    assert came == [0, 1, 2, 3, 4, 5]


def test_whoever_comes_the_other_way_meets_the_last_lamp_first() -> None:
    world = street(passages=[one(at_s=0.0, forth=False)])
    world.advance((SPACING_M / 2 - REACH_M) / 1.4 + 0.01)
    assert [lamp.present for lamp in world.lamps] == [False] * 5 + [True]


def test_everybody_leaves_the_street_again() -> None:
    world = street(passages=[one(at_s=float(n), forth=n % 2 == 0) for n in range(50)])
    world.advance(600.0)
    assert world.passages == 50
    assert world.passing == []
    assert not any(lamp.present for lamp in world.lamps)
    assert [lamp.passages for lamp in world.lamps] == [50] * 6


def test_the_next_edge_is_when_presence_next_changes() -> None:
    world = street(passages=[one(at_s=10.0)])
    assert world.next_edge_s == 10.0
    while world.next_edge_s < 1e9:
        before = [lamp.on_foot for lamp in world.lamps]
        edge_s = world.next_edge_s
        world.advance(edge_s - 0.001)
        assert [lamp.on_foot for lamp in world.lamps] == before
        world.advance(edge_s)


def test_who_stands_in_the_dark_is_counted_and_who_has_light_is_not() -> None:
    world = street(passages=[one(at_s=100.0)])
    for lamp in range(6):
        world.shine(lamp, 0.0 if lamp == 2 else world.plan.floor)
    world.advance(600.0)
    there_s = 2 * REACH_M / 1.4
    assert [lamp.below_floor_s > 0 for lamp in world.lamps] == [False, False, True, False, False, False]
    assert world.lamps[2].below_floor_s == pytest.approx(there_s - LATE_S, abs=LATE_S)


def test_full_light_is_metered_in_the_dark_only() -> None:
    noon = street(start=datetime(2026, 11, 27, 12, tzinfo=PARIS))
    noon.advance(3600.0)
    assert noon.lamps[0].full_light_wh == 0.0
    night = street()
    night.shine(0, 1.0)
    night.advance(3600.0)
    assert night.lamps[0].energy_wh == pytest.approx(night.lamps[0].full_light_wh)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0.5, 60))
def test_rubbish_never_rises_above_the_rim_and_only_the_lorry_takes_it_away(
    seed: int, fill: float, hours: float
) -> None:
    bin_ = RubbishBin(BinShape(), EVENING, PARIS, str(seed), fill)
    before, emptied = fill, 0
    for step in range(20):
        bin_.advance(hours * 3600 * step / 20)
        assert 0.0 <= bin_.fill <= 1.0
        assert bin_.shape.dead_zone_m <= bin_.distance_m <= bin_.shape.height_m
        if len(bin_.emptied) == emptied:
            assert bin_.fill >= before
        before, emptied = bin_.fill, len(bin_.emptied)


def test_the_lorry_comes_at_seven_and_leaves_a_bin_that_is_not_worth_it() -> None:
    full, empty = (RubbishBin(BinShape(litres=1e6), EVENING, PARIS, "x", fill) for fill in (0.9, 0.1))
    for bin_ in (full, empty):
        bin_.advance(12 * 3600)
    assert [at.astimezone(PARIS).hour for at in full.emptied] == [7]
    assert full.fill < LEFT_OVER + 0.01
    assert empty.emptied == []


def test_the_lorry_comes_at_seven_when_the_clocks_change_too() -> None:
    bin_ = RubbishBin(BinShape(litres=1e6), datetime(2026, 10, 24, 20, tzinfo=PARIS), PARIS, "x", 0.9)
    bin_.advance(14 * 3600)
    assert [at.astimezone(PARIS).strftime("%d %H") for at in bin_.emptied] == ["25 07"]


def test_a_bin_fills_by_a_third_a_day() -> None:
    bins = [RubbishBin(BinShape(litres=24_000), EVENING, PARIS, str(seed), 0.0) for seed in range(30)]
    for bin_ in bins:
        bin_.advance(86400)
    litres = sum(bin_.fill for bin_ in bins) / 30 * 24_000
    assert litres / 240 == pytest.approx(0.36, abs=0.06)
