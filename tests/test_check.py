"""What `lampyre check` says of a file, line by line, and what it refuses."""

import re
from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.check import explain
from lampyre.errors import ConfigError
from lampyre.settings import load_settings

BY_RULE = "\n[models]\nactivity = 'none'\nfill = 'none'\n"


def said(folder: Path, country: str) -> list[str]:
    text = GOOD.replace("[node]", f"[node]\n{country}") + BY_RULE
    return list(explain(load_settings(written(folder, text))))


@pytest.mark.parametrize(
    ("country", "line"),
    [
        ('country = "FR"', "public holidays of FR"),
        ('country = "DE-NW"', "public holidays of DE-NW"),
        ("", "no country: the forecasts know no public holidays"),
    ],
)
def test_whose_holidays_are_known_is_said(tmp_path: Path, country: str, line: str) -> None:
    assert line in said(tmp_path, country)


@pytest.mark.parametrize("country", ["XX", "France", "DE-", "fr"])
def test_a_country_that_nobody_knows_is_refused_with_those_there_are(tmp_path: Path, country: str) -> None:
    with pytest.raises(ConfigError, match=r"node\.country: no holidays are known for .* FR, .* leave it out"):
        said(tmp_path, f'country = "{country}"')


def of_lamp(folder: Path, keys: str) -> list[str]:
    text = GOOD.replace("[[lamp]]", f"[[lamp]]\n{keys}") + BY_RULE
    return [line for line in explain(load_settings(written(folder, text))) if "lamp lamp-1" in line]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("", "lamp lamp-1: class P4 (5 lx, 1 lx at least) at 80% when somebody is there, P6 (2 lx, 0.4 lx at least) at "
             "32% when nobody is, 60% when in doubt; held 30 to 180 s"),
        ('groups = ["centre", "school"]', "lamp lamp-1: also meant by centre, school"),
        ("limits.most = 0.9", "lamp lamp-1: never above 90%, but by a technician"),
        ("limits.most = 0.7", "! lamp lamp-1: class P4 needs 80%: limits.most forbids it"),
        ('limits.curfew = {begin = "23:00", end = "05:00", most = 0.4}',
         "lamp lamp-1: 23:00 to 05:00 not above 40%, but by a command"),
        ("output.minimum = 0.5", "! lamp lamp-1: P6 asks 32% and gets 50%: output.minimum"),
        ('output.curve = "log"',
         "lamp lamp-1: its board is told to keep a safe signal of 93%, for the day the node is silent"),
    ],
)  # fmt: skip
def test_what_a_lamp_may_do_is_said(tmp_path: Path, keys: str, line: str) -> None:
    assert line in of_lamp(tmp_path, keys)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("limits.most = 0.5", "limits.most 0.5 is below its safe level 0.6; .* lower safe_level"),
        ('limits.curfew = {begin = "23:00", end = "05:00", most = 0.3}', "curfew.most 0.3 is below 0.32, .* P6 asks"),
        ('limits.curfew = {begin = "23:00", end = "23:00", most = 0.5}', "begin and end are both 23:00"),
        ("limits.curfew = {begin = 23:00:30, end = 05:00:00, most = 0.5}", "whole minutes"),
        ('limits.curfew = {begin = "23 h", end = "05:00", most = 0.5}', "limits.curfew.begin"),
        ("output.depreciation = [[0, 0.8], [50000, 0.9]]", "its last share must be 1.0"),
        ("output.depreciation = [[100, 0.8], [50000, 1.0]]", "from 0 hours on"),
        ("output.depreciation = [[0, 0.8], [0, 1.0]]", "each later than the one before"),
        ("output.maintenance_factor = 0.9", "needs cleaned_on"),
        ('output = {curve = "log", ramp = "even"}', "leave ramp out"),
        ("output.minimun = 0.1", "output.minimun: no such key"),
        ('groups = ["lamp-1"]', "is a lamp and a group"),
        ("output.minimum = 0.75\nlimits.most = 0.7", "output.minimum 0.75 is above 0.7, the most that its limits"),
        ('output.minimum = 0.5\nlimits.curfew = {begin = "23:00", end = "05:00", most = 0.4}', "0.5 is above 0.4"),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_cure(tmp_path: Path, keys: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        of_lamp(tmp_path, keys)


def test_what_the_example_offers_of_a_lamp_in_comments_is_understood(tmp_path: Path) -> None:
    example = (Path(__file__).parent.parent / "deploy/node.example.toml").read_text()
    before, lamp, after = re.split(r"(?ms)^(\[\[lamp\]\]$.*?)^(?=\[\[bin\]\]$)", example)
    text = before + re.sub(r"(?m)^#(?! \S)", "", lamp) + after + BY_RULE
    said = list(explain(load_settings(written(tmp_path, text))))
    assert "lamp lamp-1: 23:00 to 05:00 not above 50%, but by a command" in said
