"""A whole node in virtual time whose lamp hangs on a DALI line, with a radar beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.act.dali.wires import Cable, Mangle, laid, line, whole
from tests.streets.lane import Moment, NightClock

from lampyre.errors import LinkDown
from lampyre.link import Link
from lampyre.node import Node
from lampyre.settings import Settings
from lampyre_sim.devices import ld2410
from lampyre_sim.devices.dali import Twin

TURN_S = 0.1
Beat = Callable[[], None]


def begin() -> datetime:
    """Two hours before midnight in Dijon: night until the play is over."""
    return datetime(2026, 12, 1, 21, 0, tzinfo=UTC)


@dataclass
class Radar:
    """A radar at the kerb; stands in for `open_link`."""

    present: bool = False
    there: bool = True

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[Link]:
        if not self.there:
            raise LinkDown(f"{url}: no such port")
        yield self

    async def send(self, data: bytes) -> None:
        raise AssertionError("nobody talks to a radar")

    async def receive(self) -> bytes:
        await asyncio.sleep(0.5)
        if not self.there:
            raise LinkDown("unplugged")
        return ld2410.frame(3.0 if self.present else None) * 3


@dataclass
class Mast:
    """The lamp on its line, and the node that lives and dies."""

    folder: Path
    mangle: Mangle = whole
    level: float = 220.0
    start: datetime = field(default_factory=begin)
    shown: list[Moment] = field(default_factory=list)
    moved_s: list[float] = field(default_factory=list)  # when the gear moved by itself

    def __post_init__(self) -> None:
        self.clock = NightClock(self.start)
        self.twin = Twin(3, level=self.level, kept={0x2E: 2})
        self.cable: Cable = line(self.twin, Twin(4), mangle=self.mangle)
        self.radar = Radar()
        self.node: Node | None = None
        self._life: list[asyncio.Task[None]] = []
        self._decide: asyncio.Task[None] | None = None

    @property
    def settings(self) -> Settings:
        lamp = {"id": "lamp-1", "board": "dali-3", "presence": "radar-1.presence", "ramp_down_s": 20.0}
        return Settings.model_validate(
            {
                "node": {
                    "site": "s", "id": "n", "latitude": 47.322, "longitude": 5.041,
                    "state_dir": self.folder / "state", "runtime_dir": self.folder / "run",
                },
                "models": {"activity": "none", "fill": "none"},
                "board": [
                    {"id": "dali-3", "kind": "dali_hat", "link": "device:///dev/dali", "options": {"address": 3}},
                    {"id": "radar-1", "kind": "ld2410", "link": "serial:///dev/radar?baud=256000"},
                ],
                "lamp": [lamp],
            }
        )  # fmt: skip

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Mast"]:
        """The lamp has power; nobody looks after it yet."""
        async with AsyncExitStack() as stack:
            stack.enter_context(laid(self.cable))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr("lampyre.line.open_link", self.radar.open)
            watching = asyncio.ensure_future(self._watch())
            try:
                yield self
            finally:
                await self.kill()
                watching.cancel()

    async def begin(self) -> Node:
        """Let an agent live."""
        node = self.node = Node(self.settings, self.clock)
        await node.open()
        runs: list[Callable[[Beat], Awaitable[None]]] = [one.run for one in node.lines.values()]
        runs += [one.run for one in node.sensors.values()]
        self._life = [asyncio.ensure_future(run(lambda: None)) for run in runs]
        self._decide = asyncio.ensure_future(node._decide(lambda: None))
        return node

    def hang(self) -> None:
        """Who decides decides no more; everything else goes on."""
        if self._decide is not None:
            self._decide.cancel()

    async def kill(self) -> None:
        """Take the agent away, memory and all; what it keeps on disk stays."""
        if self.node is None:
            return
        self.hang()
        life = [*self._life, *([self._decide] if self._decide is not None else [])]
        for task in life:
            task.cancel()
        await asyncio.wait(life)
        await self.node.close()
        self.node, self._decide = None, None

    def by_itself(self, move: Callable[[], None]) -> None:
        """Let the gear move by itself."""
        self.moved_s.append(asyncio.get_running_loop().time())
        move()

    async def _watch(self) -> None:
        while True:
            now_s = asyncio.get_running_loop().time()
            self.shown.append(Moment(now_s, self.twin.light, ordered=True))
            await asyncio.sleep(TURN_S)
