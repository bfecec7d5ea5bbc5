"""What passes between the uplink and its session: what is sent and heard, and what the broker says to it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lampyre.sync import codes

Hear = Callable[[str, bytes, bool], None]
"""Gets topic, body, and whether it was retained; raises nothing and never waits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the broker said to a publication or a subscription; `code` 128 and above: refused."""

    code: int
    reason: str

    @property
    def refused(self) -> bool:
        """Whether the broker did not take it."""
        return self.code >= codes.FIRST_REFUSAL

    @property
    def full(self) -> bool:
        """Whether it is refused for as long as the broker has no room, and will be taken then."""
        return self.code == codes.QUOTA_EXCEEDED

    @property
    def passing(self) -> bool:
        """Whether the next try may go better: the broker names no fault of the message."""
        return self.code in {codes.UNSPECIFIED, codes.BROKERS_OWN, codes.ID_IN_USE}


Landed = Callable[[Answer], None]
TAKEN = Answer(codes.SUCCESS, "Success")


def settle(answer: "asyncio.Future[Answer]", said: Answer) -> None:
    """Give the answer to who waits for it, if anybody still does."""
    if not answer.done():
        answer.set_result(said)


@dataclass(frozen=True, slots=True)
class Labels:
    """What MQTT 5 lets a message carry beside its body; an older protocol drops it."""

    correlation: bytes = b""
    content_type: str = ""
    user: tuple[tuple[str, str], ...] = ()  # user properties

    @property
    def properties(self) -> dict[str, Any]:
        """Those that are there, by MQTT's names."""
        found = {"CorrelationData": self.correlation, "ContentType": self.content_type, "UserProperty": list(self.user)}
        return {name: value for name, value in found.items() if value}

    @property
    def size(self) -> int:
        """How many bytes they add at most."""
        pairs = sum(len(name.encode()) + len(value.encode()) + 5 for name, value in self.user)
        return len(self.correlation) + len(self.content_type.encode()) + 6 + pairs


PLAIN = Labels()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message for us, not acknowledged yet."""

    topic: str
    body: bytes
    retained: bool
    reply_topic: str
    correlation: bytes
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when we fall silent. A connection has one."""

    topic: str
    body: bytes
    qos: int = 1
    retain: bool = True
    kept: bool = True  # whether the broker keeps our session for a while when we are gone, and gives it back


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row of the table of what we listen to."""

    filter: str
    what: str  # what is missed where the broker refuses it, for people: "commands"
    qos: int = 1
    hear: Hear | None = None  # who gets it at once; None: it waits its turn in `Session.incoming`
    kept: bool = False  # whether what the broker keeps there is wanted too, at each connect
    wanted: bool = True  # False: the broker may remember it from a start before, and is told to forget it
