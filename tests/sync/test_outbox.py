"""What the outbox has accepted is there, in order, within its limits, whatever happens to the disk."""

import asyncio
from pathlib import Path

import pytest
from tests.leaps import in_leaps

from lampyre.errors import OutboxBroken, OutboxFull
from lampyre.records import Priority
from lampyre.sync.commits import GROUP_S
from lampyre.sync.limits import Limits
from lampyre.sync.outbox import Outbox
from lampyre.sync.store import PARKED_LIMIT, Store

ALARM, REPLY, SUMMARY = Priority.ALARM, Priority.REPLY, Priority.SUMMARY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def store_of(outbox: Outbox) -> Store:
    assert outbox._disk.store is not None
    return outbox._disk.store


async def fill(outbox: Outbox, number: int, priority: Priority = SUMMARY, size: int = 300) -> list[int]:
    return list(await asyncio.gather(*(outbox.put("t", b"x" * size, priority) for _ in range(number))))


@in_leaps
async def test_alarms_leave_before_replies_before_summaries_each_in_order(path: Path) -> None:
    outbox = await Outbox.open(path)
    for priority in (SUMMARY, ALARM, REPLY, SUMMARY, ALARM):
        await outbox.put("t", b"{}", priority)
    parcels = await outbox.next(10)
    assert [parcel.priority for parcel in parcels] == [ALARM, ALARM, REPLY, SUMMARY, SUMMARY]
    assert parcels == sorted(parcels, key=lambda parcel: (parcel.priority, parcel.seq))
    await outbox.close()


@in_leaps
async def test_a_parcel_is_handed_out_once_until_rewound_and_never_after_it_is_done(path: Path) -> None:
    outbox = await Outbox.open(path)
    await fill(outbox, 3)
    first = await outbox.next(2)
    assert [parcel.seq for parcel in first + await outbox.next(2)] == [1, 2, 3]
    outbox.done(first)
    assert await outbox.rewind() == 3
    assert [parcel.seq for parcel in await outbox.next(9)] == [3]
    assert outbox.stats().summaries == 1
    await outbox.close()


@in_leaps
async def test_next_waits_for_the_first_parcel(path: Path) -> None:
    outbox = await Outbox.open(path)
    coming = asyncio.ensure_future(outbox.next(5))
    seq = await outbox.put("t", b"{}", ALARM)
    assert [parcel.seq for parcel in await coming] == [seq]
    await outbox.close()


@in_leaps
async def test_a_lone_summary_waits_for_company_and_an_alarm_does_not(path: Path) -> None:
    loop = asyncio.get_running_loop()
    outbox = await Outbox.open(path)
    started = loop.time()
    await outbox.put("t", b"{}", SUMMARY)
    assert loop.time() - started == pytest.approx(GROUP_S)
    started = loop.time()
    await outbox.put("t", b"{}", ALARM)
    assert loop.time() == started
    await outbox.close()


@in_leaps
async def test_many_puts_share_few_commits(path: Path) -> None:
    outbox = await Outbox.open(path)
    commits = []
    store_of(outbox).file.db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    await fill(outbox, 100)
    assert len(commits) <= 3
    await outbox.close()


@in_leaps
async def test_the_body_may_be_made_from_the_number(path: Path) -> None:
    outbox = await Outbox.open(path)
    seq = await outbox.put("t", lambda seq: b"%d" % seq, ALARM)
    assert (await outbox.next(1))[0].body == b"%d" % seq
    await outbox.close()


@in_leaps
async def test_old_summaries_give_way_to_young_ones_and_are_counted(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=40_000))
    seqs = [await outbox.put("t", b"x" * 300, SUMMARY) for _ in range(200)]
    kept = [parcel.seq for parcel in await outbox.next(500)]
    stats = outbox.stats()
    assert kept == seqs[-len(kept) :]
    assert stats.thinned == 200 - len(kept)
    assert stats.bytes <= 40_000 * 7 / 8
    await outbox.close()


@in_leaps
async def test_alarms_have_room_that_summaries_never_take_and_push_them_out_at_need(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=40_000))
    await fill(outbox, 200)
    assert outbox.stats().thinned > 0
    thinned = outbox.stats().thinned
    await fill(outbox, 10, ALARM)
    assert outbox.stats().thinned == thinned
    with pytest.raises(OutboxFull):
        await fill(outbox, 200, ALARM)
    assert outbox.stats().summaries == 0
    with pytest.raises(OutboxFull):
        await outbox.put("t", b"x" * 39_000, SUMMARY)
    assert outbox.stats().alarms == len(await outbox.next(500))
    await outbox.close()


