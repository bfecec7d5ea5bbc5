"""Which dialects a node speaks beside its own messages; each is off until its table stands in the file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lampyre.strict import Strict

Level = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]  # one level of a topic: no wildcard, no slash
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,32}(/[A-Za-z0-9_.:-]{1,32}){0,3}$")]


class HomeAssistantSettings(Strict):
    """Home Assistant finds the node's lamps and bins by itself (MQTT discovery, device-based)."""

    prefix: Prefix = "homeassistant"
    commands: bool = False  # lamps as lights that can be switched; each switching is an override that ends by itself
    command_minutes: Annotated[float, Field(ge=1.0, le=720.0)] = 30.0


class NgsiLdSettings(Strict):
    """NGSI-LD entities (Streetlight, WasteContainer, ItemFlowObserved) on {topic}/{site}/{node}/{type}/{asset}."""

    topic: Prefix = "ngsi-ld"
    form: Literal["normalised", "concise"] = "normalised"
    # published: @context names where the models' authors publish it; inline: the terms travel with each entity
    context: Literal["published", "inline"] = "published"


class SparkplugSettings(Strict):
    """A Sparkplug B 3.0 edge node, over a connection of its own to the same broker."""

    group: Level | None = None  # None: node.site
    primary_host: Level | None = None  # wait until this host application says that it is online; None: wait for nobody


class DialectSettings(Strict):
    """What else the node speaks; nothing of it says more than its own messages do."""

    home_assistant: HomeAssistantSettings | None = None
    ngsi_ld: NgsiLdSettings | None = None
    sparkplug: SparkplugSettings | None = None
    cloud_events: bool = False  # alarms carry the attributes of CloudEvents 1.0 as MQTT 5 user properties

    def wanted(self, state_dir: Path) -> bool:
        """Whether there is anything to speak, or to take back from who was told before."""
        asked = self.home_assistant or self.ngsi_ld or self.sparkplug or self.cloud_events
        return bool(asked) or self.remembered(state_dir).exists()

    @staticmethod
    def remembered(state_dir: Path) -> Path:
        """Return the file of what Home Assistant was told."""
        return state_dir / "home_assistant.json"
