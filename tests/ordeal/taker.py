"""A broker that takes everything, of which no byte is lost; it stands where the uplink's session is."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lampyre.errors import UplinkDown
from lampyre.sync.exchange import PLAIN, TAKEN, Answer, Incoming, Labels, Landed, Will

TRIES_S = 3600.0  # of who connects while nobody is there


@dataclass(frozen=True, slots=True)
class Sent:
    """One publication as the broker got it."""

    topic: str
    body: bytes
    labels: Labels = PLAIN


@dataclass
class Wire:
    """Stands where the broker is; takes everything, hears nothing back but what a test lets it say."""

    sent: list[Sent] = field(default_factory=list)
    up: bool = True
    tells: "asyncio.Queue[Incoming] | None" = None

    def session(self, _broker: Any, will: Will | None, listening: Sequence[Any] = (), **_: object) -> "Ended":
        """Stand in for `Session` and for Sparkplug's line."""
        return Ended(self, will, listening)


class Ended:
    """One session; ends when the wire is cut."""

    modern = True
    packet_limit = 1_000_000
    window = 100
    crowded = False
    resumed = False

    def __init__(self, wire: Wire, will: Will | None, listening: Sequence[Any]) -> None:
        self._wire = wire
        self._listening = listening
        self._will = will

    async def open(self) -> None:
        """Be there, if anybody is; who tries often while nobody is only costs time."""
        if not self._wire.up:
            await asyncio.sleep(TRIES_S)
        self._check()
        if self._will is not None:  # what a broker would say at its end
            self._wire.sent.append(Sent(self._will.topic, self._will.body))

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._wire.up

    def send(self, topic: str, body: bytes, landed: Landed, *, labels: Labels = PLAIN, **_: object) -> None:
        """Take it."""
        self._check()
        self._wire.sent.append(Sent(topic, body, labels))
        asyncio.get_running_loop().call_soon(landed, TAKEN)

    async def publish(self, topic: str, body: bytes, **_: object) -> Answer:
        """Take it."""
        self.send(topic, body, lambda _: None)
        return TAKEN

    def shout(self, topic: str, body: bytes, valid_s: int) -> bool:
        """Take it, if anybody is there."""
        if self._wire.up:
            self._wire.sent.append(Sent(topic, body))
        return self._wire.up

    async def subscribe(self, topic: str, **_: object) -> Answer:
        """Grant it; the primary host says that it is there."""
        self._check()
        if topic.startswith("spBv1.0/STATE/"):
            state = json.dumps({"online": True, "timestamp": 0}).encode()
            for row in self._listening:
                if row.filter == topic and row.hear is not None:
                    row.hear(topic, state, True)
        return TAKEN

    def forget(self, topic: str) -> None:
        """It never knew."""

    def acknowledge(self, got: Incoming) -> None:
        """It forgets."""

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Yield what the city commands."""
        assert self._wire.tells is not None
        while True:
            yield await self._wire.tells.get()

    def close(self, *, politely: bool) -> None:
        """Nobody waits."""

    def _check(self) -> None:
        if not self._wire.up:
            raise UplinkDown("cut")
