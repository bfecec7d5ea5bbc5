"""`lampyre check` says in which other words a node speaks, and what is expected of it in vain."""

from pathlib import Path

import pytest
from tests.sync.dialects.natives import settings

from lampyre.check import explain
from lampyre.tongues import tongues_told

KEY = '[commands.keys]\nroom = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="\n'
HOME = "[dialects.home_assistant]\n"


@pytest.mark.parametrize(("dialects", "told"), [
    ("", []),
    (HOME, ["also for Home Assistant: devices on homeassistant/device/node-1/, again when it starts"]),
    (HOME + "commands = true\n", ["Home Assistant may switch lamps, for 30 min each time"]),
    (HOME + "commands = true\n" + KEY, ["! home_assistant: commands = true, but override must be signed"]),
    ("[dialects.ngsi_ld]\n", ["also as NGSI-LD entities, normalised, on ngsi-ld/dijon/node-1/"]),
    ('[dialects.sparkplug]\nprimary_host = "scada"\n', [
        "also as Sparkplug B edge node dijon/node-1, on a second connection, silent until scada is online",
    ]),
    ("[dialects]\ncloud_events = true\n", ["alarms carry CloudEvents attributes"]),
])  # fmt: skip
def test_each_dialect_has_its_line(tmp_path: Path, dialects: str, told: list[str]) -> None:
    said = list(tongues_told(settings(tmp_path, dialects)))
    assert len(said) >= len(told)
    for line, expected in zip(said[-len(told) :] if told else [], told, strict=True):
        assert line.startswith(expected)
    if not dialects:
        assert said == []


def test_what_will_be_taken_back_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "home_assistant.json").write_text("{}")
    [line] = tongues_told(settings(tmp_path, ""))
    assert "taken back" in line
    assert line in explain(settings(tmp_path, ""))
