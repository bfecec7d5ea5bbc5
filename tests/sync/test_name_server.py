"""A name server that never answers holds up nobody but the connect, and not even that for ever."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto
from tests.leaps import at_speed
from tests.ordeal.kerb import Kerb
from tests.sync.city import ROOT, node, until

from lampyre.records import Priority

SILENT = "broker.nowhere.example"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Yield what lets the name server answer: this machine."""
    answered, ask = threading.Event(), socket.getaddrinfo

    def slow(host: str, *about: Any, **more: Any) -> Any:
        if host == SILENT:
            answered.wait()
        return ask("127.0.0.1" if host == SILENT else host, *about, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield answered
    answered.set()


@at_speed(10)
async def test_while_a_name_server_is_silent_parcels_are_kept_and_beats_come(
    tmp_path: Path, mosquitto: Mosquitto, answers: threading.Event
) -> None:
    async with node(tmp_path, mosquitto.port, host=SILENT) as running:
        await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
        await until(lambda: "timed out" in str(running.uplink.down_reason), lambda: str(running.uplink.down_reason))
        beats = running.beats
        await until(lambda: running.beats > beats, "it beats on")
        assert running.outbox.stats().alarms == 1
        answers.set()
        await running.connected()
        await running.drained()


@at_speed(10)
async def test_who_is_stopped_while_a_name_server_is_silent_stops_at_once(
    tmp_path: Path, answers: threading.Event
) -> None:
    async with node(tmp_path, 1883, host=SILENT) as running:
        await until(lambda: running.beats > 0, "it tries")
        await asyncio.sleep(1.0)
    assert running.task is not None
    assert running.task.cancelled()
    answers.set()


MUTE = (
    "import socket, threading; socket.getaddrinfo = lambda *_, **__: threading.Event().wait(); "
    "from lampyre.__main__ import main; raise SystemExit(main())"
)


async def test_an_agent_stops_while_a_name_server_is_silent(tmp_path: Path) -> None:
    async with Kerb(tmp_path, 1, {"r1": "/dev/ttyS99"}, program=("-OO", "-c", MUTE)) as kerb:
        kerb.config.write_text(kerb.config.read_text().replace("127.0.0.1", "localhost"))
        await kerb.start()
        assert await kerb.stop() == 0
