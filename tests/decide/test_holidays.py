"""Our page of holidays says what the library `holidays` says, country by country, but for what stands here."""

from collections.abc import Callable
from datetime import date, timedelta

import holidays as library
import pytest

from lampyre.decide.holidays import RULES, days_off, easter, holidays_of
from lampyre.errors import ConfigError

YEARS = range(2015, 2036)
LIBRARY_NAMES = {"FR-67": ("FR", "6AE"), "FR-68": ("FR", "6AE")}  # Alsace is one there
SUNDAY = 6
DIFFERENT: dict[str, tuple[Callable[[date], bool], str]] = {
    "ES": (lambda day: day.weekday() == SUNDAY, "a holiday on a Sunday goes to a Monday that each community chooses"),
    "IT": (lambda day: (day.month, day.weekday()) == (11, SUNDAY), "the day of unity is a Sunday, not a day off"),
}


@pytest.mark.parametrize("code", RULES)
def test_every_day_of_twenty_years_is_what_the_library_says(code: str) -> None:
    country, _, part = code.partition("-")
    country, part = LIBRARY_NAMES.get(code, (country, part))
    theirs = set(library.country_holidays(country, subdiv=part or None, years=range(2014, 2037)))
    ours, known = holidays_of(code), DIFFERENT.get(code, (lambda _: False, ""))[0]
    days = [date(YEARS[0], 1, 1) + timedelta(days=n) for n in range(round(365.25 * len(YEARS)))]
    assert [day for day in days if ours(day) != (day in theirs) and not known(day)] == []


@pytest.mark.parametrize("code", DIFFERENT)
def test_a_known_difference_is_still_one(code: str) -> None:
    theirs = set(library.country_holidays(code, years=YEARS))
    ours = set().union(*(days_off(code, year) for year in YEARS))
    assert ours ^ theirs, DIFFERENT[code][1]


def test_nobodys_holidays_are_no_day() -> None:
    never = holidays_of(None)
    assert not any(never(date(2027, 1, 1) + timedelta(days=n)) for n in range(365))


@pytest.mark.parametrize("code", ["", "fr", "XX", "DE-XX", "FRANCE", "AU", "01-01"])
def test_an_unknown_code_is_refused_with_those_there_are(code: str) -> None:
    with pytest.raises(ConfigError, match=r"node\.country: no holidays .* FR, .* leave it out"):
        holidays_of(code)


def test_easter_is_where_the_tables_have_it() -> None:
    found = [easter(year) for year in (1818, 1943, 2000, 2008, 2024, 2038, 2285)]
    assert [f"{day:%Y-%m-%d}" for day in found] == [
        "1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23", "2024-03-31", "2038-04-25", "2285-03-22",
    ]  # fmt: skip


@pytest.mark.parametrize("code", RULES)
def test_far_years_have_holidays_too(code: str) -> None:
    assert all(3 <= len(days_off(code, year)) <= 20 for year in (1970, 2060, 2099))


def test_a_new_year_on_a_saturday_frees_the_last_day_of_the_old_one_in_america() -> None:
    assert holidays_of("US")(date(2021, 12, 31))
    assert not holidays_of("US")(date(2022, 12, 31))
