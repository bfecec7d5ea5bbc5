"""Parts of the document: channels with their operations, and what many of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lampyre.sync.topics import ID, ROOT

JSON = "application/json"
MQTT = {"bindingVersion": "0.2.0"}  # of AsyncAPI's MQTT binding
HERE = ("city", "same-machine")  # servers

PARAMETERS: Mapping[str, dict[str, Any]] = {
    "site": {"description": f"`node.site`: the town or quarter; {ID.pattern}", "examples": ["beaune"]},
    "node": {
        "description": f"`node.id`: also the CN of its certificate; {ID.pattern}",
        "examples": ["rue-des-lices-1"],
    },
    "id": {"description": f"the lamp or bin of the node's file; {ID.pattern}", "examples": ["lamp-1", "bin-1"]},
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic, or a family of topics, and what a node does there."""

    key: str
    address: str
    parameters: Mapping[str, Any]
    messages: tuple[str, ...]
    summary: str
    tag: str
    sends: bool = True
    qos: int = 1
    retain: bool = False
    answered: bool = False
    valid_s: int | None = None  # MQTT 5 message expiry
    servers: tuple[str, ...] = HERE
    of: str = ""  # where a node speaks in two ways on one channel: what it then tells of


@dataclass(frozen=True, slots=True)
class Document:
    """What grows until the document is whole."""

    channels: dict[str, Any] = field(default_factory=dict)
    operations: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, Any] = field(default_factory=dict)
    schemas: dict[str, Any] = field(default_factory=dict)

    def add(self, channel: Channel) -> None:
        """Describe a channel; a second time for its other direction."""
        self.channels[channel.key] = {
            "address": channel.address,
            "summary": channel.summary,
            "servers": [{"$ref": f"#/servers/{name}"} for name in channel.servers],
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in channel.messages},
            "parameters": dict(channel.parameters),
            "tags": [{"name": channel.tag}],
        }
        verb = "send" if channel.sends else "receive"
        self.operations[f"{verb}-{channel.key}{channel.of and f'-{channel.of}'}"] = self._operation(channel, verb)

    def _operation(self, channel: Channel, verb: str) -> dict[str, Any]:
        binding: dict[str, Any] = {"qos": channel.qos, "retain": channel.retain, **MQTT}
        if channel.valid_s is not None:
            binding["messageExpiryInterval"] = channel.valid_s
        about: dict[str, Any] = {
            "action": verb,
            "channel": {"$ref": f"#/channels/{channel.key}"},
            "summary": channel.summary,
            "bindings": {"mqtt": binding},
            "messages": [{"$ref": f"#/channels/{channel.key}/messages/{name}"} for name in channel.messages],
        }
        return about | {"reply": ANSWER} if channel.answered else about


ANSWER = {
    "address": {
        "location": "$message.header#/responseTopic",
        "description": f"MQTT 5's own Response Topic, such as {ROOT}/{{site}}/control-room/answers; without it nobody "
        "is answered. With QoS 1, not retained, kept until the broker has it.",
    },
    "channel": {"$ref": "#/channels/reply"},
    "messages": [{"$ref": "#/channels/reply/messages/Reply"}],
}


def key_of(topic: str) -> str:
    """Return a channel's name: lamp-state for lamp/{id}/state."""
    return topic.replace("/{id}", "").replace("/", "-")
