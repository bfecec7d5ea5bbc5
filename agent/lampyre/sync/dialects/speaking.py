"""Speaking: the dialects that a node's file asks for, put beside its uplink; no other one is loaded."""

# ruff: noqa: PLC0415 - so that each is paid for by who speaks it

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from lampyre.clock import Clock
from lampyre.settings import Settings
from lampyre.sync.beside import Said
from lampyre.sync.broker import Broker
from lampyre.sync.dialects.native import Dialect, Native, read
from lampyre.sync.dialects.standing import Seed, Standing
from lampyre.sync.exchange import PLAIN, Labels
from lampyre.sync.topics import Topics
from lampyre.sync.uplink import Uplink

log = logging.getLogger("lampyre.sync.dialects")

NUMBERED = "sparkplug.json"  # in state_dir: the number of the next connection

T = TypeVar("T")
Run = Callable[[Callable[[], None]], Awaitable[None]]


class Speaking:
    """All dialects of a node, for its uplink; what one cannot say is counted in `unsaid`, and stops nothing."""

    def __init__(
        self,
        settings: Settings,
        broker: Broker,
        clock: Clock,
        seed: Seed,
        *,
        spread_s: float = 0.0,
        at_least: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """`seed` gives the alarms that stand from before; the last two are as the uplink's."""
        self._topics = Topics(settings.node.site, settings.node.id)
        self._root = f"{self._topics.root}/"
        self._standing = Standing(seed)
        self._kinds = {lamp.id: "lamp" for lamp in settings.lamp} | {bin_.id: "bin" for bin_ in settings.bin}
        self._dialects: list[Dialect] = []
        self._join: list[Callable[[Uplink], None]] = []
        self.runs: dict[str, Run] = {}
        self.dropped = 0  # refused by the broker, or too large for it
        self.unsaid = 0  # no valid message
        asked, folder = settings.dialects, settings.node.state_dir
        self._labelled = asked.cloud_events
        if asked.ngsi_ld is not None:
            from lampyre.sync.dialects.ngsi import Ngsi

            self._dialects.append(Ngsi(settings, self._standing))
        if asked.home_assistant is not None or asked.remembered(folder).exists():
            self._home_assistant(settings, asked.remembered(folder), broker)
        if asked.sparkplug is not None:
            from lampyre.sync.dialects.edge import Edge

            edge = Edge(settings, broker, clock, folder / NUMBERED, spread_s=spread_s, at_least=at_least)
            self._dialects.append(edge)
            self.runs["sparkplug"] = edge.run

    def _home_assistant(self, settings: Settings, file: Path, broker: Broker) -> None:
        from lampyre.sync.dialects.announced import Announced, TakenBack
        from lampyre.sync.dialects.home_assistant import Discovery

        if settings.dialects.home_assistant is None:
            self._join.append(lambda uplink: uplink.carriers.append(TakenBack(file).carry))
            return
        announced = Announced(Discovery(settings), self._standing, file, broker.address)
        self._dialects.append(announced)
        self._join.append(lambda uplink: uplink.carriers.append(announced.carry))
        self._join.append(lambda uplink: uplink.table.add(announced.listens))

    def join(self, uplink: Uplink) -> None:
        """Stand beside it; before it runs."""
        uplink.beside = self
        for join in self._join:
            join(uplink)

    def say(self, topic: str, body: bytes) -> Sequence[Said]:
        """Return what the dialects make of a message; nothing of topics that they do not know."""
        return self._guarded(topic, body, self._all) or ()

    def labels(self, topic: str, body: bytes) -> Labels:
        """Return what an alarm carries for who reads CloudEvents."""
        if not self._labelled or topic != self._topics.alarm:
            return PLAIN
        from lampyre.sync.dialects import cloud_events

        return self._guarded(topic, body, partial(cloud_events.labels, kinds=self._kinds)) or PLAIN

    def _all(self, native: Native) -> Sequence[Said]:
        if native.kind == "AlarmMessage":
            self._standing.take(native)
        return [said for dialect in self._dialects for said in dialect.say(native)]

    def _guarded(self, topic: str, body: bytes, make: Callable[[Native], T]) -> T | None:
        try:
            native = read(self._root, topic, body)
            return None if native is None else make(native)
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # our own message goes all the same
            self.unsaid += 1
            if self.unsaid == 1:
                log.warning("%s: in no dialect, and the next ones only counted: %r", topic, error)
            return None
