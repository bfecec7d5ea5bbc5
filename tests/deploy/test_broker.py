"""The example broker: no certificate, no entry; and no node speaks for another."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
from tests.brokers import Mosquitto
from tests.deploy.conftest import need
from tests.sync.city import until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
OURS_ALREADY = ("listener ", "persistence", "max_queued_messages")  # the test's broker sets these itself
LICES, HALLES = "rue-des-lices-1", "place-des-halles-2"
PLACE = "lampyre/v1/beaune"


def openssl(folder: Path, *words: str) -> None:
    subprocess.run([need("openssl", "openssl"), *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A town's authority, and a certificate each for the broker, two nodes and the control room."""
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj")
    openssl(tmp_path, *new, "/CN=town", "-x509", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt")
    (tmp_path / "names").write_text("subjectAltName=DNS:localhost")
    for name in ("broker", LICES, HALLES, "control-room"):
        openssl(tmp_path, *new, f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        sign = ("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
        openssl(tmp_path, *sign, "-out", f"{name}.crt", "-days", "2", "-extfile", "names")
    shutil.copy(DEPLOY / "acl.example", tmp_path / "acl")
    return tmp_path


@pytest.fixture
def broker(keys: Path) -> Iterator[Mosquitto]:
    """mosquitto with the example's own lines, on a port and in a folder of the test."""
    lines = (DEPLOY / "mosquitto.example.conf").read_text().replace("/etc/mosquitto/lampyre", str(keys)).splitlines()
    config = "\n".join(line for line in lines if not line.startswith(OURS_ALREADY))
    with Mosquitto(keys / "broker", config=config) as running:
        yield running


def client(broker: Mosquitto, keys: Path, name: str | None, patience_s: float = 90) -> aiomqtt.Client:
    trust = ssl.create_default_context(cafile=keys / "ca.crt")
    if name:
        trust.load_cert_chain(keys / f"{name}.crt", keys / f"{name}.key")
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


async def test_without_a_certificate_nobody_comes_in(broker: Mosquitto, keys: Path) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker, keys, None, patience_s=1):
            pass
    await until(lambda: "peer did not return a certificate" in broker.log, lambda: f"the reason: {broker.log}")


async def test_a_node_publishes_as_itself_and_as_nobody_else(broker: Mosquitto, keys: Path) -> None:
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
    async with client(broker, keys, "control-room") as town, client(broker, keys, LICES) as node:
        await town.subscribe("lampyre/v1/#", qos=1)
        for topic in [*others, *mine]:
            await node.publish(topic, b"{}", qos=1)
        assert await heard(town, mine[-1]) == mine


async def test_a_node_hears_its_own_commands_and_nobody_elses(broker: Mosquitto, keys: Path) -> None:
    async with client(broker, keys, "control-room") as town, client(broker, keys, LICES) as node:
        echo = f"{PLACE}/{LICES}/echo"
        for topic in ("lampyre/v1/#", f"{PLACE}/{HALLES}/command/#", f"{PLACE}/{LICES}/command/#", echo):
            await node.subscribe(topic, qos=1)
        await town.publish(f"{PLACE}/{HALLES}/command/override", b"{}", qos=1)
        await town.publish(f"{PLACE}/{LICES}/command/override", b"{}", qos=1)
        await node.publish(echo, b"", qos=1)
        came = dict.fromkeys(await heard(node, echo))  # overlapping filters bring some twice
        assert list(came) == [f"{PLACE}/{LICES}/command/override", echo]


async def test_who_comes_is_heard_by_the_node_it_is_said_to_and_by_nobody_else(broker: Mosquitto, keys: Path) -> None:
    row, end = "lampyre-row/v1/beaune", f"{PLACE}/{LICES}/status"
    async with (
        client(broker, keys, "control-room") as town,
        client(broker, keys, HALLES) as meant,
        client(broker, keys, LICES) as node,
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


def test_the_acl_knows_every_topic_of_the_node() -> None:
    from lampyre.sync.topics import TABLE

    acl = (DEPLOY / "acl.example").read_text()
    for topic in TABLE:
        way = "read" if topic.startswith("command/") else "write"
        named = "command/#" if topic.startswith("command/") else topic.replace("{id}", "+")
        assert f"pattern {way} {PLACE}/%u/{named}\n" in acl
