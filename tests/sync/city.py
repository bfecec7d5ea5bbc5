"""The other end for the uplink's tests: a city that hears everything, and a node that can be started and stopped."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from tests.clocks import LoopClock

from lampyre.sync.broker import Broker
from lampyre.sync.orders import Command, LampCommand, Override
from lampyre.sync.outbox import Outbox
from lampyre.sync.uplink import Uplink

ROOT = "lampyre/v1/dijon/node-1"
REAL_LIMIT_S = 90.0  # only ends a hang; real seconds, whatever the loop's are


async def until(holds: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Return when it holds; fails with `what` after REAL_LIMIT_S."""
    end_s = time.monotonic() + REAL_LIMIT_S
    while not holds():
        if time.monotonic() > end_s:
            missing = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {REAL_LIMIT_S:.0f} s: {missing}")
        await asyncio.sleep(0.05)


class City:
    """Subscribes to all with a session that outlives the broker's restart; keeps every message in order."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._task: asyncio.Task[None] | None = None
        self._client: aiomqtt.Client | None = None
        self.heard: list[tuple[str, bytes, bool]] = []
        self.correlations: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._listen())
        await until(lambda: self._client is not None, "the city listens")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        about = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        about.SessionExpiryInterval = 3600
        while True:
            client = aiomqtt.Client(
                "127.0.0.1",
                self._port,
                identifier="city",
                protocol=aiomqtt.ProtocolVersion.V5,
                clean_start=False,
                properties=about,
            )
            try:
                async with client:
                    await client.subscribe("lampyre/#", qos=1)
                    self._client = client
                    async for message in client.messages:
                        self._hear(message)
            except aiomqtt.MqttError:
                for _ in range(len(client.messages)):  # came before the SUBACK that did not, and are acknowledged
                    self._hear(await anext(client.messages))
                if client._disconnected.done():
                    client._disconnected.exception()  # seen; aiomqtt forgets one that comes with the CONNACK
                await asyncio.sleep(0.1)

    def _hear(self, message: aiomqtt.Message) -> None:
        assert isinstance(message.payload, bytes)
        self.heard.append((str(message.topic), message.payload, message.retain))
        self.correlations.append(getattr(message.properties, "CorrelationData", b""))

    def bodies(self, topic: str) -> list[Any]:
        """Everything heard on a topic, in order."""
        return [json.loads(body) for heard, body, _ in self.heard if heard == topic]

    async def hears(self, topic: str, number: int = 1) -> list[Any]:
        """Return what was heard there once there are `number` messages."""
        await until(lambda: len(self.bodies(topic)) >= number, lambda: f"{number} on {topic}: {self.bodies(topic)}")
        return self.bodies(topic)

    async def say(
        self, topic: str, body: bytes, *, reply: str = "", correlation: bytes = b"", retain: bool = False
    ) -> None:
        """Publish as the city does."""
        about = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if reply:
            about.ResponseTopic = reply
            about.CorrelationData = correlation
        assert self._client is not None
        await self._client.publish(topic, body, qos=1, retain=retain, properties=about)


class Obedient:
    """Does what it is told and remembers it; waits if told to hang."""

    def __init__(self) -> None:
        self.done: list[Command] = []
        self.going = asyncio.Event()
        self.going.set()
        self.asked = 0

    async def __call__(self, command: Command) -> str:
        self.asked += 1
        await self.going.wait()
        self.done.append(command)
        assert isinstance(command, LampCommand)
        level = f"{command.level:.0f} %" if isinstance(command, Override) else "their own"
        return f"{', '.join(command.lamps)} at {level}"


class Node:
    """An outbox and an uplink that run."""

    def __init__(self, outbox: Outbox, uplink: Uplink, obedient: Obedient) -> None:
        self.outbox = outbox
        self.uplink = uplink
        self.obedient = obedient
        self.beats = 0
        self.task: asyncio.Future[None] | None = None

    def beat(self) -> None:
        self.beats += 1

    async def connected(self) -> None:
        def up_or_dead() -> bool:
            return self.uplink.online or (self.task is not None and self.task.done())

        await until(up_or_dead, lambda: f"online: {self.uplink.down_reason}")
        assert self.uplink.online, self.task

    async def drained(self) -> None:
        def empty() -> bool:
            stats = self.outbox.stats()
            return stats.alarms + stats.replies + stats.summaries == 0

        await until(empty, lambda: f"empty: {self.outbox.stats()}")


@asynccontextmanager
async def node(
    folder: Path, port: int, *, trusted: bool = True, fallback: Sequence[Broker] = (), **about: Any
) -> AsyncIterator[Node]:
    """Run a node whose outbox lives in `folder`; the end of the block stops it as systemd does.

    `about` are the broker's facts, and the uplink's `spread_s`, `drain_per_s` and `at_least`.
    """
    pace = {name: about.pop(name) for name in ("spread_s", "drain_per_s", "at_least") if name in about}
    outbox = await Outbox.open(folder / "outbox.db")
    clock = LoopClock(trusted=trusted)
    obedient = Obedient()
    broker = Broker(**{"host": "127.0.0.1", "port": port, "client_id": "node-1", **about})
    running = Node(outbox, Uplink([broker, *fallback], "dijon", "node-1", outbox, clock, obedient, **pace), obedient)
    task = asyncio.ensure_future(running.uplink.run(running.beat))
    running.task = task
    try:
        yield running
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outbox.close()
