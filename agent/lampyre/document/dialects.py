"""What the dialects say, for the document: their topics, and what their own worlds have published about the rest."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from lampyre.dialect_settings import HomeAssistantSettings, NgsiLdSettings
from lampyre.document.examples import AT, BIN, LAMP, TOPICS, leaving, street
from lampyre.document.parts import JSON, MQTT, PARAMETERS, Channel, Document
from lampyre.sync.dialects import cloud_events as events
from lampyre.sync.dialects.contexts import SUBJECT
from lampyre.sync.dialects.home_assistant import Discovery
from lampyre.sync.dialects.native import read
from lampyre.sync.dialects.ngsi import Ngsi
from lampyre.sync.dialects.standing import Standing
from lampyre.sync.exchange import PLAIN, Labels

BINARY = "application/x-protobuf"
SPARKPLUG = "https://sparkplug.eclipse.org/specification/version/3.0/documents/sparkplug-specification-3.0.0.pdf"
HOME_ASSISTANT = "https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload"
VERBS = {
    "NBIRTH": "the node is there; names every metric of it",
    "NDATA": "the node's health",
    "NDEATH": "the node is gone: its will, or its farewell; QoS 1",
    "DBIRTH": "a lamp or bin is there; names every metric of it",
    "DDATA": "a lamp or bin says something new; what waited says is_historical",
    "DDEATH": "nothing of a bin is heard any more",
    "NCMD": "a host asks for all births anew (`Node Control/Rebirth`); nothing else is obeyed",
}
NODE = {name: PARAMETERS[name] for name in ("site", "node")}
ASSET = {"description": "a lamp or bin of the node's file", "examples": [LAMP, BIN]}
PREFIX = {"description": "`prefix` of the file", "default": HomeAssistantSettings().prefix}
TOPIC = {"description": "`topic` of the file", "default": NgsiLdSettings().topic}
GROUP = {"description": "`group` of the file; else the site", "examples": [TOPICS.site]}


def describe(made: Document) -> None:
    """Add the channels of all dialects, with messages as they are made."""
    for channel in (*_home_assistant(made), *_ngsi_ld(made), *_sparkplug(made)):
        made.add(channel)


def servers() -> dict[str, Any]:
    """Return Sparkplug's own connection: its will is another."""
    will = {
        "topic": "spBv1.0/{group}/NDEATH/{node}",
        "qos": 1,
        "retain": False,
        "message": "bdSeq, as Protocol Buffers",
    }
    session = {"clientId": "lampyre-{site}-{node}-sparkplug", "cleanSession": True, "lastWill": will, **MQTT}
    about = {
        "host": "{host}:{port}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "The same broker, by a connection of its own: one connection has one will, and a clean start.",
        "variables": {"host": {"default": "broker.example"}, "port": {"default": "8883"}},
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {"mqtt": session},
    }
    return {"city-sparkplug": about}


def labels() -> Callable[[str, bytes], Labels]:
    """Return what tells the user properties of a message of the examples."""
    kinds = {LAMP: "lamp", BIN: "bin"}

    def found(topic: str, body: bytes) -> Labels:
        native = read(f"{TOPICS.root}/", topic, body)
        return PLAIN if native is None else events.labels(native, kinds)

    return found


def cloud_events() -> dict[str, Any]:
    """Return what an alarm's cover bears where `cloud_events` is switched on."""
    [alarm] = [message for message in leaving() if message[0] == TOPICS.alarm]
    found = dict(labels()(*alarm).user)
    return {
        "headers": {
            "type": "object",
            "description": "CloudEvents 1.0, binary mode: MQTT 5 user properties, where `[dialects] "
            "cloud_events` is true, else none; `time` once the clock is set.",
            "properties": {name: {"type": "string"} for name in found}
            | {"specversion": {"const": found["specversion"]}, "time": {"type": "string", "format": "date-time"}},
        },
        "bindings": {"mqtt": {"contentType": events.CONTENT_TYPE, **MQTT}},
    }


def _message(made: Document, name: str, title: str, content: str = JSON, **more: Any) -> None:
    made.messages[name] = {"name": name, "title": title, "contentType": content, **more}


def _object(made: Document, name: str, properties: Mapping[str, Any]) -> dict[str, str]:
    made.schemas[name] = {"type": "object", "required": list(properties), "properties": dict(properties)}
    return {"$ref": f"#/components/schemas/{name}"}


