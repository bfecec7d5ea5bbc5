"""Three people walk past a lamp; nothing that leaves the node and nothing on its disk tells when they came."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.leaps import at_speed

from lampyre.door import Door
from lampyre.node import Node
from lampyre.report import Reports
from lampyre.settings import load_settings
from lampyre.supervisor import Notifier, Supervisor
from lampyre_sim.board import BoardProcess
from lampyre_sim.clock import ScaledClock

SPEED = 60.0
START = EVENING + timedelta(minutes=10)  # so that a quarter of an hour ends after five minutes
SOON_BACK = EVENING + timedelta(minutes=11, seconds=7)  # held for half a minute: quiet again within its minute
INTO_THE_NEXT = EVENING + timedelta(minutes=12, seconds=41)  # still raised when its minute ends
LAST = EVENING + timedelta(minutes=14, seconds=23)
WALKS = (SOON_BACK, INTO_THE_NEXT, LAST)
END = EVENING + timedelta(minutes=16, seconds=5)
CONFIG = """
[node]
site = "test"
id = "n01"
latitude = 47.3
longitude = 5.0
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[broker]
url = "mqtt://127.0.0.1:{port}"
[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial://{tty}"
[[lamp]]
id = "lamp-1"
board = "b1"
hold_most_s = 30.0
"""
NIGHT: dict[str, Any] = {"presence": False, "lux": 2.0, "distance": 0.7, "temperature": 12.0, "power": 15.0}
STAMP = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:[0-9.]+(?:Z|\+00:00)")


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def fine_stamps(text: bytes) -> list[datetime]:
    """Return the stamps in `text` that lie in the minute of a walk or the next one and are no whole minutes."""
    near = {minute(at) + timedelta(minutes=more) for at in WALKS for more in (0, 1)}
    found = [datetime.fromisoformat(stamp.decode()).astimezone(UTC) for stamp in STAMP.findall(text)]
    return [at for at in found if minute(at) in near and at != minute(at)]


async def walk(board: BoardProcess, clock: ScaledClock) -> list[datetime]:
    """Walk past at each of WALKS; return when the sensor showed it."""
    came = []
    for at in WALKS:
        await asyncio.sleep((at - clock.now()).total_seconds())
        came.append(clock.now())
        await board.set(presence=True)
        await board.wait_level(0.79, 0.81)
        await board.set(presence=False)
    await asyncio.sleep((END - clock.now()).total_seconds())
    return came


async def live(node: Node, clock: ScaledClock, board: BoardProcess) -> list[datetime]:
    """Run the node while people walk; its leashes measure the machine, not the faster time."""
    await node.open()
    jobs = node.jobs(Door(node.settings.node.runtime_dir / "agent.sock", Reports(node).answer))
    supervisor = Supervisor([replace(job, leash_s=job.leash_s * SPEED) for job in jobs], clock, Notifier(""))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(supervisor.run())
            await board.wait_level(0.31, 0.33)
            came = await walk(board, clock)
            supervisor.stop()
    finally:
        await node.close()
    return came


async def heard(ear: asyncio.subprocess.Process) -> list[tuple[str, bytes]]:
    """Return everything up to the node's last word."""
    assert ear.stdout is not None
    messages: list[tuple[str, bytes]] = []
    async with asyncio.timeout(20 * SPEED):
        while not messages or b'"offline"' not in messages[-1][1]:
            topic, _, body = (await ear.stdout.readline()).strip().partition(b" ")
            messages.append((topic.decode().removeprefix("lampyre/v1/test/n01/"), body))
    ear.kill()
    await ear.wait()
    return messages


@at_speed(SPEED)
async def test_no_byte_on_the_wire_or_on_the_disk_tells_when_somebody_walked_by(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="lampyre")
    names = ["-V", "5", "-p", str(mosquitto.port), "-t", "#", "-q", "1", "-F", "%t %p"]
    ear = await asyncio.create_subprocess_exec("mosquitto_sub", *names, stdout=asyncio.subprocess.PIPE)
    async with BoardProcess(speed=SPEED, **NIGHT) as board:
        path = tmp_path / "node.toml"
        path.write_text(CONFIG.format(folder=tmp_path, port=mosquitto.port, tty=board.tty))
        clock = ScaledClock(START, asyncio.get_running_loop().time)
        came = await live(Node(load_settings(path), clock), clock, board)
    assert [minute(at) for at in came] == [minute(at) for at in WALKS], "the machine keeps up"
    messages = await heard(ear)

    for topic, body in messages:
        assert not fine_stamps(body), (topic, body)
    states = [json.loads(body) for topic, body in messages if topic == "lamp/lamp-1/state"]
    told = {state["time"]: state["cause"] for state in states if state["cause"] == "sensor"}
    assert set(told) <= {f"{minute(at) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}" for at in (INTO_THE_NEXT, LAST)}
    assert told, "a raised lamp is told of when its minute is over"
    assert all(state["ramp_s"] == 0.0 for state in states if state["time"].endswith(":00Z")), "a ramp tells its start"
    summary = next(json.loads(body) for topic, body in messages if topic == "lamp/lamp-1/summary")
    assert (summary["passages"], summary["suppressed"]) == (None, True), "three are too few to be told"

    files = [file for file in (tmp_path / "state").rglob("*") if file.is_file()]
    assert {file.name for file in files} >= {"outbox.db", "lamp-1.memory.json"}
    for file in files:
        content = file.read_bytes()
        assert not fine_stamps(content), file
        for at in came:
            seconds = [str(int(at.timestamp()) + more).encode() for more in range(-1, 3)]
            assert not any(second in content for second in seconds), file
    assert not fine_stamps(caplog.text.encode())
    assert not [line for line in caplog.messages if "presence" in line], "nor does the journal, which has the time"
