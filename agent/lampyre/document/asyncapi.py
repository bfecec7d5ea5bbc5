"""AsyncAPI 3.0: the whole document, from the models that make and read the messages; `lampyre schema --asyncapi`."""

import json
from collections.abc import Iterator
from typing import Any

from lampyre import __version__
from lampyre.document import dialects
from lampyre.document.examples import TOPICS, asked, coming, leaving, signed
from lampyre.document.parts import JSON, MQTT, PARAMETERS, Channel, Document, key_of
from lampyre.document.schemas import EVERY, schemas
from lampyre.sync.broker import KEEPALIVE_S
from lampyre.sync.commands import CONFIG_BODY_LIMIT, CORRELATION_LIMIT, most_bytes
from lampyre.sync.exchange import Labels
from lampyre.sync.live import VALID_S
from lampyre.sync.messages import MODELS, Record, Reply, State
from lampyre.sync.orders import KINDS, Command, Configuration
from lampyre.sync.session import SESSION_EXPIRY_S
from lampyre.sync.signed import Envelope
from lampyre.sync.topics import REPLY_TOPIC_LIMIT, ROOT, ROW_ROOT, TABLE

INTRODUCTION = (
    "What a Lampyre node says to its city and what it can be told, over MQTT 5. Made from the models in the node's own "
    "code (`lampyre schema --asyncapi`): it cannot say anything else than the node does, and every example was made by "
    "that code.\n\nLevels are percent of nominal luminous flux, fills are 0 to 1, times are UTC. `seq` grows with each "
    "message of a node that is kept until it arrives: (`node`, `seq`) names it for ever, and who has it may forget a "
    "second one. States count for themselves, from 1 at each `boot`. What waited for a connection says `historical`. "
    "An unknown number is `null`, never 0."
)
WHO_SIGNS = (
    "Ed25519, where the node's file has `[commands] keys`; then unsigned ones are refused. The payload within is the "
    "channel's other message. The example is signed with the key of RFC 8032, 7.1, test 1."
)


def document() -> dict[str, Any]:
    """Return the document, ready for JSON."""
    made = Document()
    for model in EVERY:
        _message(made, model)
    made.messages["Echo"] = {"name": "Echo", "title": "Nothing"}
    for channel in (*_native(), *_row(), _echo()):
        made.add(channel)
    dialects.describe(made)
    _answers(made)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lampyre node",
            "version": __version__,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": name, "description": what} for name, what in TAGS.items()],
        },
        "defaultContentType": JSON,
        "servers": {**_servers(), **dialects.servers()},
        "channels": made.channels,
        "operations": made.operations,
        "components": {
            "schemas": {**schemas(), **made.schemas},
            "messages": made.messages,
            "securitySchemes": {
                "certificate": {
                    "type": "X509",
                    "description": "The node's own certificate (`lampyre enrol`), CN its id; TLS 1.2 or later.",
                },
            },
        },
    }


TAGS = {
    "state": "the newest of its topic is the whole truth; retained",
    "kept": "waits on the node's disk until the broker has it; never retained",
    "command": "done once, before it expires, and answered",
    "row": "from node to node; for no city",
    "dialect": "the same in other words, where the node's file has `[dialects]`: docs/dialects.md",
}


def _servers() -> dict[str, Any]:
    [*_, will, _] = leaving()
    session = {
        "clientId": "lampyre-{site}-{node}",
        "cleanSession": False,
        "keepAlive": KEEPALIVE_S,
        "lastWill": {
            "topic": f"{ROOT}/{{site}}/{{node}}/status",
            "qos": 1,
            "retain": True,
            "message": will[1].decode(),
        },
        "sessionExpiryInterval": SESSION_EXPIRY_S,
        **MQTT,
    }
    city = {
        "host": "{host}:{port}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "The city's broker: `[broker] url`; a second one may stand in for it. Where it refuses MQTT "
        "5 the node speaks 3.1.1: then commands are done and not answered, and no message carries properties.",
        "variables": {"host": {"default": "broker.example"}, "port": {"default": "8883"}},
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {"mqtt": session},
    }
    here = {
        "host": "127.0.0.1:1883",
        "protocol": "mqtt",
        "protocolVersion": "5.0",
        "description": "A broker on the same machine: without TLS, for nobody else can listen.",
        "bindings": {"mqtt": session},
    }
    return {"city": city, "same-machine": here}


