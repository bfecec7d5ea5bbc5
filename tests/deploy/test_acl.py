"""The example list, line by line at a real broker: everybody can do what he needs, and nothing else whatsoever."""

from collections.abc import Iterator

import pytest
from tests.brokers import Mosquitto
from tests.deploy.test_broker import client
from tests.deploy.town import HALLES, LICES, Town

from lampyre.register.dialects import TONGUES
from lampyre.register.streams import ECHO, STREAMS
from lampyre.sync.topics import ROOT, TABLE

SITE = "beaune"
OURS = f"{ROOT}/{SITE}"
HEARER = "auditor"  # of this test alone: hears and says everything
MODELS = ("model/desired", "model/reported")  # for when models are sent
pytestmark = pytest.mark.xdist_group("town")  # made once
LISTENERS = {
    "home-assistant": ("homeassistant/status", *(f"{OURS}/{one}/command/override" for one in (LICES, HALLES))),
    "ngsi-bridge": (),
    "sparkplug-host": ("spBv1.0/STATE/scada", *(f"spBv1.0/{SITE}/NCMD/{one}" for one in (LICES, HALLES))),
}


def filled(topic: str, node: str, to: str) -> str:
    """Put names into a topic of the register; an answer goes to the node's own place for answers."""
    if topic == "{response topic}":
        return f"{OURS}/{node}/reply/7"
    for name, value in {"site": SITE, "node": node, "id": "lamp-1", "to": to}.items():
        topic = topic.replace(f"{{{name}}}", value)
    return topic


def writes(node: str, other: str) -> set[str]:
    """Return where a node speaks: all that the register has."""
    topics = [stream.whole for stream in STREAMS] + [topic for one in TONGUES for topic in one.topics]
    return {filled(topic, node, other) for topic in (*topics, ECHO)} | {f"{OURS}/{node}/model/reported"}


def commands(node: str) -> set[str]:
    """Return what a city may tell a node."""
    told = {name for name in TABLE if name.startswith("command/") or name.endswith("/desired")}
    return {f"{OURS}/{node}/{name}" for name in (*told, "model/desired")}


def hears(node: str, other: str) -> set[str]:
    """Return what a node listens to."""
    others = {filled("lampyre-row/v1/{site}/{node}/{to}", other, node), "homeassistant/status", "spBv1.0/STATE/scada"}
    return commands(node) | others | {f"spBv1.0/{SITE}/NCMD/{node}", filled(ECHO, node, other)}


ALL = {
    *(topic for one, other in ((LICES, HALLES), (HALLES, LICES)) for topic in writes(one, other) | hears(one, other)),
    *(topic.replace(SITE, "dijon") for topic in writes(LICES, HALLES) | hears(LICES, HALLES) if f"/{SITE}/" in topic),
    f"{OURS}/{LICES}", f"{OURS}/{LICES}/lamp/lamp-1/state/more", f"{OURS}/{LICES}/anything", f"{OURS}/status",
    f"homeassistant/light/{LICES}/config", f"homeassistant/device/{LICES}/config", f"spBv1.0/{SITE}/DCMD/{LICES}/lamp",
    f"spBv1.0/{SITE}/NBIRTH/{LICES}/lamp-1", f"ngsi-ld/{SITE}/{LICES}/Person/lamp-1", "elsewhere",
}  # fmt: skip


@pytest.fixture(scope="module")
def broker(made: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """mosquitto with the example's own lines, and one more for who watches."""
    folder = tmp_path_factory.mktemp("broker")
    acl = folder / "acl"
    acl.write_text((made.broker / "acl").read_text() + f"\nuser {HEARER}\ntopic readwrite #\n")
    with Mosquitto(folder / "broker", config=made.config().replace(str(made.broker / "acl"), str(acl))) as running:
        yield running


async def said_by(name: str, broker: Mosquitto, town: Town) -> set[str]:
    """Return on which of all topics somebody can speak."""
    found = set()
    async with client(broker, town, HEARER) as hearer, client(broker, town, name) as speaker:
        await hearer.subscribe("#", qos=1)
        for topic in sorted(ALL):
            await speaker.publish(topic, name.encode(), qos=1)
        await hearer.publish("last", b"", qos=1)
        async for message in hearer.messages:
            if str(message.topic) == "last":
                break
            found.add(str(message.topic))
    return found


async def heard_by(name: str, broker: Mosquitto, town: Town) -> set[str]:
    """Return on which of all topics somebody can listen, whatever he asks for."""
    found: set[str] = set()
    async with client(broker, town, HEARER) as speaker, client(broker, town, name) as hearer:
        await hearer.subscribe("#", qos=1)
        for topic in sorted(ALL):
            await hearer.subscribe(topic, qos=1)
        for topic in sorted(ALL):
            await speaker.publish(topic, name.encode(), qos=1)
        async with client(broker, town, HEARER) as again:  # what comes on a topic of his own ends it
            await again.publish(own(name), b"last", qos=1)
        async for message in hearer.messages:
            if message.payload == b"last":
                break
            found.add(str(message.topic))
    return found


def own(name: str) -> str:
    """Return a topic that somebody may hear."""
    return {"ngsi-bridge": f"ngsi-ld/{SITE}/x/y/z", "sparkplug-host": f"spBv1.0/{SITE}/x"}.get(
        name, f"{OURS}/{name}/command/last"
    )


@pytest.mark.parametrize(("node", "other"), [(LICES, HALLES), (HALLES, LICES)])
async def test_a_node_says_all_that_the_register_has_as_itself_and_nothing_as_another(
    broker: Mosquitto, made: Town, node: str, other: str
) -> None:
    assert await said_by(node, broker, made) == writes(node, other)


@pytest.mark.parametrize(("node", "other"), [(LICES, HALLES), (HALLES, LICES)])
async def test_a_node_hears_what_is_meant_for_it_and_nothing_else(
    broker: Mosquitto, made: Town, node: str, other: str
) -> None:
    assert await heard_by(node, broker, made) == hears(node, other)


async def test_the_control_room_commands_every_node_and_speaks_for_none(broker: Mosquitto, made: Town) -> None:
    assert await said_by("control-room", broker, made) == commands(LICES) | commands(HALLES)


@pytest.mark.parametrize("name", LISTENERS)
async def test_who_listens_says_no_more_than_he_must(broker: Mosquitto, made: Town, name: str) -> None:
    assert await said_by(name, broker, made) == set(LISTENERS[name])


@pytest.mark.parametrize("name", ["control-room", *LISTENERS])
async def test_nobody_but_the_neighbour_hears_that_somebody_passes(broker: Mosquitto, made: Town, name: str) -> None:
    found = await heard_by(name, broker, made)
    assert found
    assert not {topic for topic in found if topic.startswith("lampyre-row") or "/dijon/" in topic}
