"""What a date says: the day's length as almanacs have it, on both halves of the globe, and who has a day off."""

import math
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.calendar import NAMES, Calendar, day_length
from lampyre.decide.holidays import holidays_of

PARIS = ZoneInfo("Europe/Paris")
DIJON = 47.32
SUMMER, WINTER, SPRING = date(2027, 6, 21), date(2027, 12, 21), date(2027, 3, 21)
LATITUDES = st.floats(-90.0, 90.0)
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def named(calendar: Calendar, at: datetime) -> dict[str, float]:
    return dict(zip(NAMES, calendar.numbers(at), strict=True))


@pytest.mark.parametrize("day", [SUMMER, WINTER, SPRING])
def test_at_the_equator_every_day_is_half_a_day(day: date) -> None:
    assert day_length(0.0, day) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(("day", "hours"), [(SUMMER, 15.98), (WINTER, 8.42), (SPRING, 12.17)])
def test_in_dijon_a_day_is_as_long_as_the_almanac_says(day: date, hours: float) -> None:
    assert day_length(DIJON, day) * 24 == pytest.approx(hours, abs=0.35), "refraction and the sun's rim are left out"


def test_at_seventy_degrees_the_sun_stays_up_in_summer_and_down_in_winter() -> None:
    assert (day_length(70.0, SUMMER), day_length(70.0, WINTER)) == (1.0, 0.0)
    assert (day_length(-70.0, SUMMER), day_length(-70.0, WINTER)) == (0.0, 1.0)


@given(LATITUDES, DAYS)
def test_one_half_of_the_globe_has_the_light_that_the_other_lacks(latitude: float, day: date) -> None:
    assert day_length(latitude, day) + day_length(-latitude, day) == pytest.approx(1.0, abs=1e-9)


@given(LATITUDES, st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(PARIS)))  # noqa: DTZ001
def test_every_number_is_finite_and_of_its_range(latitude: float, at: datetime) -> None:
    found = named(Calendar(latitude, holidays_of("FR")), at)
    assert all(math.isfinite(one) and -1.0 <= one <= 1.0 for one in found.values())
    days = [found[f"{day}day"] for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")]
    assert sorted(days) == [0.0] * 6 + [1.0]
    assert days[at.weekday()] == 1.0


def test_days_grow_in_spring_and_shrink_in_autumn() -> None:
    calendar = Calendar(DIJON)
    assert named(calendar, datetime(2027, 3, 1, tzinfo=PARIS))["day_length_to_come"] > 0.05
    assert named(calendar, datetime(2027, 9, 1, tzinfo=PARIS))["day_length_to_come"] < -0.05


def test_the_days_around_a_holiday_know_of_it() -> None:
    calendar, may = Calendar(DIJON, holidays_of("FR")), datetime(2027, 5, 1, 23, 45, tzinfo=PARIS)
    keys = ("holiday_yesterday", "holiday", "holiday_tomorrow")
    found = [[named(calendar, may + timedelta(days=days))[key] for key in keys] for days in (-1, 0, 1)]
    assert found == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_midnight_and_noon_are_opposite_on_the_clock() -> None:
    calendar = Calendar()
    midnight, noon = (named(calendar, datetime(2027, 5, 1, hour, tzinfo=PARIS)) for hour in (0, 12))
    assert (midnight["cos_day"], noon["cos_day"]) == pytest.approx((1.0, -1.0))
