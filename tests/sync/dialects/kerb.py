"""A node whose city and connections run against a real broker, and an ear that hears everything on it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions
from tests.clocks import LoopClock
from tests.sync.city import REAL_LIMIT_S, until
from tests.sync.dialects.host import judge
from tests.sync.dialects.natives import settings

from lampyre.board import LampReport
from lampyre.node import Node


@dataclass
class Heard:
    topic: str
    body: bytes
    retained: bool
    qos: int
    about: Any

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Ear:
    """Hears all that is said on a broker, in order; its session outlives the broker's restart. A strict host, too."""

    port: int
    heard: list[Heard] = field(default_factory=list)
    _client: aiomqtt.Client | None = None
    _task: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._listen())
        await until(lambda: self._client is not None, "the ear hears")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if kind is None:
            judge((heard.topic, heard.body) for heard in self.on("spBv1.0/"))

    async def _listen(self) -> None:
        about = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        about.SessionExpiryInterval = 3600
        while True:
            client = aiomqtt.Client(
                "127.0.0.1",
                self.port,
                identifier="ear",
                clean_start=False,
                properties=about,
                protocol=aiomqtt.ProtocolVersion.V5,
            )
            try:
                async with client:
                    await client.subscribe("#", options=SubscribeOptions(1, retainAsPublished=True))
                    self._client = client
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        topic, body = str(message.topic), message.payload
                        self.heard.append(Heard(topic, body, message.retain, message.qos, message.properties))
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)

    def on(self, part: str) -> list[Heard]:
        """What was heard on topics with this part, in order."""
        return [heard for heard in self.heard if part in heard.topic]

    async def hears(self, part: str, number: int = 1) -> list[Heard]:
        await until(lambda: len(self.on(part)) >= number, lambda: f"{number} on {part}: {self.on(part)}")
        return self.on(part)

    async def say(self, topic: str, body: bytes, *, retain: bool = False, qos: int = 1, about: Any = None) -> None:
        """Return when the broker has it, also one that is just coming back."""
        about = about or Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        async with asyncio.timeout(REAL_LIMIT_S):
            while True:
                assert self._client is not None
                try:
                    await self._client.publish(topic, body, qos=qos, retain=retain, properties=about, timeout=2.0)
                except aiomqtt.MqttError:
                    await asyncio.sleep(0.05)
                else:
                    return


async def retained(port: int, within: str) -> dict[str, bytes]:
    """Return what the broker keeps below a topic, to whoever comes now."""
    found: dict[str, bytes] = {}
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(f"{within}/#", qos=1)
        await client.subscribe("last", qos=1)
        await client.publish("last", b"", qos=1)
        async for message in client.messages:
            if str(message.topic) == "last":
                return found
            assert isinstance(message.payload, bytes)
            found[str(message.topic)] = message.payload
    return found


@asynccontextmanager
async def node(folder: Path, port: int, dialects: str, more: str = "") -> AsyncIterator[Node]:
    """Run a node's city against a broker; the end of the block stops it as systemd does."""
    broker = f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\nkeepalive_s = 5\n'
    running = Node(settings(folder, dialects, broker + more), LoopClock())
    await running.open()
    running.latest.put(list(running.latest.channels), [0.0] * len(running.latest.channels))
    for lamp in running.lamps.values():
        lamp.told(LampReport(ordered=False, level=0.32, target=0.32, left_s=0.0))
    runs = [running.city.run, running.city.uplink.run, *running.city.also_run.values()]
    tasks = [asyncio.ensure_future(run(lambda: None)) for run in runs]
    try:
        await until(lambda: running.city.uplink.online, lambda: str(running.city.uplink.down_reason))
        yield running
        for task in tasks:
            assert not task.done(), task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await running.close()
