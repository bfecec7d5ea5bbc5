"""An alarm says of itself what CloudEvents 1.0 wants to know, and its body stays as it is."""

from datetime import datetime

from tests.sync.dialects.natives import Leaving, native

from lampyre.sync.dialects.cloud_events import labels
from lampyre.sync.exchange import PLAIN

KINDS = {"l1": "lamp", "c1": "bin"}


def test_an_alarm_has_the_four_required_attributes_and_when_and_who() -> None:
    message = Leaving().alarm()
    said = labels(native(message), KINDS)
    found = dict(said.user)
    assert said.content_type == "application/json"
    assert found["specversion"] == "1.0"
    assert found["id"] == "node-1-1"
    assert found["source"] == "/dijon/node-1"
    assert found["type"] == "org.lampyre.lamp.lampFailure.v1"
    assert found["subject"] == "l1"
    assert datetime.fromisoformat(found["time"]) == native(message).at


def test_the_same_alarm_again_has_the_same_id_also_after_an_outage() -> None:
    message = Leaving().alarm("fireDetected", asset="c1")
    assert labels(native(message), KINDS) == labels(native(message, late=True), KINDS)
    assert dict(labels(native(message), KINDS).user)["type"] == "org.lampyre.bin.fireDetected.v1"


def test_an_alarm_of_the_node_is_named_so_and_nothing_else_is_an_event() -> None:
    leaving = Leaving()
    found = dict(labels(native(leaving.alarm("supplyLoss", asset="node-1")), KINDS).user)
    assert found["type"] == "org.lampyre.node.supplyLoss.v1"
    assert [labels(native(message), KINDS) for message in leaving.all()[:-1]] == [PLAIN] * 6


def test_without_a_clock_there_is_no_time() -> None:
    found = dict(labels(native(Leaving(trusted=False).alarm()), KINDS).user)
    assert set(found) == {"specversion", "id", "source", "type", "subject"}
