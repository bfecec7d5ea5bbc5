"""The board's own night: by its light sensor, else by the hours it learned, else lit."""

import math
import random

import pytest

from lampyre_boards.common.lamp import MASK
from lampyre_boards.common.night import Night

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DUSK, DAWN = 20.0, 6.0  # hours UTC


class Sky:
    """A board under a sky, one reading a second (or every `step_s`)."""

    def __init__(self, lux: float, start: int = 0) -> None:
        self.now = start
        self.night = Night(lux, start)
        self.turns = 0

    def shine(self, lux: float, seconds: float, step_s: float = 1.0) -> bool:
        for _ in range(round(seconds / step_s)):
            self.now = (self.now + round(step_s * 1000)) & MASK
            before = self.night.dark
            self.night.see(lux, self.now)
            self.turns += self.night.dark != before
        return self.night.dark


def sun(hour: float) -> float:
    return 0.5 if hour >= DUSK or hour < DAWN else 20_000.0


def live(sky: Sky, first_hour: float, hours: int, lux: float | None = None) -> list[bool]:
    """Let hours pass in minutes; return `dark` at the end of each hour."""
    found = []
    for passed in range(hours):
        hour = (first_hour + passed) % 24
        for minute in range(60):
            sky.shine(sun(hour) * (1.0 + minute / 100) if lux is None else lux, 60, step_s=60)
        found.append(sky.night.dark)
    return found


@pytest.mark.parametrize("lux", [math.nan, 0.1, 20.0, 50.0, 71.0, 500.0])
def test_a_board_starts_lit_when_in_doubt(lux: float) -> None:
    assert Night(lux, 0).dark


def test_a_board_that_starts_in_broad_daylight_is_off() -> None:
    assert not Night(20_000.0, 0).dark


@pytest.mark.parametrize("start", [0, MASK - 30_000])
def test_light_must_hold_for_a_minute_before_the_lamp_goes_off(start: int) -> None:
    sky = Sky(1.0, start)
    assert sky.shine(300.0, 59)
    assert not sky.shine(300.0, 2)


def test_a_headlight_does_not_switch_the_lamp_off() -> None:
    sky = Sky(1.0)
    for _ in range(20):
        assert sky.shine(800.0, 30)
        assert sky.shine(1.0, 5)


def test_dark_lights_the_lamp_within_six_seconds_and_a_bird_does_not() -> None:
    sky = Sky(20_000.0)
    assert not sky.shine(1.0, 3)
    assert not sky.shine(20_000.0, 10)
    assert sky.shine(1.0, 6)


def test_twilight_between_the_thresholds_changes_nothing() -> None:
    chance = random.Random(5)
    sky = Sky(20_000.0)
    for _ in range(600):
        assert not sky.shine(chance.uniform(36.0, 5000.0), 1)
    sky.shine(1.0, 10)
    for _ in range(600):
        assert sky.shine(chance.uniform(1.0, 69.0), 1)


def test_a_sensor_that_sees_its_own_lamp_does_not_make_it_flicker() -> None:
    sky = Sky(1.0)
    for _ in range(3600 * 12):  # a night of 12 h: dark sky, 120 lx from the lamp itself
        sky.shine(120.0 if sky.night.dark else 1.0, 1)
    assert sky.turns <= 2 * 15  # the hold grows to an hour: on average less than three turns an hour


def test_a_dead_sensor_means_lit_where_nobody_told_of_the_night() -> None:
    sky = Sky(20_000.0)
    live(sky, 12.0, 48)
    assert all(live(sky, 12.0, 24, lux=math.nan))


EIGHT_HOURS = (8 * 3600, 10 * 3600, 9 * 3600, 8 * 3600)  # at noon: dusk at eight, sure from nine to five, dawn at six


def told_at_noon() -> Sky:
    sky = Sky(20_000.0)
    sky.night.tell(EIGHT_HOURS, sky.now)
    return sky


