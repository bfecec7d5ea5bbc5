"""What a dialect is given: a message as it leaves the node, after privacy and every delay. Never anything else."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lampyre.sync.beside import Said
from lampyre.sync.topics import TABLE


@dataclass(frozen=True, slots=True)
class Native:
    """A message that leaves: of which kind (a name of TABLE), about which asset (empty: the node), what it says."""

    kind: str
    asset: str
    said: dict[str, Any]

    @property
    def historical(self) -> bool:
        """Whether it waited while the node was cut off."""
        return self.said.get("historical") is True

    @property
    def dated(self) -> bool:
        """Whether its moments can be believed: the clock was set, or it was dated when it was."""
        return self.said.get("time_quality") != "unsynced"

    @property
    def at(self) -> datetime:
        """The moment of which it tells, UTC."""
        return moment(self.said["time"])


class Dialect(Protocol):
    """Says again what leaves; asks nobody and waits for nothing."""

    def say(self, native: Native) -> Iterable[Said]:
        """Return what is to be published beside this message, QoS 1, in the same session."""
        ...


def read(root: str, topic: str, body: bytes) -> Native | None:
    """Return the message as it stands on its topic; None where it is none of the table's or a command."""
    levels = topic.removeprefix(root).split("/")
    asset = levels[1] if len(levels) == 3 else ""
    kind = TABLE.get("/".join([levels[0], "{id}", levels[2]]) if asset else levels[0])
    return None if kind is None or not topic.startswith(root) else Native(kind, asset, json.loads(body))


def moment(text: str) -> datetime:
    """Read a time of a message."""
    return datetime.fromisoformat(text)
