"""The topic table: `lampyre/v1/{site}/{node}/…`, the same for the node, its tests and the document."""

import re
from dataclasses import dataclass

ROOT = "lampyre/v1"
ROW_ROOT = "lampyre-row/v1"  # from node to node; outside of lampyre/#, so that no city reads it by accident
ID = re.compile(r"[a-z0-9-]{1,32}")  # safe in topics, ACLs, file names and on a technician's lips
REPLY_TOPIC_LIMIT = 200  # characters; what a sender may ask us to answer to

TABLE = {
    "status": "Status",
    "health": "Health",
    "lamp/{id}/state": "LampState",
    "bin/{id}/state": "BinState",
    "lamp/{id}/summary": "LampSummary",
    "bin/{id}/summary": "BinSummary",
    "alarm": "AlarmMessage",
    "command/override": "Override",
    "command/resume": "Resume",
    "command/observe": "Observe",
    "command/identify": "Identify",
    "command/report": "Report",
    "command/use-model": "UseModel",
    "command/apply-config": "ApplyConfig",
    "command/confirm-config": "ConfirmConfig",
    "command/restart": "Restart",
    "config/desired": "Configuration",
    "config/reported": "ConfigReported",
}
OURS = {name.split("/")[0] for name in TABLE} | {"config", "model", "echo"}  # never anybody's place for answers


def checked(id_: str) -> str:
    """Return the id if it may stand in a topic; ValueError otherwise."""
    if not ID.fullmatch(id_):
        raise ValueError(f"{id_!r} cannot stand in a topic; use 1 to 32 of a-z, 0-9 and -")
    return id_


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one node; ids that cannot stand in a topic raise ValueError."""

    site: str
    node: str

    def __post_init__(self) -> None:
        checked(self.site)
        checked(self.node)

    @property
    def root(self) -> str:
        """What all topics of this node begin with."""
        return f"{ROOT}/{self.site}/{self.node}"

    @property
    def status(self) -> str:
        """Retained, and the will."""
        return f"{self.root}/status"

    @property
    def health(self) -> str:
        """Retained."""
        return f"{self.root}/health"

    @property
    def alarm(self) -> str:
        """One for each alarm, never retained."""
        return f"{self.root}/alarm"

    @property
    def config_desired(self) -> str:
        """Retained, by the city."""
        return f"{self.root}/config/desired"

    @property
    def config_reported(self) -> str:
        """Retained."""
        return f"{self.root}/config/reported"

    @property
    def echo(self) -> str:
        """Ours alone: what we publish to hear that the broker still answers."""
        return f"{self.root}/echo"

    @property
    def commands(self) -> str:
        """The filter of everything that we are told to do."""
        return f"{self.root}/command/#"

    def lamp_state(self, lamp: str) -> str:
        """Retained."""
        return f"{self.root}/lamp/{checked(lamp)}/state"

    def bin_state(self, bin_: str) -> str:
        """Retained."""
        return f"{self.root}/bin/{checked(bin_)}/state"

    def lamp_summary(self, lamp: str) -> str:
        """One for each period."""
        return f"{self.root}/lamp/{checked(lamp)}/summary"

    def bin_summary(self, bin_: str) -> str:
        """One for each period."""
        return f"{self.root}/bin/{checked(bin_)}/summary"

    def command_kind(self, topic: str) -> str | None:
        """Return the kind of a command's topic, or None where it is not one of ours."""
        head, _, kind = topic.rpartition("/")
        return kind if head == f"{self.root}/command" and ID.fullmatch(kind) else None

    def answerable(self, topic: str) -> bool:
        """Whether an answer may go there: inside our site, no wildcard, and no place where it would be obeyed."""
        levels = topic.split("/")
        return (
            len(topic) <= REPLY_TOPIC_LIMIT
            and topic.startswith(f"{ROOT}/{self.site}/")
            and all(levels)
            and topic.isprintable()
            and not set("+#") & set(topic)
            and not OURS & set(levels[3:])
        )
