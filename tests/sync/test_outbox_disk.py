"""What a damaged file still says is read, what is too old is gone, and without a disk what counts is told."""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock, LoopClock
from tests.leaps import in_leaps
from tests.sync.test_outbox import fill, store_of

from lampyre.errors import OutboxBroken, OutboxHeld
from lampyre.keeping import DAMAGED, FAILING, LOOK_S, Keeping
from lampyre.records import Alarm, Parcel, Priority
from lampyre.sync.inbox import Received
from lampyre.sync.lending import FIRST
from lampyre.sync.limits import Limits
from lampyre.sync.outbox import BOOT_UNKNOWN, Outbox
from lampyre.sync.tray import RETRY_S

ALARM, REPLY, SUMMARY = Priority.ALARM, Priority.REPLY, Priority.SUMMARY
DAY_S = 86_400.0
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


async def close(outbox: Outbox) -> bytes:
    """Close it, and return all bytes that lie in its folder."""
    await outbox.close()
    return b"".join(file.read_bytes() for file in sorted(outbox._disk.path.parent.iterdir()))


@in_leaps
async def test_of_a_file_with_damaged_pages_every_parcel_on_the_others_is_saved(path: Path) -> None:
    outbox = await Outbox.open(path)
    seqs = await fill(outbox, 400, size=900)
    await outbox.receive(Received("c-1", "override", EVENING))
    await outbox.remember("c-1", b"done")
    await outbox.close()
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        for page in (pages // 3, pages // 3 + 1, pages // 2):
            file.seek(page * PAGE)
            file.write(b"\xa5" * PAGE)
    outbox = await Outbox.open(path)
    stats = outbox.stats()
    assert (stats.set_aside, stats.quarantined) == (1, 1)
    assert stats.salvaged == stats.summaries >= 400 - 3 * 4, "four on each page"
    assert await outbox.answered("c-1") == b"done", "a command is not done twice because of it"
    kept = await outbox.next(999)
    assert {parcel.seq for parcel in kept} <= set(seqs)
    assert all(parcel.body == b"x" * 900 for parcel in kept)
    assert await outbox.put("t", b"{}", ALARM) > max(seqs)
    await outbox.close()


@in_leaps
async def test_what_lay_in_the_log_of_a_damaged_file_is_saved_too(path: Path, tmp_path: Path) -> None:
    outbox = await Outbox.open(path)
    await fill(outbox, 200, size=900)
    store_of(outbox).file.tidy()
    await fill(outbox, 20, ALARM, size=500)
    log, image = path.with_name("outbox.db-wal").read_bytes(), bytearray(path.read_bytes())
    await outbox.close()
    image[20 * PAGE : 21 * PAGE] = b"\xa5" * PAGE
    path.write_bytes(image)
    path.with_name("outbox.db-wal").write_bytes(log)
    outbox = await Outbox.open(path)
    assert (outbox.stats().quarantined, outbox.stats().alarms) == (1, 20)
    assert outbox.stats().summaries >= 190
    await outbox.close()


@in_leaps
async def test_a_parcel_is_forgotten_when_its_class_is_no_longer_kept_and_no_byte_of_it_stays(path: Path) -> None:
    clock = HandClock()
    days = {ALARM: 90.0, REPLY: 1.0, SUMMARY: 60.0}
    outbox = await Outbox.open(path, limits=Limits(days=days), clock=clock)
    for priority, secret in ((ALARM, b"a secret alarm"), (REPLY, b"a secret reply"), (SUMMARY, b"a secret summary")):
        await asyncio.gather(*(outbox.put("t", b"%b %d" % (secret, number), priority) for number in range(50)))
    outbox.park(Parcel(9999, "t", b"a secret parked", ALARM), "refused")
    await outbox.parked()
    gone = {2: b"a secret reply", 31: b"a secret parked", 61: b"a secret summary", 91: b"a secret alarm"}
    passed = 0
    for day, secret in gone.items():
        before = _bytes(path)
        assert secret in before
        clock.pass_s((day - passed) * DAY_S)
        passed = day
        await outbox.purge()
        after = _bytes(path)
        assert secret not in after, f"{secret!r} after {day} days"
        assert all(other in after for later, other in gone.items() if later > day)
    assert outbox.stats().expired == 150
    assert outbox.stats().alarms == outbox.stats().summaries == 0
    assert await close(outbox)


def _bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


@in_leaps
async def test_what_has_left_leaves_no_trace_when_the_file_is_next_tidied(path: Path) -> None:
    outbox = await Outbox.open(path, clock=HandClock())
    for _ in range(40):
        await asyncio.gather(*(outbox.put("t", b"seen at the kerb" * 20, SUMMARY) for _ in range(10)))
    outbox.done(await outbox.next(400))
    await outbox.rewind()
    assert b"seen at the kerb" not in await close(outbox)


@in_leaps
async def test_what_was_put_without_a_clock_is_dated_when_there_is_one_and_never_kept_longer(path: Path) -> None:
    clock = HandClock(trusted=False)
    outbox = await Outbox.open(path, limits=Limits(days=dict.fromkeys(Priority, 10.0)), clock=clock)
    await fill(outbox, 3)
    assert await outbox.purge() == 0
    clock.trusted = True
    await outbox.purge()
    clock.pass_s(9 * DAY_S)
    await fill(outbox, 1)
    clock.trusted = False
    await fill(outbox, 1)
    clock.trusted = True
    clock.pass_s(2 * DAY_S)
    assert await outbox.purge() == 3
    clock.pass_s(9 * DAY_S)
    assert await outbox.purge() == 2
    await outbox.close()


class Pushed(LoopClock):
    """Somebody pushes its wall."""

    off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off


@in_leaps
async def test_a_clock_that_jumps_there_and_back_costs_nothing_that_waits(path: Path) -> None:
    clock = Pushed()
    clock.now()
    outbox = await Outbox.open(path, clock=clock)
    await fill(outbox, 3)
    keeping = Keeping(outbox, "n1", clock, lambda alarm: None)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(keeping.run())
        for off in (timedelta(days=3650), timedelta(days=-90), timedelta(days=100), timedelta()):
            await asyncio.sleep(DAY_S / 2)
            clock.off = off
        await asyncio.sleep(2 * DAY_S)
        assert (outbox.stats().summaries, outbox.stats().expired) == (3, 0)
        await asyncio.sleep(60 * DAY_S)
        assert (outbox.stats().summaries, outbox.stats().expired) == (0, 3), "too old by a clock that goes on steadily"
        running.cancel()
    await outbox.close()


@in_leaps
async def test_damaged_files_are_not_kept_for_ever(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    clock = HandClock()
    outbox = await Outbox.open(path, clock=clock)
    await outbox.purge()
    assert list(path.parent.glob("*.damaged-*"))
    clock.set_wall(EVENING.replace(year=2060))
    await outbox.purge()
    assert not list(path.parent.glob("*.damaged-*"))
    await outbox.close()


@in_leaps
async def test_a_file_of_before_gets_its_new_columns(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.executescript("""CREATE TABLE parcels (seq INTEGER PRIMARY KEY, class INTEGER NOT NULL, topic TEXT NOT NULL,
            body BLOB NOT NULL, correlation BLOB NOT NULL, crc INTEGER NOT NULL);
            CREATE TABLE parked (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, body BLOB NOT NULL,
            reason TEXT NOT NULL);
            INSERT INTO parcels VALUES (7, 2, 't', CAST('{}' AS BLOB), CAST('' AS BLOB), 1131758279);""")
    db.close()
    outbox = await Outbox.open(path)
    assert outbox.stats().summaries == 1
    assert await outbox.put("t", b"{}", ALARM) > 7
    await outbox.close()


class Street:
    """An outbox whose folder is not there, with what keeps it, and what it told."""

    def __init__(self, outbox: Outbox) -> None:
        self.told: list[tuple[str, bool]] = []
        self.outbox = outbox
        self.keeping = Keeping(outbox, "n1", HandClock(), self._hear)

    def _hear(self, alarm: Alarm) -> None:
        self.told.append((alarm.event, alarm.active))

    def lay(self, *texts: str) -> None:
        for text in texts:
            self.keeping.alarms.lay("alarm", lambda seq, text=text: text.encode(), text)  # type: ignore[misc]


@in_leaps
async def test_without_a_disk_alarms_are_sent_past_it_and_once_it_is_there_they_are_kept_again(path: Path) -> None:
    path.parent.joinpath("state").write_text("a file where a folder should be")
    outbox = await Outbox.open(path.parent / "state" / "outbox.db", patient=True)
    street = Street(outbox)
    assert outbox.boot >= BOOT_UNKNOWN
    async with asyncio.TaskGroup() as group:
        running = group.create_task(street.keeping.run())
        street.lay("fire", "out")
        first = (await outbox.next(1))[0]
        second = (await outbox.next(1))[0]
        assert (first.body, second.body, second.seq - first.seq) == (b"fire", b"out", 1)
        assert first.seq >= FIRST
        await asyncio.sleep(LOOK_S)
        assert street.told == [(FAILING, True)]
        assert "disk writable" in (outbox.stats().failing or "")
        outbox.done([first])
        assert await outbox.rewind() == 0
        assert (await outbox.next(1))[0] == second, "as long as the broker does not have it, with the same number"
        outbox.done([second])
        path.parent.joinpath("state").unlink()
        street.lay("later")
        await asyncio.sleep(LOOK_S + RETRY_S)
        assert street.told == [(FAILING, True), (FAILING, False)]
        kept = (await outbox.next(1))[0]
        assert (kept.body, kept.seq < FIRST, outbox.stats().lent, outbox.stats().alarms) == (b"later", True, 2, 1)
        running.cancel()
    await outbox.close()


@in_leaps
async def test_a_disk_that_fills_up_while_it_runs_takes_no_alarm_with_it(path: Path) -> None:
    outbox = await Outbox.open(path)
    street, db = Street(outbox), store_of(outbox).file.db
    kept = await fill(outbox, 20)
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(street.keeping.run())
        street.lay("f" * 20_000)
        while outbox.stats().failing is None:
            await asyncio.sleep(RETRY_S)
        await asyncio.sleep(RETRY_S / 2)  # between two tries
        alarm = (await outbox.next(1))[0]
        assert (alarm.seq >= FIRST, alarm.body) == (True, b"f" * 20_000)
        assert [parcel.seq for parcel in await outbox.next(99)] == kept
        outbox.done([alarm])
        db.execute("PRAGMA max_page_count = 100000")
        await asyncio.sleep(2 * LOOK_S)
        assert outbox.stats().failing is None
        running.cancel()
    assert (FAILING, False) in street.told
    await outbox.close()


@in_leaps
async def test_a_file_damaged_at_start_is_worth_an_alarm(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    street = Street(await Outbox.open(path))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(street.keeping.run())
        await asyncio.sleep(1)
        running.cancel()
    assert street.told == [(DAMAGED, True)]
    await street.outbox.close()


@in_leaps
async def test_in_memory_the_newest_of_each_event_stays_and_the_rest_is_counted(path: Path) -> None:
    path.parent.joinpath("state").write_text("a file where a folder should be")
    outbox = await Outbox.open(path.parent / "state" / "outbox.db", patient=True)
    street = Street(outbox)
    street.keeping.alarms._limit = 10
    street.lay("bin-1/fireDetected")
    for number in range(500):
        street.lay(f"lamp-{number % 5}/cyclingFailure")
    assert (street.keeping.alarms.dropped, len(street.keeping.alarms)) == (491, 10)
    with pytest.raises(OutboxBroken):
        await street.keeping.alarms.empty()
    assert (await outbox.next(1))[0].body == b"bin-1/fireDetected"
    await outbox.close()


@in_leaps
async def test_patience_does_not_wait_for_another_agent(path: Path) -> None:
    outbox = await Outbox.open(path)
    with pytest.raises(OutboxHeld, match="does an agent run already"):
        await Outbox.open(path, patient=True)
    await outbox.close()
    assert timedelta(seconds=LOOK_S) < timedelta(minutes=2), "so late may the alarm about a disk come"
