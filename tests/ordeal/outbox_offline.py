"""Weeks without the city, in virtual time: `python -m tests.ordeal.outbox_offline [--days 14] [--limit-mb 50] ...`.

A cabinet of lamps and bins lives on while nobody takes its broker's connections. Then there is a broker, a real one,
and it goes on living: all alarms must arrive, in order, and summaries that tell what was put, however coarsely.
"""

import argparse
import asyncio
import json
import logging
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.clocks import EVENING, LoopClock
from tests.ordeal.cabinet import Cabinet, cabinet_node
from tests.sync.city import City

from lampyre.node import Node
from lampyre.records import Alarm
from lampyre.sync.tray import Tray
from lampyre_sim.loop import JumpingLoop
from lampyre_sim.pace import StreetLoop

ROOT = "lampyre/v1/town/n1/"
EVERY = 3  # minutes between two looks at everything
NOBODY = 1  # a port on which nobody listens; the system gives it to none
PROBE_S = 10.0  # between two alarms and two states of now, while the backlog drains
START = EVENING.replace(hour=11, minute=0)


@dataclass
class Put:
    """What was put, to hold against what arrives."""

    quarters: Counter[str] = field(default_factory=Counter)  # by stream
    full_light_wh: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    passages: Counter[str] = field(default_factory=Counter)  # that were told
    energy_wh: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))  # that was told
    emptied: Counter[str] = field(default_factory=Counter)
    alarms: list[tuple[str, str, bool]] = field(default_factory=list)

    def listen(self, tray: Tray) -> None:
        """Hear what is laid into a tray, ahead of it."""
        lay = tray.lay

        def heard(topic: str, body: Callable[[int], bytes], key: str = "") -> None:
            self._note(topic.removeprefix(ROOT), json.loads(body(0)))
            lay(topic, body, key)

        tray.lay = heard  # type: ignore[method-assign]

    def _note(self, stream: str, said: dict[str, Any]) -> None:
        if stream == "alarm":
            self.alarms.append(_alarm(said))
            return
        self.quarters[stream] += 1
        self.passages[stream] += said.get("passages") or 0
        self.energy_wh[stream] += said.get("energy_wh") or 0.0
        self.full_light_wh[stream] += said.get("full_light_wh", 0.0)
        self.emptied[stream] += said.get("emptied", 0)


def _alarm(said: dict[str, Any]) -> tuple[str, str, bool]:
    return said["asset"], f"{said['event']} at {said['time']}", said["active"]


def verify(put: Put, heard: list[tuple[str, dict[str, Any]]]) -> dict[str, object]:
    """Hold what arrived against what was put; raises AssertionError."""
    streams: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    again = 0
    for topic, said in heard:
        if topic == "alarm" or topic.endswith("/summary"):
            known = streams[topic].setdefault(said["seq"], said)
            again += known is not said
            assert {**known, "historical": None} == {**said, "historical": None}, "one number, two contents"
    for topic, found in streams.items():
        assert list(found) == sorted(found), f"{topic}: out of order"
    alarms = [_alarm(said) for said in streams.pop("alarm").values()]
    assert alarms == put.alarms, f"{len(alarms)} alarms of {len(put.alarms)} arrived"
    spans, arrived = Counter[str](), 0
    for topic, found in streams.items():
        told = list(found.values())
        for one in told:
            spans["quarters" if not one["merged"] else "hours" if one["merged"] <= 4 else "days"] += 1
        quarters = sum(max(1, one["merged"]) for one in told)
        arrived += quarters
        assert all(one["end"] <= other["start"] for one, other in pairwise(told)), f"{topic}: periods"
        if quarters == put.quarters[topic]:  # else some were thinned, and its sums are short by them
            _sums(put, topic, told)
    total = sum(put.quarters.values())
    return {"alarms": len(alarms), "sent twice": again, "periods put": total, "told of": arrived,
            "lost": total - arrived, **{f"... in {span}": number for span, number in spans.items()}}  # fmt: skip


def _sums(put: Put, topic: str, said: list[dict[str, Any]]) -> None:
    if topic.startswith("bin"):
        assert sum(one["emptied"] for one in said) == put.emptied[topic], topic
        return
    told = [one["partly"] or one for one in said]
    assert sum(one["passages"] or 0 for one in told) == put.passages[topic], topic
    assert abs(sum(one["energy_wh"] or 0.0 for one in told) - put.energy_wh[topic]) < 0.5, topic
    assert abs(sum(one["full_light_wh"] for one in said) - put.full_light_wh[topic]) < 0.5, topic


@dataclass
class Told:
    """The command's options."""

    days: float
    lamps: int
    bins: int
    limit: int
    seed: int
    speed: float


@asynccontextmanager
async def at_work(node: Node, put: Put) -> AsyncIterator[None]:
    """Let its city and its uplink run; the end of the block stops them as systemd does."""
    await node.open()
    put.listen(node.city.keeping.alarms)
    put.listen(node.city.keeping.summaries)
    tasks = [asyncio.ensure_future(run(lambda: None)) for run in (node.city.run, node.city.uplink.run)]
    try:
        yield
        assert not any(task.done() for task in tasks), tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await node.close()


