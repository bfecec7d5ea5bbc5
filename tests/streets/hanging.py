"""A whole node in virtual time whose lamp hangs at the node itself, with a radar beside it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.act.dali.wires import Cable, Mangle, laid, line, whole
from tests.pins import FakeChip, chip_at
from tests.streets.lane import Moment, NightClock

from lampyre.direct import LOOK_S
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


class Hangs(Protocol):
    """How the lamp hangs at the node."""

    board: dict[str, Any]  # its tables in the file
    lamp: dict[str, Any]
    moved_s: list[float]  # when the gear moved by itself
    unseen_s: float  # so long after that, a ramp may begin where the lamp is not

    @property
    def light(self) -> float:
        """What it gives, 0..1."""

    def plug(self, *, there: bool) -> None:
        """Break the way to it, or mend it."""

    def somebody(self) -> None:
        """Have something else than the agent move it."""

    def laid(self) -> AbstractContextManager[object]:
        """The hardware is there."""


def _now() -> float:
    return asyncio.get_running_loop().time()


class OnDali:
    """At a DALI line behind its gateway; somebody: the mains, for a moment."""

    unseen_s = 1.0  # its own fade: longer ones begin where it is

    def __init__(self, mangle: Mangle = whole, level: float = 220.0) -> None:
        self.twin = Twin(3, level=level, kept={0x2E: 2})
        self.cable: Cable = line(self.twin, Twin(4), mangle=mangle)
        self.board = {"kind": "dali_hat", "link": "device:///dev/dali", "options": {"address": 3}}
        self.lamp: dict[str, Any] = {}
        self.moved_s: list[float] = []

    @property
    def light(self) -> float:
        return self.twin.light

    def plug(self, *, there: bool) -> None:
        if there:
            self.cable.plugged = True
        else:
            self.cable.unplug()

    def somebody(self) -> None:
        self.moved_s.append(_now())
        self.twin.power_cycle()

    def power(self, *, there: bool) -> None:
        """The DALI line's own supply."""
        if there:
            self.cable.hat.powered = True
        else:
            self.moved_s.append(_now())
            self.cable.hat.lose_power()

    def laid(self) -> AbstractContextManager[object]:
        return laid(self.cable)


class OnPwm:
    """At a hardware PWM; somebody: another program."""

    unseen_s = LOOK_S + 2.0

    def __init__(self, folder: Path, level: float = 0.4) -> None:
        self.chip = folder / "pwmchip0"
        self.board = {"kind": "pwm", "link": f"device://{self.chip}", "options": {"channel": 0}}
        self.lamp: dict[str, Any] = {}
        self.moved_s: list[float] = []
        self._away = folder / "away"
        (self.chip / "pwm0").mkdir(parents=True)
        for name, value in {"period": 1_000_000, "duty_cycle": round(level * 1e6), "enable": 1}.items():
            (self.chip / "pwm0" / name).write_text(f"{value}\n")
        (self.chip / "pwm0" / "polarity").write_text("normal\n")
        self._duty = os.open(self.chip / "pwm0" / "duty_cycle", os.O_RDONLY)

    @property
    def light(self) -> float:
        return int(os.pread(self._duty, 16, 0)) / 1e6

    @property
    def _at(self) -> Path:
        return self.chip if self.chip.exists() else self._away

    def plug(self, *, there: bool) -> None:
        if there != self.chip.exists():
            self._at.rename(self.chip if there else self._away)

    def somebody(self) -> None:
        self.moved_s.append(_now())
        (self._at / "pwm0" / "duty_cycle").write_text("900000\n")

    @contextmanager
    def laid(self) -> Iterator[None]:
        try:
            yield
        finally:
            os.close(self._duty)


class OnRelay:
    """At the closed contact of a relay, as docs/drivers.md says; somebody: another program."""

    LINE = 4
    unseen_s = LOOK_S + 2.0

    def __init__(self, folder: Path, level: float = 1.0) -> None:
        self.folder = folder
        self.lit = level > 0.0
        options = {"line": self.LINE, "active_low": 1}
        self.board = {"kind": "gpio_relay", "link": f"device://{folder / 'gpiochip0'}", "options": options}
        self.lamp: dict[str, Any] = {"output": {"minimum": 1.0}}
        self.moved_s: list[float] = []
        self.chip: FakeChip | None = None

    @property
    def light(self) -> float:
        assert self.chip is not None
        return float(not self.chip.lines[self.LINE].high)

    def plug(self, *, there: bool) -> None:
        assert self.chip is not None
        if there and not self.chip.plugged:
            self.chip.replug()
        elif not there and self.chip.plugged:
            self.chip.unplug()

    def somebody(self) -> None:
        assert self.chip is not None
        self.moved_s.append(_now())
        self.chip.lines[self.LINE].high = False

    @contextmanager
    def laid(self) -> Iterator[None]:
        with chip_at(self.folder) as self.chip:
            self.chip.lines[self.LINE].high = not self.lit
            yield


@dataclass
class Mast:
    """The lamp where it hangs, and the node that lives and dies."""

    folder: Path
    hangs: Hangs
    start: datetime = field(default_factory=begin)
    shown: list[Moment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = NightClock(self.start)
        self.radar = Radar()
        self.node: Node | None = None
        self._life: list[asyncio.Task[None]] = []
        self._decide: asyncio.Task[None] | None = None

    @property
    def settings(self) -> Settings:
        lamp = {"id": "lamp-1", "board": "mast-1", "presence": "radar-1.presence", "ramp_down_s": 20.0}
        return Settings.model_validate(
            {
                "node": {
                    "site": "s", "id": "n", "latitude": 47.322, "longitude": 5.041,
                    "state_dir": self.folder / "state", "runtime_dir": self.folder / "run",
                },
                "models": {"activity": "none", "fill": "none"},
                "board": [
                    {"id": "mast-1"} | self.hangs.board,
                    {"id": "radar-1", "kind": "ld2410", "link": "serial:///dev/radar?baud=256000"},
                ],
                "lamp": [lamp | self.hangs.lamp],
            }
        )  # fmt: skip

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Mast"]:
        """The lamp has power; nobody looks after it yet."""
        async with AsyncExitStack() as stack:
            stack.enter_context(self.hangs.laid())
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

    async def _watch(self) -> None:
        while True:
            now_s = asyncio.get_running_loop().time()
            self.shown.append(Moment(now_s, self.hangs.light, ordered=True))
            await asyncio.sleep(TURN_S)
