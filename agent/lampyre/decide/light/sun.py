"""The sun over one place, in UTC: how high it stands, and when it passes a height. The one door of astral.

Everything is cut into half days between solar midnights and noons. In one of them the sun only climbs or only sinks,
so it passes a height once or not at all: nothing is missed and nothing counted twice, at any latitude.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from astral import Observer
from astral.julian import julianday, julianday_to_juliancentury
from astral.sun import elevation, eq_of_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a midnight, so even half days climb
HALF_DAY = timedelta(hours=12)
SECOND = timedelta(seconds=1)
SUNSET = -0.833  # degrees: the upper rim on the horizon, 16' of radius and 34' of refraction
CIVIL = -6.0  # the end of civil twilight
LOOKS_KEPT = 512  # 64 lamps of a node ask for the same few seconds
EDGES_KEPT = 2048  # 400 nights of `lampyre nights`, twice


@dataclass(frozen=True, slots=True)
class HalfDay:
    """From a solar midnight to noon (`climbs`) or from noon to midnight; UTC, whole seconds."""

    begin: datetime
    end: datetime
    climbs: bool


class Sun:
    """The sun as seen from one place; degrees north and east."""

    def __init__(self, latitude: float, longitude: float) -> None:
        self._latitude = latitude
        self._longitude = longitude

    def height(self, at: datetime) -> float:
        """Return the elevation of the sun's middle in degrees, without refraction."""
        return _height(self._latitude, self._longitude, at.replace(microsecond=0))

    def half_day(self, at: datetime) -> HalfDay:
        """Return the half day in which `at` lies."""
        number = (at - EPOCH + timedelta(seconds=self._longitude * 240.0)) // HALF_DAY
        while at < _edge(self._longitude, number):  # the sundial is up to 16 min off the mean
            number -= 1
        while at >= _edge(self._longitude, number + 1):
            number += 1
        return self._half(number)

    def around_midnight(self, near: datetime) -> tuple[HalfDay, HalfDay]:
        """Return the sinking and the climbing half day around the solar midnight nearest to `near`."""
        days = round((near - EPOCH + timedelta(seconds=self._longitude * 240.0)) / (2 * HALF_DAY))
        return self._half(2 * days - 1), self._half(2 * days)

    def passes(self, half: HalfDay, degrees: float, shift: timedelta = timedelta(0)) -> datetime | None:
        """Return when, in the half day, the sun of `shift` ago passes a height; None: it does not.

        It is the first whole second on the far side. The sun of before the half day or after it does not count.
        """
        low, high = half.begin, half.end
        above = self.shifted(half, low, shift) >= degrees
        if (self.shifted(half, high, shift) >= degrees) == above:
            return None
        while high - low > SECOND:
            middle = low + (high - low) // SECOND // 2 * SECOND
            if (self.shifted(half, middle, shift) >= degrees) == above:
                low = middle
            else:
                high = middle
        return high

    def sinks(self, near: datetime, degrees: float, shift: timedelta = timedelta(0)) -> datetime:
        """Return when it sinks past a height before the midnight nearest to `near`.

        Where it never does: at that midnight, for it stays above, or at the noon before, for it was never above. So
        dusk moves to midnight before the nights without one, and to noon before the days without one.
        """
        half, _ = self.around_midnight(near)
        at = self.passes(half, degrees, shift)
        return at or (half.end if self.shifted(half, half.end, shift) >= degrees else half.begin)

    def climbs(self, near: datetime, degrees: float, shift: timedelta = timedelta(0)) -> datetime:
        """Return when it climbs past a height after the midnight nearest to `near`; where it never does, as above."""
        _, half = self.around_midnight(near)
        at = self.passes(half, degrees, shift)
        return at or (half.begin if self.shifted(half, half.begin, shift) >= degrees else half.end)

    def shifted(self, half: HalfDay, at: datetime, shift: timedelta) -> float:
        """Return how high the sun stood `shift` ago, within the half day."""
        return self.height(min(max(at - shift, half.begin), half.end))

    def _half(self, number: int) -> HalfDay:
        return HalfDay(_edge(self._longitude, number), _edge(self._longitude, number + 1), number % 2 == 0)


@lru_cache(maxsize=LOOKS_KEPT)
def _height(latitude: float, longitude: float, at: datetime) -> float:
    return float(elevation(Observer(latitude, longitude, 0.0), at, with_refraction=False))


@lru_cache(maxsize=EDGES_KEPT)
def _edge(longitude: float, number: int) -> datetime:
    """Return the solar midnight (even) or noon (odd) of that number."""
    mean = EPOCH + number * HALF_DAY - timedelta(seconds=longitude * 240.0)
    ahead_min = eq_of_time(julianday_to_juliancentury(julianday(mean)))
    return (mean - timedelta(minutes=ahead_min)).replace(microsecond=0)
