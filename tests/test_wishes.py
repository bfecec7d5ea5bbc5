"""Wishes: lamps are meant by name, by group or all at once; what is not there is refused with what is."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock

from lampyre.act.override import Override, Overrides
from lampyre.errors import CommandRefused
from lampyre.wishes import ALL, Wishes

GROUPS = {"lamp-1": ("school", "centre"), "lamp-2": (), "lamp-3": ("centre", "centre")}


@pytest.fixture
def overrides(tmp_path: Path) -> Overrides:
    return Overrides(tmp_path / "overrides.json")


@pytest.fixture
def wishes(overrides: Overrides) -> Wishes:
    return Wishes(overrides, GROUPS, HandClock())


@pytest.mark.parametrize(
    ("names", "lamps"),
    [
        (["lamp-2"], ("lamp-2",)),
        (["centre"], ("lamp-1", "lamp-3")),
        (["school"], ("lamp-1",)),
        ([ALL], ("lamp-1", "lamp-2", "lamp-3")),
        (["lamp-3", "centre", "lamp-3"], ("lamp-3", "lamp-1")),
        ([], ()),
    ],
)
def test_names_groups_and_all_mean_lamps_each_once(wishes: Wishes, names: list[str], lamps: tuple[str, ...]) -> None:
    assert wishes.lamps(names) == lamps


async def test_one_unknown_name_refuses_the_whole_and_says_what_there_is(wishes: Wishes, overrides: Overrides) -> None:
    with pytest.raises(CommandRefused, match="no lamp or group 'park'; there are lamp-1, lamp-2, lamp-3, school, cent"):
        await wishes.hold(["lamp-1", "park"], 0.5, 60.0, "city", technician=False)
    assert overrides.standing("lamp-1", EVENING) is None


async def test_a_wish_for_a_group_passes_by_the_lamp_that_a_technician_holds(
    wishes: Wishes, overrides: Overrides
) -> None:
    until = EVENING + timedelta(minutes=10)
    overrides.put(Override("lamp-1", 0.0, until, "technician", technician=True), EVENING)
    done = await wishes.hold(["centre"], 0.5, 60.0, "city", technician=False)
    assert (done.lamps, done.refused, done.until) == (("lamp-3",), ("lamp-1",), EVENING + timedelta(minutes=1))
    with pytest.raises(CommandRefused, match="a technician holds lamp-1"):
        await wishes.release(["school"], technician=False)
    assert (await wishes.release([ALL], technician=False)).refused == ("lamp-1",)
    assert (await wishes.release([ALL], technician=True)).lamps == ("lamp-1", "lamp-2", "lamp-3")
    assert all(overrides.standing(lamp, EVENING) is None for lamp in GROUPS)


async def test_what_was_wished_for_a_group_outlives_a_restart(
    wishes: Wishes, overrides: Overrides, tmp_path: Path
) -> None:
    await wishes.hold([ALL], 0.5, 60.0, "city", technician=False)
    again = Overrides(tmp_path / "overrides.json")
    again.load(EVENING, clock_trusted=True)
    assert all(again.standing(lamp, EVENING) is not None for lamp in GROUPS)
