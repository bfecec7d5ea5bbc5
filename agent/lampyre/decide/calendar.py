"""What a date says about a street: the day of the week, how long the day is, whether people work."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

AHEAD_DAYS = 28  # over which the day's length is compared: long enough that its change counts


class Calendar:
    """The calendar of one place; `holiday` says of a date whether it is a public one, where that is known."""

    def __init__(self, latitude: float = 0.0, holiday: Callable[[date], bool] = lambda _: False) -> None:
        self._latitude = latitude
        self.holiday = holiday

    def numbers(self, at_local: datetime) -> tuple[float, ...]:
        """Return, in the order of NAMES, what goes into a model; no network, no table beyond the holidays."""
        turn = 2 * math.pi * (at_local.hour * 60 + at_local.minute) / 1440
        today = at_local.date()
        now = day_length(self._latitude, today)
        weekday = at_local.weekday()
        return (
            math.sin(turn), math.cos(turn), math.sin(2 * turn), math.cos(2 * turn),
            *(float(weekday == day) for day in range(7)),
            now, day_length(self._latitude, today + timedelta(days=AHEAD_DAYS)) - now,
            *(float(self.holiday(today + timedelta(days=days))) for days in (-1, 0, 1)),
        )  # fmt: skip


NAMES: tuple[str, ...] = (
    "sin_day", "cos_day", "sin_half_day", "cos_half_day",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "day_length", "day_length_to_come",
    "holiday_yesterday", "holiday", "holiday_tomorrow",
)  # fmt: skip


@lru_cache(maxsize=16)
def day_length(latitude: float, day: date) -> float:
    """Return the share of the day with the sun up, 0..1 (declination after Cooper 1969, no refraction)."""
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day.timetuple().tm_yday) / 365)
    cosine = -math.tan(math.radians(min(max(latitude, -89.9), 89.9))) * math.tan(declination)
    return math.acos(min(max(cosine, -1.0), 1.0)) / math.pi
