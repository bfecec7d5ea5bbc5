"""What lies on the tray reaches the outbox once and in order, whatever the disk does and whoever stops waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.leaps import in_leaps

from lampyre.errors import OutboxFull
from lampyre.records import Priority
from lampyre.sync.commits import GROUP_S
from lampyre.sync.limits import Limits
from lampyre.sync.outbox import Outbox
from lampyre.sync.tray import BATCH_MOST, RETRY_S, Tray

ALARM, SUMMARY = Priority.ALARM, Priority.SUMMARY


def saying(text: str, size: int = 0) -> Callable[[int], bytes]:
    return lambda _: text.encode().ljust(size)


async def bodies(outbox: Outbox) -> list[str]:
    await outbox.rewind()
    stats = outbox.stats()
    waiting = stats.alarms + stats.summaries
    return [parcel.body.decode().strip() for parcel in (await outbox.next(1000) if waiting else [])]


@asynccontextmanager
async def carried(tray: Tray) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        carrying = group.create_task(tray.carry())
        yield
        carrying.cancel()


@pytest.mark.parametrize("priority", [ALARM, SUMMARY])
def test_messages_keep_their_order_and_many_go_in_turns(tmp_path: Path, priority: Priority) -> None:
    in_leaps(keeps_order)(tmp_path, priority)


async def keeps_order(tmp_path: Path, priority: Priority) -> None:
    outbox = await Outbox.open(tmp_path / "outbox.db")
    tray = Tray(outbox, priority, limit=1000)
    said = [str(number) for number in range(2 * BATCH_MOST + 3)]
    for text in said:
        tray.lay("t", saying(text))
    await tray.empty()
    assert await bodies(outbox) == said
    await outbox.close()


@in_leaps
async def test_an_alarm_waits_for_no_summary(tmp_path: Path) -> None:
    outbox = await Outbox.open(tmp_path / "outbox.db")
    alarms, summaries = Tray(outbox, ALARM, limit=9), Tray(outbox, SUMMARY, limit=9)
    summaries.lay("t", saying("summary"))
    async with carried(alarms), carried(summaries):
        await asyncio.sleep(GROUP_S / 10)
        assert outbox.stats().accepted == 0, "a summary waits for others to share its commit"
        alarms.lay("t", saying("alarm"))
        await asyncio.sleep(GROUP_S / 10)
        assert outbox.stats().alarms == 1
    await outbox.close()


@in_leaps
async def test_who_is_cancelled_in_the_middle_leaves_nothing_behind_and_nothing_twice(tmp_path: Path) -> None:
    outbox = await Outbox.open(tmp_path / "outbox.db")
    tray = Tray(outbox, SUMMARY, limit=9)
    async with carried(tray):
        tray.lay("t", saying("first"))
        await asyncio.sleep(GROUP_S / 10)  # it is on its way to the disk
        tray.lay("t", saying("second"))
    await tray.empty()
    assert await bodies(outbox) == ["first", "second"]
    await outbox.close()


@in_leaps
async def test_what_a_full_outbox_refuses_follows_in_order_when_there_is_room_and_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = await Outbox.open(tmp_path / "outbox.db", limits=Limits(bytes=2000))
    tray = Tray(outbox, ALARM, limit=100)
    said = [str(number) for number in range(12)]
    for text in said:
        tray.lay("t", saying(text, size=300))
    with pytest.raises(OutboxFull):
        await tray.empty()
    heard: list[str] = []
    async with carried(tray):
        await asyncio.sleep(10 * RETRY_S)
        assert len([line for line in caplog.messages if "wait in memory" in line]) == 1
        while len(heard) < len(said):
            parcels = await outbox.next(1)
            outbox.done(parcels)
            heard += [parcel.body.decode().strip() for parcel in parcels]
    assert heard == said
    await outbox.close()


@in_leaps
async def test_a_tray_has_an_edge_the_oldest_fall_and_are_counted(tmp_path: Path) -> None:
    outbox = await Outbox.open(tmp_path / "outbox.db")
    tray = Tray(outbox, ALARM, limit=3)
    for text in "abcde":
        tray.lay("t", saying(text))
    await tray.empty()
    assert (await bodies(outbox), tray.dropped) == (["c", "d", "e"], 2)
    await outbox.close()
