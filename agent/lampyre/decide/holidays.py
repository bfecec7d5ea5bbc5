"""Public holidays: a page of rules, so that a node knows them without a network and without a library of 19 MB."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from lampyre.errors import ConfigError

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RULE = re.compile(r"([^/@]+)(?:/(\w+))?(?:@(\d{4})?\.\.(\d{4})?)?")
YEARS_KEPT = 4  # of one or two countries: yesterday's and tomorrow's year at New Year

# Each rule is a day, what the law does where it meets a weekend, and the years in which it holds:
#   05-01       the first of May                  E+39        39 days after Easter Sunday
#   05:1mon     the first Monday of May           05:-1mon    the last one
#   11-22<wed   the last Wednesday up to then     01-29~mon   the nearest Monday
#   2018-11-12  that day alone                    !2020-05-04 not on that day
#   /next: also the next working day   /near: also Friday or Monday   /moved: the next working day instead
#   /before: on the Saturday instead of a Sunday
# A code alone stands for all its rules. Days of a part of a region only (Augsburg, say) are not here.
RULES: dict[str, str] = {
    "AT": "01-01 01-06 E+1 05-01 E+39 E+50 E+60 08-15 10-26 11-01 12-08 12-25 12-26",
    "AU-VIC": "01-01/next 01-26/moved 03:2mon E-2 E-1 E+0@2016.. E+1 04-25 06:2mon 11:1tue"
              " 12-25/moved@..2020 12-25/next@2021.. 12-26/next"
              # the Friday before the football final of the last Saturday in September, where it is not named here
              " 09-29<fri@2017..2019 09-29<fri@2021.. 2015-10-02 2016-09-30 2020-10-23 2022-09-22",
    "BE": "01-01 E+0 E+1 05-01 E+39 E+49 E+50 07-21 08-15 11-01 11-11 12-25",
    "CH": "01-01 E+39 08-01 12-25",  # what all cantons share
    "CZ": "01-01 E-2@2016.. E+1 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26",
    "DE": "01-01 E-2 E+1 05-01 E+39 E+50 10-03 12-25 12-26 2017-10-31",  # what all Länder share
    "DE-BB": "DE E+0 E+49 10-31",
    "DE-BE": "DE 03-08@2019.. 2020-05-08 2025-05-08 2028-06-17",
    "DE-BW": "DE 01-06 E+60 11-01",
    "DE-BY": "DE 01-06 E+60 11-01",
    "DE-HB": "DE 10-31@2018..",
    "DE-HE": "DE E+60",
    "DE-HH": "DE 10-31@2018..",
    "DE-MV": "DE 03-08@2023.. 10-31",
    "DE-NI": "DE 10-31@2018..",
    "DE-NW": "DE E+60 11-01",
    "DE-RP": "DE E+60 11-01",
    "DE-SH": "DE 10-31@2018..",
    "DE-SL": "DE E+60 08-15 11-01",
    "DE-SN": "DE 10-31 11-22<wed",
    "DE-ST": "DE 01-06 10-31",
    "DE-TH": "DE 09-20@2019.. 10-31",
    "ES": "01-01 01-06 E-2 05-01 08-15 10-12 11-01 12-06 12-08 12-25",  # communities have more
    "FR": "01-01 E+1 05-01 05-08 E+39 E+50 07-14 08-15 11-01 11-11 12-25",
    "FR-57": "FR E-2 12-26", "FR-67": "FR E-2 12-26", "FR-68": "FR E-2 12-26",  # Alsace and Moselle
    "GB-ENG": "01-01/next E-2 E+1 05:1mon !2020-05-04 2020-05-08 05:-1mon !2022-05-30 2022-06-02 2022-06-03 08:-1mon"
              " 12-25/next 12-26/next 2022-09-19 2023-05-08",
    "GB-NIR": "GB-ENG 03-17/next 07-12/next",
    "GB-SCT": "GB-ENG !E+1 01-02/next 08:1mon !08:-1mon 11-30/next 2026-06-15",
    "GB-WLS": "GB-ENG",
    "IE": "01-01 02:1mon@2023.. 03-17 E+1 05:1mon 06:1mon 08:1mon 10:-1mon 12-25 12-26 2022-03-18"
          " 2030-02-01 !2030-02-04",  # Saint Brigid: a Friday that is the first of February comes before the Monday
    "IT": "01-01 01-06 E+0 E+1 04-25 05-01 06-02 08-15 10-04@2026.. 11-01 12-08 12-25 12-26",
    "LU": "01-01 E+1 05-01 05-09@2019.. E+39 E+50 06-23 08-15 11-01 12-25 12-26",
    "NL": "01-01 E-2 E+0 E+1 04-27/before E+39 E+49 E+50 12-25 12-26"
          " 2015-05-05 2020-05-05 2025-05-05 2030-05-05 2035-05-05",  # a day off in every fifth year
    "NZ-AUK": "01-01/next 01-02/next 01-29~mon 02-06/next E-2 E+1 04-25/next 06:1mon 10:4mon 12-25/next 12-26/next"
              " 2022-09-26"
              # Matariki, by the Maori moon: the dates are a schedule of the Act of 2022
              " 2022-06-24 2023-07-14 2024-06-28 2025-06-20 2026-07-10 2027-06-25 2028-07-14 2029-07-06 2030-06-21"
              " 2031-07-11 2032-07-02 2033-06-24 2034-07-07 2035-06-29 2036-07-18 2037-07-10 2038-06-25 2039-07-15"
              " 2040-07-06 2041-07-19 2042-07-11 2043-07-03 2044-06-24 2045-07-07 2046-06-29 2047-07-19 2048-07-03"
              " 2049-06-25 2050-07-15 2051-06-30 2052-06-21",
    "PL": "01-01 01-06 E+0 E+1 05-01 05-03 E+49 E+60 08-15 11-01 11-11 2018-11-12 12-24@2025.. 12-25 12-26",
    "PT": "01-01 E-2 E+0 04-25 05-01 E+60@2016.. 06-10 08-15 10-05@2016.. 11-01@2016.. 12-01@2016.. 12-08 12-25",
    "US": "01-01/near 01:3mon 02:3mon 05:-1mon 06-19/near@2021.. 07-04/near 09:1mon 10:2mon 11-11/near 11:4thu"
          " 12-25/near",
}  # fmt: skip


def holidays_of(code: str | None) -> Callable[[date], bool]:
    """Return what says of a date whether it is a public holiday there; None: nowhere, so never.

    `code`: ISO 3166-1 or -2, one of RULES; ConfigError for any other, with the ones there are.
    """
    if code is None:
        return lambda _: False
    if code not in RULES:
        raise ConfigError(
            f"node.country: no holidays are known for {code!r}; give one of {', '.join(RULES)}, or leave it out"
        )
    return lambda day: day in days_off(code, day.year)


@lru_cache(maxsize=YEARS_KEPT)
def days_off(code: str, year: int) -> frozenset[date]:
    """Return the public holidays of a year; a New Year's Day on a Saturday may give one to the year before."""
    return frozenset(day for of in (year, year + 1) for day in _of(code, of) if day.year == year)


