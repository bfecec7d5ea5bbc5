"""What gives way when the outbox is full, and what never does."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.clocks import EVENING, HandClock
from tests.leaps import in_leaps
from tests.sync.test_outbox import fill, store_of

from lampyre import records
from lampyre.errors import OutboxFull
from lampyre.records import Alarm, Parcel, Priority, Quality
from lampyre.sync.convert import Converter
from lampyre.sync.limits import Limits
from lampyre.sync.merging import DAY, HOUR, merge, stretch
from lampyre.sync.messages import BinSummary, LampSummary, numbered
from lampyre.sync.outbox import Outbox

ALARM, REPLY, SUMMARY = Priority.ALARM, Priority.REPLY, Priority.SUMMARY
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
CONVERT = Converter("dijon", "node-1", 1, HandClock())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def lamp(number: int, passages: int | None = 10, energy: float | None = 5.0, name: str = "l1") -> LampSummary:
    """Return the summary of one quarter after NOON."""
    end = NOON + (number + 1) * QUARTER
    level = None if energy is None else 0.5
    said = records.LampSummary(name, end - QUARTER, end, energy, 8.0, True, level, level, 2, passages, Quality.GOOD)
    return CONVERT.lamp_summary(replace(said, starts=number, switches=None if energy is None else 2))


async def put(outbox: Outbox, said: LampSummary | BinSummary) -> int:
    topic = (
        f"a/v1/s/n/lamp/{said.lamp}/summary" if isinstance(said, LampSummary) else f"a/v1/s/n/bin/{said.bin}/summary"
    )
    return await outbox.put(topic, numbered(said), SUMMARY)


async def alarm(outbox: Outbox, asset: str, event: str, number: int = 0) -> int:
    said = CONVERT.alarm(Alarm(asset, event, bool(number % 2), f"the {number}th time", EVENING))
    return await outbox.put("alarm", numbered(said), ALARM)


async def told(outbox: Outbox) -> list[dict[str, object]]:
    await outbox.rewind()
    waiting = outbox.stats().alarms + outbox.stats().replies + outbox.stats().summaries
    return [json.loads(parcel.body) for parcel in (await outbox.next(9999) if waiting else [])]


def test_an_hour_tells_what_its_quarters_told() -> None:
    one = merge([lamp(0), lamp(1, 30, 7.0), lamp(2), lamp(3)])
    assert isinstance(one, LampSummary)
    assert (one.start, one.end, one.merged) == (NOON, NOON + timedelta(hours=1), 4)
    assert (one.energy_wh, one.full_light_wh, one.passages, one.switches) == (22.0, 32.0, 60, 8)
    assert (one.mean_level, one.starts, one.partly, one.suppressed) == (50.0, 3, None, False)


def test_a_mean_level_is_weighed_by_time_and_the_worst_quality_comes_out() -> None:
    short = lamp(0).model_copy(update={"end": NOON + timedelta(minutes=5), "mean_level": 80.0, "quality": "suspect"})
    one = merge([short, lamp(1).model_copy(update={"mean_level": 20.0, "time_quality": "unsynced"})])
    assert isinstance(one, LampSummary)
    assert (one.mean_level, one.quality, one.time_quality) == (35.0, "suspect", "unsynced")


def test_what_a_quarter_kept_to_itself_no_hour_and_no_day_tells() -> None:
    hidden = lamp(1, 3, None)
    assert hidden.suppressed
    hour = merge([hidden, lamp(2, 2, None)])
    assert isinstance(hour, LampSummary)
    assert (hour.passages, hour.energy_wh, hour.partly, hour.suppressed) == (None, None, None, True)
    mixed = merge([lamp(0, 12, 4.0), hidden, lamp(2, 8, 2.0)])
    assert isinstance(mixed, LampSummary)
    assert (mixed.passages, mixed.energy_wh, mixed.suppressed, mixed.merged) == (None, None, True, 3)
    assert mixed.partly is not None
    assert (mixed.partly.passages, mixed.partly.counted_s, mixed.partly.energy_wh) == (20, 1800.0, 6.0)
    day = merge([mixed, merge([lamp(4), lamp(5)]) or hidden])
    assert isinstance(day, LampSummary)
    assert day.partly is not None
    assert (day.passages, day.partly.passages, day.partly.light_s, day.merged) == (None, 40, 3600.0, 5)


def test_what_is_merged_says_the_same_of_any_two_histories_that_told_the_same() -> None:
    few, none = [lamp(0, 12), lamp(1, 4, None)], [lamp(0, 12), lamp(1, 0, None)]
    assert merge(few) == merge(none), "what was suppressed cannot be had by subtracting: it is not there"


def test_a_bin_keeps_what_it_came_to_and_everything_that_happened() -> None:
    def quarter(number: int, **more: object) -> BinSummary:
        end = NOON + (number + 1) * QUARTER
        said = records.BinSummary("b1", end - QUARTER, end, number / 10, 0.1, None, None, 0, None, Quality.GOOD)
        return CONVERT.bin_summary(said).model_copy(update=more)

    one = merge(
        [
            quarter(1, emptied=1, litres_collected=80.0, temperature_max=31.0, faults=["sensorDirty"], quality="stale"),
            quarter(2, emptied=1, litres_collected=40.0, temperature_max=20.0, faults=["lidOpen", "sensorDirty"]),
        ]
    )
    assert isinstance(one, BinSummary)
    assert (one.fill, one.emptied, one.litres_collected, one.temperature_max) == (0.2, 2, 120.0, 31.0)
    assert (one.faults, one.quality, one.merged) == (["sensorDirty", "lidOpen"], "stale", 2)


def test_nothing_is_merged_of_two_lamps() -> None:
    assert merge([lamp(0), lamp(1, name="l2")]) is None


def test_a_day_runs_from_noon_to_noon_so_that_no_night_is_cut() -> None:
    paris = ZoneInfo("Europe/Paris")
    evening, morning = datetime(2026, 12, 1, 22, 0, tzinfo=UTC), datetime(2026, 12, 2, 5, 0, tzinfo=UTC)
    assert stretch(evening, DAY, paris) == stretch(morning, DAY, paris)
    assert stretch(morning, DAY, paris) != stretch(morning + timedelta(hours=7), DAY, paris)
    assert stretch(evening, HOUR, paris) != stretch(evening + timedelta(hours=1), HOUR, paris)


@in_leaps
async def test_a_full_outbox_merges_the_oldest_first_and_loses_nothing(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=100_000))
    for number in range(3 * 96):
        await asyncio.gather(*(put(outbox, lamp(number, name=name)) for name in ("l1", "l2")))
    stats = outbox.stats()
    assert (stats.thinned, stats.bytes <= 100_000) == (0, True)
    for name in ("l1", "l2"):
        heard = [LampSummary.model_validate(said, strict=False) for said in await told(outbox) if said["lamp"] == name]
        assert sum(max(1, said.merged) for said in heard) == 3 * 96
        assert sum(said.passages or 0 for said in heard) == 3 * 96 * 10
        assert [said.end for said in heard[:-1]] == [said.start for said in heard[1:]], "no gap, no overlap, in order"
        assert [said.seq for said in heard] == sorted(said.seq for said in heard)
        assert heard[-1].merged == 0
        assert heard[0].merged in {4, 96}, "the oldest is the coarsest"
    assert stats.merged + stats.summaries == 2 * 3 * 96
    await outbox.close()


@in_leaps
async def test_what_was_handed_out_is_never_merged_not_even_after_a_restart(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=60_000))
    for number in range(8):
        await put(outbox, lamp(number))
    handed = await outbox.next(6)
    for life in range(2):
        for number in range(8 + 200 * life, 208 + 200 * life):
            await put(outbox, lamp(number))
        assert outbox.stats().merged > 0
        await outbox.rewind()
        if outbox.stats().thinned == 0:
            assert (await outbox.next(6)) == handed
        await outbox.close()
        outbox = await Outbox.open(path, limits=Limits(bytes=60_000))
    found: dict[int, Parcel] = {parcel.seq: parcel for parcel in await outbox.next(9999)}
    assert all(found.get(parcel.seq, parcel) == parcel for parcel in handed), "one number, one content"
    await outbox.close()


@in_leaps
async def test_a_damaged_part_is_parked_and_its_neighbours_stay(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=40_000))
    for number in range(12):
        await put(outbox, lamp(number))
    store_of(outbox).file.db.execute("UPDATE parcels SET body = CAST('y' AS BLOB) WHERE seq = 2")
    for number in range(12, 60):
        await put(outbox, lamp(number))
    heard = await told(outbox)
    assert outbox.stats().damaged <= 1
    assert outbox.stats().thinned + len(heard) + outbox.stats().merged + outbox.stats().damaged == 60
    await outbox.close()


@in_leaps
async def test_alarms_beyond_their_share_give_way_to_later_ones_of_their_kind_and_the_newest_of_each_stays(
    path: Path,
) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=80_000))
    await alarm(outbox, "bin-1", "fireDetected", 1)
    for number in range(300):
        await alarm(outbox, "lamp-1", "cyclingFailure", number)
    for number in range(60):
        await put(outbox, lamp(number))
    stats, heard = outbox.stats(), await told(outbox)
    alarms = [said for said in heard if "event" in said]
    assert stats.folded + len(alarms) == 301
    assert stats.folded > 200
    assert alarms[0]["event"] == "fireDetected"
    assert alarms[-1]["why"] == "the 299th time"
    assert sum(max(1, int(str(said["merged"]))) for said in heard if "merged" in said) == 60, "no summary paid for it"
    await outbox.close()


@in_leaps
async def test_alarms_that_nothing_has_replaced_take_the_room_of_summaries_and_never_give_way(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=80_000))
    await fill(outbox, 150)
    with pytest.raises(OutboxFull):
        await asyncio.gather(*(alarm(outbox, f"lamp-{number}", "lampFailure") for number in range(1000)))
    alarms = outbox.stats().alarms
    assert alarms > 150
    with pytest.raises(OutboxFull):
        await outbox.put("t", b"x" * 3000, SUMMARY)
    await fill(outbox, 200, REPLY, size=100)
    assert (outbox.stats().alarms, outbox.stats().folded) == (alarms, 0)
    await outbox.close()


@in_leaps
async def test_replies_keep_to_their_share_and_the_newest_stay(path: Path) -> None:
    outbox = await Outbox.open(path, limits=Limits(bytes=80_000))
    seqs = await fill(outbox, 50, REPLY)
    stats = outbox.stats()
    assert stats.replies * 401 <= 5000
    assert stats.unanswered == 50 - stats.replies
    assert [parcel.seq for parcel in await outbox.next(99)] == seqs[-stats.replies :]
    with pytest.raises(OutboxFull):
        await outbox.put("t", b"x" * 6000, REPLY)
    await outbox.close()


@in_leaps
async def test_a_smaller_limit_in_the_file_is_met_by_merging(path: Path) -> None:
    outbox = await Outbox.open(path)
    for number in range(4 * 96):
        await put(outbox, lamp(number))
    await outbox.close()
    outbox = await Outbox.open(path, limits=Limits(bytes=100_000))
    await put(outbox, lamp(4 * 96))
    stats = outbox.stats()
    assert (stats.thinned, stats.merged + stats.summaries, stats.bytes < 100_000) == (0, 4 * 96 + 1, True)
    await outbox.close()
