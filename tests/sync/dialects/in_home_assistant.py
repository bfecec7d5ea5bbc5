"""Our announcements in an installed Home Assistant: its own checks take them, its own Jinja finds what our tests find.

    python -m tests.sync.dialects.in_home_assistant make >announced.json       # in our environment
    PYTHON tests/sync/dialects/in_home_assistant.py <announced.json            # in one with `pip install homeassistant`

Releases before 2024.11 know no device form: each component is checked as an announcement of its own, which it then is.
"""

import asyncio
import json
import sys
import tempfile
from typing import Any


def make() -> None:
    """Print announcements, and what each template makes of a message."""
    from pathlib import Path

    from tests.clocks import EVENING
    from tests.sync.dialects.jinja import render
    from tests.sync.dialects.natives import Leaving, settings

    from lampyre.sync.dialects.home_assistant import Discovery
    from lampyre.sync.messages import replayed

    with tempfile.TemporaryDirectory() as folder:
        discovery = Discovery(settings(Path(folder), "[dialects.home_assistant]\ncommands = true\n"))
    leaving = Leaving()
    few = leaving.lamp_summary(passages=4, energy_wh=None, energy_total_wh=None)
    unknown = leaving.bin_state(None, temperature=None, hours_to_full=None, due=None, emptied_at=None)
    dark = leaving.lamp_state(0.0)
    late = leaving.lamp_summary()
    messages = [*leaving.all(), few, unknown, dark, (late[0], replayed(late[1])), discovery.problems("l1", ("x",))]
    devices = discovery.devices()
    rendered = [
        {"template": template, "body": body.decode(), "said": render(template, body, lambda: EVENING)}
        for device in devices.values()
        for component in device["cmps"].values()
        for where, template in templates(component)
        for topic, body in messages
        if topic == where
    ]
    sys.stdout.write(json.dumps({"devices": devices, "rendered": rendered}))


def templates(component: dict[str, Any]) -> list[tuple[str, str]]:
    """Return topics and the templates that read what stands there."""
    found = [(component["stat_t"], component[key]) for key in ("val_tpl", "stat_tpl", "bri_tpl") if key in component]
    return found + [(one["t"], one["val_tpl"]) for one in component.get("avty", ())]


async def check() -> None:
    """Hold what comes in against Home Assistant's code."""
    from homeassistant.components.mqtt import binary_sensor, light, sensor  # type: ignore[import-not-found]
    from homeassistant.const import __version__  # type: ignore[import-not-found]
    from homeassistant.core import HomeAssistant  # type: ignore[import-not-found]
    from homeassistant.helpers.template import Template  # type: ignore[import-not-found]

    schemas = {"sensor": sensor, "binary_sensor": binary_sensor, "light": light}
    given = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        components = 0
        for device in given["devices"].values():
            shared = {"dev": device["dev"], "o": device["o"], "avty": device["avty"], "qos": device["qos"]}
            for component in device["cmps"].values():
                whole = long({**shared, **component})
                schemas[whole.pop("platform")].DISCOVERY_SCHEMA(whole)
                components += 1
                for name in ("cmd_on_tpl", "cmd_off_tpl"):
                    if name in component:
                        said = Template(component[name], hass).async_render({"brightness": 51}, parse_result=False)
                        assert json.loads(said)["level"] == (20.0 if name == "cmd_on_tpl" else 0), said
        for one in given["rendered"]:
            said = Template(one["template"], hass).async_render_with_possible_json_value(one["body"], "failed")
            assert said == one["said"], (one["template"], one["body"], said, one["said"])
        await hass.async_stop(force=True)
    devices, rendered = len(given["devices"]), len(given["rendered"])
    sys.stdout.write(
        f"Home Assistant {__version__}: {devices} devices, {components} components, {rendered} renderings: as ours\n"
    )


def long(short: dict[str, Any]) -> dict[str, Any]:
    """Return an announcement with its names in full, by Home Assistant's own lists."""
    from homeassistant.components.mqtt import abbreviations as known

    names = {**known.ABBREVIATIONS, "p": "platform", "o": "origin"}
    found = {names.get(key, key): value for key, value in short.items()}
    found["device"] = {known.DEVICE_ABBREVIATIONS.get(key, key): value for key, value in found["device"].items()}
    found["origin"] = {known.ORIGIN_ABBREVIATIONS.get(key, key): value for key, value in found["origin"].items()}
    there = [{names.get(key, key): value for key, value in one.items()} for one in found["availability"]]
    return {**found, "availability": there}


if __name__ == "__main__":
    make() if sys.argv[1:] == ["make"] else asyncio.run(check())
