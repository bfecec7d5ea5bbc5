"""The sun's switching times against another ephemeris (PyEphem: VSOP87), from 70 degrees north to 45 south."""

import math
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import ephem
import pytest

from lampyre.decide.light.night import Almanac, NightRule
from lampyre.decide.light.sun import CIVIL, SUNSET, HalfDay, Sun

PLACES = {
    "North Cape": (70.0, 25.8), "Tromsoe": (69.65, 18.96), "Utqiagvik": (71.29, -156.79), "Reykjavik": (64.15, -21.94),
    "Helsinki": (60.17, 24.94), "Dijon": (47.32, 5.04), "Madrid": (40.42, -3.70), "Cairo": (30.04, 31.24),
    "Quito": (-0.18, -78.47), "Suva": (-18.14, 178.44), "Sydney": (-33.87, 151.21), "Dunedin": (-45.87, 170.50),
}  # fmt: skip
START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 400
LATE_S = 60.0
SLOW_PER_H = 0.5  # degrees: where the sun only grazes a height, a hundredth of a degree is minutes
NEAR = 0.02  # degrees: what both may differ by; a usual night's refraction at the horizon varies by ten times that
LOOK = timedelta(minutes=10)
STEP = 0.1  # degrees: nearer than this one of both may already have switched


class Ephemeris:
    """PyEphem at one place."""

    def __init__(self, latitude: float, longitude: float) -> None:
        self._observer = ephem.Observer()
        self._observer.lat, self._observer.lon = str(latitude), str(longitude)
        self._observer.pressure = 0.0
        self._sun = ephem.Sun()

    def height(self, at: datetime) -> float:
        self._observer.date = at.replace(tzinfo=None)
        self._sun.compute(self._observer)
        return math.degrees(self._sun.alt)


def half_days(sun: Sun) -> Iterator[HalfDay]:
    half = sun.half_day(START)
    while half.begin < START + timedelta(days=DAYS):
        yield half
        half = sun.half_day(half.end)


@pytest.mark.parametrize("place", PLACES)
def test_the_sun_passes_every_height_within_a_minute_of_the_other_ephemeris(place: str) -> None:
    sun, other = Sun(*PLACES[place]), Ephemeris(*PLACES[place])
    for degrees in (SUNSET, CIVIL, NightRule().on_degrees, NightRule().off_degrees):
        for half in half_days(sun):
            at = sun.passes(half, degrees)
            if at is None:
                ends = [other.height(half.begin) - degrees, other.height(half.end) - degrees]
                assert ends[0] * ends[1] > 0 or min(map(abs, ends)) < NEAR, f"{place}: missed in {half}"
                continue
            off = other.height(at) - degrees
            per_s = (other.height(at + timedelta(seconds=30)) - other.height(at - timedelta(seconds=30))) / 60
            assert abs(off) < NEAR
            assert abs(off / per_s) <= LATE_S or abs(per_s) * 3600 < SLOW_PER_H, f"{place}: {at} is {off / per_s:.0f} s"


@pytest.mark.parametrize("place", PLACES)
def test_no_switching_of_400_nights_is_missed_or_doubled(place: str) -> None:
    almanac, other = Almanac(*PLACES[place], NightRule()), Ephemeris(*PLACES[place])
    rule = NightRule()
    limits = (rule.on_degrees, rule.off_degrees)
    switches = almanac.switches(START, START + timedelta(days=DAYS))
    assert all(before.night != after.night and before.at < after.at for before, after in pairwise(switches))
    night = theirs = almanac.night(START)
    turns = [half.end for half in half_days(almanac.sun)]
    grazes = [at for at in turns if min(abs(almanac.sun.height(at) - limit) for limit in limits) < NEAR]
    assert len(grazes) <= 6, "around a solstice noons and midnights graze a limit: there the two may differ by a night"
    counted = 0
    coming = deque(switches)
    for step in range(DAYS * 144):
        at = START + step * LOOK
        while coming and coming[0].at <= at:
            night = coming.popleft().night
        height = other.height(at)
        if height >= rule.off_degrees if theirs else height < rule.on_degrees:
            theirs, counted = not theirs, counted + 1
        if all(abs(height - limit) > STEP for limit in limits):
            assert night == theirs or any(abs(at - graze) < timedelta(days=1) for graze in grazes), f"{place}: {at}"
    assert abs(len(switches) - counted) <= 2 * len(grazes)
