"""Real disks that are full, read-only, dying or rotten: lamps go on, alarms are told, what was accepted stays."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.clocks import LoopClock
from tests.disks import Disk, ext4, need_mounts
from tests.leaps import in_leaps
from tests.ordeal.cabinet import Cabinet, cabinet_node
from tests.sync.test_outbox import fill, store_of

from lampyre.keeping import FAILING
from lampyre.node import Node
from lampyre.records import Alarm, Priority
from lampyre.sync.lending import FIRST
from lampyre.sync.outbox import Outbox
from lampyre.sync.parcels import patiently
from lampyre_sim.loop import JumpingLoop

ALARM, SUMMARY = Priority.ALARM, Priority.SUMMARY
PAGE = 4096
Told = tuple[str, bool, int]  # event, whether it starts, number


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    need_mounts()
    with ext4(tmp_path, 12) as disk:
        yield disk


class Kerb:
    """Two lamps and a bin whose state lies on a disk, and a city that takes alarms, and never answers to a summary."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.outbox = node.city.outbox
        self.cabinet = Cabinet(node, 1)
        self.told: list[Told] = []
        self.laid = 0

    async def live(self, minutes: int) -> None:
        """Let time pass: every lamp is decided for and lit, whatever the disk does."""
        await self.cabinet.live(minutes)
        for lamp in self.node.lamps.values():
            assert lamp.last is not None
            assert lamp.last.seen.at == self.node.clock.now(), "it was decided for in this minute"
            assert lamp.last.order.level > 0.3, "it is night"
        assert not [event for _, event in self.node.active if event == "decisionFailure"]

    async def hear(self) -> None:
        """Be the city, for ever."""
        await patiently(self.outbox.rewind)
        while True:
            for parcel in await patiently(partial(self.outbox.next, 9)):
                if parcel.priority is ALARM:
                    self.outbox.done([parcel])
                    said = json.loads(parcel.body)
                    self.told.append((said["event"], said["active"], parcel.seq))

    async def alarms_until(self, holds: Callable[[], bool]) -> None:
        """Raise alarm after alarm until it holds."""
        while not holds():
            assert self.laid < 3000
            self.raise_one()
            await asyncio.sleep(1.0)

    def raise_one(self) -> None:
        name = "tried" + "".join(chr(ord("a") + int(digit)) for digit in f"{self.laid:04d}")
        self.laid += 1
        self.node.city.alarm(Alarm("lamp-0", name, True, "x" * 100, self.node.clock.now()))

    @property
    def tried(self) -> list[str]:
        """The alarms of `raise_one` that were told, in that order."""
        return [event for event, _, _ in self.told if event.startswith("tried")]

    def about_disk(self) -> list[bool]:
        """Whether each alarm about the disk said that it fails, in order."""
        return [active for event, active, _ in self.told if event == FAILING]


async def at_work(folder: Path, life: Callable[[Kerb], Awaitable[None]]) -> None:
    """Live with a node that is opened before and closed after."""
    settled = {"lamps": 2, "bins": 1, "limit": 5_000_000, "port": 1}
    node = cabinet_node(folder.parent, LoopClock(), state=folder / "state", **settled)
    await node.open()
    kerb = Kerb(node)
    tasks = [asyncio.ensure_future(run) for run in (node.city.run(lambda: None), kerb.hear())]
    try:
        await life(kerb)
        assert not any(task.done() for task in tasks), tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await node.close()


def failing(kerb: Kerb) -> bool:
    return kerb.outbox.stats().failing is not None


@in_leaps
async def test_on_a_full_disk_lamps_go_on_every_alarm_is_told_once_and_in_order_and_it_heals(disk: Disk) -> None:
    async def life(kerb: Kerb) -> None:
        await kerb.live(20)
        ballast = disk.fill()
        await kerb.alarms_until(lambda: failing(kerb))
        assert "no space left" in (kerb.outbox.stats().failing or "")
        for _ in range(10):
            kerb.raise_one()
        await kerb.live(20)
        assert kerb.about_disk() == [True]
        assert len(kerb.tried) == kerb.laid, "also without room for them"
        ballast.unlink()
        await kerb.live(20)
        assert not failing(kerb)
        kerb.raise_one()
        await kerb.live(2)
        assert kerb.about_disk() == [True, False]
        assert kerb.tried == sorted(kerb.tried)
        assert len(kerb.tried) == kerb.laid
        assert kerb.told[-1][2] < FIRST, "kept again"
        assert kerb.node.city.keeping.dropped == 0

    await at_work(disk.path, life)


