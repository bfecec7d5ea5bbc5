"""Of a damaged outbox the file is set aside, what is whole goes on, and no number comes twice."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from tests.leaps import in_leaps
from tests.sync.test_outbox import ALARM, fill, store_of

from lampyre.sync.outbox import Outbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@in_leaps
async def test_numbers_and_boots_only_grow_over_restarts_and_quarantine(path: Path) -> None:
    highest, boots = 0, []
    for life in range(4):
        outbox = await Outbox.open(path)
        seqs = await fill(outbox, 5)
        assert min(seqs) > highest
        highest = max(seqs)
        boots.append(outbox.boot)
        await outbox.close()
        if life == 1:
            path.write_bytes(b"this was an outbox " * 500)
        if life == 2:
            path.with_name("outbox.db.mark").write_text("torn")
    assert boots == [1, 2, 3, 4]


@in_leaps
async def test_a_damaged_file_is_set_aside_and_begun_anew_and_few_are_kept(path: Path) -> None:
    for life in range(1, 6):
        path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        outbox = await Outbox.open(path)
        assert (outbox.stats().quarantined, outbox.stats().set_aside) == (life, 1)
        await outbox.put("t", b"{}", ALARM)
        await outbox.close()
    assert sorted(p.name for p in path.parent.glob("*.damaged-*")) == [f"outbox.db.damaged-{n}" for n in (3, 4, 5)]


@in_leaps
async def test_a_file_that_is_damaged_while_in_use_is_begun_anew_too(path: Path) -> None:
    outbox = await Outbox.open(path)
    before = await fill(outbox, 200)
    store_of(outbox).file.tidy()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    store_of(outbox).file.db.execute("PRAGMA cache_size = 0")
    store_of(outbox).file.db.execute("PRAGMA shrink_memory")
    await asyncio.gather(outbox.rewind(), outbox.next(200), fill(outbox, 50, ALARM), return_exceptions=True)
    assert min(await fill(outbox, 5, ALARM)) > max(before)
    assert outbox.stats().quarantined == 1
    await outbox.close()


@in_leaps
async def test_a_corrupted_wal_loses_no_older_parcel_and_repeats_no_number(path: Path) -> None:
    outbox = await Outbox.open(path)
    older = await fill(outbox, 20)
    store_of(outbox).file.tidy()
    newer = await fill(outbox, 20)
    wal = path.with_name("outbox.db-wal").read_bytes()
    image = path.read_bytes()
    await outbox.close()
    path.write_bytes(image)
    path.with_name("outbox.db-wal").write_bytes(wal[: len(wal) // 3] + b"\xaa" * (len(wal) // 2))
    outbox = await Outbox.open(path)
    assert set(older) <= {parcel.seq for parcel in await outbox.next(100)}
    assert await outbox.put("t", b"{}", ALARM) > max(newer)
    await outbox.close()


@in_leaps
async def test_a_parcel_whose_bytes_rotted_is_parked_and_the_rest_goes_on(path: Path) -> None:
    outbox = await Outbox.open(path)
    await fill(outbox, 4)
    await outbox.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE parcels SET body = 'y' WHERE seq IN (1, 3)")
    db.close()
    outbox = await Outbox.open(path)
    assert [(await outbox.next(1))[0].seq for _ in range(2)] == [2, 4]
    assert [row[0] for row in await outbox.parked()] == [1, 3]
    assert (outbox.stats().damaged, outbox.stats().summaries) == (2, 2)
    await outbox.close()