def _home_assistant(made: Document) -> Iterator[Channel]:
    discovery = Discovery(street())
    node = next(iter(discovery.devices().values()))
    _, problems = discovery.problems(LAMP, ("lampFailure",))
    config = _object(made, "HomeAssistantConfig", {name: {"type": "object"} for name in ("dev", "o", "cmps")})
    standing = {"problems": {"type": "array", "items": {"type": "string"}, "description": "alarms that stand"}}
    lists = _object(made, "HomeAssistantProblems", standing)
    about: dict[str, Any] = {"externalDocs": {"url": HOME_ASSISTANT}}
    title = "A device and its components; empty when it has left the node's file"
    _message(made, "HomeAssistantConfig", title, payload=config, examples=[{"payload": node}], **about)
    title = "Which alarms of a device stand; empty when it has left the node's file"
    _message(made, "HomeAssistantProblems", title, payload=lists, examples=[{"payload": json.loads(problems)}])
    birth = {"type": "string", "enum": ["online", "offline"]}
    _message(made, "HomeAssistantBirth", "Home Assistant has started, or ends", "text/plain", payload=birth)
    device = {"description": "a lamp or bin of the node's file, or `node`", "examples": ["node", LAMP, BIN]}
    names = {"prefix": PREFIX, **NODE, "device": device}
    root, tag = "{prefix}/device/{node}/{site}_{device}", "dialect"
    title = "A device for the node and one for each lamp and bin (discovery)"
    yield Channel("ha-config", f"{root}/config", names, ("HomeAssistantConfig",), title, tag, retain=True)
    title = "The alarms that stand; the one thing that none of our own topics keeps"
    yield Channel("ha-problems", f"{root}/problems", names, ("HomeAssistantProblems",), title, tag, retain=True)
    title = "Home Assistant's birth: all devices are announced again"
    at = "{prefix}/status"
    yield Channel("ha-birth", at, {"prefix": PREFIX}, ("HomeAssistantBirth",), title, tag, sends=False, qos=0)


def _ngsi_ld(made: Document) -> Iterator[Channel]:
    ngsi = Ngsi(street(), Standing(list))
    entities: dict[str, Any] = {}
    for topic, body in leaving():
        native = read(f"{TOPICS.root}/", topic, body)
        for said in () if native is None else ngsi.say(native):
            entity = json.loads(said.body)
            entities.setdefault(entity["type"], {}).setdefault(said.retain, entity)
    for kind, subject in SUBJECT.items():
        properties = {"id": {"type": "string"}, "type": {"const": kind}, "@context": {"type": "array"}}
        url = f"https://github.com/smart-data-models/dataModel.{subject}/blob/master/{kind}/doc/spec.md"
        title = f"{kind} of the Smart Data Models, normalised; or concise"
        payload = _object(made, kind, properties)
        _message(
            made,
            kind,
            title,
            "application/ld+json",
            payload=payload,
            examples=[{"payload": entity} for entity in entities[kind].values()],
            externalDocs={"url": url},
        )
        names = {"topic": TOPIC, **NODE, "asset": ASSET}
        address = f"{{topic}}/{{site}}/{{node}}/{kind}/{{asset}}"
        for retain in entities[kind]:
            of = "state" if retain else "summary"
            yield Channel(f"ngsi-{kind}", address, names, (kind,), title, "dialect", retain=retain, of=of)


def _sparkplug(made: Document) -> Iterator[Channel]:
    about: dict[str, Any] = {"externalDocs": {"url": SPARKPLUG}}
    tag, servers = "dialect", ("city-sparkplug",)
    for verb, title in VERBS.items():
        _message(made, f"Sparkplug-{verb}", title, BINARY, **about)
        of_asset = verb.startswith("D")
        address = f"spBv1.0/{{group}}/{verb}/{{node}}" + ("/{asset}" if of_asset else "")
        names = {"group": GROUP, "node": PARAMETERS["node"]} | ({"asset": ASSET} if of_asset else {})
        qos, sends = int(verb == "NDEATH"), verb != "NCMD"
        key, messages = f"sparkplug-{verb}", (f"Sparkplug-{verb}",)
        yield Channel(key, address, names, messages, title, tag, sends=sends, qos=qos, servers=servers)
    at_ms = int((AT + timedelta(seconds=2)).timestamp() * 1000)
    state = {"online": {"type": "boolean"}, "timestamp": {"type": "integer", "description": "ms since 1970, UTC"}}
    payload, example = _object(made, "SparkplugState", state), {"payload": {"online": True, "timestamp": at_ms}}
    title = "The primary host is there; heard only where the file has `primary_host`"
    _message(made, "Sparkplug-STATE", title, payload=payload, examples=[example], **about)
    names = {"host": {"description": "`primary_host` of the file", "examples": ["scada"]}}
    at, messages = "spBv1.0/STATE/{host}", ("Sparkplug-STATE",)
    yield Channel("sparkplug-STATE", at, names, messages, title, tag, sends=False, retain=True, servers=servers)