def _of(code: str, year: int) -> set[date]:
    """Return the days that this year's rules give."""
    days: set[date] = set()
    bridging: list[date] = []  # their weekend gives a working day, once it is known which are free
    for rule in _rules(code):
        found = RULE.fullmatch(rule)
        assert found is not None, rule
        text, weekend, since, until = found.groups()
        day = _day(text.removeprefix("!"), year)
        if day is None or not int(since or year) <= year <= int(until or year):
            continue
        if text.startswith("!"):
            days.discard(day)
        elif day.weekday() < 5 or weekend is None:
            days.add(day)
        else:
            days |= _at_weekend(day, weekend)
            bridging += [day] if weekend in {"next", "moved"} else []
    for day in sorted(bridging):
        free = day
        while free.weekday() >= 5 or free in days:
            free += DAY
        days.add(free)
    return days


def _at_weekend(day: date, weekend: str) -> set[date]:
    """Return what becomes of a day at a weekend, but for a working day that is only found once all are known."""
    sunday = day.weekday() == 6
    if weekend == "near":
        return {day, day + DAY if sunday else day - DAY}
    if weekend == "before":
        return {day - DAY if sunday else day}
    return {day} if weekend == "next" else set()


def _rules(code: str) -> list[str]:
    rules = []
    for one in RULES[code].split():
        rules += _rules(one) if one in RULES else [one]
    return rules


def _day(rule: str, year: int) -> date | None:
    """Return the day of a rule in a year; None: it is of another year."""
    if rule[0] == "E":
        return easter(year) + int(rule[1:]) * DAY
    if len(rule) == 10:
        day = date.fromisoformat(rule)
        return day if day.year == year else None
    if rule[2] == ":":
        return _nth(year, int(rule[:2]), int(rule[3:-3]), WEEKDAYS.index(rule[-3:]))
    day = date(year, int(rule[:2]), int(rule[3:5]))
    if len(rule) == 5:
        return day
    back = (day.weekday() - WEEKDAYS.index(rule[-3:])) % 7
    return day - (back if rule[5] == "<" or back <= 3 else back - 7) * DAY


def _nth(year: int, month: int, nth: int, weekday: int) -> date:
    """Return the nth such weekday of a month, or the last one for -1."""
    if nth > 0:
        first = date(year, month, 1)
        return first + ((weekday - first.weekday()) % 7 + 7 * (nth - 1)) * DAY
    last = date(year + month // 12, month % 12 + 1, 1) - DAY
    return last - ((last.weekday() - weekday) % 7) * DAY


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Butcher's rule, 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * i) // 451
    month, day = divmod(h + i - 7 * m + 114, 31)
    return date(year, month, day + 1)
