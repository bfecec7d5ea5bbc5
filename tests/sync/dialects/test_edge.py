"""A Sparkplug host sees births before data, numbers without a gap, and every death."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto
from tests.clocks import EVENING, HandClock
from tests.faultproxy import FaultProxy
from tests.sync.city import until
from tests.sync.dialects.decoder import decode, raw, rebirth
from tests.sync.dialects.kerb import Ear, Heard, node, retained
from tests.sync.dialects.natives import QUARTER, Leaving, settings

from lampyre.node import Node
from lampyre.records import Alarm, Priority
from lampyre.sync.broker import Broker
from lampyre.sync.dialects.edge import QUEUE_LIMIT, Edge
from lampyre.sync.dialects.native import read

HERE = "[dialects.sparkplug]\n"
OURS = "spBv1.0/dijon/"
ROOT = "lampyre/v1/dijon/node-1/"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    config = (
        "allow_anonymous true\nqueue_qos0_messages true"  # an ear that comes back a little later has missed nothing
    )
    with Mosquitto(tmp_path / "broker", config=config) as broker:
        yield broker


def kind(heard: Heard) -> str:
    return heard.topic.split("/")[2]


def seqs(heard: list[Heard]) -> list[int]:
    return [raw(one.body).seq for one in heard if kind(one) != "NDEATH"]


def bd_seq(heard: Heard) -> int:
    [found] = [metric for metric in raw(heard.body).metrics if metric.name == "bdSeq"]
    return int(found.long_value)


def values(heard: Heard, birth: Any = None) -> dict[str, Any]:
    return {metric.name: metric.value for metric in decode(kind(heard), heard.body, birth).metrics}


def tell(running: Node, *messages: tuple[str, bytes]) -> None:
    """Let these leave the node as states do."""
    for topic, body in messages:
        running.city.uplink.publish_state(topic, body)


async def test_births_come_first_and_name_every_metric_then_data_follow(tmp_path: Path, mosquitto: Mosquitto) -> None:
    leaving = Leaving()
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE) as running:
        await ear.hears(OURS, 3)
        tell(running, leaving.lamp_state(0.4), leaving.bin_state())
        await ear.hears(f"{OURS}DDATA", 2)
        said = ear.on(OURS)
    assert [one.topic.removeprefix(OURS) for one in said[:3]] == [
        "NBIRTH/node-1", "DBIRTH/node-1/l1", "DBIRTH/node-1/c1",
    ]  # fmt: skip
    assert all((one.qos, one.retained) == (0, False) for one in said if kind(one) != "NDEATH")
    assert seqs(said) == [number % 256 for number in range(len(seqs(said)))]
    of_node = values(said[0])
    assert of_node["Node Control/Rebirth"] is False
    assert of_node["Properties/Software"] == "lampyre"
    births = {one.topic.split("/")[-1]: decode("DBIRTH", one.body) for one in said[1:3]}
    for one in ear.on(f"{OURS}DDATA"):
        birth = births[one.topic.split("/")[-1]]
        known = {metric.name for metric in birth.metrics}
        assert set(values(one, birth)) <= known
    [lamp] = ear.on(f"{OURS}DDATA/node-1/l1")
    assert values(lamp, births["l1"])["Lamp/TargetLevel"] == 40.0


async def test_every_connection_has_the_next_number_and_its_death_bears_it(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with Ear(mosquitto.port) as ear:
        async with FaultProxy(mosquitto.port) as proxy, node(tmp_path, proxy.port, HERE):
            await ear.hears(f"{OURS}NBIRTH", 1)
            proxy.cut()  # the broker says it: our will
            await ear.hears(f"{OURS}NDEATH", 1)
            await ear.hears(f"{OURS}NBIRTH", 2)
        await ear.hears(f"{OURS}NDEATH", 2)  # and we say it when we stop
        async with node(tmp_path, mosquitto.port, HERE):  # a restart goes on counting
            await ear.hears(f"{OURS}NBIRTH", 3)
        await ear.hears(f"{OURS}NDEATH", 3)
        births, deaths = ear.on(f"{OURS}NBIRTH"), ear.on(f"{OURS}NDEATH")
    assert [bd_seq(one) for one in births] == [0, 1, 2]
    assert [bd_seq(one) for one in deaths] == [0, 1, 2]
    assert [raw(one.body).seq for one in births] == [0, 0, 0]
    assert not any(raw(one.body).HasField("seq") or one.retained for one in deaths)
    assert await retained(mosquitto.port, "spBv1.0") == {}


async def test_a_line_that_ends_while_much_waits_for_it_is_left(tmp_path: Path, mosquitto: Mosquitto) -> None:
    leaving = Leaving()
    async with (
        Ear(mosquitto.port) as ear,
        FaultProxy(mosquitto.port) as proxy,
        node(tmp_path, proxy.port, HERE) as running,
    ):
        await ear.hears(f"{OURS}DBIRTH", 2)
        beside = running.city.uplink.beside
        assert beside is not None
        for number in range(200):
            beside.say(*leaving.lamp_state(number / 200))
        proxy.cut()
        await ear.hears(f"{OURS}NBIRTH", 2)


async def test_a_rebirth_says_all_again_from_zero_with_the_same_number(tmp_path: Path, mosquitto: Mosquitto) -> None:
    leaving = Leaving()
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE) as running:
        await ear.hears(f"{OURS}DBIRTH", 2)
        tell(running, leaving.lamp_state(0.7))
        await ear.hears(f"{OURS}DDATA", 1)
        before = len(ear.on(OURS))
        await ear.say(f"{OURS}NCMD/node-1", rebirth())
        await ear.hears(f"{OURS}DBIRTH", 4)
        first, second = ear.on(f"{OURS}NBIRTH")
        again = [one for one in ear.on(OURS)[before:] if kind(one) != "NCMD"]
    assert bd_seq(first) == bd_seq(second) == 0
    assert seqs(again)[:3] == [0, 1, 2]
    assert values(again[1])["Lamp/TargetLevel"] == 70.0


async def test_numbers_begin_anew_after_255_and_nothing_is_left_out(tmp_path: Path, mosquitto: Mosquitto) -> None:
    leaving, number = Leaving(), 300
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE) as running:
        await ear.hears(f"{OURS}DBIRTH", 2)
        beside = running.city.uplink.beside
        assert beside is not None
        for one in range(number):
            beside.say(*leaving.lamp_state(one / number))
        data = await ear.hears(f"{OURS}DDATA/node-1/l1", number)
        births = ear.on(f"{OURS}DBIRTH/node-1/l1")
    levels = [values(one, decode("DBIRTH", births[0].body))["Lamp/TargetLevel"] for one in data]
    assert levels == pytest.approx([round(one / number * 100, 1) for one in range(number)], abs=0.01)


@pytest.mark.parametrize("body", [b"", b"\xff" * 50, b'{"Node Control/Rebirth":true}'])
async def test_what_is_no_command_does_nothing(tmp_path: Path, mosquitto: Mosquitto, body: bytes) -> None:
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE):
        await ear.hears(f"{OURS}DBIRTH", 2)
        await ear.say(f"{OURS}NCMD/node-1", body)
        await ear.say(f"{OURS}NCMD/node-1", rebirth())
        await ear.hears(f"{OURS}NBIRTH", 2)
        assert len(ear.on(f"{OURS}NBIRTH")) == 2


async def test_a_bin_that_is_not_heard_dies_and_is_born_again(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE) as running:
        await ear.hears(f"{OURS}DBIRTH", 2)
        for event, active in (("sensorSilent", True), ("temperatureSilent", True), ("sensorSilent", False)):
            running.city.alarm(Alarm("c1", event, active, "not heard", EVENING))
        await ear.hears(f"{OURS}DDEATH/node-1/c1")
        await ear.hears(f"{OURS}DBIRTH/node-1/c1", 2)
        of_bin = [kind(one) for one in ear.on("/node-1/c1") if one.topic.startswith(OURS)]
        assert of_bin == ["DBIRTH", "DDATA", "DDEATH", "DBIRTH"]
        found = ear.on(OURS)
        assert seqs(found) == list(range(len(found)))


async def test_the_primary_host_is_waited_for_and_its_going_ends_the_session(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    state = "spBv1.0/STATE/scada"

    def host(online: bool, at: int) -> bytes:
        return json.dumps({"online": online, "timestamp": at}).encode()

    leaving = Leaving()
    async with Ear(mosquitto.port) as ear:
        await ear.say(state, host(False, 5), retain=True)
        async with node(tmp_path, mosquitto.port, HERE + 'primary_host = "scada"\n') as running:
            tell(running, leaving.lamp_state(0.3))
            await ear.hears("lamp/l1/state")
            await ear.say(state, b"nonsense", retain=True)
            await ear.say(state, host(True, 4), retain=True)  # older than what it has said
            await ear.say(state, host(True, 6), retain=True)
            births = await ear.hears(f"{OURS}DBIRTH", 2)
            assert len(ear.on(f"{OURS}NBIRTH")) == 1
            assert values(births[0])["Lamp/TargetLevel"] == 30.0
            await ear.say(state, host(False, 7), retain=True)
            [death] = await ear.hears(f"{OURS}NDEATH")
            assert bd_seq(death) == 0
            await ear.say(state, host(True, 8), retain=True)
            assert [bd_seq(one) for one in await ear.hears(f"{OURS}NBIRTH", 2)] == [0, 1]


async def test_what_came_while_nobody_could_be_told_is_historical(tmp_path: Path, mosquitto: Mosquitto) -> None:
    leaving = Leaving()
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE + 'primary_host = "scada"\n') as running:
        tell(running, leaving.lamp_state(0.3), leaving.lamp_state(0.6, EVENING.replace(hour=19)))
        await until(lambda: len(ear.on("lamp/l1/state")) >= 1, "our own")
        tell(running, leaving.lamp_state(0.9, EVENING.replace(hour=20)))
        await until(lambda: ear.on("lamp/l1/state")[-1].said["target_level"] == 90.0, "our own")
        await ear.say("spBv1.0/STATE/scada", b'{"online":true,"timestamp":1}', retain=True)
        birth = (await ear.hears(f"{OURS}DBIRTH/node-1/l1"))[0]
        [late] = await ear.hears(f"{OURS}DDATA/node-1/l1")
        assert values(birth)["Lamp/TargetLevel"] == 90.0
        assert all(metric.is_historical for metric in raw(late.body).metrics)
        await ear.say(f"{OURS}NCMD/node-1", rebirth())
        await ear.hears(f"{OURS}DBIRTH/node-1/l1", 2)
        assert len(ear.on(f"{OURS}DDATA/node-1/l1")) == 1


async def test_parcels_that_waited_are_historical_there_too_or_in_the_birth(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    leaving, quarters = Leaving(), range(4)
    ends = [EVENING + number * QUARTER for number in quarters]
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, HERE) as running:
        await ear.hears(f"{OURS}DBIRTH", 2)
        mosquitto.stop()
        await until(lambda: not running.city.uplink.online, "cut off")
        for number in quarters:
            topic, body = leaving.lamp_summary(end=ends[number], energy_wh=100.0 + number)
            await running.city.outbox.put(topic, counted(body), Priority.SUMMARY)
        mosquitto.start()
        summaries = await ear.hears("/lamp/l1/summary", len(quarters))
        assert all(one.said["historical"] for one in summaries)

        def energies() -> set[float]:
            found = [values(one) for one in ear.on(f"{OURS}DBIRTH/node-1/l1")[-1:]]
            found += [values(one, decode("DBIRTH", births[-1].body)) for one in late()]
            return {round(said["Lamp/PeriodEnergy_Wh"] or 0.0) for said in found}

        def late() -> list[Heard]:
            return ear.on(f"{OURS}DDATA/node-1/l1")

        births = await ear.hears(f"{OURS}DBIRTH/node-1/l1", 2)
        await until(lambda: energies() >= {100 + number for number in quarters}, lambda: str(energies()))
    for one in late():
        [at] = {metric.timestamp for metric in raw(one.body).metrics}
        assert at in {int(end.timestamp() * 1000) for end in ends}
        assert all(metric.is_historical for metric in raw(one.body).metrics)


def counted(body: bytes) -> Callable[[int], bytes]:
    return lambda seq: re.sub(rb'"seq":\d+', b'"seq":%d' % seq, body)


async def test_what_waits_for_a_host_is_bounded_and_counted(tmp_path: Path) -> None:
    edge = Edge(settings(tmp_path, HERE), Broker("127.0.0.1", 1, "x"), HandClock(), tmp_path / "sparkplug.json")
    leaving = Leaving()
    for _ in range(QUEUE_LIMIT + 7):
        topic, body = leaving.lamp_summary()
        native = read(ROOT, topic, body)
        assert native is not None
        assert list(edge.say(native)) == []
        edge.say(native)  # the same again, as a new session says it: no news
    assert edge.dropped == 7
    await asyncio.sleep(0)
