"""The board's own night: by its light sensor, else by the hours it learned, else lit."""

import math
import random

import pytest

from lampyre_boards.lamp_bin_pico.lamp import MASK
from lampyre_boards.lamp_bin_pico.night import Night

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
        for _ in range(60):
            sky.shine(sun(hour) if lux is None else lux, 60, step_s=60)
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


def test_a_dead_sensor_means_lit_without_a_trusted_clock() -> None:
    sky = Sky(20_000.0)
    live(sky, 12.0, 48)
    assert all(live(sky, 12.0, 24, lux=math.nan))


def test_a_dead_sensor_means_the_learned_night_with_a_trusted_clock() -> None:
    sky = Sky(20_000.0)
    sky.night.tell_time(1_790_000_000 // 86400 * 86400 + 12 * 3600, True, sky.now)
    live(sky, 12.0, 24)
    dark = live(sky, 12.0, 24, lux=math.nan)
    lit_hours = [(12 + hour) % 24 for hour, lit in enumerate(dark) if lit]
    assert 20 in lit_hours
    assert 0 in lit_hours
    assert 5 in lit_hours
    assert 12 not in lit_hours
    assert 17 not in lit_hours


def test_the_learned_night_is_believed_for_three_days_then_lit() -> None:
    sky = Sky(20_000.0)
    sky.night.tell_time(12 * 3600, True, sky.now)
    live(sky, 12.0, 24)
    dark = live(sky, 12.0, 96, lux=math.nan)
    assert not dark[1]
    assert all(dark[72:])


def test_an_untrusted_clock_teaches_nothing() -> None:
    sky = Sky(20_000.0)
    sky.night.tell_time(12 * 3600, False, sky.now)
    live(sky, 12.0, 24)
    assert all(live(sky, 12.0, 24, lux=math.nan))


def test_a_sensor_stuck_in_the_light_is_doubted_after_twenty_hours() -> None:
    sky = Sky(20_000.0)
    dark = live(sky, 12.0, 30, lux=20_000.0)
    assert not any(dark[:19])
    assert all(dark[20:])


def test_a_year_of_nights_turns_twice_a_day() -> None:
    sky = Sky(20_000.0)
    live(sky, 12.0, 24 * 60)
    assert sky.turns == 2 * 60
