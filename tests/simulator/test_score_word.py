"""`lampyre-sim score` as a town runs it: a process, its table, its JSON, its refusals."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

FIRST = datetime(2024, 3, 4, tzinfo=UTC)


def score(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lampyre_sim", "score", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


def answer(*words: object) -> Any:
    done = score(*words, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    found = json.loads(done.stdout, parse_constant=refuse)
    schema = json.loads((files("lampyre_sim.score") / "score.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return found


@pytest.fixture
def quay(tmp_path: Path) -> Path:
    """Three weeks of two counters on a quay, hourly, with a day's outage."""
    chance = np.random.default_rng(7)
    lines = ["time_local;sensor;count"]
    for sensor, level in (("north", 20), ("south", 3)):
        for hour in range(21 * 24):
            if not 200 <= hour < 224:
                at = FIRST + timedelta(hours=hour)
                lines.append(
                    f"{at:%Y-%m-%d %H:%M};{sensor};{chance.poisson(level * (1 - 0.9 * np.cos(hour / 24 * 6.2832)))}"
                )
    path = tmp_path / "quay.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    """Three weeks of two containers in a yard."""
    lines = ["container,stream,time_utc,fill_percent"]
    for name, stream, rate in (("1", "paper", 1.5), ("2", "glass", 0.4)):
        lines += [
            f"{name},{stream},{FIRST + timedelta(hours=h):%Y-%m-%d %H:%M:%S},{rate * h % 96:.0f}"
            for h in range(0, 504, 3)
        ]
    (tmp_path / "yard").mkdir()
    path = tmp_path / "yard" / "fill_levels.csv"
    path.write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_towns_counts_are_told_as_a_table(quay: Path) -> None:
    done = score("activity", "--data", quay, "--from", "2024-03-18", "--jobs", 1)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "forecasts from 2024-03-18 on" in lines[0]
    assert lines[2].startswith("quay · sensors: 2 · rows: 960 · every 60 min · 2024-03-04 to 2024-03-24")
    heads = next(line.split() for line in lines if "model" in line and "four weeks" in line)
    assert heads == ["n", "model", "rule", "spoke", "as", "now", "a", "week", "ago", "four", "weeks"]
    assert any(line.split()[:2] == ["1", "h"] for line in lines)
    assert "960 rows in" in lines[-1]


def test_the_json_says_the_same_by_its_schema_with_one_process_or_two(quay: Path) -> None:
    one, two = answer("activity", "--data", quay, "--jobs", 1), answer("activity", "--data", quay, "--jobs", 2)
    assert one["sets"] == two["sets"]
    (found,) = one["sets"]
    assert (found["name"], found["period_min"], found["rows"], found["taught"]) == ("quay", 60, 960, False)
    rows = {(row["measure"], row["horizon"]): row for row in found["table"]}
    assert {horizon for _, horizon in rows} == {"1 h", "24 h"}
    row = rows["mae", "1 h"]
    assert row["unit"] == "count per 60 min"
    assert set(row["values"]) == {"model", "rule", "spoke", "persistence", "week_ago", "four_weeks"}
    left_out = {out["reason"]: out["number"] for out in found["left_out"] if out["what"] == "forecasts 1 h"}
    judged = row["n"] + sum(left_out.values())
    assert judged == 960 - 2  # every measured period but each sensor's first was foreseen or is accounted for


def test_one_sensor_is_judged_alone_or_each_beside_the_whole(quay: Path) -> None:
    alone = answer("activity", "--data", quay, "--sensor", "north", "--jobs", 1)
    assert (alone["sets"][0]["sensors"], alone["rows"]) == (1, 480)
    whole, north, south = answer("activity", "--data", quay, "--each", "--jobs", 1)["sets"]
    assert [one["group"] for one in (whole, north, south)] == ["", "north", "south"]
    assert north["table"] == alone["sets"][0]["table"]
    together, apart = whole["table"][0], (north["table"][0], south["table"][0])
    assert together["n"] == sum(row["n"] for row in apart)
    mean = sum(row["n"] * row["values"]["model"] for row in apart) / together["n"]
    assert together["values"]["model"] == pytest.approx(mean, rel=1e-3)


def test_fill_levels_are_told_together_and_by_stream(yard: Path) -> None:
    found = answer("fill", "--data", yard, "--zone", "Europe/Prague", "--jobs", 1)
    assert [(one["name"], one["group"], one["sensors"]) for one in found["sets"]] == [
        ("yard", "", 2), ("yard", "glass", 1), ("yard", "paper", 1)]  # fmt: skip
    rows = {(row["measure"], row["horizon"]): row for row in found["sets"][0]["table"]}
    assert set(rows["mae_fill", "24 h"]["values"]) > {
        "model",
        "rule",
        "persistence",
        "last_rate",
        "mean_rate",
        "slot_rate",
    }
    assert rows["mae_hours_to_80", ""]["unit"] == "h"
    assert rows["f1_80_within", "12 h"]["n"] > 0
    assert set(rows["recall_80_within", "24 h"]["values"]) == set(rows["precision_80_within", "24 h"]["values"])
    apart = [{(row["measure"], row["horizon"]): row for row in one["table"]} for one in found["sets"][1:]]
    came = [one["came_80_within", "24 h"] for one in (rows, *apart)]
    assert came[0]["n"] == came[1]["n"] + came[2]["n"]
    together = sum(row["n"] * row["values"]["truth"] for row in came[1:])
    assert came[0]["values"]["truth"] * came[0]["n"] == pytest.approx(together, rel=1e-3)
    done = score("fill", "--data", yard, "--zone", "Europe/Prague", "--jobs", "1")
    assert done.returncode == 0
    heads = [line for line in done.stdout.splitlines() if line.startswith("yard")]
    assert [head.split(" · ")[1:3] for head in heads] == [
        ["all streams", "containers: 2"], ["glass", "containers: 1"], ["paper", "containers: 1"]]  # fmt: skip
    assert "F1 of reaching 80 % within so many hours, before an emptying" in done.stdout
    assert done.stdout.rstrip().endswith("1 process")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sensor", "west"], "--sensor 'west': in none of the sets; there are north, south"),
        (["--set", "harbour"], "--set 'harbour': not in"),
        (["--zone", "Europe/Atlantis"], "--zone 'Europe/Atlantis': no such time zone; give one such as Europe/Paris"),
        (["--model", "nowhere"], "nowhere/card.toml: cannot be read"),
        (["--from", "2030-01-01"], "quay.csv: nothing to judge; give more rows (four weeks at least), or an earlier"),
        (["--from", "soon"], "'soon': give a date such as 2025-03-01"),
        (["--jobs", "0"], "'0': give a whole number from 1 to 64"),
        (["--country", "France"], "--country 'France': no holidays are known for it; give one of AT, AU-VIC, BE"),
        (["--latitude", "91"], "'91': give degrees from -90 to 90"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(quay: Path, words: list[str], said: str) -> None:
    done = score("activity", "--data", quay, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr.splitlines()[-1]


def test_utc_needs_a_zone(yard: Path) -> None:
    done = score("fill", "--data", yard)
    assert done.returncode == 2
    assert "the local time of its place is not known; give --zone, such as Europe/Paris" in done.stderr


def test_a_set_from_the_models_card_is_marked(quay: Path, tmp_path: Path) -> None:
    folder = tmp_path / "paris_bicycles_1h"
    folder.mkdir()
    quay.rename(folder / "counts.csv")
    (found,) = answer("activity", "--data", tmp_path, "--jobs", 1)["sets"]
    assert found["taught"]
    assert found["held_out"]
    assert found["learned_from"] == found["sensors"] == 2
    assert "the model learned from 2 of these sensors, which flatters it" in score(
        "activity", "--data", tmp_path, "--jobs", 1).stdout  # fmt: skip
    done = score("activity", "--data", tmp_path, "--held-out")
    assert done.returncode == 2
    assert "--held-out: the model learned from all these sensors" in done.stderr
