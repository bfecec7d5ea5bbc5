"""The main job with real parts: MicroPython firmware on a PTY, `lampyre run` as a process, Debian's mosquitto."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto
from tests.document.reading import channels, validate
from tests.ordeal.kerb import DEADLINE_S, Ear, Kerb, Trace, request

from lampyre.document.asyncapi import document
from lampyre_sim.board import BoardProcess

QUIET, RAISED, SAFE = 0.32, 0.8, 0.6
BIN = (
    '[[bin]]\nid = "bin-1"\ndistance = "b1.distance"\ntemperature = "b1.temperature"\nheight_m = 1.2\nstream = "paper"'
)
NIGHT: dict[str, Any] = {"presence": False, "lux": 2.0, "distance": 0.7, "temperature": 12.0, "power": 15.0}
LIGHT: dict[str, Any] = NIGHT | {"lux": 5000.0}  # a torch: the board starts dark, the agent goes by its clock


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[BoardProcess]:
    async with BoardProcess(link=tmp_path / "tty-b1", **LIGHT) as board:
        yield board


async def test_presence_raises_the_lamp_and_it_falls_slowly_after_the_hold(
    mosquitto: Mosquitto, board: BoardProcess, tmp_path: Path
) -> None:
    async with Kerb(tmp_path / "kerb", mosquitto.port, {"b1": board.tty}, BIN) as kerb, Ear(mosquitto.port) as ear:
        async with asyncio.timeout(DEADLINE_S):
            await kerb.start()
            await board.wait_level(QUIET - 0.01, QUIET + 0.01)
            # 64 MB resident is the limit; 33 MB of clean library pages vary with the state of the page cache
            assert kerb.memory_mb("RssAnon") < 64 - 33
            trace = Trace(board)
            await board.set(presence=True)  # how soon it rises: tests/streets/test_at_once.py, tests/bench
            await board.wait_level(RAISED - 0.01, RAISED + 0.01)
            rising = [level for _, level in trace.levels]
            assert rising == sorted(rising), "nor does a rise"
            left = time.monotonic()
            await board.set(presence=False)
            await board.wait_level(QUIET - 0.01, QUIET + 0.01)
            assert time.monotonic() - left >= 2.0 + 10.0, "the hold, and the slowest that nobody notices"
            falling = [level for at, level in trace.levels if at >= left]
            assert falling == sorted(falling, reverse=True), "a fall does not waver"
            why = await kerb.ask(ask="lamp", id="lamp-b1")
            assert (why["cause"], why["why"], why["night"]) == ("program", "nobody here", True)
            assert await kerb.stop() == 0
            while (await ear.until("/status"))["status"] != "offline":
                pass
            made = document()
            for topic, body in ear.heard:
                [channel] = channels(made, topic)
                validate(made, channel, body)
            assert {topic.removeprefix("lampyre/v1/test/n01/") for topic, _ in ear.heard} >= {
                "status", "health", "lamp/lamp-b1/state", "bin/bin-1/state",
            }  # fmt: skip


async def test_a_dead_agent_leaves_the_lamp_as_it_is_until_the_order_ends_then_safe(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(DEADLINE_S),
        BoardProcess(speed=4.0, **NIGHT) as board,  # an order's minute lasts fifteen seconds
        Kerb(tmp_path / "kerb", mosquitto.port, {"b1": board.tty}) as kerb,
    ):
        await kerb.start()
        await board.wait_level(QUIET - 0.001, QUIET + 0.001)
        trace = Trace(board)
        died = time.monotonic()
        await kerb.kill()
        await board.wait_level(SAFE - 0.005, SAFE + 0.005)  # it does not hold for ever
        first_move = next(at for at, level in trace.levels if abs(level - QUIET) > 0.005) - died
        assert first_move > 0.5, "it holds what was ordered"


async def test_an_agent_that_is_restarted_in_time_never_moves_the_lamp(
    mosquitto: Mosquitto, board: BoardProcess, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(DEADLINE_S),
        Kerb(
            tmp_path / "kerb", mosquitto.port, {"b1": board.tty}, lamp_extra="hold_s = 600.0\nhold_most_s = 600.0"
        ) as kerb,
    ):
        await kerb.start()
        await board.wait_level(QUIET - 0.01, QUIET + 0.01)
        await board.set(presence=True)
        await board.wait_level(RAISED - 0.001, RAISED + 0.001)
        await board.set(presence=False)
        trace = Trace(board)
        for _ in range(2):
            await kerb.kill()
            await kerb.start()
            while (await kerb.ask(ask="lamp", id="lamp-b1"))["target"] is None:
                await asyncio.sleep(0)
        assert all(abs(level - RAISED) < 0.002 for _, level in trace.levels), trace.levels


async def test_an_override_from_the_city_is_obeyed_once_answered_and_ends(
    mosquitto: Mosquitto, board: BoardProcess, tmp_path: Path
) -> None:
    async with asyncio.timeout(DEADLINE_S), Kerb(tmp_path / "kerb", mosquitto.port, {"b1": board.tty}) as kerb:
        await kerb.start()
        await board.wait_level(QUIET - 0.01, QUIET + 0.01)
        now = datetime.now(UTC)
        command = {
            "id": "cmd-1", "kind": "override", "lamps": ["lamp-b1"], "level": 100.0, "duration_s": 10.0,
            "issued_at": now.isoformat(), "expires_at": (now + timedelta(minutes=1)).isoformat(), "by": "control room",
        }  # fmt: skip
        topic = "lampyre/v1/test/n01/command/override"
        answer = await request(mosquitto.port, topic, command)
        assert (answer["status"], answer["id"]) == ("done", "cmd-1")
        await board.wait_level(0.995, 1.0)
        again = await request(mosquitto.port, topic, command)
        assert again["seq"] == answer["seq"], "answered the same twice"
        await board.wait_level(QUIET - 0.01, QUIET + 0.01)
        refused = await request(mosquitto.port, topic, command | {"id": "cmd-2", "lamps": ["lamp-9"]})
        assert refused["status"] == "refused"
        assert "lamp-b1" in refused["text"]
