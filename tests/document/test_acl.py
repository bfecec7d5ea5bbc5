"""The example of a broker's list lets a node do what the document says of it, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from lampyre.document.asyncapi import document

ACL = Path(__file__).parents[2] / "deploy" / "acl.example"
EXAMPLES = {"site": "beaune", "group": "beaune", "device": "lamp-1", "asset": "lamp-1", "host": "scada", "id": "lamp-1"}
ELSEWHERE = {  # what no channel has an address for
    "lampyre/v1/beaune/%u/reply/#",  # answers go where a command says
    "lampyre/v1/beaune/%u/model/reported",
    "lampyre/v1/beaune/%u/model/desired",
}


@pytest.fixture(scope="module")
def patterns() -> list[tuple[str, str]]:
    lines = [line.split() for line in ACL.read_text().splitlines() if line.startswith("pattern ")]
    return [(access, topic) for _, access, topic in lines]


def addresses(made: Any, action: str) -> set[str]:
    """Return an address of each channel on which a node of Beaune does this, itself written as %u."""
    keys = [one["channel"]["$ref"].rpartition("/")[2] for one in made["operations"].values() if one["action"] == action]
    return {filled(key, made["channels"][key], action) for key in keys}


def filled(key: str, channel: Any, action: str) -> str:
    address = str(channel["address"])
    given = {"node": "%u", "from": "%u" if action == "send" else "n2", "to": "n2" if action == "send" else "%u"}
    for name, about in channel["parameters"].items():
        address = address.replace(f"{{{name}}}", given.get(name) or about.get("default") or EXAMPLES[name])
    return address


def covers(pattern: str, topic: str) -> bool:
    levels, found = pattern.split("/"), topic.split("/")
    if levels[-1] == "#":
        levels, found = levels[:-1], found[: len(levels) - 1]
    return len(levels) == len(found) and all(a in {"+", b} for a, b in zip(levels, found, strict=True))


@pytest.mark.parametrize(("action", "accesses"), [("send", {"write", "readwrite"}), ("receive", {"read", "readwrite"})])
def test_what_the_document_says_of_a_node_it_may(
    patterns: list[tuple[str, str]], action: str, accesses: set[str]
) -> None:
    granted = [topic for access, topic in patterns if access in accesses]
    refused = {topic for topic in addresses(document(), action) if not any(covers(one, topic) for one in granted)}
    assert refused == set()


def test_nothing_more_is_granted_than_the_document_says(patterns: list[tuple[str, str]]) -> None:
    said = addresses(document(), "send") | addresses(document(), "receive")
    idle = {topic for _, topic in patterns if not any(covers(topic, one) for one in said)}
    assert idle == ELSEWHERE
