"""What the outbox writes to its disk in a day of 64 lamps and 32 bins, beside the bytes of what was put into it."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import EVENING, LoopClock
from tests.disks import ext4, may_mount
from tests.ordeal.cabinet import Cabinet, cabinet_node

from lampyre.errors import UplinkDown
from lampyre.sync.exchange import TAKEN, Answer, Landed
from lampyre_sim.loop import JumpingLoop

HOURS = 6  # of an evening, when most happens
START = EVENING.replace(hour=16, minute=0)
ANSWER_S = 0.05


class Air:
    """Stands where the broker's session is: takes everything, or nobody is there."""

    modern = True
    packet_limit = 1_000_000
    window = 100

    def __init__(self, *, there: bool) -> None:
        self._there = there

    async def open(self) -> None:
        if not self._there:
            raise UplinkDown("nobody there")

    def send(self, topic: str, body: bytes, landed: Landed, **_: object) -> None:
        asyncio.get_running_loop().call_later(ANSWER_S, landed, TAKEN)

    async def publish(self, topic: str, body: bytes, **_: object) -> Answer:
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


@dataclass(frozen=True, slots=True)
class Worn:
    """One evening's figures."""

    there: bool  # a broker
    written: int  # bytes
    put: int  # bytes of topics and bodies
    parcels: int
    counted: str  # where

    @property
    def day_mb(self) -> tuple[float, float]:
        """MB a day that were written, and that were put."""
        return self.written * 24 / HOURS / 1e6, self.put * 24 / HOURS / 1e6


def wear() -> Iterator[Worn]:
    """Live through an evening with a broker, and through one without."""
    yield _evening(there=True)
    yield _evening(there=False)


def _evening(*, there: bool) -> Worn:
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".cache") as name, _counted(Path(name)) as (folder, written, how):
        before = written()
        with asyncio.Runner(loop_factory=JumpingLoop) as runner, pytest.MonkeyPatch.context() as patch:
            patch.setattr("lampyre.sync.uplink.Session", lambda *_, **__: Air(there=there))
            put, parcels = runner.run(_live(folder))
            return Worn(there, written() - before, put, parcels, how)


@contextmanager
def _counted(folder: Path) -> Iterator[tuple[Path, Callable[[], int], str]]:
    """Give a folder, what counts the bytes that are written for it, and the counter's name."""
    if may_mount():
        with ext4(folder, 128) as disk:
            yield disk.path, disk.written, "device"
    else:
        yield folder, _by_us, "process"


def _by_us() -> int:
    os.sync()
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


async def _live(folder: Path) -> tuple[int, int]:
    """Live through an evening; return the bytes that were put, and how many parcels."""
    node = cabinet_node(folder, LoopClock(START), lamps=64, bins=32, limit=50_000_000, port=1)
    await node.open()
    put, parcels = [0], [0]
    for tray in (node.city.keeping.alarms, node.city.keeping.summaries):
        lay = tray.lay

        def weigh(topic: str, body: Callable[[int], bytes], key: str = "", lay: Any = lay) -> None:
            put[0] += len(topic) + len(body(0))
            parcels[0] += 1
            lay(topic, body, key)

        tray.lay = weigh  # type: ignore[method-assign]
    tasks = [asyncio.ensure_future(run(lambda: None)) for run in (node.city.run, node.city.uplink.run)]
    await Cabinet(node, 1).live(HOURS * 60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await node.city.close()
    return put[0], parcels[0]
