"""Who passes through the street: people on foot and vehicles, by the hour of the week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

WALK_M_S = 1.4  # the usual speed on level ground
DRIVE_KM_H = 30.0  # the limit in a residential street

# an hour, from 0 to 23 h, in a residential side street. On foot: the shape of a small town's week, made up. Vehicles:
# a sixtieth of what a radar counted in Moers, Roemerstrasse, on Tuesday 25 October 2016 (City of Moers, open data, zero
# licence); where that record has gaps, at 13, 22 and 23 h, after the day before.
ON_FOOT_WORKDAY = (
    0.3, 0.1, 0.1, 0.1, 0.1, 0.6, 2.4, 6.6, 7.8, 4.2, 4.2, 5.4,
    7.2, 6, 4.8, 6, 7.8, 9.6, 8.4, 6, 4.2, 3, 1.8, 0.9,
)  # fmt: skip
ON_FOOT_WEEKEND = (
    1.2, 0.9, 0.6, 0.3, 0.1, 0.1, 0.6, 1.5, 3, 5.4, 7.8, 9,
    7.8, 6.6, 7.8, 9, 9, 8.4, 7.2, 6, 4.8, 3.6, 3, 2.1,
)  # fmt: skip
VEHICLES_WORKDAY = (
    0.2, 0.1, 0.1, 0.2, 0.7, 2.5, 5.3, 8.2, 8.2, 8.9, 8.6, 8.8,
    8.0, 8.8, 9.7, 9.2, 11.2, 11.4, 8.2, 4.2, 2.2, 1.9, 1.5, 0.8,
)  # fmt: skip
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
