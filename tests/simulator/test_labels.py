"""Emptyings in recorded levels that were judged by eye are found; spikes, dips and false 100 become none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lampyre_sim.__main__ import main
from lampyre_sim.labels.judge import Stretch, Verdict, counted, judge, labels, play, stretches
from lampyre_sim.score.sets import read_set

THIRD = Path(__file__).parent.parent / "data" / "prague" / "third.csv.gz"


@pytest.fixture(scope="module")
def levels() -> dict[str, list[tuple[datetime, float]]]:
    rows = read_set(THIRD, "fill")
    return {
        name: [(datetime.fromtimestamp(at, UTC), fill / 100) for at, fill in zip(raw.times, raw.values, strict=True)]
        for name, raw in rows.sensors.items()
    }


def within(levels: dict[str, list[tuple[datetime, float]]], one: Stretch) -> list[tuple[datetime, float]]:
    return [level for level in levels[one.container] if one.start <= level[0] < one.end]


def test_more_than_two_hundred_emptyings_were_judged_and_each_lies_in_a_stretch_that_was_read() -> None:
    judged = counted(labels())
    assert judged["emptying"] >= 200
    assert judged["not"] >= 100
    read = stretches()
    for label in labels():
        assert any(one.container == label.container and one.start <= label.at < one.end for one in read), label


def test_of_the_sample_nobody_tuned_by_nearly_every_emptying_is_found_and_hardly_anything_else(
    levels: dict[str, list[tuple[datetime, float]]],
) -> None:
    """Each stretch by itself: the node knows nothing of the container's past, which only makes it harder."""
    verdict, known = Verdict(), labels()
    for one in stretches():
        if one.sample == "third":
            judge(one, play(within(levels, one)).emptied, known, verdict)
    assert verdict.found + len(verdict.missed) == 112
    assert verdict.recall >= 0.97, verdict.missed
    assert verdict.precision >= 0.95, verdict.wrong


def test_what_is_wrong_with_the_worst_sensor_is_named(levels: dict[str, list[tuple[datetime, float]]]) -> None:
    told = play(levels["4433"])
    assert {event for event, _, _ in told.faults} == {"sensorBlocked", "sensorDirty"}
    assert told.discrepancies["spike"] > 0
    assert told.discrepancies["dip"] > 0


def test_a_quiet_container_is_left_in_peace(levels: dict[str, list[tuple[datetime, float]]]) -> None:
    for name in ("1775", "1785", "3155", "5314"):
        assert not play(levels[name]).faults, name


def test_the_word_names_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "fill_levels.csv"
    file.write_text("container,stream,time_utc,fill_percent\n1,paper,2025-01-01 00:00:00,4\n")
    assert main(["emptyings", "--data", str(file)]) == 2
    assert "none of the judged containers" in capsys.readouterr().err


def test_what_is_there_is_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emptyings", "--data", str(THIRD), "--each"]) == 0
    said = capsys.readouterr().out
    assert "third " in said
    assert "4433 " in said
    assert main(["emptyings", "--data", str(THIRD), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["containers"]["4433"]["faults"]
