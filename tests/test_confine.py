"""What the city sends opens no door of a node, gives it no other name, and reads none of its files."""

from pathlib import Path
from typing import Any

import pytest

from lampyre.confine import confined
from lampyre.errors import ConfigError
from lampyre.settings import Settings

HAND, SENT = Path("/etc/lampyre/node.toml"), Path("revision")
PIN = "scrypt$" + "0" * 32 + "$" + "0" * 64


def by_hand(**more: Any) -> dict[str, Any]:
    table = {
        "node": {"site": "dijon", "id": "n01", "latitude": 47.3, "longitude": 5.0, "console_pin": PIN},
        "broker": {
            "url": "mqtts://broker:8883", "ca_file": "/etc/lampyre/ca.pem",
            "cert_file": "/var/lib/lampyre/node.pem", "key_file": "/var/lib/lampyre/node.key",
        },
        "board": [{"id": "b1", "kind": "lamp_bin_pico", "link": "serial:///dev/ttyUSB0?baud=115200"}],
        "lamp": [{"id": "lamp-1", "board": "b1"}],
    }  # fmt: skip
    return table | more


def sent(**more: Any) -> dict[str, Any]:
    return {
        "node": {"latitude": 47.3, "longitude": 5.0} | more.pop("node", {}),
        "broker": {"url": "mqtts://broker:8883"},
        "board": [{"id": "b1", "kind": "lamp_bin_pico", "link": "serial:///dev/ttyUSB0?baud=115200"}],
        "lamp": [{"id": "lamp-1", "board": "b1", "lighting_class": "P3"}],
    } | more


def taken(table: dict[str, Any], **hand: Any) -> Settings:
    return confined(by_hand(**hand), table, HAND, SENT)


def test_what_it_leaves_out_of_what_only_the_node_may_say_is_taken_from_the_node() -> None:
    found = taken(sent(broker={"url": "mqtts://other:8883"}))
    assert (found.node.site, found.node.id, found.node.console_pin) == ("dijon", "n01", PIN)
    assert (str(found.broker.ca_file), found.broker.url) == ("/etc/lampyre/ca.pem", "mqtts://other:8883")
    assert found.lamp[0].lighting_class == "P3"


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"node": {"id": "n02"}}, "node.id"),
        ({"node": {"site": "lyon"}}, "node.site"),
        ({"node": {"state_dir": "/tmp"}}, "node.state_dir"),
        ({"node": {"runtime_dir": "/tmp"}}, "node.runtime_dir"),
        ({"node": {"clock": "rtc"}}, "node.clock"),
        ({"node": {"console_pin": "scrypt$" + "1" * 32 + "$" + "1" * 64}}, "node.console_pin"),
        ({"node": {"passages_least": 2}}, "node.passages_least"),
        ({"broker": {"url": "mqtts://b:8883", "ca_file": "/tmp/ca.pem"}}, "broker.ca_file"),
        ({"broker": {"url": "mqtts://b:8883", "key_file": "/tmp/key.pem"}}, "broker.key_file"),
        ({"broker": {"url": "mqtt://127.0.0.1:1883"}}, "broker.url"),
        ({"commands": {"signed": "optional"}}, "commands"),
        ({"models": {"fill": "/tmp/model"}}, "models.fill"),
        ({"board": [{"id": "b1", "kind": "lamp_bin_pico", "link": "tcp://10.0.0.9:22"}]}, "board b1: link"),
        ({"board": [{"id": "b1", "kind": "lamp_bin_pico", "link": "serial:///etc/passwd"}]}, "board b1: link"),
        ({"board": [{"id": "b1", "kind": "lamp_bin_pico", "link": "serial:///dev/../etc/x"}]}, "board b1: link"),
    ],
)
def test_what_only_the_node_may_say_is_refused_by_its_key(more: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"^revision: {key}.*only the file on the node may say this"):
        taken(sent(**more))


def test_keys_of_commands_that_are_repeated_exactly_are_no_change() -> None:
    keys = {"keys": {"city": "A" * 43 + "="}}
    assert taken(sent(commands=keys), commands=keys).commands.keys == {"city": "A" * 43 + "="}


def test_a_board_may_move_to_another_port_of_the_same_machine() -> None:
    board = {"id": "b1", "kind": "lamp_bin_pico", "link": "serial:///dev/serial/by-id/usb-x?baud=115200"}
    assert taken(sent(board=[board])).board[0].link == board["link"]


def test_a_misspelt_key_is_named() -> None:
    with pytest.raises(ConfigError, match=r"revision: lamp.0.colour: no such key"):
        taken(sent(lamp=[{"id": "lamp-1", "board": "b1", "colour": "red"}]))
