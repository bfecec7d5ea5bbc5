"""The curfew begins once and ends once a night, on the nights when clocks change too."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lampyre.curfew import Curfew
from lampyre.decide.light.timetable import DAY, moment

WALLS = [time(23), time(1, 40), time(2), time(2, 30), time(3), time(5)]
CHANGES = [
    ("Europe/Paris", date(2027, 10, 30)),
    ("Europe/Paris", date(2027, 3, 27)),
    ("Australia/Lord_Howe", date(2027, 4, 3)),  # half an hour
    ("America/Havana", date(2026, 10, 31)),  # the hour from midnight comes twice
]


@pytest.mark.parametrize(("zone", "evening"), CHANGES)
@pytest.mark.parametrize(("begin", "end"), [*pairwise(WALLS), (time(23), time(2, 30)), (time(0, 30), time(5))])
def test_a_time_that_comes_twice_counts_when_it_first_comes(zone: str, evening: date, begin: time, end: time) -> None:
    there = ZoneInfo(zone)
    curfew = Curfew(begin, end, 0.5, there)
    first, last = (
        moment(evening if wall.hour > 12 else evening + DAY, 60 * wall.hour + wall.minute, there)
        for wall in (begin, end)
    )
    noon = datetime.combine(evening, time(12), there).astimezone(UTC)
    minutes = [noon + timedelta(minutes=n) for n in range(22 * 60)]
    assert [at for at in minutes if curfew.holds(at)] == [at for at in minutes if first <= at < last]
