"""A month of a whole node in virtual time, every dialect on: who comes is given, all that leaves is kept.

Coarse: a look every quarter of an hour, and one when somebody comes and goes. The boards' wire is left out; what
decides, thins, stores and speaks is what runs on masts. `python -m tests.ordeal.month` looks every minute.
"""

import argparse
import asyncio
import json
import math
import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from astral import Observer
from astral.sun import elevation
from tests.clocks import LoopClock
from tests.ordeal.taker import Wire
from tests.streets.test_nights import in_virtual_time

from lampyre import configured
from lampyre.board import LampReport
from lampyre.node import Node
from lampyre.reach import brokers
from lampyre.sync.exchange import Incoming
from lampyre_sim.sun import daylight

BEGIN = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)  # clocks change in it
LOOK_MIN = 15
AT_S = 23.7  # passers come at this second of a minute and nothing else happens then: who finds it has found one
STAYS_S = 4.0
NAMED = "Jeanne Tremblay"  # commands bear it: it may stand where the register says so, and nowhere else
SITE, NODE, NEXT = "beaune", "n01", "n02"
REPLIES = f"lampyre/v1/{SITE}/control-room/answers"
ROOT = f"lampyre/v1/{SITE}/{NODE}"
LAMPS, BIN = ("lamp-1", "lamp-2"), "bin-1"
CONFIG = f"""
[node]
site = "{SITE}"
id = "{NODE}"
latitude = 47.024
longitude = 4.838
time_zone = "Europe/Paris"
country = "FR"
state_dir = "{{folder}}/state"
runtime_dir = "{{folder}}/run"
[outbox]
limit_bytes = 1_000_000
[dialects]
cloud_events = true
[dialects.home_assistant]
commands = true
[dialects.ngsi_ld]
context = "inline"
[dialects.sparkplug]
primary_host = "scada"
[moving]
between_nodes = "broker"
[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial:///dev/b1"
[[board]]
id = "b2"
kind = "lamp_bin_pico"
link = "serial:///dev/b2"
[[lamp]]
id = "lamp-1"
board = "b1"
hold_most_s = 30.0
rated_power_w = 40.0
neighbours = ["lamp-2"]
[[lamp]]
id = "lamp-2"
board = "b2"
policy = "adaptive"
lighting_class = "M4"
quiet_class = "M6"
neighbours = ["{NEXT}/lamp-1"]
[lamp.adaptive]
design_flow_per_h = 240.0
[[bin]]
id = "{BIN}"
distance = "b1.distance"
temperature = "b1.temperature"
lid = "b1.lid"
tilt = "b1.tilt"
height_m = 1.2
dead_zone_m = 0.2
stream = "paper"
litres = 240.0
[bin.collection]
access = "Mo-Su 06:00-12:00"
"""


