"""Six lamps on one node, with the firmware's own logic at each mast: the light goes with who walks there."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from tests.streets.lane import DEFINITION, Kerb, NightClock
from tests.streets.test_nights import in_virtual_time

from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport
from lampyre.decide.light.moving import Moving
from lampyre.lamp import Lamp
from lampyre.node import BOARD_STALE_S, TICK_S
from lampyre.policy_settings import next_to
from lampyre.row import Row
from lampyre.sense.counter import Counter
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import LampSettings, NodeSettings

LAMPS = 6
QUIET, FULL = 0.32, 0.8
WALK_S = 24.0  # from lamp to lamp: 30 m at 1.25 m/s
SEEN_S = 6.0  # in the sensor's cone
FAINT = 0.02


class Street:
    """Six masts whose boards speak real frames, and the agent's part that Node gives them."""

    def __init__(self, folder: Path, *, moving: bool) -> None:
        self.clock = NightClock(datetime(2026, 12, 1, 21, 0, tzinfo=UTC))
        node = NodeSettings(site="s", id="n", latitude=47.322, longitude=5.041, state_dir=folder)
        self.kerbs = [Kerb([0.5, 0.8, 12.0, math.nan, 0.0, 0.0]) for _ in range(LAMPS)]
        rules = [
            ChannelRule(f"b{n}.{c.name}", c.quantity, c.low, c.high, BOARD_STALE_S)
            for n in range(LAMPS)
            for c in DEFINITION.channels
        ]
        self.latest = Latest(rules, self.clock)
        self.lamps: dict[str, Lamp] = {}
        self.stepped: list[list[str]] = []  # which lamps decided together, whenever somebody came
        overrides = Overrides(folder / "overrides.json")
        for n in range(LAMPS):
            next_one = (f"lamp-{n + 1}",) if moving and n + 1 < LAMPS else ()
            settings = LampSettings(id=f"lamp-{n}", board=f"b{n}", neighbours=next_one)
            heard = partial(self._heard, n, Counter())
            line = BoardLine(f"b{n}", f"serial:///dev/b{n}", DEFINITION, self.clock, heard, partial(self._told, n))
            self.lamps[settings.id] = Lamp(settings, node, line, self.latest, overrides, self.clock)
        neighbours = next_to((lamp.id, lamp.settings.neighbours) for lamp in self.lamps.values())
        self.row = Row(self.lamps, Moving(neighbours, 4))

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Street"]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lampyre.line.open_link", self._link)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(kerb.run()) for kerb in self.kerbs]
                tasks += [group.create_task(lamp.line.run(lambda: None)) for lamp in self.lamps.values()]
                tasks.append(group.create_task(self._decide()))
                yield self
                for task in tasks:
                    task.cancel()

    async def pass_by(self, every_s: float, seen_s: float) -> None:
        """Somebody goes from the first lamp to the last."""
        for kerb in self.kerbs:
            kerb.present = True
            await asyncio.sleep(seen_s)
            kerb.present = False
            await asyncio.sleep(every_s - seen_s)

    def level(self, lamp: int, at_s: float) -> float:
        return [moment.level for moment in self.kerbs[lamp].shown if moment.at_s <= at_s][-1]

    def _link(self, url: str) -> object:
        return self.kerbs[int(url[-1])].open(url)

    async def _decide(self) -> None:
        while True:
            for lamp in self.lamps.values():
                list(self.row.step(lamp))
            await asyncio.sleep(TICK_S)

    def _heard(self, n: int, counter: Counter, values: Sequence[float]) -> None:  # as Node wires it
        presence, passages, *others = values
        names = [f"b{n}.{channel.name}" for channel in DEFINITION.channels]
        self.latest.put(names, [presence, counter.total(passages), *others])
        if presence > 0.0:
            together = [lamp.id for lamp, _ in self.row.step(self.lamps[f"lamp-{n}"])]
            self.stepped.append(together)

    def _told(self, n: int, report: LampReport) -> None:
        self.lamps[f"lamp-{n}"].told(report)


def walked(folder: Path, *, moving: bool, every_s: float = WALK_S, seen_s: float = SEEN_S) -> tuple[Street, float]:
    """Return the street after one passage, and when it began."""

    async def night() -> tuple[Street, float]:
        street = Street(folder, moving=moving)
        async with street.open():
            await asyncio.sleep(60.0)
            begin_s = asyncio.get_running_loop().time()
            await street.pass_by(every_s, seen_s)
            await asyncio.sleep(150.0)
        return street, begin_s

    found: tuple[Street, float] = in_virtual_time(night())
    return found


def test_the_light_goes_with_who_walks(tmp_path: Path) -> None:
    street, begin_s = walked(tmp_path, moving=True)
    for n in range(1, LAMPS):
        assert street.level(n, begin_s + n * WALK_S - 1.0) == pytest.approx(FULL), "lit before he is there"
    for n in range(3, LAMPS):
        assert street.level(n, begin_s + (n - 2) * WALK_S) == pytest.approx(QUIET), (
            "but not two lamps ahead of a walker"
        )
    after_s = begin_s + LAMPS * WALK_S + 140.0
    assert all(street.level(n, after_s) == pytest.approx(QUIET) for n in range(LAMPS))


def test_without_neighbours_every_lamp_waits_for_its_own_sensor(tmp_path: Path) -> None:
    street, begin_s = walked(tmp_path, moving=False)
    assert all(street.level(n, begin_s + n * WALK_S - 1.0) == pytest.approx(QUIET) for n in range(LAMPS))


def test_a_car_is_met_by_light_from_its_second_lamp_on(tmp_path: Path) -> None:
    street, begin_s = walked(tmp_path, moving=True, every_s=2.5, seen_s=1.0)
    assert all(street.level(n, begin_s + n * 2.5) == pytest.approx(FULL, abs=FAINT) for n in range(1, LAMPS))


def test_neighbours_rise_in_the_same_step_and_each_once(tmp_path: Path) -> None:
    street, _ = walked(tmp_path, moving=True)
    assert ["lamp-0", "lamp-1"] in street.stepped
    assert ["lamp-1", "lamp-2"] in street.stepped
    assert all(len(set(together)) == len(together) for together in street.stepped)


def test_who_comes_is_told_of_without_saying_whence(tmp_path: Path) -> None:
    street, _ = walked(tmp_path, moving=True)
    whys = {entry.why for lamp in street.lamps.values() for entry in lamp.journal._entries}
    assert "somebody comes along the street" in whys
    assert not any("lamp-" in why for why in whys)
