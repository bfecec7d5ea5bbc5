"""A whole node in virtual time with the board's own logic: who walks by is given, all that leaves is kept."""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import EVENING, LoopClock
from tests.streets.lane import Kerb, plugged
from tests.streets.test_nights import in_virtual_time

from lampyre.node import Node
from lampyre.settings import load_settings
from lampyre.sync.exchange import TAKEN, Answer, Landed

START = EVENING + timedelta(minutes=10)  # so that a quarter of an hour ends after five minutes
SEEN_S = 4.0  # in the sensor's cone
STAMP = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:[0-9.]+(?:Z|\+00:00)")
CONFIG = """
[node]
site = "test"
id = "n01"
latitude = 47.3
longitude = 5.0
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial:///dev/b1"
[[lamp]]
id = "lamp-1"
board = "b1"
hold_most_s = 30.0
{more}
"""
Said = list[tuple[str, bytes]]


class Listener:
    """Stands where the broker's session is, and takes everything."""

    modern = True
    packet_limit = 1_000_000
    window = 100

    def __init__(self, said: Said) -> None:
        self._said = said

    async def open(self) -> None:
        """Be there."""

    def send(self, topic: str, body: bytes, landed: Landed, **_: object) -> None:
        self._said.append((topic.removeprefix("lampyre/v1/test/n01/"), body))
        asyncio.get_running_loop().call_soon(landed, TAKEN)

    async def publish(self, topic: str, body: bytes, **_: object) -> Answer:
        self.send(topic, body, lambda _: None)
        return TAKEN

    async def subscribe(self, topic: str, **_: object) -> Answer:
        return TAKEN

    def forget(self, topic: str) -> None:
        """It never knew."""

    async def incoming(self) -> AsyncIterator[Any]:
        await asyncio.get_running_loop().create_future()
        yield None

    def close(self, *, politely: bool) -> None:
        """Nobody waits."""


async def _walk(kerb: Kerb, walks: Sequence[datetime], clock: LoopClock, end: datetime) -> None:
    for at in walks:
        await asyncio.sleep((at - clock.now()).total_seconds())
        kerb.present = True
        await asyncio.sleep(SEEN_S)
        kerb.present = False
    await asyncio.sleep((end - clock.now()).total_seconds())


async def _live(folder: Path, walks: Sequence[datetime], end: datetime, more: str, said: Said) -> None:
    path = folder / "node.toml"
    path.write_text(CONFIG.format(folder=folder, more=more))
    clock = LoopClock(START)
    assert clock.now() == START
    kerb = Kerb([2.0, 0.7, 12.0, math.nan, 0.0, 0.0])
    with plugged(kerb), pytest.MonkeyPatch.context() as patch:
        patch.setattr("lampyre.sync.uplink.Session", lambda *_, **__: Listener(said))
        node = Node(load_settings(path), clock)
        await node.open()
        async with asyncio.TaskGroup() as group:
            jobs = (node._decide, node.city.run, node.city.uplink.run, *(line.run for line in node.lines.values()))
            tasks = [group.create_task(job(lambda: None)) for job in jobs]
            tasks.append(group.create_task(kerb.run()))
            await _walk(kerb, walks, clock, end)
            for task in tasks:
                task.cancel()
        await node.close()


def lived(folder: Path, walks: Sequence[datetime], end: datetime, more: str = "") -> Said:
    """Return all (topic, body) that left the node from START to `end`, in order; its state folder stays."""
    folder.mkdir(parents=True, exist_ok=True)
    said: Said = []
    in_virtual_time(_live(folder, walks, end, more, said))
    return said


def stamps(text: bytes) -> list[datetime]:
    """Return every moment that a text names."""
    return [datetime.fromisoformat(stamp.decode()).astimezone(UTC) for stamp in STAMP.findall(text)]