@in_leaps
async def test_a_disk_that_dies_takes_no_lamp_with_it_and_what_it_had_accepted_is_there_when_it_is_back(
    disk: Disk,
) -> None:
    kept: list[int] = []

    async def life(kerb: Kerb) -> None:
        await kerb.live(20)
        kept.extend([await kerb.outbox.put("t", b"accepted", SUMMARY) for _ in range(3)])
        disk.cut()
        await kerb.alarms_until(lambda: failing(kerb))
        await kerb.live(20)
        assert kerb.about_disk() == [True]
        assert len(kerb.tried) == kerb.laid
        assert kerb.tried == sorted(kerb.tried)

    await at_work(disk.path, life)
    disk.back()
    outbox = await Outbox.open(disk.path / "state" / "outbox.db")
    assert outbox.stats().quarantined == 0
    assert set(kept) <= {parcel.seq for parcel in await outbox.next(999)}
    await outbox.close()


@in_leaps
async def test_a_disk_that_is_read_only_at_the_start_is_told_of_and_used_once_it_can_be_written(disk: Disk) -> None:
    async def healthy(kerb: Kerb) -> None:
        await kerb.live(2)

    async def life(kerb: Kerb) -> None:
        kerb.raise_one()
        await kerb.live(5)
        assert "writable" in (kerb.outbox.stats().failing or "")
        assert kerb.about_disk() == [True]
        assert kerb.tried
        disk.remount("rw")
        await kerb.live(5)
        kerb.raise_one()
        await kerb.live(5)
        assert kerb.about_disk() == [True, False]
        assert len(kerb.tried) == kerb.laid
        assert kerb.told[-1][2] < FIRST

    await at_work(disk.path, healthy)
    disk.remount("ro")
    await at_work(disk.path, life)


@in_leaps
async def test_a_disk_that_is_full_at_the_start_is_used_as_soon_as_there_is_room(disk: Disk) -> None:
    async def healthy(kerb: Kerb) -> None:
        await kerb.live(2)

    async def life(kerb: Kerb) -> None:
        kerb.raise_one()
        await kerb.live(5)
        assert "no space left" in (kerb.outbox.stats().failing or "")
        assert kerb.about_disk() == [True]
        ballast.unlink()
        await kerb.live(5)
        kerb.raise_one()
        await kerb.live(5)
        assert kerb.about_disk() == [True, False]
        assert len(kerb.tried) == kerb.laid
        assert kerb.told[-1][2] < FIRST

    await at_work(disk.path, healthy)
    for file in (disk.path / "state").glob("outbox.db*"):
        file.unlink()
    ballast = disk.fill()
    await at_work(disk.path, life)


@cache
def image() -> tuple[dict[str, bytes], dict[int, bytes]]:
    """Return the files of an outbox that was killed with something in its log, and its parcels."""

    async def make(folder: Path) -> tuple[dict[str, bytes], dict[int, bytes]]:
        outbox = await Outbox.open(folder / "outbox.db")
        await fill(outbox, 150, size=900)
        await fill(outbox, 5, ALARM, size=9000)
        store_of(outbox).file.tidy()
        await fill(outbox, 20, ALARM)
        files = {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}
        bodies = {parcel.seq: parcel.body for parcel in await outbox.next(999)}
        await outbox.close()
        return files, bodies

    with tempfile.TemporaryDirectory() as name, asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(make(Path(name)))


PLACES = st.tuples(
    st.sampled_from(["outbox.db", "outbox.db", "outbox.db-wal", "outbox.db.mark"]),
    st.one_of(st.integers(0, PAGE), st.integers(0, 1 << 20)),
    st.binary(min_size=1, max_size=5000),
)


@settings(max_examples=50)
@example(places=[("outbox.db", 4081, b"\x80")], torn="outbox.db-wal", length=0)  # SQLite's complaint quoted it
@given(
    st.lists(PLACES, min_size=1, max_size=4),
    st.sampled_from([None, "outbox.db", "outbox.db-wal"]),
    st.integers(0, 1 << 18),
)
def test_whatever_rots_the_outbox_opens_tells_nothing_false_and_goes_on(
    places: list[tuple[str, int, bytes]], torn: str | None, length: int
) -> None:
    files, put = image()
    bodies = dict(put)

    async def live(path: Path) -> None:
        for _ in range(2):
            outbox = await Outbox.open(path)
            found: dict[int, bytes] = {}
            while len(found) < outbox.stats().alarms + outbox.stats().summaries:
                found |= {parcel.seq: parcel.body for parcel in await outbox.next(500)}
            assert found.items() <= bodies.items(), "nothing that was not put"
            seq = await outbox.put("t", b"new", ALARM)
            assert seq > max(bodies)
            bodies[seq] = b"new"
            await outbox.close()

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "outbox.db"
        rotten = {file: bytearray(content) for file, content in files.items()}
        for file, at, what in places:
            begin = at % len(rotten[file])
            rotten[file][begin : begin + len(what)] = what
        if torn is not None:
            del rotten[torn][length:]
        for file, content in rotten.items():
            path.with_name(file).write_bytes(content)
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(live(path))
