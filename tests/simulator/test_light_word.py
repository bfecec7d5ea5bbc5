"""`lampyre-sim evaluate light` as a town runs it: a process, its tables, its JSON, its picture, its refusals."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lampyre_sim.light.candidates import CANDIDATES
from lampyre_sim.light.words import NAMES

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
PLACE = ("--zone", "Europe/Paris", "--latitude", "47.3", "--longitude", "5.0")


def evaluate(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lampyre_sim", "evaluate", "light", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    """Five weeks of a quiet lane, hourly."""
    lines = ["time_local,sensor,count"]
    for hour in range(35 * 24):
        at = FIRST + timedelta(hours=hour)
        lines.append(f"{at:%Y-%m-%d %H:%M},lane,{3 if 6 <= at.hour < 23 else hour % 5 == 0:d}")
    path = tmp_path / "lane.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def figures(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    (site,) = json.loads(done.stdout)["sites"]
    return {one["policy"]: one for one in site["results"]} | {"site": site}


def test_every_policy_is_told_with_its_spread_and_a_picture(lane: Path, tmp_path: Path) -> None:
    plot = tmp_path / "lane.svg"
    found = figures(
        evaluate(
            "--counts", lane, *PLACE, "--from", "2026-01-10", "--nights", 2, "--seeds", 2, "--json", "--plot", plot
        )
    )
    assert set(found) - {"site"} == set(NAMES)
    assert (found["site"]["nights"], found["site"]["seeds"], found["site"]["first"]) == (2, 2, "2026-01-10")
    assert found["full"]["energy"]["mean"] == pytest.approx(1.0, abs=1e-4)
    assert found["midnight"]["energy"]["mean"] == pytest.approx(1.0 - 3.0 / 14.7, abs=0.01)
    assert found["full"]["under_share"]["mean"] == 0.0
    for name in ("fixed-hold", "learned-hold", "moving", "tai", "tai-ahead", "fai-ahead"):
        assert 0.32 < found[name]["energy"]["mean"] < 0.8
        assert found[name]["under_share"]["least"] <= found[name]["under_share"]["mean"] <= 1.0
    assert found["fixed-hold"]["under_share"]["least"] < found["fixed-hold"]["under_share"]["most"]
    texts = [one.text for one in ET.fromstring(plot.read_text()).iter("{http://www.w3.org/2000/svg}text")]
    assert all(f"{one.said} ({one.asks})" in texts for one in CANDIDATES)


def test_other_holds_are_more_points_of_the_curve(lane: Path) -> None:
    words = ("--counts", lane, *PLACE, "--nights", 2, "--seeds", 1, "--policy", "full", "--hold", 30, 300, "--json")
    found = figures(evaluate(*words))
    assert set(found) == {"full", "hold-30", "hold-300", "site"}
    assert found["hold-30"]["energy"]["mean"] < found["hold-300"]["energy"]["mean"]
    assert found["hold-30"]["under_share"]["mean"] >= found["hold-300"]["under_share"]["mean"]


def test_the_same_seeds_give_the_same_figures(lane: Path) -> None:
    words = ("--counts", lane, *PLACE, "--nights", 2, "--seeds", 2, "--policy", "fixed-hold", "--json")
    assert figures(evaluate(*words)) == figures(evaluate(*words))


def test_a_table_is_told_and_how_fast_it_was(lane: Path) -> None:
    done = evaluate("--counts", lane, *PLACE, "--nights", 2, "--seeds", 1, "--policy", "full", "midnight")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("lane · nights: 2, from 2026-02-02 · seeds: 1 · road users a night: ")
    assert lines[1].split() == ["asked", "energy", "switchings", "under-lit", "seconds"]
    assert lines[2].split() == ["full", "light", "all", "night", "class", "1.000", "2.0", "0.000", "0.00"]
    assert "nights of one lamp in" in lines[-1]


def test_by_traffic_it_is_told_what_just_the_asked_light_would_take(lane: Path) -> None:
    words = ("--counts", lane, *PLACE, "--nights", 2, "--seeds", 1, "--policy", "tai", "fai-ahead", "full")
    found = figures(evaluate(*words, "--json"))
    assert found["full"]["asked_energy"] is None
    for name in ("tai", "fai-ahead"):
        assert 0.31 < found[name]["asked_energy"]["mean"] <= found[name]["energy"]["mean"]
    assert "only who knows the traffic beforehand can reach: steps 0." in evaluate(*words).stdout


def test_two_places_on_two_cores_are_told_as_on_one(lane: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.csv"
    both.write_text(lane.read_text() + "".join(lane.read_text().splitlines(keepends=True)[1:]).replace("lane", "quay"))
    words = ("--counts", both, *PLACE, "--nights", 2, "--seeds", 1, "--policy", "full", "midnight", "--json")
    answers = [json.loads(evaluate(*words, "--jobs", jobs).stdout)["sites"] for jobs in (1, 2)]
    assert answers[0] == answers[1]
    assert [site["name"] for site in answers[0]] == ["lane", "quay", "all sites"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "where was it recorded? Give --zone"),
        ((*PLACE, "--sensor", "bridge"), "--sensor 'bridge': not in"),
        ((*PLACE, "--from", "2027-01-01", "--policy", "full"), "no whole night was recorded from then on"),
        ((*PLACE, "--policy", "dark"), "invalid choice: 'dark'"),
        ((*PLACE, "--seeds", "0"), "give a whole number from 1 to 1000"),
        ((*PLACE, "--nights", "1", "--policy", "full", "--plot", "/nowhere/x.svg"), "give a file that can be written"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_cure(lane: Path, words: tuple[str, ...], said: str) -> None:
    done = evaluate("--counts", lane, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_names_on_the_command_line_are_those_of_the_table() -> None:
    assert tuple(one.name for one in CANDIDATES) == NAMES
