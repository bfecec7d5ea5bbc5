"""Home Assistant finds the node, finds it again after its own restart, and loses what has left the file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.sync.city import until
from tests.sync.dialects import natives
from tests.sync.dialects.jinja import render
from tests.sync.dialects.kerb import Ear, node, retained

from lampyre.records import Alarm

HERE = "[dialects.home_assistant]\n"
DEVICE = "homeassistant/device/node-1/dijon_"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A town's nodes spread their answers to a birth; one node in a test need not."""
    monkeypatch.setattr("lampyre.sync.dialects.announced.SPREAD_S", 0.0)


async def settled(folder: Path) -> None:
    """Return when what was announced is remembered."""
    await until((folder / "state" / "home_assistant.json").exists, "remembered")


async def test_it_is_announced_once_and_again_when_home_assistant_starts(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with Ear(mosquitto.port) as ear:
        async with node(tmp_path, mosquitto.port, HERE):
            first = await ear.hears("/config", 3)
            assert {heard.topic for heard in first} == {f"{DEVICE}{name}/config" for name in ("node", "l1", "c1")}
            await settled(tmp_path)
        async with node(tmp_path, mosquitto.port, HERE):
            await ear.hears(f"{DEVICE}l1/problems", 2)  # they are said in every session, before what is announced
            await ear.say("homeassistant/status", b"offline", qos=0)
            await ear.say("homeassistant/status", b"online", qos=0)
            again = await ear.hears("/config", 6)
            assert [heard.body for heard in again[3:]] == [heard.body for heard in first]
    kept = await retained(mosquitto.port, "homeassistant/device")
    assert len(kept) == 6  # three devices, and their problems
    assert kept[f"{DEVICE}l1/problems"] == b'{"problems":[]}'


async def test_a_broker_that_has_forgotten_everything_is_told_again(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with node(tmp_path, mosquitto.port, HERE) as running:
        await settled(tmp_path)
        mosquitto.stop()
        (tmp_path / "broker" / "mosquitto.db").unlink()
        mosquitto.start()
        await until(lambda: running.city.uplink.reconnects == 1, "back")
        async with Ear(mosquitto.port) as ear:  # it hears what is retained, and what comes
            await ear.hears("/config", 3)


async def test_what_has_left_the_file_leaves_home_assistant_too(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with node(tmp_path, mosquitto.port, HERE):
        await settled(tmp_path)
    async with Ear(mosquitto.port) as ear:
        lampless = natives.CONFIG.replace('temperature = "b1.temperature"\n', "").replace('id = "l1"', 'id = "l2"')
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(natives, "CONFIG", lampless)
            async with node(tmp_path, mosquitto.port, HERE):
                await until(lambda: len(ear.on(f"{DEVICE}c1/config")) >= 2, lambda: str(ear.heard))
                await until(lambda: b"dijon_l2" in (tmp_path / "state" / "home_assistant.json").read_bytes(), "kept")
        taken, left = [heard.said["cmps"] for heard in ear.on(f"{DEVICE}c1/config") if heard.body][-2:]
        assert taken["temperature"] == {"p": "sensor"}  # named by its platform alone: taken back
        assert "temperature" not in left
    kept = await retained(mosquitto.port, "homeassistant/device")
    assert not any(topic.startswith(f"{DEVICE}l1/") for topic in kept)
    assert f"{DEVICE}l2/config" in kept


async def test_without_the_dialect_everything_is_taken_back(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with node(tmp_path, mosquitto.port, HERE):
        await settled(tmp_path)
    async with node(tmp_path, mosquitto.port, ""):
        remembered = tmp_path / "state" / "home_assistant.json"
        await until(lambda: not remembered.exists(), "forgotten")
    assert await retained(mosquitto.port, "homeassistant/device") == {}
    async with node(tmp_path, mosquitto.port, "") as running:
        assert running.city.uplink.beside is None


async def test_a_problem_stands_until_it_is_over(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE) as running:
        await ear.hears(f"{DEVICE}l1/problems")
        for event, active in (("lampFailure", True), ("cyclingFailure", True), ("lampFailure", False)):
            running.city.alarm(Alarm("l1", event, active, "no power", EVENING))
        said = await ear.hears(f"{DEVICE}l1/problems", 4)
        found = [heard.said["problems"] for heard in said[1:]]
        assert found == [["lampFailure"], ["cyclingFailure", "lampFailure"], ["cyclingFailure"]]
        running.city.alarm(Alarm("node-1", "supplyLoss", True, "dark street", EVENING))
        await until(lambda: ear.on(f"{DEVICE}node/problems")[-1].said == {"problems": ["supplyLoss"]}, "the node's own")


async def test_a_light_that_is_switched_there_is_an_override_that_ends(tmp_path: Path, mosquitto: Mosquitto) -> None:
    dialect = HERE + "commands = true\ncommand_minutes = 20\n"
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, dialect) as running:
        [announced] = await ear.hears(f"{DEVICE}l1/config")
        light = announced.said["cmps"]["light"]
        clock = running.clock
        body = render(light["cmd_on_tpl"], None, lambda: clock.now().astimezone(UTC), brightness=127)
        await ear.say(light["cmd_t"], body.encode())

        def held() -> bool:
            return running.overrides.standing("l1", clock.now()) is not None

        await until(held, "held")
        override = running.overrides.standing("l1", clock.now())
        assert override is not None
        assert (round(override.level, 3), override.technician) == (0.498, False)
        assert 1100 < (override.until - clock.now()).total_seconds() <= 1200
        late = render(light["cmd_off_tpl"], None, lambda: datetime(2026, 12, 1, 17, 0, tzinfo=UTC))
        before = running.city.uplink.commands.refused
        await ear.say(light["cmd_t"], late.encode())
        await until(lambda: running.city.uplink.commands.refused == before + 1, "an old one is refused")


async def test_a_broker_that_refuses_it_costs_nothing_else(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite lampyre/#\ntopic readwrite last\n")
    config = f"allow_anonymous true\nacl_file {acl}"
    with Mosquitto(tmp_path / "broker", config=config) as broker:
        async with node(tmp_path, broker.port, HERE + "[dialects.ngsi_ld]\n") as running:
            beside = running.city.uplink.beside
            assert beside is not None
            running.city.alarm(Alarm("l1", "lampFailure", True, "no power", EVENING))
            await until(lambda: running.city.outbox.stats().alarms == 0, "the alarm has arrived")
            await until(lambda: beside.dropped >= 2, "counted")
            assert running.city.uplink.online
