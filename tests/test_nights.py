"""`lampyre nights` as a person runs it, and the same switchings as the running lamp."""

import csv
import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.decide.light.programme import Plan
from lampyre.errors import ConfigError
from lampyre.nights import Foresight, coming
from lampyre.plans import almanac_of, plan_of
from lampyre.settings import Settings, load_settings

LIGHT = """
[[programme]]
id = "part-night"
period = [
  { to = "23:00", level = "class" },
  { from = "23:00", to = "02:30", level = 0.4, presence = false },
  { from = "02:30", to = "05:00", level = 0.35 },
  { from = "05:00", level = "class" },
]
[[programme]]
id = "market"
period = [{ from = "sunset-20", to = "sunrise+20", level = 1.0, by_day = true }]
[[calendar]]
id = "town"
default = "part-night"
rule = [
  { programme = "market", weekdays = ["sun"], nth = [1, "last"] },
  { programme = "market", holidays = "eve", except_dates = ["12-31"] },
]
"""
CALENDAR = GOOD.replace('board = "b1"', 'board = "b1"\ncalendar = "town"').replace("[node]", '[node]\ncountry = "FR"')
SINCE = "2026-11-01T12:00:00Z"
DAYS = 400
PLACES = {
    "Europe/Paris": (47.322, 5.041), "Europe/Oslo": (69.65, 18.96), "Australia/Lord_Howe": (-31.5, 159.1),
    "Pacific/Auckland": (-45.87, 170.5), "America/St_Johns": (47.56, -52.71),
}  # fmt: skip


def file(folder: Path, zone: str = "Europe/Paris", light: str = LIGHT) -> Path:
    latitude, longitude = PLACES[zone]
    text = CALENDAR.replace("47.322", str(latitude)).replace("5.041", str(longitude))
    return written(folder, text.replace("[node]", f'[node]\ntime_zone = "{zone}"') + light)


def said(path: Path, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "lampyre", "nights", str(path), *words],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_400_nights_as_a_table_have_every_switching_once_in_utc_and_local_time(tmp_path: Path) -> None:
    rows = list(csv.DictReader(said(file(tmp_path), "--csv", "--since", SINCE, "--days", str(DAYS))))
    moments = [datetime.fromisoformat(row["at_utc"]) for row in rows]
    assert all(before < after for before, after in pairwise(moments))
    assert all(before != after for before, after in pairwise([(r["level_percent"], r["raised_percent"]) for r in rows]))
    assert all(datetime.fromisoformat(row["at_local"]) == at for row, at in zip(rows, moments, strict=True))
    offs = [at for row, at in zip(rows, moments, strict=True) if row["level_percent"] == "0.0"]
    assert len(offs) == 1 + DAYS, "it begins by day and goes out once a morning"
    spring = [row for row in rows if row["at_utc"].startswith("2027-03-28T01")]
    assert [row["at_local"] for row in spring] == ["2027-03-28T03:00:00+02:00"], "02:30 is skipped, not lost"


