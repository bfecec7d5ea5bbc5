"""Home Assistant: the node's lamps and bins as devices that it finds by itself (MQTT discovery, device-based).

Its sensors read our own topics through templates: nothing is published twice, and nothing that is not told anyway. A
template is an expression that Jinja and Python read alike, so that our tests can work it out without either's engine.
Home Assistant 2024.11 or later: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

import json
from collections.abc import Iterator
from typing import Any

from lampyre import __version__
from lampyre.settings import BinSettings, LampSettings, Settings
from lampyre.sync.topics import Topics

LIVES_S = 60  # a light's command is obeyed so long after it was made; Home Assistant's clock must agree with ours
SCALE = 255.0  # of Home Assistant's brightness

Component = dict[str, Any]

NAMES = {
    "level": ("Level", "Niveau"),
    "lit": ("Lit", "Allumée"),
    "cause": ("Cause", "Cause"),
    "power": ("Mean power of the quarter hour", "Puissance moyenne du quart d'heure"),
    "energy": ("Energy", "Énergie"),
    "hours": ("Hours lit", "Heures allumées"),
    "passages": ("Passages of the quarter hour", "Passages du quart d'heure"),
    "light": ("Light", "Lumière"),
    "problem": ("Problem", "Défaut"),
    "fill": ("Fill", "Remplissage"),
    "temperature": ("Temperature", "Température"),
    "status": ("Status", "État"),
    "collect": ("Collect by", "À collecter avant"),
    "emptied": ("Last emptied", "Dernier vidage"),
    "full_in": ("Full in", "Plein dans"),
    "waiting": ("Messages waiting", "Messages en attente"),
    "uptime": ("Up for", "En marche depuis"),
}


class Discovery:
    """What Home Assistant is told of one node: a device for the node, and one for each lamp and bin."""

    def __init__(self, settings: Settings) -> None:
        assert settings.dialects.home_assistant is not None
        self.asked = settings.dialects.home_assistant
        self._settings = settings
        self._topics = Topics(settings.node.site, settings.node.id)
        # a lamp that a light would command in vain shows no light: Home Assistant cannot sign
        self._lights = self.asked.commands and not settings.commands.required("override")

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.asked.prefix}/status"

    def folder(self, asset: str) -> str:
        """Return where an asset's messages lie; the node's id is a level of its own, as a broker's ACL wants it."""
        node = self._settings.node
        return f"{self.asked.prefix}/device/{node.id}/{node.site}_{asset or 'node'}"

    def assets(self) -> tuple[str, ...]:
        """Return every asset; the empty one is the node itself."""
        found = self._settings
        return ("", *(lamp.id for lamp in found.lamp), *(bin_.id for bin_ in found.bin))

    def devices(self) -> dict[str, dict[str, Any]]:
        """Return what is announced, by topic."""
        node, found = self._settings.node, {}
        found[""] = self._device("", f"{node.site} {node.id}", "Node", self._of_node())
        for lamp in self._settings.lamp:
            model = f"Street lamp {lamp.lighting_class}, {lamp.rated_power_w:g} W"
            found[lamp.id] = self._device(lamp.id, lamp.id, model, self._of_lamp(lamp))
        for bin_ in self._settings.bin:
            found[bin_.id] = self._device(bin_.id, bin_.id, f"Waste container, {bin_.stream}", self._of_bin(bin_))
        return {f"{self.folder(asset)}/config": device for asset, device in found.items()}

    def problems(self, asset: str, standing: tuple[str, ...]) -> tuple[str, bytes]:
        """Return topic and body of which alarms stand; the one thing that none of our own topics keeps."""
        body = json.dumps({"problems": list(standing)}, separators=(",", ":"))
        return f"{self.folder(asset)}/problems", body.encode()

    def _device(self, asset: str, name: str, model: str, components: Iterator[tuple[str, Component]]) -> dict[str, Any]:
        return {
            "dev": {
                "ids": [self._id(asset)],
                "name": name,
                "mf": "Lampyre",
                "mdl": model,
                "sw": __version__,
                **({"via_device": self._id("")} if asset else {}),
            },
            "o": {"name": "lampyre", "sw": __version__},
            "avty": [self._alive()],
            "qos": 1,
            "cmps": {
                key: {"name": self._name(key), "uniq_id": f"{self._id(asset)}_{key}", **component}
                for key, component in components
            },
        }

    def _of_node(self) -> Iterator[tuple[str, Component]]:
        health = self._topics.health
        waiting = "value_json.waiting_alarms + value_json.waiting_replies + value_json.waiting_summaries"
        yield "waiting", measuring(health, waiting, ent_cat="diagnostic")
        yield "uptime", measuring(health, "value_json.uptime_s", "s", dev_cla="duration", ent_cat="diagnostic")
        yield "problem", self._problem("")

    def _of_lamp(self, lamp: LampSettings) -> Iterator[tuple[str, Component]]:
        state, summary = self._topics.lamp_state(lamp.id), self._topics.lamp_summary(lamp.id)
        seconds = "(as_timestamp(value_json.end) - as_timestamp(value_json.start))"
        yield "level", measuring(state, "value_json.target_level", "%")
        yield "lit", asking(state, "value_json.target_level > 0", "light")
        causes = ["default", "override", "sensor", "program"]
        yield "cause", choosing(state, "value_json.cause", causes, ent_cat="diagnostic")
        power = now_only(f"value_json.energy_wh * 3600 / {seconds}", "value_json.energy_wh")
        yield "power", measuring(summary, power, "W", dev_cla="power", sug_dsp_prc=1)
        yield "energy", counting(summary, "energy_total_kwh", "kWh", "energy")
        yield "hours", counting(summary, "operating_h", "h", "duration", ent_cat="diagnostic")
        yield "passages", measuring(summary, now_only("value_json.passages", "value_json.passages"))
        yield "problem", self._problem(lamp.id)
        if self._lights:
            yield "light", self._light(lamp.id, state)

    def _of_bin(self, bin_: BinSettings) -> Iterator[tuple[str, Component]]:
        state = self._topics.bin_state(bin_.id)
        yield "fill", measuring(state, known("value_json.fill * 100", "value_json.fill"), "%")
        if bin_.temperature is not None:
            degrees = known("value_json.temperature", "value_json.temperature")
            yield "temperature", measuring(state, degrees, "°C", dev_cla="temperature")
        statuses = ["ok", "lidOpen", "dropped", "moved", "vandalized", "burning", "unknown"]
        yield "status", choosing(state, "value_json.status", statuses)
        due = "value_json.collection.collect_by if value_json.collection != none else none"
        yield "collect", self._dated(state, f"({due})")
        yield "emptied", self._dated(state, "value_json.emptied_at")
        hours = known("value_json.hours_to_full.p50", "value_json.hours_to_full")
        yield "full_in", measuring(state, hours, "h", dev_cla="duration")
        yield "problem", self._problem(bin_.id)

    def _problem(self, asset: str) -> Component:
        topic = f"{self.folder(asset)}/problems"
        return asking(topic, "value_json.problems", "problem") | {"json_attr_t": topic}

    def _dated(self, topic: str, moment: str) -> Component:
        """A moment that may not be known: then it is not available, for no text means "no moment" there."""
        there = expression(f"'online' if {moment} != none else 'offline'")
        return {
            "p": "sensor",
            "stat_t": topic,
            "val_tpl": expression(moment),
            "dev_cla": "timestamp",
            "avty": [self._alive(), {"t": topic, "val_tpl": there}],
            "avty_mode": "all",
        }

    def _light(self, lamp: str, state: str) -> Component:
        """A light whose commands are ours, whole: each is made with its id and its end, and expires like any other."""
        return {
            "p": "light",
            "schema": "template",
            "stat_t": state,
            "stat_tpl": expression("'on' if value_json.target_level > 0 else 'off'"),
            "bri_tpl": expression(f"int(value_json.target_level * {SCALE / 100} + 0.5)"),
            "cmd_t": f"{self._topics.root}/command/override",
            "cmd_on_tpl": self._command(lamp, f"{{{{ (brightness | default({SCALE:g})) * 100 / {SCALE:g} }}}}"),
            "cmd_off_tpl": self._command(lamp, "0"),
            "qos": 1,
            "ret": False,
        }

    def _command(self, lamp: str, level: str) -> str:
        seconds = self.asked.command_minutes * 60.0
        said = {
            "id": f"ha-{lamp}-" + expression("int(as_timestamp(utcnow()) * 1000)"),
            "kind": "override",
            "issued_at": expression("utcnow().isoformat()"),
            "expires_at": expression(f"(utcnow() + timedelta(seconds={LIVES_S})).isoformat()"),
            "by": "home-assistant",
            "lamps": [lamp],
            "duration_s": seconds,
            "level": 0,
        }
        return json.dumps(said, separators=(",", ":")).removesuffix("0}") + level + "}"

    def _alive(self) -> Component:
        return {"t": self._topics.status, "val_tpl": expression("value_json.status")}

    def _id(self, asset: str) -> str:
        node = self._settings.node
        return "_".join(["lampyre", node.site, node.id, *([asset] if asset else [])])

    def _name(self, key: str) -> str:
        return NAMES[key][self._settings.node.language == "fr"]


