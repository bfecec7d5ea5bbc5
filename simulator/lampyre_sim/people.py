"""Who passes through the street: people on foot and vehicles, by the hour of the week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

WALK_M_S = 1.4  # the usual speed on level ground
DRIVE_KM_H = 30.0  # the limit in a residential street

# an hour, from 0 to 23 h. On foot: the shape of a small town's street, made up. Vehicles: a thirtieth of what a radar
# counted in Moers, Roemerstrasse, on Tuesday 25 October 2016 (City of Moers, open data, zero licence), 13, 22 and
# 23 h mended.
ON_FOOT_WORKDAY = (
    0.6,
    0.3,
    0.2,
    0.2,
    0.3,
    1.2,
    4.8,
    13.2,
    15.6,
    8.4,
    8.4,
    10.8,
    14.4,
    12,
    9.6,
    12,
    15.6,
    19.2,
    16.8,
    12,
    8.4,
    6,
    3.6,
    1.8,
)
ON_FOOT_WEEKEND = (
    2.4,
    1.8,
    1.2,
    0.6,
    0.3,
    0.3,
    1.2,
    3,
    6,
    10.8,
    15.6,
    18,
    15.6,
    13.2,
    15.6,
    18,
    18,
    16.8,
    14.4,
    12,
    9.6,
    7.2,
    6,
    4.2,
)
VEHICLES_WORKDAY = (
    0.5,
    0.3,
    0.3,
    0.4,
    1.4,
    4.9,
    10.5,
    16.4,
    16.5,
    17.7,
    17.2,
    17.6,
    16.1,
    17.7,
    19.3,
    18.4,
    22.5,
    22.9,
    16.5,
    8.3,
    4.4,
    3.7,
    4.2,
    1.5,
)
WEEKEND_SHARE = 0.6  # of the vehicles of a workday


class Kind(StrEnum):
    """What passes."""

    ON_FOOT = "on foot"
    VEHICLE = "vehicle"


@dataclass(frozen=True, slots=True)
class Passage:
    """One that passes: enters one end of the street at `at_s` (seconds since the world began) and goes through."""

    at_s: float
    speed_m_s: float
    forth: bool  # from the first lamp to the last
    kind: Kind

    def reach_s(self, way_m: float, street_m: float) -> float:
        """Return when it is `way_m` metres from the street's first end."""
        return self.at_s + (way_m if self.forth else street_m - way_m) / self.speed_m_s

    def place_m(self, now_s: float, street_m: float) -> float:
        """Return how far from the street's first end it is now."""
        gone = (now_s - self.at_s) * self.speed_m_s
        return gone if self.forth else street_m - gone


def rates(local: datetime) -> tuple[float, float]:
    """Return how many on foot and how many vehicles pass in an hour, at this local time."""
    weekend = local.weekday() >= 5
    on_foot = (ON_FOOT_WEEKEND if weekend else ON_FOOT_WORKDAY)[local.hour]
    return on_foot, VEHICLES_WORKDAY[local.hour] * (WEEKEND_SHARE if weekend else 1.0)


def passers(start: datetime, zone: ZoneInfo, seed: int) -> Iterator[Passage]:
    """Yield passages for ever, in order: a Poisson stream whose rate follows the week (by thinning)."""
    chance = Random(f"passers {seed}")
    most = max(map(max, (ON_FOOT_WORKDAY, ON_FOOT_WEEKEND))) + max(VEHICLES_WORKDAY)
    at_s = 0.0
    while True:
        at_s += chance.expovariate(most / 3600)
        on_foot, vehicles = rates((start + timedelta(seconds=at_s)).astimezone(zone))
        drawn = chance.random() * most
        forth, pace = chance.random() < 0.5, chance.gauss(1.0, 0.15)
        if drawn < on_foot:
            yield Passage(at_s, WALK_M_S * min(1.6, max(0.6, pace)), forth, Kind.ON_FOOT)
        elif drawn < on_foot + vehicles:
            yield Passage(at_s, DRIVE_KM_H / 3.6 * min(1.6, max(0.6, pace)), forth, Kind.VEHICLE)
