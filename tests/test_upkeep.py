"""A fault goes all the way from a board's readings to what the node tells, and a restart tells nothing twice."""

from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock

from lampyre.board import BoardLine, LampReport
from lampyre.node import Node
from lampyre.settings import load_settings

HEAD = """
[node]
site = "s"
id = "n01"
latitude = 47.322
longitude = 5.041
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[models]
activity = "none"
fill = "none"
"""
MAST = """
[[board]]
id = "b{0}"
kind = "lamp_bin_pico"
link = "serial:///dev/b{0}"
[[lamp]]
id = "lamp-{0}"
board = "b{0}"
rated_power_w = 40.0
[lamp.luminaire]
temperature = "b{0}.temperature"
installed = {installed}
"""
LEVEL = 0.32  # nobody is there


class Street:
    """A node of three lamps whose boards say what the test says; a look every 10 s."""

    def __init__(self, folder: Path, clock: HandClock, installed: str = "2024-05-01") -> None:
        path = folder / "node.toml"
        masts = "".join(MAST.format(n, installed=installed) for n in (1, 2, 3))
        path.write_text(HEAD.format(folder=folder) + masts)
        self.clock = clock
        self.node = Node(load_settings(path), clock)

    async def open(self) -> "Street":
        await self.node.open()
        for lamp in self.node.lamps.values():
            lamp.told(LampReport(ordered=False, level=LEVEL, target=LEVEL, left_s=0.0))
        return self

    def live(self, minutes: float, *powers: float, lux: float = 1.0) -> None:
        """Let the lamps draw this while nobody passes."""
        for _ in range(int(minutes * 6)):
            self.clock.pass_s(10.0)
            for number, power_w in enumerate(powers, 1):
                said = {"presence": 0.0, "passages": 0.0, "lux": lux, "temperature": 45.0, "power": power_w}
                self.node.latest.put([f"b{number}.{name}" for name in said], list(said.values()))
            for lamp in self.node.lamps.values():
                self.node._step(lamp)
            self.node._look_at_supply()

    @property
    def active(self) -> set[tuple[str, str]]:
        return set(self.node.active)


async def test_a_lamp_that_is_out_is_told_to_the_minute_and_is_still_out_after_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    street = await Street(tmp_path, clock).open()
    street.live(60, 13.0, 13.1, 13.2)
    assert not street.active
    street.live(9, 0.1, 13.1, 13.2)
    assert not street.active
    street.live(2, 0.1, 13.1, 13.2)
    assert street.active == {("lamp-1", "lampFailure")}
    alarm = street.node.active["lamp-1", "lampFailure"]
    assert (alarm.at.second, alarm.why) == (0, "0.1 W at level 0.32 of 40 W")
    assert street.node.lamps["lamp-1"].upkeep.wear.hottest == 45.0
    await street.node.close()
    assert street.node.city.outbox.stats().alarms == 1

    again = await Street(tmp_path, clock).open()
    assert again.active == {("lamp-1", "lampFailure")}
    again.live(5, 0.1, 13.1, 13.2)
    again.live(2, 13.0, 13.1, 13.2)
    assert not again.active
    await again.node.close()
    assert again.node.city.outbox.stats().alarms == 2, "once that it began, once that it is over"


async def test_what_ailed_a_luminaire_is_over_when_another_hangs_in_its_place(tmp_path: Path) -> None:
    clock = HandClock()
    before = await Street(tmp_path, clock).open()
    before.live(12, 0.1, 13.1, 13.2)
    assert before.active == {("lamp-1", "lampFailure")}
    await before.node.close()

    after = await Street(tmp_path, clock, "2026-11-23").open()
    assert not after.active
    after.live(1, 13.0, 13.1, 13.2)
    await after.node.close()
    assert after.node.city.outbox.stats().alarms == 2, "once that it began, once that it is over"


SAID = {"lampFailure": "gear 3 says so", "controlGearThermalDerating": "gear 3 says so"}


