"""A DALI HAT at the end of a serial line that behaves, or does not; time is the loop's."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import pytest

from lampyre.errors import LinkDown
from lampyre.link import Link
from lampyre_sim.devices.dali import Hat, Twin

Mangle = Callable[[random.Random, bytes], list[tuple[float, bytes]]]
"""What comes of some bytes: portions, and after how many seconds each."""


def whole(_: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, data)]


def byte_by_byte(_: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    return [(n * 0.0006, bytes((byte,))) for n, byte in enumerate(data)]


def lossy(chance: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, bytes(byte for byte in data if chance.random() > 0.02))]


def flipped(chance: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, bytes(byte ^ 1 << chance.randrange(8) if chance.random() < 0.02 else byte for byte in data))]


def late(chance: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    return [(chance.choice((0.0, 0.0, 0.02, 0.1, 0.24, 0.3, 0.5)), data)]


def cut(chance: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    at = chance.randrange(len(data) + 1)
    return [(0.0, data[:at]), (0.05, data[at:])]


def noisy(chance: random.Random, data: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, data + chance.randbytes(chance.randrange(4)))]


@dataclass
class Cable:
    """The line between node and gateway; stands in for `open_link`."""

    hat: Hat
    mangle: Mangle = whole
    seed: int = 1
    plugged: bool = True
    opened: int = 0
    _came: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.hat.say = self._say

    def _say(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        for after_s, portion in self.mangle(self._chance, data) if data else ():
            came = self._came
            if portion:
                loop.call_later(after_s, came.put_nowait, portion)

    def unplug(self) -> None:
        self.plugged = False
        self._came.put_nowait(None)

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[Link]:
        if not self.plugged:
            raise LinkDown(f"{url}: no such port")
        self.opened += 1
        self._came = asyncio.Queue()
        yield self

    async def send(self, data: bytes) -> None:
        if not self.plugged:
            raise LinkDown("unplugged")
        self.hat.hear(data)

    async def receive(self) -> bytes:
        data = await self._came.get()
        if data is None:
            raise LinkDown("unplugged")
        return data


@contextmanager
def laid(cable: Cable) -> Iterator[Cable]:
    """Let every DALI line that is opened lead to this cable."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lampyre.act.dali.bus.open_link", cable.open)
        yield cable


def line(*gears: Twin, mangle: Mangle = whole, seed: int = 1) -> Cable:
    return Cable(Hat(list(gears)), mangle, seed)
