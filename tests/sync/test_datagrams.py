"""Datagrams on loopback: who has another key, an old recording or too much to say is not heard, only counted."""

import asyncio
import hmac
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.sync.city import until
from tests.sync.test_neighbours import FAR, said

from lampyre.errors import ConfigError
from lampyre.sync.coming import BODY_LIMIT
from lampyre.sync.datagrams import MARK, TAG_BYTES, Datagrams, bound, key_of, signed
from lampyre.sync.neighbours import AT_ONCE, Neighbours, RowCounts

KEY = bytes(range(32))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "row.key"
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


class Here:
    """Node n1 with its ear open, and the socket of its neighbour n2."""

    def __init__(self, key_file: Path, other: socket.socket) -> None:
        self.clock = HandClock()
        self.trust = Neighbours("dijon", "n1", FAR, self.clock)
        self.clock.pass_s(60.0)
        with bound(("127.0.0.1", 0)) as probe:
            self.address = probe.getsockname()
        self.other = other
        self.beats = 0
        self.datagrams = Datagrams(
            self.address,
            key_file,
            {"n2": other.getsockname()},
            knock=self.trust.may_knock,
            hear=lambda node, body: self.heard(self.trust.believe(node, body, timed=True)),
            refuse=self.trust.counts.refuse,
        )
        self.bodies: list[object] = []

    def heard(self, coming: object) -> None:
        if coming is not None:
            self.bodies.append(coming)

    def beat(self) -> None:
        self.beats += 1

    def send(self, data: bytes) -> None:
        self.other.sendto(data, self.address)

    async def counts(self, holds: Callable[[RowCounts], bool]) -> RowCounts:
        await until(lambda: holds(self.trust.counts), lambda: str(self.trust.counts))
        return self.trust.counts


@asynccontextmanager
async def here(key_file: Path) -> AsyncIterator[Here]:
    with bound(("127.0.0.1", 0)) as other:
        node = Here(key_file, other)
        task = asyncio.ensure_future(node.datagrams.run(node.beat))
        await until(lambda: node.datagrams.listening, "it listens")
        try:
            yield node
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_what_a_neighbour_signs_is_heard(key_file: Path) -> None:
    async with here(key_file) as node:
        node.send(signed(KEY, said(node.clock)))
        assert await node.counts(lambda counts: counts.heard == 1) == RowCounts(heard=1)


async def test_what_we_say_bears_the_mark_and_the_keys_signature(key_file: Path) -> None:
    async with here(key_file) as node:
        assert node.datagrams.say("n2", b"somebody comes")
        data = await asyncio.get_running_loop().sock_recv(node.other, 2048)
        assert data == b"LYR1somebody comes" + hmac.digest(KEY, b"LYR1somebody comes", "sha256")


async def test_a_wrong_key_a_changed_byte_and_a_cut_datagram_are_not_read(key_file: Path) -> None:
    async with here(key_file) as node:
        good = signed(KEY, said(node.clock))
        for at in (len(MARK), len(good) - TAG_BYTES - 1, len(good) - 1):
            node.send(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        node.send(signed(bytes(32), said(node.clock)))
        node.send(good[:-1])
        assert await node.counts(lambda counts: counts.forged == 5) == RowCounts(forged=5)
        assert not node.bodies


async def test_the_same_again_is_heard_once(key_file: Path) -> None:
    async with here(key_file) as node:
        good = signed(KEY, said(node.clock))
        for _ in range(3):
            node.send(good)
        assert await node.counts(lambda counts: counts.repeated == 2) == RowCounts(heard=1, repeated=2)


async def test_what_is_no_datagram_of_ours_is_broken(key_file: Path) -> None:
    async with here(key_file) as node:
        good = signed(KEY, said(node.clock))
        empty_body = hmac.digest(KEY, MARK, "sha256")
        for data in (b"", b"x", MARK, b"LYR2" + good[4:], MARK + empty_body, signed(KEY, b"x" * (BODY_LIMIT + 1)),
                     b"\x00" * 9000):  # fmt: skip
            node.send(data)
        assert await node.counts(lambda counts: counts.broken == 7) == RowCounts(broken=7)
        node.send(signed(KEY, b"{}"))
        assert await node.counts(lambda counts: counts.broken == 8) == RowCounts(broken=8)


async def test_from_an_address_that_is_no_peers_nothing_is_read_however_well_signed(key_file: Path) -> None:
    async with here(key_file) as node:
        with bound(("127.0.0.1", 0)) as stranger:
            stranger.sendto(signed(KEY, said(node.clock)), node.address)
            assert await node.counts(lambda counts: counts.strange == 1) == RowCounts(strange=1)


async def test_a_flood_costs_no_signatures_and_the_node_goes_on(key_file: Path) -> None:
    async with here(key_file) as node:
        forged = signed(bytes(32), said(node.clock))
        for _ in range(20):
            for _ in range(20):
                node.send(forged)
            await asyncio.sleep(0)
        counts = await node.counts(lambda counts: counts.flooded > 0)
        assert counts.forged <= AT_ONCE
        node.clock.pass_s(60.0)
        await until(lambda: nothing_waits(node), "the flood was read")
        node.clock.pass_s(60.0)
        node.send(signed(KEY, said(node.clock)))
        await node.counts(lambda counts: counts.heard == 1)


def nothing_waits(node: Here) -> bool:
    """Whether a word of a stranger's was read, and so all before it; another is sent for the next look."""
    with bound(("127.0.0.1", 0)) as stranger:
        stranger.sendto(b"?", node.address)
    return node.trust.counts.strange > 0


async def test_who_is_not_there_any_more_breaks_nothing(key_file: Path) -> None:
    async with here(key_file) as node:
        node.other.close()
        for _ in range(3):  # the kernel says so at the one after
            node.datagrams.say("n2", b"somebody comes")
            await asyncio.sleep(0.01)
        assert node.datagrams.listening


async def test_an_address_that_is_not_ours_is_asked_for_again_and_all_else_goes_on(
    key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    quiet = {"knock": lambda _: True, "hear": lambda *_: None, "refuse": lambda _: None}
    away = Datagrams(("192.0.2.1", 4873), key_file, {"n2": ("192.0.2.2", 4873)}, **quiet)  # type: ignore[arg-type]
    beats: list[int] = []
    task = asyncio.ensure_future(away.run(lambda: beats.append(1)))
    await until(lambda: bool(beats), "it tries")
    assert not away.say("n2", b"somebody comes")
    assert "moving.datagrams.listen 192.0.2.1:4873" in caplog.text
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_key_that_others_may_read_is_short_or_is_not_there_is_refused_with_the_cure(
    key_file: Path, tmp_path: Path
) -> None:
    assert key_of(key_file) == KEY
    key_file.chmod(0o640)
    with pytest.raises(ConfigError, match=r"row\.key: others may read it.*chmod 600"):
        key_of(key_file)
    short = tmp_path / "short"
    short.write_bytes(b"x" * 31)
    short.chmod(0o600)
    with pytest.raises(ConfigError, match="31 bytes; 32 to 1024"):
        key_of(short)
    short.write_bytes(b"x" * 1025)
    with pytest.raises(ConfigError, match="32 to 1024 are right"):
        key_of(short)
    with pytest.raises(ConfigError, match=r"No such file.*head -c 32"):
        key_of(tmp_path / "absent")
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match="is no file"):
        key_of(tmp_path / "pipe")
