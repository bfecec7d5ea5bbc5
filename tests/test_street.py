"""Of another file only what differs is made anew; every other lamp goes on as if nothing had happened."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock
from tests.test_city import BIN, LAMP, written

from lampyre.board import LampReport
from lampyre.door import Door
from lampyre.node import Node
from lampyre.report import Reports
from lampyre.settings import Settings, load_settings

THREE = "".join(LAMP.format(n) for n in (1, 2, 3)) + BIN
SLOWER = THREE.replace('board = "b2"\n', 'board = "b2"\nhold_s = 45.0\n')
NIGHT = '[[programme]]\nid = "half"\n[[programme.period]]\nfrom = "sunset"\nto = "sunrise"\nlevel = 0.5\n'


class Place:
    """A node whose boards follow every order, and its file."""

    def __init__(self, folder: Path, text: str = THREE) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.node = Node(self.file(text), self.clock)

    def file(self, text: str) -> Settings:
        return load_settings(written(self.folder, text))

    def see(self, *, presence: float = 0.0) -> None:
        names = list(self.node.latest.channels)
        told = {"presence": presence, "lux": 2.0, "temperature": 9.0, "distance": 0.8}
        self.node.latest.put(names, [told.get(name.split(".")[1], 0.0) for name in names])

    def told(self, *lamps: str, level: float = 0.32) -> None:
        for name in lamps:
            self.node.lamps[name].told(LampReport(ordered=True, level=level, target=level, left_s=50.0))

    def step(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.see()
            for lamp in tuple(self.node.lamps.values()):
                self.node._step(lamp)
            self.clock.pass_s(1)

    def level(self, lamp: str) -> float:
        return self.node.lamps[lamp].governor.level(self.clock.monotonic())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    await place.node.open()
    place.see()
    place.told("lamp-1", "lamp-2", "lamp-3")
    place.step(20)
    yield place
    await place.node.close()


async def test_a_lamp_that_changes_and_its_board_are_made_anew_and_no_other(place: Place) -> None:
    node, door = place.node, Door(place.folder / "agent.sock", Reports(place.node).answer)
    lamps, lines, bins, jobs = dict(node.lamps), dict(node.lines), dict(node.bins), node.jobs(door)
    node.take(place.file(THREE.replace('"lamp-2"\nboard = "b2"', '"lamp-2"\nboard = "b2"\nlighting_class = "P3"')))
    assert {name for name, lamp in node.lamps.items() if lamp is not lamps[name]} == {"lamp-2"}
    assert {name for name, line in node.lines.items() if line is not lines[name]} == {"b2"}
    assert node.bins == bins
    again = {job.name: job for job in node.jobs(door)}
    assert {job.name for job in jobs if again[job.name] != job} == {"board b2"}
    assert list(node.lamps) == ["lamp-1", "lamp-2", "lamp-3"]


async def test_a_lamp_made_anew_waits_for_its_board_and_goes_on_from_where_that_is(place: Place) -> None:
    lamp = place.node.lamps["lamp-2"]
    before_h, wh = lamp.hours.operating_h, lamp.upkeep.days.energy_wh
    lamp.journal.note(lamp.step().step, 0.32)  # type: ignore[union-attr]
    place.node.take(place.file(SLOWER))
    fresh = place.node.lamps["lamp-2"]
    assert fresh is not lamp
    assert fresh.step() is None, "nobody has said where it is"
    place.told("lamp-2", level=0.32)
    place.see()
    news = fresh.step()
    assert news is not None
    assert abs(news.step.order.level - 0.32) < 0.01
    assert news.step.order.ramp_s == 0.0, "it stays where it is"
    assert fresh.hours.operating_h == pytest.approx(before_h, abs=0.001)
    assert fresh.upkeep.days.energy_wh == pytest.approx(wh, abs=0.1)
    assert fresh.journal is lamp.journal


async def test_lamps_and_bins_come_and_go_and_commands_and_groups_know_them(place: Place) -> None:
    node = place.node
    node.take(place.file("".join(LAMP.format(n) for n in (1, 3)) + LAMP.format(4) + 'groups = ["school"]\n'))
    assert (list(node.lamps), list(node.lines), list(node.bins)) == (
        ["lamp-1", "lamp-3", "lamp-4"],
        ["b1", "b3", "b4"],
        [],
    )
    assert node.wishes.lamps(["*"]) == ("lamp-1", "lamp-3", "lamp-4")
    assert node.wishes.lamps(["school"]) == ("lamp-4",)
    assert node.lamps["lamp-4"].model is node.lamps["lamp-1"].model is not None
    assert "b2.presence" not in node.latest.channels
    node._summarise(EVENING, EVENING + timedelta(minutes=15))
    place.told("lamp-4")
    place.step(5)
    node.take(place.file(THREE))
    assert list(node.lamps) == ["lamp-1", "lamp-2", "lamp-3"]
    assert list(node.bins) == ["bin-1"]
    assert node.bins["bin-1"].model is not None


async def test_a_programme_that_changes_opens_no_board_and_another_night_makes_all_lamps_anew(place: Place) -> None:
    node = place.node
    named = re.sub(r'(id = "lamp-(1)"\nboard = "b1"\n)', r'\1programme = "half"\n', THREE)
    node.take(place.file(named + NIGHT))
    place.told("lamp-1")
    lamps, lines = dict(node.lamps), dict(node.lines)
    node.take(place.file(named + NIGHT.replace("0.5", "0.7")))
    assert node.lamps == lamps
    assert node.lines == lines
    place.step(60)
    assert place.level("lamp-1") == pytest.approx(0.7, abs=0.01)
    node.take(place.file(named + NIGHT + "[night]\non_lux = 40.0\n"))
    assert all(node.lamps[name] is not lamp for name, lamp in lamps.items())


async def test_what_was_heard_on_a_channel_that_stays_is_not_forgotten(place: Place) -> None:
    place.node.take(place.file(THREE + LAMP.format(4)))
    seen = place.node.latest.snapshot(["b1.lux", "b4.lux"])
    assert (seen.value("b1.lux"), seen.value("b4.lux")) == (2.0, None)


async def test_a_bin_whose_height_changes_keeps_its_past_and_moves_no_lamp(place: Place) -> None:
    node = place.node
    lamps, past = dict(node.lamps), [(EVENING - timedelta(hours=n), 0.5) for n in (3, 2, 1)]
    node.bins["bin-1"].watch.history.extend(past)
    node.take(place.file(THREE.replace("height_m = 1.2", "height_m = 1.3")))
    assert node.lamps == lamps
    assert list(node.bins["bin-1"].watch.history)[: len(past)] == past
    assert node.bins["bin-1"].settings.height_m == 1.3


async def test_a_supply_that_fails_is_still_seen_when_a_lamp_was_made_anew(place: Place) -> None:
    feeder = place.node.street.feeder
    for lamp in place.node.lamps.values():
        lamp.upkeep.health.feeder.tell(lamp.upkeep.health, True)
    assert feeder.lost
    place.node.take(place.file(SLOWER))
    assert not feeder.lost, "two of two are too few"
