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


def test_after_a_restart_without_a_clock_an_override_is_forgotten_for_it_might_be_over(tmp_path: Path) -> None:
    before = Overrides(tmp_path / "o.json")
    before.put(override(), EVENING)
    before.save()
    after = Overrides(tmp_path / "o.json")
    after.load(EVENING, clock_trusted=False)
    assert after.standing("lamp-1", EVENING) is None


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
