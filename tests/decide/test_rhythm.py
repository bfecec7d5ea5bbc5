"""What a bin's emptyings of four weeks say of the next ones."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from lampyre.decide.bins.past import FULL, HOURS_MOST, Past
from lampyre.decide.bins.rhythm import NAMES, NEXT_MOST_H, rhythm

MONDAY = datetime(2026, 3, 16, 12, tzinfo=UTC)
STEP_H = 2.0


def weekly(at: datetime, weeks: float, per_day: float = 0.2) -> list[tuple[datetime, float]]:
    """A bin that fills evenly and is emptied each Tuesday between 8 and 10 h."""
    history = []
    fill = 0.1
    for k in range(int(weeks * 168 / STEP_H), -1, -1):
        when = at - timedelta(hours=STEP_H * k)
        fill = min(fill + per_day * STEP_H / 24, 1.0)
        if when.weekday() == 1 and when.hour == 10:
            fill = 0.0
        history.append((when, fill))
    return history


def told(history: list[tuple[datetime, float]], at: datetime = MONDAY) -> dict[str, float]:
    return dict(zip(NAMES, rhythm(Past(history, at)), strict=True))


def test_a_weekly_round_is_known_by_its_hour() -> None:
    found = told(weekly(MONDAY, 4))
    assert [found[f"next_{back}w"] for back in range(1, 5)] == pytest.approx([21.0] * 4), "Tuesday at nine"
    assert found["emptied_in_18h_weekly"] == pytest.approx(1.0)
    assert sum(found[f"emptied_in_{ahead}h_weekly"] for ahead in range(0, 48, 6)) == pytest.approx(1.0)
    assert found["emptied_in_18h_daily"] == pytest.approx(4 / 28)
    assert found["emptied_1_log"] == pytest.approx(math.log1p(147.0))
    assert found["emptied_every_log"] == pytest.approx(math.log1p(168.0))


def test_how_full_they_found_it_is_known() -> None:
    found = told(weekly(MONDAY, 4, per_day=0.1))
    assert found["emptied_1_full"] == pytest.approx(0.7, abs=0.02)
    assert found["fill_when_emptied_least"] <= found["fill_when_emptied_quarter"] <= found["fill_when_emptied"]


def test_a_bin_nobody_emptied_yet_says_so() -> None:
    found = told(weekly(MONDAY, 0.5))
    assert found["emptied_daily"] == 0.0
    assert found["next_1w"] == NEXT_MOST_H
    assert found["fill_when_emptied"] == FULL


def test_a_false_empty_reading_is_no_emptying() -> None:
    history = weekly(MONDAY, 0.5)
    broken = [*history[:20], (history[20][0], 0.0), *history[21:]]
    assert history[20][1] > 0.4
    assert told(broken) == told([*history[:20], *history[21:]])


def test_a_bin_that_fills_by_day_has_fewer_hours_left_in_the_morning() -> None:
    history = []
    fill = 0.0
    for k in range(28 * 12, -1, -1):
        when = MONDAY - timedelta(hours=2 * k)
        fill += 0.04 if 6 < when.hour <= 18 else 0.0
        fill = 0.0 if fill > 0.9 else fill
        history.append((when, fill))
    evening = [point for point in history if point[0] <= MONDAY - timedelta(hours=18)]
    by_day, by_night = Past(history, MONDAY), Past(evening, MONDAY - timedelta(hours=18))
    assert by_day.rise_by_slot(6) == pytest.approx(0.12, abs=0.02)
    assert by_night.rise_by_slot(12) == pytest.approx(0.0, abs=0.02)
    assert by_night.rise_by_slot(24) == pytest.approx(0.24, abs=0.02)
    assert FULL - by_night.fills[-1] == pytest.approx(0.6)
    assert by_night.hours_by_slot() == pytest.approx(66, abs=2), "two days, a night, and six hours of the morning"


def test_hours_are_bounded_and_nought_when_full() -> None:
    flat = [(MONDAY - timedelta(hours=3 * k), 0.3) for k in range(100, -1, -1)]
    assert Past(flat, MONDAY).hours_by_slot() == HOURS_MOST
    full = [(at, 0.9) for at, _ in flat]
    assert Past(full, MONDAY).hours_by_slot() == 0.0


def test_the_newest_reading_counts_however_near_the_one_before() -> None:
    history = [*weekly(MONDAY - timedelta(minutes=5), 1), (MONDAY, 0.77)]
    past = Past(history, MONDAY)
    assert past.hours[-1] == 0.0
    assert past.fills[-1] == 0.77
