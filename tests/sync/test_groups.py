"""A whole node on a real broker: the city commands lamps by group and all at once, and sees who decides."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.clocks import EVENING, LoopClock
from tests.leaps import at_speed
from tests.sync.city import ROOT, City, until

from lampyre.board import LampReport
from lampyre.node import Node
from lampyre.settings import load_settings

REPLIES = "lampyre/v1/dijon/city/replies"
NODE = """
[node]
site = "dijon"
id = "node-1"
latitude = 47.3
longitude = 5.0
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[broker]
url = "mqtt://127.0.0.1:{port}"
[models]
activity = "none"
fill = "none"
"""
LAMP = """
[[board]]
id = "b{0}"
kind = "lamp_bin_pico"
link = "serial:///dev/not-plugged-{0}"
[[lamp]]
id = "lamp-{0}"
board = "b{0}"
groups = {1}
"""


@asynccontextmanager
async def three_lamps(folder: Path, port: int) -> AsyncIterator[Node]:
    """Run a node with two lamps in the group centre and one beside it; its boards have said where they are."""
    path = folder / "node.toml"
    lamps = [LAMP.format(n, json.dumps(groups)) for n, groups in ((1, ["centre"]), (2, ["centre"]), (3, []))]
    path.write_text(NODE.format(folder=folder, port=port) + "".join(lamps))
    node = Node(load_settings(path), LoopClock())
    await node.open()
    node.latest.put(list(node.latest.channels), [0.0] * len(node.latest.channels))
    for lamp in node.lamps.values():
        lamp.told(LampReport(ordered=True, level=0.32, target=0.32, left_s=50.0))
    try:
        async with asyncio.TaskGroup() as group:
            jobs = [group.create_task(job(lambda: None)) for job in (node.city.run, node.city.uplink.run, node._decide)]
            await until(lambda: node.city.uplink.online, "the node is connected")
            yield node
            for job in jobs:
                job.cancel()
    finally:
        await node.close()


def command(kind: str, number: int, *lamps: str, **more: Any) -> bytes:
    about = {"id": f"c-{number}", "kind": kind, "lamps": lamps, "by": "control room"}
    times = {"issued_at": EVENING.isoformat(), "expires_at": (EVENING + timedelta(hours=12)).isoformat()}
    return json.dumps(about | times | more).encode()


@at_speed(10)
async def test_the_city_holds_a_group_then_all_and_lets_them_go(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with City(mosquitto.port) as city, three_lamps(tmp_path, mosquitto.port) as node:

        async def say(kind: str, number: int, *lamps: str, **more: Any) -> str:
            await city.say(f"{ROOT}/command/{kind}", command(kind, number, *lamps, **more), reply=REPLIES)
            return str((await city.hears(REPLIES, number))[-1]["text"])

        def fine() -> dict[str, str]:
            return {name: lamp.last.order.fine.value for name, lamp in node.lamps.items() if lamp.last is not None}

        assert (await say("override", 1, "centre", level=100, duration_s=80_000)).startswith("lamp-1, lamp-2 at 100 %")
        await until(lambda: [*fine().values()].count("remote") == 2, lambda: str(fine()))
        assert fine()["lamp-3"] != "remote"

        def told() -> list[tuple[str, str]]:
            return [(state["cause"], state["fine_cause"]) for state in city.bodies(f"{ROOT}/lamp/lamp-2/state")]

        await until(lambda: ("override", "remote") in told(), lambda: str(told()))

        assert (await say("override", 2, "*", level=60, duration_s=80_000)).startswith("lamp-1, lamp-2, lamp-3 at 60 %")
        await until(lambda: set(fine().values()) == {"remote"}, lambda: str(fine()))
        assert await say("resume", 3, "*") == "lamp-1, lamp-2, lamp-3 by their own rules again"
        await until(lambda: "remote" not in fine().values(), lambda: str(fine()))

        assert "no lamp or group 'park'; there are lamp-1, lamp-2, lamp-3, centre" in await say("resume", 4, "park")
