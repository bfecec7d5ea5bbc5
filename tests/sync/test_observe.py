"""A whole node on a real broker: a driver says how full a bin is, is answered, and nonsense moves nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.clocks import EVENING, HandClock
from tests.sync.city import ROOT, City, until
from tests.sync.test_groups import NODE, REPLIES

from lampyre.node import Node
from lampyre.settings import load_settings

BIN = """
[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial:///dev/not-plugged-1"
[[bin]]
id = "bin-1"
distance = "b1.distance"
lid = "b1.lid"
height_m = 1.0
dead_zone_m = 0.0
litres = 1000
"""


@asynccontextmanager
async def one_bin(folder: Path, port: int, clock: HandClock) -> AsyncIterator[Node]:
    path = folder / "node.toml"
    path.write_text(NODE.format(folder=folder, port=port) + BIN)
    node = Node(load_settings(path), clock)
    await node.open()
    try:
        async with asyncio.TaskGroup() as group:
            jobs = [group.create_task(job(lambda: None)) for job in (node.city.run, node.city.uplink.run)]
            await until(lambda: node.city.uplink.online, "the node is connected")
            yield node
            for job in jobs:
                job.cancel()
    finally:
        await node.close()


def look(node: Node, clock: HandClock, fill: float, *, lid: float = 0.0) -> None:
    clock.pass_s(300.0)
    node.latest.put(["b1.distance", "b1.lid"], [1.0 - fill, lid])
    news = node.bins["bin-1"].step()
    if news is not None:
        node.city.bin_news(news)


def command(clock: HandClock, number: int, fill: Any, **more: Any) -> bytes:
    now = clock.now()
    about = {"id": f"o-{number}", "kind": "observe", "bin": "bin-1", "fill": fill, "by": "driver"}
    times = {"issued_at": now.isoformat(), "expires_at": (now + timedelta(hours=1)).isoformat()}
    return json.dumps(about | times | more).encode()


async def test_what_drivers_see_is_answered_scored_and_done_once(tmp_path: Path, mosquitto: Mosquitto) -> None:
    clock = HandClock()
    async with City(mosquitto.port) as city, one_bin(tmp_path, mosquitto.port, clock) as node:
        heard = 0

        async def say(body: bytes) -> tuple[str, str]:
            nonlocal heard
            heard += 1
            await city.say(f"{ROOT}/command/observe", body, reply=REPLIES)
            answer = (await city.hears(REPLIES, heard))[-1]
            return answer["status"], answer["text"]

        for _ in range(3):
            look(node, clock, 0.5)
        first = command(clock, 1, 75)
        assert await say(first) == (
            "done", "bin-1: noted; the sensor said 50%; another one that agrees with you would move its calibration",
        )  # fmt: skip
        assert (await say(first))[0] == "done"  # the same again: answered the same, done once
        assert node.bins["bin-1"].observed.count == 1

        for number, fill, more, why in (
            (2, 75, {}, "the same was said within ten minutes"),
            (3, 101, {}, "fill"),
            (4, 80, {"bin": "bin-9"}, "no bin 'bin-9'; there are bin-1"),
            (5, "80", {}, "fill"),
            (6, 80, {"seen_at": (EVENING - timedelta(hours=3)).isoformat()}, "more than an hour ago"),
            (7, 80, {"expires_at": (clock.now() - timedelta(seconds=1)).isoformat(),
                     "issued_at": (clock.now() - timedelta(minutes=9)).isoformat()}, "expired"),
        ):  # fmt: skip
            status, said = await say(command(clock, number, fill, **more))
            assert (status, why in said) == ("refused", True), said
        nan = command(clock, 8, 80).replace(b'"fill": 80', b'"fill": NaN')
        assert (await say(nan))[0] == "refused"
        look(node, clock, 0.5, lid=1.0)
        assert "the lid is open" in (await say(command(clock, 9, 80)))[1]
        assert (node.bins["bin-1"].observed.count, node.bins["bin-1"].watch.measure.full_m) == (1, 0.0)

        for _ in range(4):
            look(node, clock, 0.5)
        status, said = await say(command(clock, 10, 74))
        assert (status, "two agree, and its full is moved by +5 cm" in said) == ("done", True), said
        assert node.bins["bin-1"].observed.moves == 1
        node._summarise(clock.now() - timedelta(minutes=15), clock.now())
        summary = (await city.hears(f"{ROOT}/bin/bin-1/summary"))[-1]
        assert (summary["observed"]["count"], summary["observed"]["moves"]) == (2, 1)
        assert summary["observed"]["error"] == 0.245
        assert b"driver" not in b"".join(body for _, body, _ in city.heard if b'"observe"' not in body)
        state = (await city.hears(f"{ROOT}/bin/bin-1/state"))[-1]
        assert state["full_threshold"] == 0.8