async def offline(folder: Path, told: Told, put: Put) -> tuple[Cabinet, dict[str, object]]:
    """Live through it; return the cabinet as it is then, and figures."""
    node = cabinet_node(folder, LoopClock(START), lamps=told.lamps, bins=told.bins, limit=told.limit, port=NOBODY)
    largest = 0
    async with at_work(node, put):
        cabinet = Cabinet(node, told.seed, every=EVERY)
        for _ in range(round(told.days * 96)):
            await cabinet.live(15)
            largest = max(largest, node.city.outbox.stats().file_bytes)
        await asyncio.sleep(60.0)
        stats = node.city.outbox.stats()
    return cabinet, {
        "waiting then": f"{stats.alarms} alarms, {stats.summaries} summaries, {stats.bytes / 1e6:.1f} MB",
        "merged": stats.merged,
        "thinned": stats.thinned,
        "folded": stats.folded,
        "file at its largest, MB": round(largest / 1e6, 1),
    }


async def drained(folder: Path, told: Told, put: Put, cabinet: Cabinet, broker: Mosquitto) -> dict[str, object]:
    """Let a real broker be there; live on until nothing waits; return figures."""
    loop, figures, delays = asyncio.get_running_loop(), dict[str, object](), defaultdict[str, list[float]](list)
    clock = LoopClock(START + timedelta(days=told.days, seconds=120))
    node = cabinet_node(folder, clock, lamps=told.lamps, bins=told.bins, limit=told.limit, port=broker.port)
    async with City(broker.port) as city, at_work(node, put):
        while not node.city.uplink.online:
            await asyncio.sleep(1.0)
        began_s, before = loop.time(), node.city.outbox.stats()
        cabinet.goes_on(node)
        beside = [asyncio.ensure_future(probe(node, city, delays)), asyncio.ensure_future(cabinet.live(100_000))]
        while node.city.outbox.stats().alarms:
            await asyncio.sleep(0.1)
        figures["s until the old alarms were told"] = round(loop.time() - began_s, 1)
        while node.city.outbox.stats().summaries:
            await asyncio.sleep(1.0)
        drained_s = loop.time() - began_s
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        while any(len(tray) for tray in (node.city.keeping.alarms, node.city.keeping.summaries)):
            await asyncio.sleep(1.0)
        await asyncio.sleep(5.0)
        figures["file after the drain, MB"] = round(node.city.outbox.stats().file_bytes / 1e6, 2)
        figures |= verify(put, [(topic.removeprefix(ROOT), json.loads(body)) for topic, body, _ in city.heard if body])
    figures["drained in s"] = round(drained_s)
    figures["a second"] = round(before.summaries / drained_s, 1)
    for what, waits in delays.items():
        ordered = sorted(waits)
        figures[f"{what} of now meanwhile, s"] = f"median {ordered[len(ordered) // 2]:.2f}, worst {ordered[-1]:.2f}"
    figures["file closed, MB"] = round((folder / "state" / "outbox.db").stat().st_size / 1e6, 2)
    return figures


async def probe(node: Node, city: City, delays: defaultdict[str, list[float]]) -> None:
    """Say something of now every few seconds, for ever; add how long it took to be heard."""
    loop, number, seen = asyncio.get_running_loop(), 0, 0
    while True:
        number += 1
        said_s, mark = loop.time(), f"probe {number}"
        node.city.alarm(Alarm("lamp-0", "probe", True, mark, node.clock.now()))
        node.city.uplink.publish_state(f"{ROOT}probe/state", b'{"why":"%s"}' % mark.encode())
        missing = {"alarm", "state"}
        while missing:
            await asyncio.sleep(0.02)
            for topic, body, _ in city.heard[seen:]:
                what = topic.rpartition("/")[2]
                if what in missing and f'"{mark}"'.encode() in body:
                    missing.remove(what)
                    delays[what].append(loop.time() - said_s)
            seen = len(city.heard)
        await asyncio.sleep(PROBE_S)


def main() -> None:
    """Print the figures; what does not hold ends it with its reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=14.0)
    parser.add_argument("--lamps", type=int, default=64)
    parser.add_argument("--bins", type=int, default=32)
    parser.add_argument("--limit-mb", type=float, default=50.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=5.0, help="of the drain, whose broker is real")
    said = parser.parse_args()
    told = Told(said.days, said.lamps, said.bins, round(said.limit_mb * 1e6), said.seed, said.speed)
    put, began_s = Put(), time.process_time()
    logging.disable()  # every alarm
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            cabinet, figures = runner.run(offline(folder, told, put))
        show(figures | {"CPU s a day": round((time.process_time() - began_s) / told.days, 1)})
        broker = Mosquitto(folder / "broker")
        with broker, asyncio.Runner(loop_factory=lambda: StreetLoop(told.speed)) as runner:
            show(runner.run(drained(folder, told, put, cabinet, broker)))


def show(figures: dict[str, object]) -> None:
    """Print them, one to a line."""
    for what, value in figures.items():
        print(f"{what:32s} {value}", flush=True)


if __name__ == "__main__":
    main()
