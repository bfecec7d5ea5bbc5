"""A node whose configuration changes from afar: what dies is started anew, as by systemd, and its lamps are watched."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.ordeal.kerb import WITHIN_S, Ear, Kerb, Trace, request

from lampyre.configured import Record
from lampyre_sim.board import BoardProcess

QUIET = 0.32
SAME = 0.01
TORCH: dict[str, Any] = {
    "presence": False,
    "lux": 5000.0,
    "distance": 0.7,
    "temperature": 12.0,
    "power": 15.0,
}  # boards start dark, and need no long fall
ROGUES = '''
"""Drivers that pass every look from outside, and harm the agent that runs them."""

import os
import signal

from lampyre.driver import Channel, Driver
from lampyre.records import Quantity

CHANNELS = (Channel("warmth", Quantity.TEMPERATURE, -40.0, 85.0),)


class Killer:
    url, down, counts = "nowhere", None, None

    def __init__(self, place):
        pass

    async def run(self, beat):
        beat()
        os.kill(os.getpid(), signal.SIGSEGV)


def broken(place):
    return 1 / 0


DIES = Driver("dies", CHANNELS, 5.0, "nobody", make=Killer)
RAISES = Driver("raises", CHANNELS, 5.0, "nobody", make=broken)
'''
POINTS = "[lampyre.drivers]\ndies = rogues:DIES\nraises = rogues:RAISES\n"


def install_rogues(folder: Path) -> str:
    """Write the package where Python finds it; return what PYTHONPATH must be."""
    info = folder / "rogues-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "rogues.py").write_text(ROGUES)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rogues\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))


@dataclass
class Service(Kerb):
    """A kerb whose agent is started anew whenever it dies."""

    died: list[int] = field(default_factory=list)
    begun: int = 0

    async def keep(self) -> None:
        """Do as systemd does, for ever."""
        while True:
            assert self.process is not None
            code = await self.process.wait()
            self.died.append(code)
            await self.start()

    async def until_ready(self) -> None:
        """Return when it has said READY once more."""
        await self.until("READY=1")

    @property
    def record(self) -> Record:
        """What the state folder says holds."""
        return Record.model_validate_json((self.folder / "state/configuration.json").read_text())


@dataclass
class Changing:
    """A broker, two lamps, and the city that sends revisions."""

    broker: Mosquitto
    service: Service
    boards: tuple[BoardProcess, ...]
    traces: tuple[Trace, ...]
    ear: Ear
    revision: int = 0

    @property
    def text(self) -> str:
        """The file by hand."""
        return self.service.config.read_text()

    async def say(self, kind: str, **about: Any) -> dict[str, Any]:
        """Send a command and return its answer; one that is another's (said again after a kill) has that status."""
        now = datetime.now(UTC)
        moments = {"issued_at": now.isoformat(), "expires_at": (now + timedelta(minutes=5)).isoformat()}
        said = {"id": f"c-{time.monotonic_ns()}", "kind": kind, "by": "control room", **moments, **about}
        answer = await request(self.broker.port, f"lampyre/v1/test/{self.service.node}/command/{kind}", said)
        return answer if answer["id"] == said["id"] else answer | {"status": "another's"}

    async def apply(self, text: str, **about: Any) -> dict[str, Any]:
        """Send the next revision."""
        self.revision += 1
        return await self.say("apply-config", revision=self.revision, text=text, **{"confirm_within_s": 10.0} | about)

    async def until_reported(self, state: str) -> dict[str, Any]:
        """Return what the node tells of its configuration once it is in this state, of the newest revision."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                told = await self.ear.until("/config/reported")
                if told["state"] == state and told["tried"] == self.revision:
                    return told

    def moved(self) -> list[tuple[float, float]]:
        """Return where lamps were that should have stayed at QUIET."""
        return [one for trace in self.traces for one in trace.levels if abs(one[1] - QUIET) > SAME]

    def opened(self, board: str) -> int:
        """How often the agents so far have greeted this board."""
        return self.service.log.count(f"board {board}: boots")


@asynccontextmanager
async def changing(folder: Path, broker: Mosquitto) -> AsyncIterator[Changing]:
    """Yield a node at night with two lamps at rest."""
    folder.mkdir(exist_ok=True)
    async with (
        BoardProcess(link=folder / "tty-b1", **TORCH) as one,
        BoardProcess(link=folder / "tty-b2", **TORCH) as two,
        Service(folder / "kerb", broker.port, {"b1": one.tty, "b2": two.tty}) as service,
        Ear(broker.port) as ear,
    ):
        await service.start()
        for board in (one, two):
            await board.wait_level(QUIET - 0.005, QUIET + 0.005)
        traces = (Trace(one), Trace(two))
        keeping = asyncio.ensure_future(service.keep())
        try:
            yield Changing(broker, service, (one, two), traces, ear)
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
