"""What Home Assistant is told is what its own checks take, and its templates find in our messages what they say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.clocks import EVENING
from tests.sync.dialects.jinja import render
from tests.sync.dialects.natives import ROOT, Leaving, settings

from lampyre.sync.commands import parse
from lampyre.sync.dialects.home_assistant import Discovery
from lampyre.sync.orders import Override

SCHEMA = json.loads((Path(__file__).parents[2] / "data" / "home_assistant" / "discovery.json").read_text())
SHORT = {  # homeassistant/components/mqtt/abbreviations.py, those that we use
    "avty": "availability", "avty_mode": "availability_mode", "bri_tpl": "brightness_template", "cmps": "components",
    "cmd_off_tpl": "command_off_template", "cmd_on_tpl": "command_on_template", "cmd_t": "command_topic",
    "dev": "device", "dev_cla": "device_class", "ent_cat": "entity_category", "ids": "identifiers",
    "json_attr_t": "json_attributes_topic", "mdl": "model", "mf": "manufacturer", "o": "origin", "ops": "options",
    "p": "platform", "ret": "retain", "stat_cla": "state_class", "stat_t": "state_topic", "stat_tpl": "state_template",
    "sug_dsp_prc": "suggested_display_precision", "sw": "sw_version", "t": "topic", "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template",
}  # fmt: skip
HERE = "[dialects.home_assistant]\n"
COMMANDS = HERE + "commands = true\n"
LAMP, BIN, NODE = (f"homeassistant/device/node-1/dijon_{name}/config" for name in ("l1", "c1", "node"))
KEY = '[commands.keys]\nroom = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="\n'


def now() -> datetime:
    return EVENING + timedelta(seconds=3)


def long(short: Any) -> Any:
    """Return an announcement with its names in full; components are named by us."""
    if isinstance(short, dict):
        return {SHORT.get(key, key): long(value) for key, value in short.items()}
    return [long(value) for value in short] if isinstance(short, list) else short


@pytest.fixture
def discovery(tmp_path: Path) -> Discovery:
    return Discovery(settings(tmp_path, COMMANDS))


@pytest.fixture
def shown(discovery: Discovery) -> Callable[[str, str, tuple[str, bytes]], str]:
    """What an entity shows once it has got a message; where it listens and what it makes of it."""

    def show(topic: str, component: str, message: tuple[str, bytes]) -> str:
        about = discovery.devices()[topic]["cmps"][component]
        assert about["stat_t"] == message[0]
        return render(about["val_tpl"], message[1], now)

    return show


Shown = Callable[[str, str, tuple[str, bytes]], str]


@pytest.mark.parametrize("more", [HERE, COMMANDS, HERE + 'prefix = "town/ha"\n'])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_announcement_is_what_home_assistant_takes(tmp_path: Path, more: str, language: str) -> None:
    found = settings(tmp_path, more)
    found = found.model_copy(update={"node": found.node.model_copy(update={"language": language})})
    devices = Discovery(found).devices()
    assert len(devices) == 3
    for device in devices.values():
        jsonschema.Draft202012Validator(SCHEMA).validate(long(device))
    ids = [component["uniq_id"] for device in devices.values() for component in device["cmps"].values()]
    assert len(set(ids)) == len(ids)


def test_the_schema_refuses_what_home_assistant_would(discovery: Discovery) -> None:
    right = long(discovery.devices()[LAMP])
    for name, wrong in (
        ("energy", {"unit_of_measurement": "W"}),
        ("energy", {"state_class": "measurement"}),
        ("cause", {"options": []}),
        ("power", {"device_class": "strength"}),
        ("lit", {"platform": "lamp"}),
        ("level", {"state_topic": "a/#"}),
        ("light", {"command_topic": None}),
    ):
        broken = {**right, "components": {**right["components"], name: {**right["components"][name], **wrong}}}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_sensors_show_what_our_messages_say(shown: Shown) -> None:
    leaving = Leaving()
    state, summary, bin_ = leaving.lamp_state(0.4), leaving.lamp_summary(), leaving.bin_state(0.62)
    assert shown(LAMP, "level", state) == "40.0"
    assert shown(LAMP, "lit", state) == "ON"
    assert shown(LAMP, "lit", leaving.lamp_state(0.0)) == "OFF"
    assert shown(LAMP, "cause", state) == "sensor"
    assert float(shown(LAMP, "power", summary)) == 20.0
    assert shown(LAMP, "energy", summary) == "23.46"
    assert shown(LAMP, "hours", summary) == "1200.5"
    assert shown(LAMP, "passages", summary) == "30"
    assert shown(BIN, "fill", bin_) == "62.0"
    assert shown(BIN, "temperature", bin_) == "12.0"
    assert shown(BIN, "status", bin_) == "ok"
    assert shown(BIN, "collect", bin_) == "2026-12-02T11:00:00Z"
    assert shown(BIN, "full_in", bin_) == "20.0"
    assert float(shown(NODE, "waiting", leaving.health())) >= 0.0


def test_what_nobody_knows_is_unknown_and_what_nobody_tells_leaves_what_was_told(shown: Shown) -> None:
    leaving = Leaving()
    unknown = leaving.bin_state(None, temperature=None, hours_to_full=None)
    assert {shown(BIN, name, unknown) for name in ("fill", "temperature", "full_in")} == {"None"}
    few = leaving.lamp_summary(passages=4, energy_wh=None, energy_total_wh=None)
    assert {shown(LAMP, name, few) for name in ("power", "energy", "passages")} == {""}


def test_a_date_that_nobody_knows_is_not_available(discovery: Discovery) -> None:
    leaving = Leaving()
    for message, there in ((leaving.bin_state(), "online"), (leaving.bin_state(due=None, emptied_at=None), "offline")):
        for name in ("collect", "emptied"):
            alive, dated = discovery.devices()[BIN]["cmps"][name]["avty"]
            assert render(alive["val_tpl"], leaving.status()[1], now) == "online"
            assert (dated["t"], render(dated["val_tpl"], message[1], now)) == (message[0], there)


def test_what_comes_late_is_not_shown_as_now_but_is_counted(discovery: Discovery) -> None:
    from lampyre.sync.messages import replayed

    late = replayed(Leaving().lamp_summary()[1])
    components = discovery.devices()[LAMP]["cmps"]
    assert [render(components[name]["val_tpl"], late, now) for name in ("power", "passages", "energy")] == [
        "",
        "",
        "23.46",
    ]


def test_a_device_is_available_while_the_node_is(discovery: Discovery) -> None:
    leaving = Leaving()
    for device in discovery.devices().values():
        [alive] = device["avty"]
        assert alive["t"] == f"{ROOT}/status"
        assert render(alive["val_tpl"], leaving.status()[1], now) == "online"


def test_problems_are_the_alarms_that_stand(discovery: Discovery) -> None:
    about = discovery.devices()[LAMP]["cmps"]["problem"]
    for standing, said in ((("lampFailure",), "ON"), ((), "OFF")):
        topic, body = discovery.problems("l1", standing)
        assert (about["stat_t"], render(about["val_tpl"], body, now)) == (topic, said)


def test_lamps_are_only_shown_until_somebody_allows_commands(tmp_path: Path) -> None:
    assert "light" not in Discovery(settings(tmp_path, HERE)).devices()[LAMP]["cmps"]


def test_no_light_is_offered_where_commands_must_be_signed(tmp_path: Path) -> None:
    assert "light" not in Discovery(settings(tmp_path, COMMANDS, KEY)).devices()[LAMP]["cmps"]
    unsigned = KEY.replace("[commands.keys]", '[commands]\nunsigned = ["override"]\n[commands.keys]')
    assert "light" in Discovery(settings(tmp_path, COMMANDS, unsigned)).devices()[LAMP]["cmps"]


@pytest.mark.parametrize(("name", "given", "level"), [
    ("cmd_on_tpl", {}, 100.0), ("cmd_on_tpl", {"brightness": 51}, 20.0), ("cmd_off_tpl", {}, 0.0),
])  # fmt: skip
def test_a_light_makes_commands_of_ours_that_end_by_themselves(
    discovery: Discovery, name: str, given: dict[str, int], level: float
) -> None:
    light = discovery.devices()[LAMP]["cmps"]["light"]
    assert light["cmd_t"] == f"{ROOT}/command/override"
    command = parse("override", render(light[name], None, now, **given).encode())
    assert isinstance(command, Override)
    assert (command.lamps, command.level, command.duration_s, command.by) == (("l1",), level, 1800.0, "home-assistant")
    assert (command.issued_at, command.expires_at - command.issued_at) == (now().astimezone(UTC), timedelta(seconds=60))
    assert command.id == f"ha-l1-{int(now().timestamp() * 1000)}"


def test_two_switchings_are_two_commands(discovery: Discovery) -> None:
    light = discovery.devices()[LAMP]["cmps"]["light"]
    first = json.loads(render(light["cmd_off_tpl"], None, lambda: EVENING))
    second = json.loads(render(light["cmd_off_tpl"], None, lambda: EVENING + timedelta(milliseconds=1)))
    assert first["id"] != second["id"]


@pytest.mark.parametrize(("percent", "brightness"), [(0.0, 0), (20.0, 51), (40.0, 102), (80.0, 204), (100.0, 255)])
def test_brightness_is_of_255_there_and_comes_back_as_our_percent(
    discovery: Discovery, percent: float, brightness: int
) -> None:
    light = discovery.devices()[LAMP]["cmps"]["light"]
    topic, body = Leaving().lamp_state(percent / 100.0)
    assert light["stat_t"] == topic
    assert render(light["bri_tpl"], body, now) == str(brightness)
    back = json.loads(render(light["cmd_on_tpl"], None, now, brightness=brightness))
    assert back["level"] == pytest.approx(percent, abs=0.2)
