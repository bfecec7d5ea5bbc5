"""One lamp whole, in virtual time: production agent, the firmware's own logic at the far end, a wire that breaks."""

import asyncio
import importlib
import math
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import lampyre.wire
import lampyre_boards
from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport, load_definition
from lampyre.clock import EARLIEST, Clock, SteadyClock
from lampyre.decide.inference import Model
from lampyre.decide.light.programme import Plan
from lampyre.errors import LinkDown
from lampyre.lamp import Lamp
from lampyre.link import Link
from lampyre.node import BOARD_STALE_S, TICK_S
from lampyre.records import Step
from lampyre.sense.counter import Counter
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import LampSettings, NodeSettings

sys.modules["wire"] = lampyre.wire
sys.modules["pins"] = importlib.import_module("lampyre_boards.lamp_bin_pico.pins")
for name in ("lamp", "night"):
    sys.modules[name] = importlib.import_module(f"lampyre_boards.common.{name}")
from lampyre_boards.common.board import Board  # noqa: E402 - as they lie in the board's flash

DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))
NAMES = [f"b1.{channel.name}" for channel in DEFINITION.channels]
RULES = [
    ChannelRule(n, c.quantity, c.low, c.high, BOARD_STALE_S) for n, c in zip(NAMES, DEFINITION.channels, strict=True)
]
FACTS = {"board": "lamp_bin_pico", "id": "e6", "build": "0.1.0", "boots": "1", "cause": "power"}
TURN_S = 0.1  # of the firmware here; 10 ms on the board
SAFE_RAMP_S = 10.0  # the board's own fall; it may still run when an order has come


@dataclass
class NightClock:
    """The agent's clock: the loop's time, with a wall that somebody may push."""

    start: datetime
    off: timedelta = timedelta(0)
    set_by_ntp: bool = True

    def true(self) -> datetime:
        """What the wall should say."""
        return self.start + timedelta(seconds=self.monotonic())

    def now(self) -> datetime:
        return self.true() + self.off

    def jump_to(self, wall: datetime) -> None:
        self.off = wall - self.true()

    @property
    def trusted(self) -> bool:
        return self.set_by_ntp and self.now() >= EARLIEST

    @property
    def time_quality(self) -> str:
        return "ntp" if self.set_by_ntp else "unsynced"

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Moment:
    """What the lamp showed at one turn of the firmware."""

    at_s: float
    level: float
    ordered: bool


@dataclass
class Kerb:
    """The board and its line; `values` are lux, distance, temperature, power, lid, tilt."""

    values: list[float]
    present: bool = False
    to_board: bool = True  # frames get through in this direction
    to_host: bool = True
    plugged: bool = True
    shown: list[Moment] = field(default_factory=list)
    resets_s: list[float] = field(default_factory=list)
    _came: "asyncio.Queue[bytes | None] | None" = None

    def __post_init__(self) -> None:
        self.board = Board(dict(FACTS), list(self.values), 0)

    async def run(self) -> None:
        """Go round as the firmware's main loop does."""
        while True:
            now = self.ticks()
            fresh = list(self.values) if self.board.due(now) else None
            level = self.board.step(now, self.present, fresh)
            self.shown.append(Moment(now / 1000, level, self.board._lamp.mode == lampyre.wire.ORDERED))
            if self.board.pending:
                if self.to_host and self.plugged and self._came is not None:
                    self._came.put_nowait(self.board.pending)
                self.board.sent(len(self.board.pending))
            await asyncio.sleep(TURN_S)

    @property
    def knows_the_night(self) -> bool:
        """Whether an agent with the right clock has told this board, since it started, when the night is."""
        night = self.board._night
        return bool(night._within(night._sure_ms, -1))

    def reset(self) -> None:
        """The watchdog bites."""
        self.resets_s.append(self.ticks() / 1000)
        self.board = Board(dict(FACTS), list(self.values), self.ticks())

    def unplug(self) -> None:
        self.plugged = False
        if self._came is not None:
            self._came.put_nowait(None)

    def ticks(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[Link]:
        """Stand in for `open_link`."""
        if not self.plugged:
            raise LinkDown(f"{url}: no such port")
        self._came = asyncio.Queue()
        yield self

    async def send(self, data: bytes) -> None:
        if not self.plugged:
            raise LinkDown("unplugged")
        if self.to_board:
            self.board.hear(data, self.ticks())

    async def receive(self) -> bytes:
        assert self._came is not None
        data = await self._came.get()
        if data is None:
            raise LinkDown("unplugged")
        return data


class Agent:
    """One agent process: everything that it holds in memory goes with it."""

    def __init__(
        self,
        clock: Clock,
        settings: LampSettings,
        node: NodeSettings,
        model: Model | None,
        plan: Plan | None = None,
    ) -> None:
        self.steps: list[Step] = []
        self.clock = SteadyClock(clock)  # as lampyre run has it
        clock = self.clock
        self.latest = Latest(RULES, clock)
        self.overrides = Overrides(node.state_dir / "overrides.json")
        self.overrides.load(clock.now(), clock_trusted=clock.trusted)
        self.line = BoardLine("b1", "serial:///dev/b1", DEFINITION, clock, self._heard, self._told)
        self.lamp = Lamp(settings, node, self.line, self.latest, self.overrides, clock, plan=plan)
        self.lamp.model = model
        self._counter = Counter()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.line.run(lambda: None))
            group.create_task(self._decide())

    async def _decide(self) -> None:
        while True:
            self._step()
            await asyncio.sleep(TICK_S)

    def _step(self) -> None:
        if self.lamp.step() is not None:
            assert self.lamp.last is not None
            self.steps.append(self.lamp.last)

    def _heard(self, values: Sequence[float]) -> None:  # as Node wires it
        presence, passages, *others = values
        self.latest.put(NAMES, [presence, self._counter.total(passages), *others])
        if presence > 0.0:
            self._step()

    def _told(self, report: LampReport) -> None:
        self.lamp.told(report)


@contextmanager
def plugged(kerb: Kerb) -> Iterator[None]:
    """Let every line that is opened lead to this kerb."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lampyre.line.open_link", kerb.open)
        yield


class Lane:
    """The lamp, its kerb, and the agent that lives and dies."""

    def __init__(
        self,
        folder: Path,
        start: datetime,
        lux: float = 0.5,
        *,
        model: Model | None = None,
        lamp: Mapping[str, Any] | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.plan = plan
        self.clock = NightClock(start)
        self.kerb = Kerb([lux, 0.8, 12.0, math.nan, 0.0, 0.0])
        self.settings = LampSettings(id="lamp-1", board="b1", ramp_down_s=20.0, **lamp or {})
        self.node = NodeSettings(site="s", id="n", latitude=47.322, longitude=5.041, state_dir=folder)
        self.model = model
        self.steps: list[Step] = []  # of all agents so far
        self.agent: Agent | None = None
        self._life: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Lane"]:
        """The board has power; nobody looks after it yet."""
        with plugged(self.kerb):
            async with asyncio.TaskGroup() as group:
                self._group = group
                board = group.create_task(self.kerb.run())
                try:
                    yield self
                finally:
                    await self.kill()
                    board.cancel()

    def start(self) -> Agent:
        self.agent = Agent(self.clock, self.settings, self.node, self.model, self.plan)
        self.agent.steps = self.steps
        self._life = self._group.create_task(self.agent.run())
        return self.agent

    async def kill(self) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait([self._life])
        self.agent = self._life = None


def begin() -> datetime:
    """Two hours before midnight in Dijon: the sun is 40 degrees down and stays there."""
    return datetime(2026, 12, 1, 21, 0, tzinfo=UTC)
