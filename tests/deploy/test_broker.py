"""The guide's town and the example broker: no certificate, no entry; and no node speaks for another."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
from tests.brokers import Mosquitto
from tests.deploy.conftest import need
from tests.deploy.town import HALLES, LICES, Town
from tests.sync.city import until

PLACE = "lampyre/v1/beaune"
pytestmark = pytest.mark.xdist_group("town")  # made once


@pytest.fixture
def broker(made: Town, tmp_path: Path) -> Iterator[Mosquitto]:
    """mosquitto with the example's own lines, on a port and in a folder of the test."""
    with Mosquitto(tmp_path / "broker", config=made.config()) as running:
        yield running


def client(broker: Mosquitto, town: Town, name: str | None, patience_s: float = 90) -> aiomqtt.Client:
    trust = ssl.create_default_context(cafile=town.office / "ca.crt")
    if name:
        trust.load_cert_chain(*town.pair(name))
    version = aiomqtt.ProtocolVersion.V5
    return aiomqtt.Client("localhost", broker.port, tls_context=trust, protocol=version, timeout=patience_s)


async def heard(listener: aiomqtt.Client, last: str) -> list[str]:
    """Return the topics that come in, up to `last`."""
    topics: list[str] = []
    async for message in listener.messages:
        topics.append(str(message.topic))
        if topics[-1] == last:
            break
    return topics


async def test_without_a_certificate_nobody_comes_in(broker: Mosquitto, made: Town) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker, made, None, patience_s=1):
            pass
    await until(lambda: "peer did not return a certificate" in broker.log, lambda: f"the reason: {broker.log}")


async def test_a_node_publishes_as_itself_and_as_nobody_else(broker: Mosquitto, made: Town) -> None:
    mine = [
        f"{PLACE}/{LICES}/{topic}"
        for topic in ("status", "health", "alarm", "lamp/lamp-1/state", "bin/bin-1/summary", "reply/7")
    ]
    others = [
        f"{PLACE}/{HALLES}/status",
        f"{PLACE}/{HALLES}/command/override",
        f"{PLACE}/{LICES}/command/override",
        f"lampyre/v1/dijon/{LICES}/status",
    ]
    async with client(broker, made, "control-room") as town, client(broker, made, LICES) as node:
        await town.subscribe("lampyre/v1/#", qos=1)
        for topic in [*others, *mine]:
            await node.publish(topic, b"{}", qos=1)
        assert await heard(town, mine[-1]) == mine


async def test_a_node_hears_its_own_commands_and_nobody_elses(broker: Mosquitto, made: Town) -> None:
    async with client(broker, made, "control-room") as town, client(broker, made, LICES) as node:
        echo = f"{PLACE}/{LICES}/echo"
        for topic in ("lampyre/v1/#", f"{PLACE}/{HALLES}/command/#", f"{PLACE}/{LICES}/command/#", echo):
            await node.subscribe(topic, qos=1)
        await town.publish(f"{PLACE}/{HALLES}/command/override", b"{}", qos=1)
        await town.publish(f"{PLACE}/{LICES}/command/override", b"{}", qos=1)
        await node.publish(echo, b"", qos=1)
        came = dict.fromkeys(await heard(node, echo))  # overlapping filters bring some twice
        assert list(came) == [f"{PLACE}/{LICES}/command/override", echo]


async def test_who_comes_is_heard_by_the_node_it_is_said_to_and_by_nobody_else(broker: Mosquitto, made: Town) -> None:
    row, end = "lampyre-row/v1/beaune", f"{PLACE}/{LICES}/status"
    async with (
        client(broker, made, "control-room") as town,
        client(broker, made, HALLES) as meant,
        client(broker, made, LICES) as node,
    ):
        for one in (town, meant, node):
            for topic in ("lampyre-row/#", f"{row}/+/{HALLES}", f"{PLACE}/#", "#"):
                await one.subscribe(topic, qos=1)
        await node.publish(f"{row}/{HALLES}/{LICES}", b"as another", qos=1)
        await node.publish(f"{row}/{LICES}/{HALLES}", b"somebody comes", qos=1)
        await node.publish(end, b"{}", qos=1)
        assert set(await heard(town, end)) == {end}
        message = await anext(aiter(meant.messages))
        assert (str(message.topic), message.payload) == (f"{row}/{LICES}/{HALLES}", b"somebody comes")
        echo = f"{PLACE}/{LICES}/echo"
        await node.publish(echo, b"", qos=1)
        assert set(await heard(node, echo)) == {echo}


async def test_a_revoked_node_is_refused_and_the_others_are_not(tmp_path: Path) -> None:
    need("openssl", "openssl")
    town = Town(tmp_path / "town")
    for node in (LICES, HALLES):
        town.enrol(node)
    with Mosquitto(tmp_path / "broker", config=town.config()) as running:
        async with client(running, town, LICES):
            pass
        town.revoke(LICES)
        running.stop()  # the guide's restart
        running.start()
        with pytest.raises(aiomqtt.MqttError):
            async with client(running, town, LICES, patience_s=1):
                pass
        await until(lambda: "certificate revoked" in running.log or "verify failed" in running.log, "the reason")
        async with client(running, town, HALLES), client(running, town, "control-room"):
            pass
