"""The page on commands: what it shows as JSON is what a node would take, or could say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lampyre.audit import FILE_LIMIT
from lampyre.configured import TEXT_LIMIT
from lampyre.confine import LOCKED, confined
from lampyre.reconfigure import CHANGES_A_DAY, RESTARTS_A_DAY
from lampyre.settings import table_of
from lampyre.sync.commands import (
    BODY_LIMIT,
    COMMAND_EACH_S,
    COMMANDS_AT_ONCE,
    CONFIG_BODY_LIMIT,
    parse,
    parse_desired,
)
from lampyre.sync.messages import ConfigReported, Reply
from lampyre.sync.orders import KINDS, ApplyConfig

ROOM = Path(__file__).parents[2]
PAGE = (ROOM / "docs" / "commands.md").read_text()
README = (ROOM / "README.md").read_text()
BLOCKS = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BY_HAND = """
node = { site = "rue-des-lilas", id = "n01", latitude = 47.322, longitude = 5.041 }
board = [{ id = "b1", kind = "lamp_bin_pico", link = "serial:///dev/ttyUSB0?baud=115200" }]
lamp = [{ id = "lamp-1", board = "b1", lighting_class = "P4", quiet_class = "P6" }]
"""


def about(block: str) -> str:
    """Return what a block is: a kind of command, or one of the other messages of the page."""
    found: dict[str, Any] = json.loads(block)
    if "status" in found:
        return "reply"
    if "state" in found:
        return "config/reported"
    return str(found.get("kind", "config/desired"))


def means_a_node(text: str) -> bool:
    """Whether the node of BY_HAND would take it as its own configuration."""
    hand = Path("node.toml")
    settings = confined(table_of(BY_HAND.encode(), hand), table_of(text.encode(), hand), hand, hand)
    return (settings.node.site, settings.node.id) == ("rue-des-lilas", "n01")


@pytest.mark.parametrize("block", BLOCKS, ids=about)
def test_every_example_is_one_that_a_node_takes_or_says(block: str) -> None:
    match kind := about(block):
        case "reply":
            assert Reply.model_validate_json(block).kind in KINDS
        case "config/reported":
            ConfigReported.model_validate_json(block)
        case "config/desired":
            assert means_a_node(parse_desired(block.encode()).text)
        case _:
            command = parse(kind, block.encode())
            assert command.kind == kind
            assert not isinstance(command, ApplyConfig) or means_a_node(command.text)


def test_every_kind_of_command_has_its_example() -> None:
    assert {about(block) for block in BLOCKS} == {*KINDS, "reply", "config/desired", "config/reported"}


def test_the_example_of_the_readme_is_one_too() -> None:
    [block] = re.findall(r"^```json\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert parse("override", block.encode()).kind == "override"


@pytest.mark.parametrize("said", [
    f"| bytes | {BODY_LIMIT}; {CONFIG_BODY_LIMIT} for `apply-config`",
    f"| rate | {COMMANDS_AT_ONCE} at once, then one every {COMMAND_EACH_S:.0f} s",
    f"up to {TEXT_LIMIT // 1024} kB",
    f"{CHANGES_A_DAY} changes a day",
    f"at most {RESTARTS_A_DAY} times a day",
    f"Two files of {FILE_LIMIT // 1024} kB",
])  # fmt: skip
def test_its_limits_are_those_of_the_code(said: str) -> None:
    assert said in PAGE


@pytest.mark.parametrize("key", LOCKED)
def test_it_names_every_key_that_only_the_node_may_say(key: str) -> None:
    may_not = PAGE.partition("**What the city may not change.**")[2].partition("**config/desired**")[0]
    assert f"`{key}`" in may_not or f"`{key.rpartition('.')[2]}`" in may_not or f"`[{key}]`" in may_not