def expression(text: str) -> str:
    """Return a template of one expression."""
    return f"{{{{ {text} }}}}"


def known(text: str, value: str) -> str:
    """What is not known becomes unknown there, too."""
    return f"{text} if {value} != none else 'None'"


def now_only(text: str, value: str) -> str:
    """What was not told leaves what was told before, and what comes late is not now."""
    return f"{text} if {value} != none and not value_json.historical else ''"


def measuring(topic: str, text: str, unit: str | None = None, **more: object) -> Component:
    """Return a sensor of something that rises and falls."""
    about = {"p": "sensor", "stat_t": topic, "val_tpl": expression(text), "stat_cla": "measurement", **more}
    return about if unit is None else {**about, "unit_of_meas": unit}


def counting(topic: str, key: str, unit: str, kind: str, **more: object) -> Component:
    """Return a sensor of something that only rises; late ones come in their order, so they count as well."""
    text = f"value_json.{key} if value_json.{key} != none else ''"
    return measuring(topic, text, unit, dev_cla=kind, **more) | {"stat_cla": "total_increasing"}


def choosing(topic: str, text: str, words: list[str], **more: object) -> Component:
    """Return a sensor that says one of some words."""
    return {"p": "sensor", "stat_t": topic, "val_tpl": expression(text), "dev_cla": "enum", "ops": words, **more}


def asking(topic: str, text: str, kind: str) -> Component:
    """Return a sensor that says yes or no."""
    said = expression(f"'ON' if {text} else 'OFF'")
    return {"p": "binary_sensor", "stat_t": topic, "val_tpl": said, "dev_cla": kind}