def lit_hours(dark: list[bool]) -> set[int]:
    """Return the hours of the day at whose end the lamp was lit, the first hour being noon."""
    return {(12 + hour) % 24 for hour, lit in enumerate(dark) if lit}


NIGHT_HOURS = {20, 21, 22, 23, 0, 1, 2, 3, 4}  # at whose end it is night
SURE_HOURS = NIGHT_HOURS - {20}


@pytest.mark.parametrize("lux", [math.nan, 20_000.0, 300.0, 100_000.0])
def test_a_board_that_is_left_alone_with_a_broken_sensor_lights_the_sure_night_it_was_told_of(lux: float) -> None:
    sky = told_at_noon()
    for _ in range(3):
        assert lit_hours(live(sky, 12.0, 24, lux=lux)) >= SURE_HOURS


@pytest.mark.parametrize("lux", [math.nan, 300.0])
def test_it_does_not_burn_by_day(lux: float) -> None:
    sky = told_at_noon()
    live(sky, 12.0, 24)
    live(sky, 12.0, 24, lux=lux)
    lit = lit_hours(live(sky, 12.0, 24, lux=lux))
    assert lit >= NIGHT_HOURS
    assert not lit & {7, 8, 12, 16, 18}


def test_the_told_night_grows_wider_for_a_dead_sensor_and_narrower_for_a_bright_one_and_after_a_month_it_is_lit() -> (
    None
):
    sky = told_at_noon()
    live(sky, 12.0, 24 * 20, lux=math.nan)
    lit = lit_hours(live(sky, 12.0, 24, lux=math.nan))
    assert NIGHT_HOURS | {18, 19, 5, 6} == lit, "80 minutes on either side"
    live(sky, 12.0, 24 * 9, lux=math.nan)
    assert all(live(sky, 12.0, 24, lux=math.nan))


def test_in_a_night_without_end_it_is_lit_and_where_the_sun_does_not_set_it_is_not() -> None:
    sky = Sky(20_000.0)
    sky.night.tell((-43_200, 86_400, -43_200, 86_400), sky.now)
    assert all(live(sky, 12.0, 24, lux=20_000.0))
    sky.night.tell((43_200, 0, 43_200, 0), sky.now)
    assert not any(live(sky, 12.0, 24, lux=math.nan))


def test_what_was_told_of_the_night_never_hides_the_dark() -> None:
    sky = told_at_noon()
    assert all(live(sky, 12.0, 24, lux=1.0))


def test_a_sensor_that_sees_other_light_all_night_is_not_asked_by_day_until_it_has_seen_the_dark() -> None:
    sky = told_at_noon()
    lit = lit_hours(live(sky, 12.0, 24, lux=None))
    assert lit == NIGHT_HOURS | {5}
    chance = random.Random(4)
    for _ in range(24 * 60):
        sky.shine(80.0 + chance.uniform(0.0, 40.0), 60, step_s=60)
    assert lit_hours(live(sky, 12.0, 24)) >= NIGHT_HOURS


def test_a_sensor_stuck_in_the_light_is_doubted_after_an_hour_and_before_it_ever_moved_after_ten_minutes() -> None:
    sky = Sky(20_000.0)
    assert not sky.shine(20_000.0, 590)
    assert sky.shine(20_000.0, 20)
    assert not sky.shine(21_000.0, 3500)
    assert sky.shine(21_000.0, 110)


def test_a_sensor_that_flickers_in_the_light_is_doubted_after_twenty_hours() -> None:
    chance = random.Random(6)
    sky = Sky(20_000.0)
    dark = []
    for _ in range(30):
        for _ in range(60):
            sky.shine(chance.uniform(10_000.0, 30_000.0), 60, step_s=60)
        dark.append(sky.night.dark)
    assert not any(dark[:19])
    assert all(dark[20:])


def test_a_year_of_nights_turns_twice_a_day() -> None:
    sky = Sky(20_000.0)
    live(sky, 12.0, 24 * 60)
    assert sky.turns == 2 * 60
