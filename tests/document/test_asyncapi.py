"""The AsyncAPI document is one, is the committed one, and every example in it is a message that could be sent."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lampyre.__main__ import main
from lampyre.command_settings import CommandSettings
from lampyre.document.asyncapi import document
from lampyre.document.page import page
from lampyre.sync.commands import most_bytes, parse
from lampyre.sync.orders import KINDS
from lampyre.sync.signed import Signed
from lampyre.sync.topics import TABLE

ROOM = Path(__file__).parents[2]
OFFICIAL = json.loads((ROOM / "tests" / "data" / "asyncapi" / "3.0.0.json").read_text())
PUBLIC = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032, 7.1, test 1


@pytest.fixture(scope="module")
def made() -> Any:
    return json.loads(json.dumps(document()))


def payload(made: Any, name: str) -> Any:
    """Return the schema of a message's payload, as a program would that knows the document alone."""
    return {**made["components"]["messages"][name]["payload"], "components": made["components"]}


@pytest.mark.parametrize(("word", "file"), [("--asyncapi", "asyncapi.json"), ("--page", "messages.md")])
def test_what_is_committed_is_what_the_code_says(word: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", word]) == 0
    said = capsys.readouterr().out.rstrip("\n")
    if said != (ROOM / "docs" / file).read_text().rstrip("\n"):  # an assertion would look for differences for a minute
        pytest.fail(f"docs/{file} is older than the code; write it anew: lampyre schema {word} >docs/{file}")


def test_it_is_asyncapi_3(made: Any) -> None:
    jsonschema.Draft7Validator(OFFICIAL).validate(made)


@pytest.mark.parametrize("broken", [
    lambda d: d.pop("info"),
    lambda d: d["operations"]["send-alarm"].update(action="publish"),
    lambda d: d["operations"]["send-alarm"]["bindings"]["mqtt"].update(qos=3),
    lambda d: d["operations"]["receive-command-override"]["reply"]["address"].update(location="responseTopic"),
    lambda d: d["servers"]["city"].pop("host"),
    lambda d: d["components"]["securitySchemes"]["certificate"].update(type="x509"),
    lambda d: d["channels"]["alarm"].update(topic="alarm"),
    lambda d: d["components"]["schemas"]["Status"].update(required="site"),
])  # fmt: skip
def test_the_official_schema_refuses_what_is_wrong(made: Any, broken: Callable[[Any], Any]) -> None:
    wrong = copy.deepcopy(made)
    broken(wrong)
    assert not jsonschema.Draft7Validator(OFFICIAL).is_valid(wrong)


def test_every_reference_leads_somewhere(made: Any) -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(made)):
        found = made
        for step in reference.split("/"):
            found = found[step]
        assert found


def test_every_topic_of_the_table_has_a_channel_and_one_direction(made: Any) -> None:
    by_address = {one["address"]: key for key, one in made["channels"].items()}
    for topic, name in TABLE.items():
        key = by_address[f"lampyre/v1/{{site}}/{{node}}/{topic}"]
        told = topic.startswith("command/") or topic.endswith("/desired")
        assert name in made["channels"][key]["messages"]
        assert (f"receive-{key}" in made["operations"]) == told
        assert (f"send-{key}" in made["operations"]) != told
        assert set(made["channels"][key]["parameters"]) == set(
            re.findall(r"\{(\w+)\}", made["channels"][key]["address"])
        )


def test_every_message_has_an_example_that_its_schema_takes(made: Any) -> None:
    for name, message in made["components"]["messages"].items():
        if name == "Echo" or message["contentType"] in {"application/x-protobuf", "text/plain"}:
            continue
        assert message["examples"], name
        for example in message["examples"]:
            jsonschema.validate(example["payload"], payload(made, name))
            jsonschema.validate(example.get("headers", {}), message.get("headers", {}))


def test_every_field_says_what_it_is(made: Any) -> None:
    silent = [
        (name, field)
        for name, schema in made["components"]["schemas"].items()
        for field, about in schema.get("properties", {}).items()
        if "description" not in about and name in payloads(made)
    ]
    assert silent == []


def payloads(made: Any) -> set[str]:
    ours = [key for key, one in made["channels"].items() if {"name": "dialect"} not in one.get("tags", ())]
    names = {name for key in ours for name in made["channels"][key]["messages"]} - {"Echo"}
    return {made["components"]["messages"][name]["payload"]["$ref"].rpartition("/")[2] for name in names}


def test_commands_of_the_examples_are_obeyed_and_the_signed_one_is_signed(made: Any) -> None:
    messages = made["components"]["messages"]
    for kind, model in KINDS.items():
        [example] = messages[model.__name__]["examples"]
        assert parse(kind, json.dumps(example["payload"]).encode()).kind == kind
        operation = made["operations"][f"receive-command-{kind}"]
        assert operation["reply"]["channel"] == {"$ref": "#/channels/reply"}
    [example] = messages["SignedCommand"]["examples"]
    signed = Signed(CommandSettings.model_validate({"keys": {"city-2026": PUBLIC}}))
    topic = "lampyre/v1/beaune/rue-des-lices-1/command/override"
    body, key = signed.opened(topic, "override", json.dumps(example["payload"]).encode(), most_bytes("override"))
    assert (json.loads(body)["kind"], key) == ("override", "city-2026")


def test_what_may_have_to_be_signed_has_its_envelope(made: Any) -> None:
    signed = {key for key, one in made["channels"].items() if "SignedCommand" in one["messages"]}
    assert signed == {f"command-{kind}" for kind in KINDS} | {"config-desired"}


def test_the_page_names_every_topic_every_field_and_their_units(made: Any) -> None:
    said = page(made)
    for channel in made["channels"].values():
        assert channel["address"] is None or f"`{channel['address']}`" in said
    for name in payloads(made):
        for field, about in made["components"]["schemas"][name]["properties"].items():
            assert re.search(rf"^\| `{field}` \| .* \| {re.escape(about.get('x-unit', ''))} \|", said, re.MULTILINE), (
                field
            )
