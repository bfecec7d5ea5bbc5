"""The page: the AsyncAPI document for people, in Markdown, made from nothing else; `lampyre schema --page`."""

import json
from collections.abc import Collection, Iterator
from typing import Any

HEAD = """\
# Messages: who says what, where

Made by `lampyre schema --page` from [asyncapi.json](asyncapi.json), and a test holds both against the code. `lampyre
schema` prints the JSON schemas alone. In braces: {}.
"""
WAYS = {"send": "node → city", "receive": "city → node"}
TITLES = {
    "state": "States: the newest of a topic is the whole truth",
    "kept": "Kept: waits on the node's disk until the broker has it",
    "command": "Commands: done once, before they expire, and answered",
    "row": "Between nodes, and for the line itself",
    "dialect": "Dialects: the same in other words, where the file asks for them",
}
COMMON = ("site", "node", "seq", "time", "time_quality", "quality", "boot", "historical")
TYPES = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true/false", "null": "null"}


def page(document: dict[str, Any]) -> str:
    """Return the page."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: dict[str, Any]) -> Iterator[str]:
    parameters = {
        name: about for one in document["channels"].values() for name, about in one.get("parameters", {}).items()
    }
    named = "; ".join(f"`{name}`, {parameters[name]['description']}" for name in ("site", "node", "id"))
    yield HEAD.format(named)
    yield document["info"]["description"]
    yield "\n## In every message of a node\n\n`boot` only in states.\n"
    yield from _fields(document["components"]["schemas"]["Status"], COMMON)
    for tag, title in TITLES.items():
        yield f"\n## {title}\n"
        yield "| topic | who | QoS | retained | what |"
        yield "|---|---|---|---|---|"
        here = [key for key, one in document["channels"].items() if {"name": tag} in one.get("tags", ())]
        yield from (row for key in here for row in _rows(document, key))
        for key in here if tag != "dialect" else ():
            yield from _channel(document, key)
    yield "\n## Answers\n"
    reply = document["channels"]["reply"]
    yield f"{reply['summary']} {document['operations']['receive-command-override']['reply']['address']['description']}"
    yield from _message(document, "Reply")
    yield "\n## Parts"
    for name in sorted(_parts(document)):
        yield f"\n### {name}\n"
        yield from _fields(document["components"]["schemas"][name])


def _rows(document: dict[str, Any], key: str) -> Iterator[str]:
    channel = document["channels"][key]
    found = [one for one in document["operations"].values() if one["channel"]["$ref"].endswith(f"/{key}")]
    for one in found:
        binding = one["bindings"]["mqtt"]
        kept = (
            "yes"
            if binding["retain"]
            else f"no; {binding['messageExpiryInterval']} s"
            if "messageExpiryInterval" in binding
            else "no"
        )
        way = "node → node" if key == "row" else WAYS[one["action"]]
        yield f"| `{channel['address']}` | {way} | {binding['qos']} | {kept} | {channel['summary']} |"
        if key == "row":
            return


def _channel(document: dict[str, Any], key: str) -> Iterator[str]:
    channel = document["channels"][key]
    for name in channel["messages"]:
        if name == "Echo" or (name == "SignedCommand" and key != "command-override"):
            continue
        yield f"\n### `{channel['address']}`" + (": signed" if name == "SignedCommand" else "") + "\n"
        yield from _message(document, name)


def _message(document: dict[str, Any], name: str) -> Iterator[str]:
    about = document["components"]["messages"][name]
    yield about["title"] + (f" {about['description']}" if "description" in about else "")
    if "payload" not in about:
        return
    yield ""
    yield from _fields(document["components"]["schemas"][about["payload"]["$ref"].rpartition("/")[2]])
    for one in about.get("examples", ()):
        yield "\n```json"
        yield json.dumps(one["payload"], ensure_ascii=False)
        yield "```"
        if "headers" in one:
            yield "\n" + about["headers"]["description"] + "\n"
            yield from (f"- `{header}`: `{value}`" for header, value in one["headers"].items())


def _fields(schema: dict[str, Any], only: Collection[str] = ()) -> Iterator[str]:
    """Yield a table; of a node's message without what all have, or `only` that. Of words, the words."""
    if "enum" in schema:
        yield _type(schema)
        return
    yield "| field | type | unit | what |"
    yield "|---|---|---|---|"
    for name, about in schema.get("properties", {}).items():
        if name not in only if only else name in COMMON and "seq" in schema["properties"]:
            continue
        what = about.get("description", "")
        if name not in schema.get("required", ()):
            what = f"may be left out; {what}" if what else "may be left out"
        said = what.replace("|", "\\|")
        yield f"| `{name}` | {_type(about)} | {about.get('x-unit', '')} | {said} |"


def _type(about: dict[str, Any]) -> str:
    if "$ref" in about:
        name = about["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in about:
        return " or ".join(_type(one) for one in about["anyOf"])
    if "const" in about:
        return f"`{about['const']}`"
    if "enum" in about:
        return ", ".join(f"`{one}`" for one in about["enum"])
    if about.get("type") == "array":
        return f"list of {_type(about['items'])}"
    if about.get("type") == "object":
        return "names with numbers"
    return "UTC" if about.get("format") == "date-time" else TYPES[about["type"]]


def _parts(document: dict[str, Any]) -> set[str]:
    """Return the schemas that stand in others and are nobody's whole payload."""
    schemas = document["components"]["schemas"]
    whole = {
        one["payload"]["$ref"].rpartition("/")[2]
        for one in document["components"]["messages"].values()
        if "$ref" in one.get("payload", {})
    }
    return set(schemas) - whole