@pytest.mark.parametrize("first", ["gear", "power"])
@pytest.mark.parametrize("last", ["gear", "power"])
async def test_what_a_gear_says_and_its_power_shows_is_told_once(first: str, last: str, tmp_path: Path) -> None:
    clock = HandClock()
    street = await Street(tmp_path, clock).open()
    board = street.node.lines["b1"]
    assert isinstance(board, BoardLine)
    board.events = {}
    told: list[tuple[str, bool]] = []
    street.node.city.alarm = lambda alarm: told.append((alarm.event, alarm.active))  # type: ignore[method-assign]
    street.live(30, 13.0, 13.1, 13.2)
    board.events = SAID if first == "gear" else {}
    street.live(0.7, 13.0, 13.1, 13.2)
    assert not told, "a plug pulled and put in again is no event"
    street.live(20, 0.1 if first == "power" else 13.0, 13.1, 13.2)
    assert ("lampFailure", True) in told
    board.events = SAID
    street.live(20, 0.1, 13.1, 13.2)
    board.events = SAID if last == "gear" else {}
    street.live(20, 0.1 if last == "power" else 13.0, 13.1, 13.2)
    assert ("lampFailure", False) not in told
    assert ("lamp-1", "lampFailure") in street.active
    board.events = {}
    street.live(20, 13.0, 13.1, 13.2)
    assert not street.active
    await street.node.close()
    for event in SAID:
        assert [active for name, active in told if name == event] == [True, False]


async def test_what_a_gear_says_outlives_a_restart_and_is_not_told_anew(tmp_path: Path) -> None:
    clock = HandClock()
    street = await Street(tmp_path, clock).open()
    street.node.lines["b1"].events = SAID  # type: ignore[misc]
    street.live(3, 13.0, 13.1, 13.2)
    assert street.active == {("lamp-1", event) for event in SAID}
    await street.node.close()
    again = await Street(tmp_path, clock).open()
    assert again.active == {("lamp-1", event) for event in SAID}
    again.live(3, 13.0, 13.1, 13.2)
    again.node.lines["b1"].events = {}  # type: ignore[misc]
    again.live(3, 13.0, 13.1, 13.2)
    assert not again.active
    await again.node.close()
    assert again.node.city.outbox.stats().alarms == 4, "each once that it began, once that it is over"


async def test_a_photocell_in_doubt_before_a_restart_is_told_when_it_is_well_and_not_anew(tmp_path: Path) -> None:
    clock = HandClock()
    before = await Street(tmp_path, clock).open()
    before.live(80, 13.0, 13.1, 13.2, lux=400.0)  # at midnight
    doubted = {(f"lamp-{n}", "photocellImplausible") for n in (1, 2, 3)}
    assert before.active == doubted
    await before.node.close()

    after = await Street(tmp_path, clock).open()
    assert after.active == doubted
    after.live(80, 13.0, 13.1, 13.2)
    assert not after.active
    await after.node.close()
    assert after.node.city.outbox.stats().alarms == 6, "of each lamp that it began and that it is over"


async def test_a_feeder_without_supply_is_told_once_and_in_the_nodes_name(tmp_path: Path) -> None:
    street = await Street(tmp_path, HandClock()).open()
    street.live(20, 13.0, 13.1, 13.2)
    street.live(30, 0.0, 0.0, 0.0)
    assert street.active == {("n01", "supplyLoss")}
    assert street.node.active["n01", "supplyLoss"].why == "3 of 3 lamps that should burn draw no power"
    street.live(3, 13.0, 13.1, 13.2)
    assert not street.active
    await street.node.close()


async def test_a_board_that_lost_its_supply_says_so_by_its_count_of_starts(tmp_path: Path) -> None:
    street = await Street(tmp_path, HandClock()).open()
    line = street.node.lamps["lamp-2"].line
    assert isinstance(line, BoardLine)
    for boots in ("7", "7", "8"):
        line.facts = {"boots": boots, "cause": "power"}
        street.live(1, 13.0, 13.1, 13.2)
    assert [lamp.upkeep.wear.supply_losses for lamp in street.node.lamps.values()] == [0, 1, 0]
    assert not street.active, "it is over as soon as it is told"
    await street.node.close()


async def test_summaries_tell_the_city_hours_starts_and_energy(tmp_path: Path) -> None:
    street = await Street(tmp_path, HandClock()).open()
    street.live(90, 13.0, 13.0, 13.0)
    summary = street.node.lamps["lamp-1"].close(EVENING, street.clock.now())
    assert summary.energy_total_wh == pytest.approx(1.5 * 13.0, rel=0.01)
    assert summary.operating_h == pytest.approx(1.5, rel=0.01)
    assert summary.starts == 0, "it burnt when the agent came"
    assert summary.measured
    told = street.node.city._convert.lamp_summary(summary)
    assert (told.starts, told.operating_h) == (0, 1.5)
    assert told.energy_total_kwh == 0.02, "in steps of 10 Wh"
    await street.node.close()
