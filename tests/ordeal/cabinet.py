"""A feeder cabinet for long ordeals: a production node with many lamps and bins, fed by the minute in virtual time.

Stages, memory of what was learned, outbox and uplink are the agent's own. What is not: boards speak every few
minutes, not each second, and obey at once; so two weeks of 96 assets take minutes.
"""

import asyncio
import math
import random
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lampyre import wire
from lampyre.board import BoardLine, LampReport
from lampyre.clock import Clock
from lampyre.node import Node
from lampyre.settings import load_settings
from lampyre.summarise.period import Periods

MINUTE_S = 60.0
CONFIG = """
[node]
site = "town"
id = "n1"
latitude = 47.3
longitude = 5.0
country = "FR"
state_dir = "{state}"
runtime_dir = "{folder}/run"
[broker]
url = "mqtt://127.0.0.1:{port}"
[outbox]
limit_bytes = {limit}
"""
LAMP = '[[board]]\nid = "b{0}"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/none-{0}"\n[[lamp]]\nid = "lamp-{0}"\n\
board = "b{0}"\nhold_most_s = 60.0\n'
BIN = '[[bin]]\nid = "bin-{0}"\ndistance = "b{0}.distance"\ntemperature = "b{0}.temperature"\nheight_m = 1.2\n\
litres = 240.0\n'
FIRES_A_DAY, LAMP_FAULTS_A_DAY = 4, 8  # a bad fortnight: each begins, and is over
FAULT_MINUTES = 45
HEIGHT_M = 1.2


@dataclass
class Spot:
    """What happens at one board."""

    busy: float  # passers an hour at six in the evening
    per_day: float  # of the bin's height that comes in a day
    fill: float = 0.0
    passed: int = 0
    fault: str = ""
    until: int = 0  # minute


@dataclass
class Cabinet:
    """Feeds a node whose `city.run` and `city.uplink.run` somebody else runs."""

    node: Node
    seed: int
    every: int = 1  # minutes between two looks
    minute: int = 0
    spots: dict[str, Spot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.goes_on(self.node)
        for name in self.node.lines:
            self.spots[name] = Spot(self._chance.choice((0.5, 4.0, 20.0, 90.0)), self._chance.uniform(0.1, 0.6))

    def goes_on(self, node: Node) -> None:
        """The agent has started anew."""
        self.node = node
        self._lamps = {lamp.settings.board: lamp for lamp in node.lamps.values()}
        self._periods = Periods(node.clock.now(), node.clock.monotonic())

    async def live(self, minutes: int) -> None:
        """Let so many minutes pass on the loop."""
        for _ in range(minutes // self.every):
            await asyncio.sleep(self.every * MINUTE_S)
            await self.look()

    async def look(self) -> None:
        """All boards speak, all is decided; where a quarter is over, it is summarised."""
        self.minute += self.every
        now = self.node.clock.now()
        for name, spot in self.spots.items():
            self._speak(name, spot, now)
            await asyncio.sleep(0)
        for bin_ in self.node.bins.values():
            news = self.node.ward.run(bin_.id, bin_.step)
            if news is not None:
                self.node._raise(news.alarms)
                self.node.city.bin_news(news)
        ended = self._periods.over(now, self.node.clock.monotonic())
        if ended is not None:
            self.node._summarise(*ended)

    def _speak(self, name: str, spot: Spot, now: datetime) -> None:
        line, lamp = self.node.lines[name], self._lamps[name]
        assert isinstance(line, BoardLine)
        came = self._happens(spot, now)
        spot.passed += came
        power = 0.0 if spot.fault == "dark" else 15.0 * (lamp.report.level if lamp.report is not None else 0.3)
        heat = 90.0 if spot.fault == "fire" else 12.0
        hour = now.hour + now.minute / 60.0
        sky = 5000.0 if 8.5 <= hour < 14.5 else 60.0 if 6.5 <= hour < 16.5 else 2.0  # of December at 47 N, about
        distance = HEIGHT_M * (1.0 - spot.fill)
        values = [float(came > 0), float(spot.passed), sky, distance, heat, power, 0.0, 0.0]
        line._take(wire.READINGS, wire.readings_body(self.minute * 60_000 & 0xFFFFFFFF, values))
        self.node._step(lamp)
        level = lamp.last.order.level if lamp.last is not None else 0.3
        lamp.told(LampReport(ordered=True, level=level, target=level, left_s=MINUTE_S, ours=True))

    def _happens(self, spot: Spot, now: datetime) -> int:
        """Let people pass, rubbish fall and things break; return how many passed."""
        chance = self._chance
        if self.minute >= spot.until:
            spot.fault = ""
            draw = chance.random() * 1440.0 / self.every * len(self.spots)
            if draw < FIRES_A_DAY + LAMP_FAULTS_A_DAY:
                spot.fault, spot.until = "fire" if draw < FIRES_A_DAY else "dark", self.minute + FAULT_MINUTES
        spot.fill = 0.02 if spot.fill > 0.9 else spot.fill + spot.per_day * self.every / 1440.0
        hour = now.hour + now.minute / 60.0
        rate = spot.busy / 60.0 * self.every * math.exp(-(((hour - 18.0 + 12.0) % 24.0 - 12.0) ** 2) / 18.0)
        return sum(chance.random() < rate / 8.0 for _ in range(8))


def cabinet_node(
    folder: Path, clock: Clock, *, lamps: int, bins: int, limit: int, port: int, state: Path | None = None
) -> Node:
    """Return a node, not opened yet; its state lies in `folder` too where `state` names no other."""
    parts = [CONFIG.format(folder=folder, state=state or folder / "state", port=port, limit=limit)]
    parts += [LAMP.format(number) for number in range(lamps)]
    parts += [BIN.format(number) for number in range(min(bins, lamps))]
    path = folder / "node.toml"
    path.write_text("".join(parts))
    return Node(load_settings(path), clock)