def test_text_and_json_say_the_same_and_a_lamp_can_be_chosen(tmp_path: Path) -> None:
    path = file(tmp_path)
    objects = [json.loads(line) for line in said(path, "--json", "--since", SINCE, "--days", "3", "--lamp", "lamp-1")]
    lines = said(path, "--since", SINCE, "--days", "3")
    assert len(objects) == len(lines)
    assert objects[1] == {
        "lamp": "lamp-1", "at_local": "2026-11-01T17:03:07+01:00", "at_utc": "2026-11-01T16:03:07Z", "night": False,
        "level_percent": 100.0, "raised_percent": 100.0,
        "rule": "programme market from sunset-20 to sunrise+20, by rule 1 of calendar town",
    }  # fmt: skip
    assert lines[1] == (
        "lamp-1  Sun 2026-11-01 17:03:07 CET  16:03:07Z  100%  "
        "programme market from sunset-20 to sunrise+20, by rule 1 of calendar town"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--lamp", "lamp-9"], "lampyre: --lamp lamp-9: no such lamp in this file; there are: lamp-1"),
        (["--since", "9999-12-31T00:00Z"], "lampyre: --since 9999-12-31: give a year from 1900 to 2099"),
        (["--days", "0"], "lampyre: --days 0: give 1 to 4000"),
    ],
)
def test_a_wrong_wish_is_refused_by_name_and_cure(tmp_path: Path, words: list[str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lampyre", "nights", str(file(tmp_path)), *words],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (2, told)


@pytest.mark.parametrize("zone", PLACES)
def test_between_two_switchings_the_plan_never_asks_for_anything_else(tmp_path: Path, zone: str) -> None:
    settings = load_settings(file(tmp_path, zone))
    start = datetime.fromisoformat(SINCE)
    changes = list(coming(settings, start, DAYS + 1))
    plan, almanac = plan_of(settings, settings.lamp[0]), almanac_of(settings)
    assert plan is not None
    turns = almanac.switches(start - timedelta(days=1), start + timedelta(days=DAYS + 1))
    night = almanac.night(start)
    assert almanac.night(start - timedelta(days=1)) == night
    now = changes.pop(0)
    for minute in range(0, DAYS * 1440, 7):
        at = start + timedelta(minutes=minute)
        while turns and turns[0].at <= at:
            night = turns.pop(0).night
        while changes and changes[0].at <= at:
            now = changes.pop(0)
        assert (now.level, now.raised) == asked(settings, plan, at, night=night), at


def asked(settings: Settings, plan: Plan, at: datetime, *, night: bool) -> tuple[float, float]:
    """Return what the plan asks for at a moment, never below the floor at night."""
    base = plan.base(at, night=night)
    if base is None:
        return 0.0, 0.0
    level = max(base.level, 0.32) if night else base.level
    return level, max(level, settings.lamp[0].class_level) if base.presence else level


def test_lamps_without_a_programme_are_on_demand_from_dusk_to_dawn(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD))
    changes = list(Foresight(settings, settings.lamp[0]).changes(datetime(2026, 12, 1, 12, tzinfo=UTC), 2))
    assert [(round(change.level, 2), change.raised, change.why) for change in changes] == [
        (0.0, 0.0, "day"),
        (0.32, 0.8, "nobody here"),
        (0.0, 0.0, "day"),
        (0.32, 0.8, "nobody here"),
        (0.0, 0.0, "day"),
    ]


def test_a_curfew_of_the_town_is_foreseen_too(tmp_path: Path) -> None:
    curfew = "\nlimits = { curfew = { begin = 01:00:00, end = 05:00:00, most = 0.5 } }\nclass_level = 0.8"
    settings = load_settings(written(tmp_path, GOOD.replace('board = "b1"', 'board = "b1"' + curfew)))
    changes = list(coming(settings, datetime(2026, 12, 1, 12, tzinfo=UTC), 1))
    assert [(f"{change.local:%H:%M}", change.raised) for change in changes[1:4]] == [
        ("17:09", 0.8),
        ("01:00", 0.5),
        ("05:00", 0.8),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"23:00", level = "class"', '"25:00", level = "class"', 'programme.0.period.0.to: give "22:30", or sunset'),
        ('"sunset-20"', '"sunset-999"', "at most 360 min"),
        (
            "level = 0.4",
            "level = 40",
            "programme.0.period.1.level: Input should be less than or equal to 1, or 'class', 'quiet', 'safe' or 'off'"
            "; it is 40",
        ),
        ('default = "part-night"', 'default = "all-night"', "programme 'all-night' is not in this file; there are"),
        ('"market", weekdays', '"mark", weekdays', "calendar town: rule 1: programme 'mark' is not in this file"),
        ('weekdays = ["sun"], nth', "nth", "calendar.0.rule.0: no weekdays, from, dates or holidays"),
        ('weekdays = ["sun"], nth = [1, "last"]', 'from = "12-20"', "give both from and to"),
        ('weekdays = ["sun"], nth = [1, "last"]', 'from = "2027-02-30", to = "2027-03-01"', "give a day such as"),
        ('weekdays = ["sun"], nth = [1, "last"]', 'from = "2027-03-30", to = "2027-03-01"', "lies before from"),
        ('id = "market"', 'id = "part-night"', "programme 'part-night' is there twice"),
        ('from = "02:30", to = "05:00"', 'from = "05:00", to = "05:00"', "it takes no time"),
        (
            "[[calendar]]",
            "[night]\nby = 'photocell'\non_offset_min = 10\n[[calendar]]",
            "the photocell knows no offsets",
        ),
        ("[[calendar]]", "[night]\non_elevation = 1\n[[calendar]]", "off_elevation is below on_elevation"),
        ("[[calendar]]", "[night]\noff_lux = 36\n[[calendar]]", "passing clouds"),
    ],
)
def test_a_wrong_table_is_refused_by_key_and_cure(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in LIGHT
    with pytest.raises(ConfigError, match=r"node\.toml: ") as refused:
        load_settings(file(tmp_path, light=LIGHT.replace(old, new, 1)))
    assert said in str(refused.value)


def test_holidays_need_a_country_and_a_lamp_has_one_plan(tmp_path: Path) -> None:
    text = CALENDAR + LIGHT
    with pytest.raises(ConfigError, match="rule 2: holidays of which country"):
        load_settings(written(tmp_path, text.replace('country = "FR"', "")))
    with pytest.raises(ConfigError, match="lamp lamp-1: give a programme or a calendar"):
        load_settings(written(tmp_path, text.replace('calendar = "town"', 'calendar = "town"\nprogramme = "market"')))
    with pytest.raises(ConfigError, match=r"lamp lamp-1: calendar 'town' is not .*there is no \[\[calendar\]\] at all"):
        load_settings(written(tmp_path, CALENDAR))


def test_every_night_of_the_calendar_is_the_one_that_its_rules_say(tmp_path: Path) -> None:
    settings = load_settings(file(tmp_path))
    plan = plan_of(settings, settings.lamp[0])
    assert plan is not None
    chosen = {day: plan.timetable.matches(day) for day in (date(2026, 12, 1) + timedelta(days=n) for n in range(62))}
    assert [str(day) for day, rule in chosen.items() if rule == 0] == [
        "2026-12-06", "2026-12-27", "2027-01-03", "2027-01-31",
    ]  # fmt: skip
    assert [str(day) for day, rule in chosen.items() if rule == 1] == ["2026-12-24"]


def test_the_examples_of_the_guide_and_of_the_example_file_are_understood(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    head = GOOD.partition("[[board]]")[0].replace("[node]", '[node]\ncountry = "FR"')
    board = '[[board]]\nid = "mast-1"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/ttyUSB0?baud=115200"\n'
    blocks = re.findall(r"```toml\n(.*?)```", (root / "docs/night.md").read_text(encoding="utf-8"), re.DOTALL)
    settings = load_settings(written(tmp_path, "\n".join([head, board, *blocks])))
    assert list(coming(settings, datetime.fromisoformat(SINCE), 3))
    example = (root / "deploy/node.example.toml").read_text(encoding="utf-8")
    tables = example[example.index("#[night]") : example.index("[[bin]]")]
    lamp = example.index("[[lamp]]")
    text = example[:lamp] + "[[lamp]]\nid = 'l'\nboard = 'mast-1'\ncalendar = 'town'\n" + re.sub(r"(?m)^#", "", tables)
    assert list(coming(load_settings(written(tmp_path, text)), datetime.fromisoformat(SINCE), 3))