@in_leaps
async def test_a_full_disk_is_told_and_survived(path: Path) -> None:
    outbox = await Outbox.open(path)
    accepted = await fill(outbox, 10)
    db = store_of(outbox).file.db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(OutboxFull, match="free some"):
        await outbox.put("t", b"x" * 100_000, ALARM)
    db.execute("PRAGMA max_page_count = 100000")
    accepted += await fill(outbox, 3, ALARM)
    assert sorted(parcel.seq for parcel in await outbox.next(99)) == accepted
    assert outbox.stats().bytes == 13 * (300 + 1 + 100)
    await outbox.close()


@in_leaps
async def test_on_a_full_disk_what_leaves_makes_room_for_what_comes(path: Path) -> None:
    outbox = await Outbox.open(path)
    await fill(outbox, 50, size=3000)
    db = store_of(outbox).file.db
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    outbox.done((await outbox.next(50))[:10])
    with pytest.raises(OutboxFull):
        await outbox.put("t", b"x" * 100_000, ALARM)
    assert outbox.stats().summaries == 40
    await outbox.put("t", b"x" * 3000, ALARM)
    await outbox.close()


@in_leaps
async def test_a_folder_that_cannot_be_written_is_told_in_one_line(path: Path) -> None:
    path.write_text("a file where a folder should be")
    with pytest.raises(OutboxBroken, match=r"disk writable"):
        await Outbox.open(path / "outbox.db")


@in_leaps
async def test_a_second_agent_is_refused_the_same_file(path: Path) -> None:
    outbox = await Outbox.open(path)
    with pytest.raises(OutboxBroken, match="does an agent run already"):
        await Outbox.open(path)
    await outbox.close()


@in_leaps
async def test_space_returns_to_the_disk_when_parcels_have_left(path: Path) -> None:
    outbox = await Outbox.open(path)
    for _ in range(3):
        await fill(outbox, 800, ALARM, size=1000)
    store_of(outbox).file.tidy()
    largest = path.stat().st_size
    while outbox.stats().alarms:
        outbox.done(await outbox.next(500))
        await outbox.rewind()
    await outbox.close()
    assert path.stat().st_size < largest / 5


@in_leaps
async def test_what_is_parked_is_bounded_and_counted(path: Path) -> None:
    outbox = await Outbox.open(path)
    await fill(outbox, PARKED_LIMIT + 20, ALARM)
    for parcel in await outbox.next(500):
        outbox.park(parcel, "refused: Not authorized")
    rows = await outbox.parked()
    assert len(rows) == PARKED_LIMIT
    assert rows[-1] == (PARKED_LIMIT + 20, "t", "refused: Not authorized")
    assert (outbox.stats().parked, outbox.stats().alarms) == (PARKED_LIMIT + 20, 0)
    await outbox.close()


async def put_on(outbox: Outbox) -> int:
    """Put one alarm after the other until refused; return how many were accepted."""
    accepted = 0
    while True:
        try:
            await outbox.put("t", b"{}", ALARM)
        except OutboxBroken:
            return accepted
        accepted += 1


@in_leaps
async def test_a_session_begins_though_alarms_never_cease(path: Path) -> None:
    outbox = await Outbox.open(path)
    storm = [asyncio.ensure_future(put_on(outbox)) for _ in range(4)]
    while outbox.stats().alarms < 20:
        await asyncio.sleep(0)
    assert await asyncio.wait_for(outbox.rewind(), 1.0) >= 20
    await outbox.close()
    assert sum(await asyncio.gather(*storm)) > 0


@in_leaps
async def test_who_puts_while_it_is_closed_is_refused_and_the_file_stays_whole(path: Path) -> None:
    outbox = await Outbox.open(path)
    storm = [asyncio.ensure_future(put_on(outbox)) for _ in range(4)]
    while outbox.stats().alarms < 20:
        await asyncio.sleep(0)
    await outbox.close()
    accepted = sum(await asyncio.gather(*storm))
    outbox = await Outbox.open(path)
    assert (outbox.stats().alarms, outbox.stats().quarantined) == (accepted, 0)
    await outbox.close()


@in_leaps
async def test_after_close_a_put_is_refused_not_lost_in_silence(path: Path) -> None:
    outbox = await Outbox.open(path)
    await outbox.close()
    with pytest.raises(OutboxBroken, match="closed"):
        await outbox.put("t", b"{}", ALARM)
