"""All that a real node says on a real broker, and how, stands in the document."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.document.reading import channels, validate
from tests.sync.dialects.kerb import Ear, Heard, node
from tests.sync.dialects.natives import QUARTER, Leaving

from lampyre.document.asyncapi import document
from lampyre.records import Alarm, BinSummary, LampSummary, Quality
from lampyre.sync.coming import row_topic

ALL = "[dialects]\ncloud_events = true\n[dialects.home_assistant]\n[dialects.ngsi_ld]\n[dialects.sparkplug]\n"
ANSWERS = "lampyre/v1/dijon/control-room/answers"
WAITED = (
    "/lamp/l1/summary", "/bin/c1/summary", "/l1/state", "/c1/state", "/NDATA/", "/DDATA/", "/DDEATH/", "_l1/problems",
    "/Streetlight/", "/WasteContainer/", "/ItemFlowObserved/", "/echo",
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Any:
    return json.loads(json.dumps(document()))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


def check(made: Any, heard: Heard, key: str) -> str:
    """Hold one message against its channel's operation and message; return the name of that."""
    name = validate(made, key, heard.body)
    ways = [one["bindings"]["mqtt"] for one in sending(made, key)]
    assert (heard.qos, heard.retained) in [(way["qos"], way["retain"]) for way in ways], heard.topic
    about = made["components"]["messages"][name]
    headers = dict(getattr(heard.about, "UserProperty", []))
    jsonschema.validate(headers, about.get("headers", {"maxProperties": 0}))
    assert set(headers) == set(about.get("headers", {}).get("properties", ())), "with cloud_events all, else none"
    mqtt = about.get("bindings", {}).get("mqtt", {})
    assert getattr(heard.about, "ContentType", None) == mqtt.get("contentType"), heard.topic
    return name


async def test_every_topic_and_message_of_a_node_stands_in_the_document(
    made: Any, tmp_path: Path, mosquitto: Mosquitto
) -> None:
    leaving = Leaving(first=1001)  # a number that the node's own states do not come to
    async with Ear(mosquitto.port) as ear:
        async with node(tmp_path, mosquitto.port, ALL) as running:
            await ear.hears("/DBIRTH/", 2)
            for topic, body in [leaving.health(), leaving.lamp_state(), leaving.bin_state()]:
                running.city.uplink.publish_state(topic, body)
            running.city.alarm(Alarm("l1", "lampFailure", True, "no power", EVENING))
            lamp = LampSummary("l1", EVENING - QUARTER, EVENING, 5.0, 9.0, False, 0.5, 900.0, 2, 30, Quality.GOOD)
            bin_ = BinSummary("c1", EVENING - QUARTER, EVENING, 0.6, 0.1, None, None, 0, 20.0, Quality.GOOD)
            running.city.summaries([lamp, bin_])
            for event in ("sensorSilent", "temperatureSilent"):
                running.city.alarm(Alarm("c1", event, True, "nothing for an hour", EVENING))
            about = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            about.ResponseTopic, about.CorrelationData = ANSWERS, b"7"
            now = running.clock.now()
            command = {
                "id": "cmd-1", "kind": "override", "lamps": ["l1"], "level": 50.0, "duration_s": 60.0, "by": "room",
                "issued_at": now.isoformat(), "expires_at": (now + timedelta(minutes=1)).isoformat(),
            }  # fmt: skip
            await ear.say("lampyre/v1/dijon/node-1/command/override", json.dumps(command).encode(), about=about)
            await ear.hears(ANSWERS)
            for part in WAITED:
                await ear.hears(part)
        await ear.hears("NDEATH")
    seen = set()
    for heard in ear.heard:
        if heard.topic == ANSWERS:
            assert validate(made, "reply", heard.body) == "Reply"
            assert heard.about.CorrelationData == b"7"
            continue
        [key] = channels(made, heard.topic)
        if sending(made, key):
            seen.add(check(made, heard, key))
    everything = {name for key in made["channels"] for name in made["channels"][key]["messages"] if sending(made, key)}
    assert everything - seen == {"ConfigReported", "Coming"}  # said by who runs it, and between nodes


def sending(made: Any, key: str) -> list[Any]:
    """Return the operations by which a node speaks on a channel."""
    here = {"$ref": f"#/channels/{key}"}
    return [one for one in made["operations"].values() if one["channel"] == here and one["action"] == "send"]


def test_what_passes_between_nodes_stands_there_too(made: Any) -> None:
    assert channels(made, row_topic("dijon", "node-1", "node-2")) == ["row"]
    assert channels(made, "lampyre/v1/dijon/node-1/lamp/l1/state/more") == []
