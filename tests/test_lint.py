"""What `lampyre check` says of programmes and calendars: each lint with an example, and silence where all is well."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.test_nights import CALENDAR, LIGHT, file
from tests.test_settings import GOOD, written

from lampyre.lint import explain_light
from lampyre.settings import load_settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROGRAMMED = GOOD.replace('board = "b1"', 'board = "b1"\nprogramme = "p"')


def said(path: Path) -> list[str]:
    return list(explain_light(load_settings(path), NOW))


def test_a_file_that_is_well_gives_no_warning_and_counts_the_nights_of_each_rule(tmp_path: Path) -> None:
    assert said(file(tmp_path)) == [
        "night: by the photocell, on below 35 lx and off above 70 lx, between -6 and 5 degrees of the sun; "
        "without it from -3.4 degrees of the sun to -2.8",
        "lamp lamp-1: calendar town",
        "calendar town: rule 1, market: 27 of 400 nights",
        "calendar town: rule 2, market: 9 of 400 nights",
        "calendar town: default, part-night: 364 of 400 nights",
    ]


def test_a_file_without_programmes_speaks_of_the_night_only(tmp_path: Path) -> None:
    (line,) = said(written(tmp_path, GOOD + '\n[night]\nby = "sun"\non_elevation = "sunset"\noff_elevation = "sunset"\n'
                                            "on_offset_min = 10\noff_offset_min = -10\n"))  # fmt: skip
    assert line == "night: by the sun alone, from -0.833 degrees of the sun +10 min to -0.833 -10 min"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("longitude = 5.041", "longitude = 174.8",
         "! node.time_zone Europe/Paris is 11 h behind the sun at longitude 174.8: programmes and curfew go by its "
         "hours; correct one of the two"),
        ("longitude = 5.041", "longitude = -99.1", "! node.time_zone Europe/Paris is 8 h ahead of the sun"),
        ('board = "b1"', 'board = "b1"\nluminaire.installed = 2062-11-23',
         "! lamp lamp-1: luminaire.installed 2062-11-23 is still to come; give the day on which it was done"),
        ('board = "b1"', 'board = "b1"\noutput.cleaned_on = 2026-11-24',
         "! lamp lamp-1: output.cleaned_on 2026-11-24 is still to come"),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_in_a_place_or_a_date_is_told_of(tmp_path: Path, old: str, new: str, told: str) -> None:
    (_, line) = said(written(tmp_path, GOOD.replace(old, new)))
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("zone", "longitude"),
    [
        ("Asia/Shanghai", 73.5),
        ("Pacific/Kiritimati", -157.4),
        ("Pacific/Auckland", 174.8),
        ("Pacific/Pago_Pago", -170.7),
    ],
)
def test_a_clock_that_is_as_far_from_the_sun_as_its_country_wants_is_well(
    tmp_path: Path, zone: str, longitude: float
) -> None:
    text = GOOD.replace("longitude = 5.041", f'longitude = {longitude}\ntime_zone = "{zone}"')
    assert not any(line.startswith("!") for line in said(written(tmp_path, text)))


@pytest.mark.parametrize(
    ("periods", "told"),
    [
        (
            '{ to = "01:00", level = 0.8 }, { from = "23:00", level = 0.4 }',
            "! programme p: from dusk to 01:00 and from 23:00 to dawn overlap (first 2026-11-23, 400 nights of 400): "
            "the first counts",
        ),
        (
            '{ to = "23:00", level = 0.8 }, { from = "05:00", level = 0.4 }',
            "! programme p: no period holds at night from 23:00 to 05:00 (first 2026-11-23, 400 nights of 400): "
            "the quiet level, raised by presence; say otherwise = ... if that is meant",
        ),
        (
            '{ level = 0.8 }, { from = "23:00", to = "05:00", level = 0.4 }',
            "! programme p: the period from 23:00 to 05:00 never counts in 400 nights: empty, by day, or taken",
        ),
        (
            '{ level = 0.8 }, { from = "12:30", to = "13:30", level = 0.4 }',
            "! programme p: the period from 12:30 to 13:30 never counts in 400 nights: empty, by day, or taken",
        ),
        (
            '{ level = "off" }',
            "! lamp lamp-1: programme p asks 0% from dusk to dawn and gets 32%, raised to the floor of its class; "
            "below it only with a quiet_class lower than P6",
        ),
    ],
)
def test_a_doubtful_programme_is_told_of_with_its_first_night(tmp_path: Path, periods: str, told: str) -> None:
    text = f'{PROGRAMMED}\n[[programme]]\nid = "p"\nperiod = [{periods}]\n'
    warnings = [line for line in said(written(tmp_path, text)) if line.startswith("!")]
    assert told in warnings


def test_layers_and_gaps_that_are_meant_are_not_warned_of(tmp_path: Path) -> None:
    meant = '[[programme]]\nid = "p"\notherwise = "safe"\nperiod = [{ from = "23:00", to = "05:00", level = 0.4 }]\n'
    layers = '[[programme]]\nid = "p"\nperiod = [{ from = "23:00", to = "05:00", level = 0.4 }, { level = "class" }]\n'
    for text in (meant, layers):
        assert not [line for line in said(written(tmp_path, f"{PROGRAMMED}\n{text}")) if line.startswith("!")]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            '{ programme = "market", weekdays = ["sun"], nth = [1] }',
            "! calendar town: rule 3, market: none of 400 nights; rules before it take all 13",
        ),
        (
            '{ programme = "market", from = "2024-12-20", to = "2025-01-06" }',
            "! calendar town: rule 3, market: none of 400 nights; no night is like that",
        ),
        (
            '{ programme = "market", weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }',
            "! calendar town: default, part-night: 0 of 400 nights",
        ),
    ],
)
def test_a_rule_that_no_night_reaches_is_told_of(tmp_path: Path, rule: str, told: str) -> None:
    light = LIGHT.replace('except_dates = ["12-31"] },\n', f'except_dates = ["12-31"] }},\n  {rule},\n')
    assert told in said(file(tmp_path, light=light))


def test_what_nobody_names_is_told_of(tmp_path: Path) -> None:
    more = '[[programme]]\nid = "forgotten"\nperiod = [{ level = 0.5 }]\n[[calendar]]\nid = "old"\ndefault = "market"\n'
    warnings = [line for line in said(written(tmp_path, CALENDAR + LIGHT + more)) if line.startswith("!")]
    assert warnings == [
        "! calendar old: no lamp names it",
        "! programme forgotten: no lamp and no calendar names it",
    ]
