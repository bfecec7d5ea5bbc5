"""Two nodes with one lamp each, side by side: real firmware, real agents, a real broker or real datagrams."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto, free_port
from tests.ordeal.kerb import DEADLINE_S, Ear, Kerb, request

from lampyre_sim.board import BoardProcess

QUIET, RAISED = 0.32, 0.8
LIGHT: dict[str, Any] = {"presence": False, "lux": 5000.0, "distance": 0.7, "temperature": 12.0, "power": 15.0}
pytestmark = pytest.mark.timeout(DEADLINE_S)
BY_BROKER = '[moving]\nbetween_nodes = "broker"'


class Pair:
    """Node n1 with its lamp-b1, and next to it node n2 with its lamp-b2."""

    def __init__(self, boards: list[BoardProcess], kerbs: list[Kerb]) -> None:
        self.boards, self.kerbs = boards, kerbs

    async def nobody_there(self) -> None:
        """Return when both lamps are down."""
        for board in self.boards:
            await board.set(presence=False)
        for board in self.boards:
            await board.wait_level(QUIET - 0.01, QUIET + 0.01)

    async def comes_at_the_first(self) -> float:
        """Somebody is at the first lamp: return how many seconds later the second begins to rise."""
        await self.nobody_there()
        entered = time.monotonic()
        await self.boards[0].set(presence=True)
        await self.boards[1].wait_level(QUIET + 0.02, 1.0)
        return time.monotonic() - entered

    async def counts(self, number: int) -> dict[str, int]:
        """Return what a node has said and heard so far."""
        row: dict[str, int] = (await self.kerbs[number].ask(ask="status"))["row"]
        return row

    async def until(self, number: int, key: str, least: int = 1) -> dict[str, int]:
        """Return a node's counts once one of them has come so far."""
        async with asyncio.timeout(DEADLINE_S):
            while (row := await self.counts(number))[key] < least:
                await asyncio.sleep(0.02)
        return row


@asynccontextmanager
async def pair(folder: Path, port: int, moving: tuple[str, str]) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        boards, kerbs = [], []
        for n, other in ((1, 2), (2, 1)):
            board = await stack.enter_async_context(BoardProcess(link=folder / f"tty-b{n}", **LIGHT))
            near = f'hold_s = 2.0\nhold_most_s = 2.0\nneighbours = ["n{other}/lamp-b{other}"]'
            plugged = {f"b{n}": board.tty}
            kerb = Kerb(folder / f"n{n}", port, plugged, moving[n - 1], node=f"n{n}", lamp_extra=near)
            await stack.enter_async_context(kerb)
            await kerb.start()
            boards.append(board)
            kerbs.append(kerb)
        yield Pair(boards, kerbs)


def sockets(kerb: Kerb) -> list[str]:
    """Return the network sockets of an agent that wait for somebody: `tcp` or `udp` and the port."""
    assert kerb.process is not None
    links = [str(link.readlink()) for link in Path(f"/proc/{kerb.process.pid}/fd").iterdir() if link.is_symlink()]
    own = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    found = []
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{kerb.process.pid}/net/{kind}").read_text().splitlines()[1:]:
            _, here, _, state, *_, inode = line.split()[:10]
            if inode in own and (kind.startswith("udp") or state == "0A"):
                found.append(f"{kind[:3]} {int(here.split(':')[1], 16)}")
    return found


async def online(both: Pair) -> None:
    for kerb in both.kerbs:
        while not (await kerb.ask(ask="status"))["uplink"]["online"]:
            await asyncio.sleep(0.02)


async def test_who_comes_at_the_last_lamp_of_one_node_is_expected_at_the_first_of_the_next(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(DEADLINE_S),
        Ear(mosquitto.port) as ear,
        pair(tmp_path, mosquitto.port, (BY_BROKER, BY_BROKER)) as both,
    ):
        await online(both)
        await both.comes_at_the_first()
        why = await both.kerbs[1].ask(ask="why", id="lamp-b2")
        assert (why["why"], why["fine"]) == ("somebody comes along the street", "presence")
        assert (await both.until(1, "row_heard"))["row_unsaid"] == 0
        assert [sockets(kerb) for kerb in both.kerbs] == [[], []], "a node listens on no network socket"
        await request(mosquitto.port, "lampyre/v1/test/n1/command/override", {})
        await ear.until("/answers")
        said = {topic for topic, _ in ear.heard if "row" in topic}
        assert all(topic.startswith("lampyre-row/") for topic in said), "who hears lampyre/# hears none of it"


async def test_without_the_broker_each_node_goes_on_alone(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with asyncio.timeout(DEADLINE_S), pair(tmp_path, mosquitto.port, (BY_BROKER, BY_BROKER)) as both:
        await online(both)
        mosquitto.stop()
        await both.nobody_there()
        for board in both.boards:
            await board.set(presence=True)
            await board.wait_level(RAISED - 0.01, RAISED + 0.01)
        assert (await both.until(0, "row_unsaid"))["row_said"] == 0
        await both.nobody_there()
        mosquitto.start()
        await online(both)
        await both.comes_at_the_first()


def by_datagrams(folder: Path, keys: tuple[bytes, bytes]) -> tuple[tuple[str, str], tuple[int, int]]:
    """Return the two nodes' [moving] tables, and their ports."""
    ports = (free_port(), free_port())
    tables = []
    for n, other in ((1, 2), (2, 1)):
        key = folder / f"n{n}.key"
        key.write_bytes(keys[n - 1])
        key.chmod(0o600)
        tables.append(
            '[moving]\nbetween_nodes = "datagrams"\n[moving.datagrams]\n'
            f'listen = "127.0.0.1:{ports[n - 1]}"\nkey_file = "{key}"\n'
            f'peers = {{n{other} = "127.0.0.1:{ports[other - 1]}"}}'
        )
    return (tables[0], tables[1]), ports


async def test_by_datagrams_it_needs_no_broker_and_strangers_cannot_stop_it(tmp_path: Path) -> None:
    tables, ports = by_datagrams(tmp_path, (bytes(range(32)), bytes(range(32))))
    async with asyncio.timeout(DEADLINE_S), pair(tmp_path, free_port(), tables) as both:
        assert [sockets(kerb) for kerb in both.kerbs] == [[f"udp {port}"] for port in ports]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(500):
                stranger.sendto(b"LYR1" + bytes(200), ("127.0.0.1", ports[1]))
        await both.until(1, "row_strange", 100)
        await both.comes_at_the_first()
        assert (await both.counts(1))["row_heard"] == 1


async def test_a_node_with_another_key_is_not_heard_and_its_lamp_goes_on_alone(tmp_path: Path) -> None:
    tables, _ = by_datagrams(tmp_path, (bytes(range(32)), bytes(32)))
    async with asyncio.timeout(DEADLINE_S), pair(tmp_path, free_port(), tables) as both:
        await both.nobody_there()
        await both.boards[0].set(presence=True)
        assert (await both.until(1, "row_forged"))["row_heard"] == 0
        assert (await both.kerbs[1].ask(ask="lamp", id="lamp-b2"))["why"] == "nobody here"
        await both.boards[1].set(presence=True)
        await both.boards[1].wait_level(RAISED - 0.01, RAISED + 0.01)