def _native() -> Iterator[Channel]:
    by_name = {model.__name__: model for model in MODELS}
    for topic, name in TABLE.items():
        model = by_name[name]
        obeyed = issubclass(model, Command)
        state = issubclass(model, State) or model is Configuration
        yield Channel(
            key=key_of(topic),
            address=f"{ROOT}/{{site}}/{{node}}/{topic}",
            parameters={name: PARAMETERS[name] for name in ("site", "node", "id") if name != "id" or "{id}" in topic},
            messages=(name, "SignedCommand") if obeyed or model is Configuration else (name,),
            sends=issubclass(model, Record),
            retain=state,
            tag="command" if obeyed else "state" if state else "kept",
            answered=obeyed,
            summary=first_line(model),
        )


def _row() -> Iterator[Channel]:
    names = {"site": PARAMETERS["site"], "from": PARAMETERS["node"], "to": PARAMETERS["node"]}
    address = f"{ROW_ROOT}/{{site}}/{{from}}/{{to}}"
    summary = "Somebody comes: only where the file has `between_nodes`; docs/moving.md"
    for sends in (True, False):
        yield Channel(
            "row", address, names, ("Coming",), sends=sends, qos=0, tag="row", valid_s=VALID_S, summary=summary
        )


def _echo() -> Channel:
    names = {name: PARAMETERS[name] for name in ("site", "node")}
    summary = "Empty, when nothing was said for half a keepalive: its PUBACK says that the broker still answers."
    return Channel("echo", f"{ROOT}/{{site}}/{{node}}/echo", names, ("Echo",), tag="row", summary=summary)


def _message(made: Document, model: Any) -> None:
    name = "SignedCommand" if model is Envelope else model.__name__
    about: dict[str, Any] = {
        "name": name,
        "title": first_line(model),
        "contentType": JSON,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }
    if examples := [example for example in _examples() if example[0] == name]:
        about["examples"] = [
            {"name": f"{name}-{number}", "payload": json.loads(body)} | ({"headers": headers} if headers else {})
            for number, (_, body, headers) in enumerate(examples, 1)
        ]
    if issubclass(model, Command):
        kind = next(kind for kind, one in KINDS.items() if one is model)
        about |= {**ASKS, "description": f"At most {most_bytes(kind)} bytes. Never retained."}
    if model is Configuration:
        about["description"] = f"At most {CONFIG_BODY_LIMIT} bytes; empty: none is desired any more."
    if model is Envelope:
        about |= {**ASKS, "description": WHO_SIGNS}
    if model is Reply:
        about |= {"correlationId": CORRELATION, "bindings": {"mqtt": {"correlationData": {"type": "string"}, **MQTT}}}
    if name == "AlarmMessage":
        about |= dialects.cloud_events()
    made.messages[name] = about


CORRELATION = {
    "location": "$message.header#/correlationData",
    "description": f"MQTT 5's own Correlation Data, at most {CORRELATION_LIMIT} bytes; the answer brings it back.",
}


ASKS = {
    "correlationId": CORRELATION,
    "bindings": {
        "mqtt": {
            "correlationData": {"type": "string", "maxLength": CORRELATION_LIMIT},
            "responseTopic": {
                "type": "string",
                "maxLength": REPLY_TOPIC_LIMIT,
                "pattern": f"^{ROOT}/[^+#]+$",
                "description": "below the node's site, and in none of the folders of this document",
            },
            **MQTT,
        }
    },
}


def _examples() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    labels = dialects.labels()
    yield "SignedCommand", signed(), {}
    for topic, body in (*leaving(), *asked(), ("row", coming())):
        name = {"reply": "Reply", "row": "Coming"}.get(topic) or TABLE[_row_of(topic)]
        worn: Labels = labels(topic, body)
        yield name, body, dict(worn.user)


def _row_of(topic: str) -> str:
    """Return the row of the table to which a topic belongs."""
    levels = topic.removeprefix(f"{TOPICS.root}/").split("/")
    return "/".join([levels[0], "{id}", levels[2]] if len(levels) == 3 else levels)


def _answers(made: Document) -> None:
    """Say where answers go: the command says it."""
    made.channels["reply"] = {
        "address": None,
        "title": "Answers",
        "summary": "Where the command's response topic says; nowhere without one.",
        "messages": {"Reply": {"$ref": "#/components/messages/Reply"}},
    }


def first_line(model: Any) -> str:
    """Return what a model says of itself in one line."""
    return str(model.__doc__ or model.__name__).splitlines()[0]
