"""Overrides expire, survive a restart, and a technician's stands above a remote one."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING

from lampyre.act.override import Override, Overrides
from lampyre.records import Fine


def override(level: float = 0.5, minutes: float = 10, *, technician: bool = False) -> Override:
    by = "technician" if technician else "city"
    return Override("lamp-1", level, EVENING + timedelta(minutes=minutes), by, technician)


def test_an_override_ends_by_itself(tmp_path: Path) -> None:
    overrides = Overrides(tmp_path / "o.json")
    overrides.put(override(), EVENING)
    assert overrides.intent("lamp-1", EVENING) is not None
    assert overrides.intent("lamp-1", EVENING + timedelta(minutes=10)) is None


def test_an_override_survives_a_restart_and_says_who_until_when(tmp_path: Path) -> None:
    before = Overrides(tmp_path / "o.json")
    before.put(override(0.4, technician=True), EVENING)
    before.save()
    after = Overrides(tmp_path / "o.json")
    after.load(EVENING, clock_trusted=True)
    intent = after.intent("lamp-1", EVENING)
    assert intent is not None
    assert (intent.level, intent.fine) == (0.4, Fine.TECHNICIAN)
    assert intent.why == "override by technician until 18:10:00 UTC"


@pytest.mark.parametrize(("came_min", "stands"), [(0, True), (9, True), (10, False), (-2000, False)])
def test_after_a_restart_without_a_clock_an_override_waits_for_it_and_stands_unless_it_is_over(
    tmp_path: Path, came_min: float, stands: bool
) -> None:
    before = Overrides(tmp_path / "o.json")
    before.put(override(), EVENING)
    before.save()
    for _ in range(2):  # nor does another restart lose it
        after = Overrides(tmp_path / "o.json")
        after.load(EVENING, clock_trusted=False)
        assert after.intent("lamp-1", EVENING, clock_trusted=False) is None
        after.save()
    came = EVENING + timedelta(minutes=came_min)
    assert (after.intent("lamp-1", came, clock_trusted=True) is not None) == stands
    assert after.intent("lamp-1", EVENING + timedelta(minutes=10)) is None


@pytest.mark.parametrize("jump_h", [-30.0, -3.0, 3.0, 4000.0])
@pytest.mark.parametrize("set_first", [False, True])
def test_what_was_taken_by_a_wrong_clock_lasts_as_long_as_was_said_when_it_is_set(
    tmp_path: Path, jump_h: float, set_first: bool
) -> None:
    overrides = Overrides(tmp_path / "o.json")
    overrides.put(override(technician=True), EVENING)
    assert overrides.intent("lamp-1", EVENING + timedelta(minutes=4), clock_trusted=False) is not None
    now = EVENING + timedelta(minutes=4, seconds=1, hours=jump_h)
    if set_first:  # and only then found to be right
        assert overrides.intent("lamp-1", now, clock_trusted=False) is not None
    assert overrides.intent("lamp-1", now) is not None
    assert overrides.intent("lamp-1", now + timedelta(minutes=5, seconds=50)) is not None
    assert overrides.intent("lamp-1", now + timedelta(minutes=6)) is None


def waiting(tmp_path: Path, one: Override) -> Overrides:
    before = Overrides(tmp_path / "o.json")
    before.put(one, EVENING)
    before.save()
    after = Overrides(tmp_path / "o.json")
    after.load(EVENING, clock_trusted=False)
    return after


def test_a_newer_command_stands_above_one_that_waited_unless_that_is_a_technicians(tmp_path: Path) -> None:
    for technician, level in ((False, 0.9), (True, 0.2)):
        overrides = waiting(tmp_path, override(0.2, technician=technician))
        overrides.put(override(0.9), EVENING)
        intent = overrides.intent("lamp-1", EVENING)
        assert intent is not None
        assert intent.level == level


def test_one_that_waits_can_be_ended_too(tmp_path: Path) -> None:
    overrides = waiting(tmp_path, override())
    overrides.drop("lamp-1")
    overrides.save()
    assert overrides.intent("lamp-1", EVENING) is None
    overrides.load(EVENING, clock_trusted=True)
    assert overrides.intent("lamp-1", EVENING) is None


def test_a_clock_that_is_put_back_does_not_make_an_override_last_for_years(tmp_path: Path) -> None:
    overrides = Overrides(tmp_path / "o.json")
    overrides.put(override(0.0, technician=True), EVENING)
    overrides.save()
    assert overrides.standing("lamp-1", EVENING - timedelta(days=2)) is None
    overrides.load(EVENING - timedelta(days=2), clock_trusted=True)
    assert overrides.standing("lamp-1", EVENING) is None


def test_a_remote_override_does_not_push_a_technician_aside(tmp_path: Path) -> None:
    overrides = Overrides(tmp_path / "o.json")
    assert overrides.put(override(0.2, 10, technician=True), EVENING)
    assert not overrides.put(override(0.9, 5), EVENING)
    assert not overrides.put(override(0.9, 60), EVENING), "nor one that would last longer"
    standing = overrides.standing("lamp-1", EVENING)
    assert standing is not None
    assert standing.level == 0.2


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"lamp": "x"}]', '[{"lamp":"a","level":"nan","until":"x"}]'])
def test_a_damaged_file_costs_the_overrides_and_nothing_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "o.json").write_text(text)
    overrides = Overrides(tmp_path / "o.json")
    overrides.load(EVENING, clock_trusted=True)
    assert overrides.standing("lamp-1", EVENING) is None
