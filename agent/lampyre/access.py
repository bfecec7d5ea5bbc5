"""Access: the hours at which somebody can come to a bin, written as opening hours are (`Mo-Fr 06:00-12:00; Sa ...`)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
PARTS_MOST = 7  # one for each day of the week
AHEAD_DAYS = 15  # a bin with one round a week still has two ahead
ROUNDS_MOST = 32  # two a day for as long as forecasts reach
DAY = timedelta(days=1)
LAST = time(23, 59)  # what opening hours write as 24:00

_PART = re.compile(r"(\S+) (\d\d:\d\d)-(\d\d:\d\d)")
CURE = 'write it as "Mo-Fr 06:00-12:00; Sa 07:00-09:00"'


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` to `end`, local time, on some days of the week (Monday is 0)."""

    days: frozenset[int]
    begin: time
    end: time


def access_of(said: str) -> tuple[Hours, ...]:
    """Read access hours; ValueError with the cure for anything else."""
    parts = [part.strip() for part in said.split(";")]
    if len(parts) > PARTS_MOST:
        raise ValueError(f"more than {PARTS_MOST} parts; {CURE}")
    return tuple(_hours(part) for part in parts)


def rounds(hours: tuple[Hours, ...], at: datetime, zone: tzinfo) -> list[datetime]:
    """Return the ends of the access hours after `at`, in order (UTC): by then somebody who comes has come.

    At least two, for each week has one and AHEAD_DAYS are two of them; at most ROUNDS_MOST.
    """
    today = at.astimezone(zone).date()
    found = {
        datetime.combine(day, one.end, zone).astimezone(UTC)
        for day in (today + number * DAY for number in range(AHEAD_DAYS + 1))
        for one in hours
        if day.weekday() in one.days
    }
    return sorted(end for end in found if end > at)[:ROUNDS_MOST]


def _hours(part: str) -> Hours:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no days and hours; {CURE}")
    days, begin, end = found.groups()
    try:
        hours = Hours(_days(days), time.fromisoformat(begin), LAST if end == "24:00" else time.fromisoformat(end))
    except ValueError:
        raise ValueError(f"{part!r} names no such day or hour; {CURE}") from None
    if hours.end <= hours.begin:
        raise ValueError(f"{part!r} ends before it begins; a round over midnight is two parts")
    return hours


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for one in text.split(","):
        first, dash, last = one.partition("-")
        begin = DAYS.index(first)
        end = DAYS.index(last) if dash else begin
        found.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return frozenset(found)
