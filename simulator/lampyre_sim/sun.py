"""The sky over the street: daylight from the sun's elevation, and clouds that drift by seed."""

import math
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import elevation

# degrees → lux: medians of the open sky over Tuebingen, 42 days of August to November 2023, every 30 s
# (without refraction; below -7 degrees the logger read nothing and the usual figures for clear twilight stand in)
DAYLIGHT = (
    (-18.0, 0.001), (-12.0, 0.01), (-8.0, 0.06), (-7.0, 0.17), (-6.0, 1.3), (-5.0, 5.2), (-4.5, 10.0), (-3.4, 35.0),
    (-2.8, 70.0), (-2.0, 146.0), (-1.0, 295.0), (0.0, 516.0), (0.8, 784.0), (2.0, 1405.0), (5.0, 2780.0),
    (10.0, 6460.0), (15.0, 10800.0), (20.0, 17600.0), (30.0, 34200.0), (40.0, 60000.0), (50.0, 78000.0),
    (60.0, 100000.0), (90.0, 110000.0),
)  # fmt: skip
DARKEST, BRIGHTEST = 0.4, 1.5  # tenth and ninetieth part of the same days, as shares of the median in the twilight
CLOUD_S = 2400.0  # a cloud field of 30 km passes at 45 km/h
DUSK_BEGINS = -2.0  # degrees: some ten minutes before a photocell of 35 lx switches on


def daylight(degrees: float) -> float:
    """Return the illuminance in lux on open ground for a sun elevation; grows with it throughout."""
    if degrees <= DAYLIGHT[0][0]:
        return DAYLIGHT[0][1]
    for (low, dark), (high, bright) in pairwise(DAYLIGHT):
        if degrees <= high:
            return float(dark * (bright / dark) ** ((degrees - low) / (high - low)))
    return DAYLIGHT[-1][1]


class Sky:
    """Sun and clouds over one place; the same seed brings the same clouds."""

    def __init__(self, latitude: float, longitude: float, seed: int) -> None:
        self._observer = Observer(latitude, longitude, 0.0)
        self._seed = seed

    def elevation(self, at: datetime) -> float:
        """Return the sun's elevation in degrees, without refraction."""
        return float(elevation(self._observer, at.astimezone(UTC), with_refraction=False))

    def lux(self, at: datetime) -> float:
        """Return what a photocell under this sky sees."""
        return daylight(self.elevation(at)) * self.clouds(at)

    def clouds(self, at: datetime) -> float:
        """Return the share of the median light that the clouds let through, DARKEST to BRIGHTEST."""
        number, share = divmod(at.timestamp() / CLOUD_S, 1.0)
        smooth = (1.0 - math.cos(math.pi * share)) / 2
        return self._field(int(number)) * (1.0 - smooth) + self._field(int(number) + 1) * smooth

    def _field(self, number: int) -> float:
        return float(DARKEST * (BRIGHTEST / DARKEST) ** Random(f"clouds {self._seed} {number}").random())

    def dusk(self, day: date, zone: ZoneInfo) -> datetime:
        """Return when the evening of that day begins to grow dark, in UTC; at 17 h where the sun does not set."""
        noon = datetime.combine(day, time(12), zone).astimezone(UTC)
        for minute in range(12 * 60):
            at = noon + timedelta(minutes=minute)
            if self.elevation(at) < DUSK_BEGINS:
                return at
        return datetime.combine(day, time(17), zone).astimezone(UTC)
