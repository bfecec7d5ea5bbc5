"""An even grid from recorded rows: gaps stay gaps, clocks change, and what does not belong is counted."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lampyre.errors import ConfigError
from lampyre_sim.score.grid import Series, period_of, series_of
from lampyre_sim.score.rows import Rows
from lampyre_sim.score.sets import LAYOUTS

START = datetime(2024, 3, 1, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def rows_of(sensors: dict[str, list[int]], *, utc: bool = False) -> Rows:
    """Return rows with the minutes given after START; the counts are 0, 1, 2 ... in the file's order."""
    rows = Rows(Path("counts.csv"), LAYOUTS["activity"], utc)
    for name, minutes in sensors.items():
        for k, minute in enumerate(minutes):
            rows.add("", name, int(START.timestamp()) + 60 * minute, float(k), "")
    return rows


def made(rows: Rows, period_s: int = 900, zone: ZoneInfo | None = None) -> tuple[Series, dict[str, int]]:
    left_out: Counter[str] = Counter()
    series = series_of(rows, "a", period_s, zone, left_out)
    assert series is not None
    return series, {reason: number for reason, number in left_out.items() if number}


def test_the_period_is_found_from_the_steps() -> None:
    assert period_of(rows_of({"a": [0, 15, 30, 90, 105], "b": [15, 30]})) == 900
    assert period_of(rows_of({"a": [0, 60, 120, 300]})) == 3600


@pytest.mark.parametrize(
    ("sensors", "said"),
    [
        ({"a": [0, 15, 30], "b": [0, 60, 120]}, "periods of 15 min ('a') and 60 min ('b'); make two files"),
        ({"a": [0, 5, 10, 15]}, "sensor 'a' has a value every 5 min; sum them up to quarters of an hour or to hours"),
        ({"a": [0, 15, 20, 35, 50]}, "sensor 'a' has steps of 15 and of 5 min; sum them up"),
        ({"a": [0], "b": [7]}, "no sensor has two periods in a row; give at least a few weeks"),
    ],
)
def test_other_and_mixed_periods_are_refused(sensors: dict[str, list[int]], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        period_of(rows_of(sensors))
    assert said in str(refused.value)


def test_rows_out_of_order_find_their_place_and_gaps_stay_empty() -> None:
    series, left_out = made(rows_of({"a": [30, 0, 15, 75]}))
    assert series.start_s == START.timestamp()
    np.testing.assert_equal(series.counts, [1, 2, 0, np.nan, np.nan, 3])
    assert series.measured == 4
    assert not left_out


def test_a_time_that_is_there_twice_keeps_its_first_count() -> None:
    series, left_out = made(rows_of({"a": [0, 15, 15, 30, 37]}))
    np.testing.assert_equal(series.counts, [0, 1, 3])
    assert left_out == {"its time was there already": 1, "not at the start of a period": 1}


def test_hours_among_quarters_are_left_out() -> None:
    quarters = list(range(0, 1440, 15))
    hours = list(range(1440, 1440 + 25 * 60, 60))
    series, left_out = made(rows_of({"a": quarters + hours}))
    assert series.measured == len(quarters)
    assert left_out == {"sums over another period (hours among quarters, or quarters among hours)": 25}
    series, left_out = made(rows_of({"a": [*quarters, 1440 + 45, 1440 + 105]}))  # outages of an hour are none
    assert not left_out


def test_a_sensor_with_one_row_is_left_out() -> None:
    left_out: Counter[str] = Counter()
    assert series_of(rows_of({"a": [0]}), "a", 900, None, left_out) is None
    assert left_out["the only one of its sensor"] == 1


def test_a_wrong_year_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="sensor 'a' goes from 2024-03-01 to 2084-02-15; mend the wrong year"):
        made(rows_of({"a": [0, 15, 60 * 24 * 365 * 60]}))


@pytest.mark.parametrize(("period_s", "per_hour"), [(900, 4), (3600, 1)])
def test_clocks_that_change_skip_an_hour_or_share_one(period_s: int, per_hour: int) -> None:
    for day, hours in ((datetime(2024, 3, 31, tzinfo=PARIS), 23), (datetime(2024, 10, 27, tzinfo=PARIS), 25)):
        start_s = round(day.timestamp())
        series = Series("a", start_s, period_s, np.zeros(hours * per_hour + 1), PARIS)
        walls = series.walls()
        assert walls[-1] - walls[0] == 24 * per_hour  # the next midnight
        assert series.at_local(hours * per_hour).hour == 0
        for k, wall in enumerate(walls.tolist()):
            local = series.at_local(k)
            naive = local.replace(tzinfo=UTC)
            assert wall == (naive - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=period_s)


def test_local_times_without_a_zone_are_taken_as_they_stand() -> None:
    series, _ = made(rows_of({"a": [0, 60, 120]}), 3600, PARIS)
    assert series.zone is None
    assert series.at_local(1).hour == 1
    aware, _ = made(rows_of({"a": [0, 60, 120]}, utc=True), 3600, PARIS)
    assert aware.at_local(1).hour == 2
