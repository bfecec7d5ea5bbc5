"""What the broker keeps as the desired configuration is believed as little as a command, where keys are named."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.sync.dialects.natives import ROOT, settings
from tests.sync.test_signed import known, sealed

from lampyre.errors import CommandRefused
from lampyre.node import Node

DESIRED = f"{ROOT}/config/desired"
WANTED = json.dumps({"revision": 4, "text": "[node]\n", "by": "control room"}).encode()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    lines = f'[commands]\nkeys = {{city-2026 = "{known().keys["city-2026"]}"}}\n'
    made = Node(settings(tmp_path, "", lines), HandClock())
    asyncio.run(made.open())
    return made


def test_signed_for_this_topic_it_is_opened(node: Node) -> None:
    assert node.city.read_desired(DESIRED, sealed(WANTED, topic=DESIRED)).revision == 4


@pytest.mark.parametrize(
    "body",
    [
        WANTED,
        sealed(WANTED, topic=f"{ROOT}/command/apply-config"),
        sealed(WANTED, topic=DESIRED.replace("node-1", "node-2")),
        sealed(WANTED, topic=DESIRED, key="somebody-else"),
        sealed(b"[" * 4000, topic=DESIRED),
        sealed(WANTED[:-1], topic=DESIRED),
        b"[" * 100_000,
        b"",
    ],
    ids=["unsigned", "as a command", "for another node", "another key", "deep", "cut", "brackets", "empty"],
)
def test_whatever_else_lies_there_is_refused(node: Node, body: bytes) -> None:
    with pytest.raises(CommandRefused):
        node.city.read_desired(DESIRED, body)