class Month:
    """The kerb: sun, passers, waste, a fault or two, an outage, some commands."""

    def __init__(self, folder: Path, days: int, seed: int, look_min: int) -> None:
        self._folder = folder
        self._look_min = look_min
        self._days = days
        self._random = random.Random(seed)
        self.wire = Wire()
        self.passed: list[datetime] = []  # at both lamps
        self._totals = dict.fromkeys(LAMPS, 0)
        self._fill = 0.1
        self._lid = 0.0

    def run(self) -> "Month":
        """Live through it; when whoever connects tries again is drawn, and the same for the same seed."""
        before = random.getstate()
        random.seed(self._random.random())
        try:
            in_virtual_time(self._live())
        finally:
            random.setstate(before)
        return self

    async def _live(self) -> None:
        path = self._folder / "node.toml"
        path.write_text(CONFIG.format(folder=self._folder), encoding="utf-8")
        state = self._folder / "state"
        state.mkdir()
        digest = configured.digest_of(path.read_bytes())
        configured.text_file(state, digest).write_bytes(path.read_bytes())
        ours = configured.Sent(revision=3, digest=digest, by=NAMED)
        configured.write(state, configured.Record(base=digest, current=ours, state="applied", tried=3))
        clock, look_s = LoopClock(BEGIN), 60.0 * self._look_min
        assert clock.now() == BEGIN
        held = configured.begin(path)
        self.wire.tells = asyncio.Queue()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lampyre.sync.uplink.Session", self.wire.session)
            patch.setattr("lampyre.sync.dialects.edge.Line", self.wire.session)
            patch.setattr("lampyre.sync.uplink.BEAT_S", look_s)
            patch.setattr("lampyre.sync.dialects.edge.BEAT_S", look_s)
            patch.setattr("lampyre.node.TICK_S", look_s)
            patch.setattr("lampyre.city.BEAT_S", look_s)
            patch.setattr("lampyre.keeping.LOOK_S", look_s)
            patch.setattr("lampyre.city.brokers", lambda own: [replace(one, keepalive_s=1500) for one in brokers(own)])
            node = Node(held.settings, clock, held=held)
            await node.open()
            for lamp in node.lamps.values():
                lamp.told(LampReport(ordered=True, level=0.0, target=0.0, left_s=60.0))
            async with asyncio.TaskGroup() as group:
                city = node.city
                self._show(node, BEGIN)
                jobs: tuple[Any, ...] = (node._decide, city.run, city.uplink.run, node.changes.run)
                tasks = [group.create_task(job(lambda: None)) for job in (*jobs, *city.also_run.values())]
                await self._pass(node, clock)
                for task in tasks:
                    task.cancel()
            await node.close()

    async def _pass(self, node: Node, clock: LoopClock) -> None:
        for day in range(self._days):
            for quarter in range(96):
                start = BEGIN + timedelta(days=day, minutes=15 * quarter)
                comes = self._comes(start)
                for minute in range(0, 15, self._look_min):
                    at = start + timedelta(minutes=minute)
                    await asyncio.sleep(max(0.0, (at - timedelta(seconds=1) - clock.now()).total_seconds()))
                    self._happen(node, at)
                    self._show(node, at)
                    if minute in comes:
                        await self._walk(node, clock, at + timedelta(seconds=AT_S), comes[minute])

        end = BEGIN + timedelta(days=self._days)
        await asyncio.sleep((end - clock.now()).total_seconds())

    def _comes(self, start: datetime) -> dict[int, int]:
        """Return the minutes of this quarter in which somebody comes, and how many: nobody, few, and enough."""
        busy = 5 <= start.hour < 21
        number = self._random.choice([0, 0, 1, 4, 7, 19] if busy else [0, 0, 0, 0, 0, 1, 2, 4, 8])
        times = sorted(self._random.sample(range(0, 15, self._look_min), min(number, 2, 15 // self._look_min)))
        return {minute: number // len(times) + (number % len(times) if not n else 0) for n, minute in enumerate(times)}

    async def _walk(self, node: Node, clock: LoopClock, at: datetime, number: int) -> None:
        await asyncio.sleep((at - clock.now()).total_seconds())
        self.passed += [at] * number
        for name in LAMPS:
            self._totals[name] += number
        self._show(node, at, present=1.0)
        for lamp in node.lamps.values():
            node._step(lamp)
        await asyncio.sleep(STAYS_S)
        self._show(node, at + timedelta(seconds=STAYS_S))
        for lamp in node.lamps.values():
            node._step(lamp)

    def _show(self, node: Node, at: datetime, present: float = 0.0) -> None:
        sky = Observer(47.024, 4.838, 0.0)
        lux = max(0.1, daylight(elevation(sky, at, with_refraction=False)))
        power = 0.0 if 9 <= (at - BEGIN).days < 11 else math.nan  # a night in which one draws nothing
        deaf = (at - BEGIN).days == 6 and at.hour in {9, 10}
        distance, warm = (math.nan, math.nan) if deaf else (1.2 - self._fill * 1.0, 12.0)
        common = {"presence": present, "lux": lux, "temperature": warm, "lid": self._lid, "tilt": 0.0}
        own = {"b1": {"distance": distance, "power": power}, "b2": {"distance": math.nan, "power": math.nan}}
        for (board, more), lamp in zip(own.items(), LAMPS, strict=True):
            values = common | more | {"passages": float(self._totals[lamp])}
            channels = [channel.name for channel in node.definitions[board].channels]
            node.latest.put([f"{board}.{name}" for name in channels], [values[name] for name in channels])

    def _happen(self, node: Node, at: datetime) -> None:
        day, hour = (at - BEGIN).days, at.hour + at.minute / 60
        self._fill = min(0.95, self._fill + 0.2 / 1440 * self._look_min)
        if day % 3 == 2 and (at.hour, at.minute) == (6, 15):
            self._fill = 0.02
        self._lid = 1.0 if day == 4 and 14.0 <= hour < 15.0 else 0.0
        self.wire.up = not 14 <= day < 20
        if (at.minute, at.hour) in {(0, 20), (15, 20)} and day % 4 == 1 and self.wire.up:
            self._command(at, "override", lamps=["lamp-1"], level=80.0, duration_s=1800.0)
            self._command(at, "observe", bin=BIN, fill=100.0 * self._fill)
            self._command(at, "nothing-known")

    def _command(self, at: datetime, kind: str, **more: object) -> None:
        said = {
            "id": f"{kind}-{at:%d-%H%M}",
            "kind": kind,
            "by": NAMED,
            "issued_at": at.isoformat(),
            "expires_at": (at + timedelta(minutes=5)).isoformat(),
            **more,
        }
        assert self.wire.tells is not None
        body = json.dumps(said).encode()
        self.wire.tells.put_nowait(Incoming(f"{ROOT}/command/{kind}", body, False, REPLIES, b"7", 1, 1))


def a_month(days: int, seed: int = 1, look_min: int = LOOK_MIN) -> Month:
    """Return it lived through; in memory, where there is room: it writes as often as a node does."""
    fast = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None) as folder:
        return Month(Path(folder), days, seed, look_min).run()


def main() -> None:
    """Live through more of it than the suite does, looking every minute, and hold it against the register."""
    from tests.ordeal import test_month

    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--days", type=int, default=30)
    asked.add_argument("--look", type=int, default=1, choices=[1, 3, 5, 15], help="minutes")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    lived = a_month(given.days, given.seed, given.look)
    checks = [check for name, check in vars(test_month).items() if name.startswith("test_")]
    for check in checks:
        check(*[lived] * check.__code__.co_argcount)
    print(f"{given.days} days, {len(lived.passed)} passers, {len(lived.wire.sent)} messages: {len(checks)} checks hold")


if __name__ == "__main__":
    main()
