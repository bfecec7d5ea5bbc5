"""What was kept before the clock was set has its right time once it is."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING, HandClock, LoopClock
from tests.leaps import in_leaps
from tests.test_city import BIN, LAMP, written

from lampyre import clock as clock_module
from lampyre.bin_records import Emptying
from lampyre.node import Node
from lampyre.records import Alarm, BinSummary, Parcel, Priority, Quality
from lampyre.settings import load_settings
from lampyre.sync.convert import Converter
from lampyre.sync.dating import dated
from lampyre.sync.messages import BinSummary as BinMessage
from lampyre.sync.messages import numbered
from lampyre.sync.outbox import DATE_WAIT_S, Outbox

BOOT = datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)
MOMENTS = st.integers(86_400, 2_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def lost() -> HandClock:
    """A clock that nobody has set: the machine started 1000 s ago."""
    return HandClock(BOOT, trusted=False)


def set_right(clock: HandClock | LoopClock) -> None:
    clock.trusted, clock.time_quality = True, "ntp"


def said(parcel: Parcel) -> dict[str, Any]:
    return dict(json.loads(parcel.body))


def summary_of(converter: Converter, start: datetime, emptied: datetime) -> Callable[[int], bytes]:
    one = BinSummary(
        asset="bin-1", start=start, end=start + timedelta(minutes=15), fill=0.3, rate_per_day=0.1, hours_to_full=None,
        soon=None, emptied=1, temperature_max=None, quality=Quality.GOOD, forecast_by=None, full_at=0.8,
        reliability=0.5, due=None, faults=(), emptyings=(Emptying(emptied, 0.9, 0.1, 0.98, 192.0),),
    )  # fmt: skip
    return numbered(converter.bin_summary(one))


def alarm_of(converter: Converter, at: datetime) -> Callable[[int], bytes]:
    return numbered(converter.alarm(Alarm("bin-1", "lidOpen", True, "since 1970-01-01T00:00:07Z, they say", at)))


@given(MOMENTS, st.integers(0, 2_000_000_000))
def test_every_stamp_of_a_record_is_moved_and_nothing_else(start: datetime, by_s: int) -> None:
    clock = lost()
    converter = Converter("s", "n", 1, clock)
    body = summary_of(converter, start, start + timedelta(minutes=3))(7)
    moved = dated(body, by_s, range(4_000_000_000))
    before, after = BinMessage.model_validate_json(body), BinMessage.model_validate_json(moved)
    by = timedelta(seconds=by_s)

    def right(at: datetime) -> datetime:
        """What was told to the minute stays so."""
        return at + by if at.second else (at + by + timedelta(seconds=30)).replace(second=0)

    assert (after.start, after.end, after.time) == (right(before.start), right(before.end), right(before.time))
    assert after.emptyings[0].at == right(before.emptyings[0].at)
    assert after.time_quality == "rtc"
    times = {"start", "end", "time", "emptyings", "time_quality"}
    assert after.model_dump(exclude=times) == before.model_dump(exclude=times)


def test_a_stamp_of_a_better_clock_and_a_text_stay() -> None:
    converter = Converter("s", "n", 1, lost())
    body = summary_of(converter, BOOT, EVENING)(1)
    moved = json.loads(dated(body, 1000, range(100_000)))
    assert moved["start"] == "1970-01-01T00:16:47Z"
    assert moved["emptyings"][0]["at"] == "2026-12-01T18:00:00Z", "somebody knew then when it was"
    alarm = json.loads(dated(alarm_of(converter, BOOT)(1), 1000, range(100_000)))
    assert (alarm["time"], alarm["why"]) == ("1970-01-01T00:17:00Z", "since 1970-01-01T00:00:07Z, they say")


async def opened(folder: Path, clock: HandClock) -> Outbox:
    return await Outbox.open(folder / "outbox.db", clock=clock)


async def test_records_of_a_boot_in_1970_are_right_after_the_clock_is_set(tmp_path: Path) -> None:
    clock = lost()
    outbox, converter = await opened(tmp_path, clock), Converter("s", "n", 1, clock)
    bodies = []
    for _ in range(600):  # more than one transaction dates
        bodies.append(summary_of(converter, clock.now(), clock.now()))
        clock.pass_s(900.0)
    await asyncio.gather(*(outbox.put("t/summary", body, Priority.SUMMARY) for body in bodies))
    await outbox.put("t/alarm", alarm_of(converter, clock.now()), Priority.ALARM)
    clock.pass_s(60.0)
    clock.set_wall(EVENING)
    set_right(clock)
    parcels = await outbox.next(1000)
    assert [parcel.seq for parcel in parcels] == [601, *range(1, 601)]
    assert {said(parcel)["time_quality"] for parcel in parcels} == {"rtc"}
    assert said(parcels[0])["time"] == "2026-12-01T17:59:00Z"
    first = EVENING - timedelta(seconds=60 + 600 * 900)
    starts = [datetime.fromisoformat(said(parcel)["start"]) for parcel in parcels[1:]]
    assert starts == [first + timedelta(seconds=900 * number) for number in range(600)]
    counted = outbox.stats().bytes
    await outbox.close()
    again = await opened(tmp_path, clock)
    assert again.stats().bytes == counted
    await again.close()


async def test_what_was_handed_out_stays_as_it_is(tmp_path: Path) -> None:
    clock = lost()
    outbox, converter = await opened(tmp_path, clock), Converter("s", "n", 1, clock)
    for priority in (Priority.ALARM, Priority.SUMMARY):
        await outbox.put("t", alarm_of(converter, clock.now()), priority)
    before = await outbox.next(2)
    clock.set_wall(EVENING)
    set_right(clock)
    await outbox.put("t", alarm_of(converter, clock.now()), Priority.ALARM)
    assert said((await outbox.next(2))[0])["time_quality"] == "ntp"
    await outbox.rewind()
    assert before == [parcel for parcel in await outbox.next(3) if parcel.seq < 3]
    await outbox.close()


async def test_an_agent_that_starts_anew_still_dates_summaries_and_leaves_alarms(tmp_path: Path) -> None:
    clock = lost()
    outbox, converter = await opened(tmp_path, clock), Converter("s", "n", 1, clock)
    await outbox.put("t", summary_of(converter, clock.now(), clock.now()), Priority.SUMMARY)
    await outbox.put("t", alarm_of(converter, clock.now()), Priority.ALARM)
    await outbox.close()
    outbox = await opened(tmp_path, clock)
    clock.set_wall(EVENING)
    set_right(clock)
    alarm, summary = await outbox.next(2)
    assert (said(summary)["start"], said(summary)["time_quality"]) == ("2026-12-01T18:00:00Z", "rtc")
    assert said(alarm)["time_quality"] == "unsynced", "the agent before may have handed it out"
    await outbox.close()


async def test_how_long_the_machine_was_switched_off_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = lost()
    outbox, converter = await opened(tmp_path, clock), Converter("s", "n", 1, clock)
    await outbox.put("t", summary_of(converter, clock.now(), clock.now()), Priority.SUMMARY)
    await outbox.close()
    other = tmp_path / "boot_id"
    other.write_text("another boot\n")
    monkeypatch.setattr(clock_module, "BOOT_ID", other)
    clock.set_wall(EVENING)
    set_right(clock)
    outbox = await opened(tmp_path, clock)
    [summary] = await outbox.next(2)
    assert (said(summary)["start"], said(summary)["time_quality"]) == ("1970-01-01T00:00:07Z", "unsynced")
    await outbox.close()


@in_leaps
async def test_summaries_wait_a_little_for_the_clock_that_a_network_brings_and_alarms_do_not(tmp_path: Path) -> None:
    clock = LoopClock(BOOT, trusted=False)
    outbox, converter = await Outbox.open(tmp_path / "outbox.db", clock=clock), Converter("s", "n", 1, clock)
    began_s = clock.monotonic()
    await outbox.put("t", summary_of(converter, clock.now(), clock.now()), Priority.SUMMARY)
    await outbox.put("t", alarm_of(converter, clock.now()), Priority.ALARM)
    await outbox.rewind()
    [alarm] = await outbox.next(9)
    assert (alarm.priority, clock.monotonic() - began_s < DATE_WAIT_S / 2) == (Priority.ALARM, True)
    [summary] = await outbox.next(9)
    assert clock.monotonic() - began_s >= DATE_WAIT_S, "nobody set it: better a wrong time than none"
    assert said(summary)["time_quality"] == "unsynced"
    await outbox.rewind()
    await outbox.put("t", summary_of(converter, clock.now(), clock.now()), Priority.SUMMARY)
    set_right(clock)
    assert [said(parcel)["time_quality"] for parcel in (await outbox.next(9))[1:]] == ["unsynced", "rtc"]
    await outbox.close()


async def test_a_whole_node_that_boots_in_1970_tells_of_it_in_the_right_time(tmp_path: Path) -> None:
    clock = lost()
    node = Node(load_settings(written(tmp_path, LAMP.format(1) + BIN)), clock)
    await node.open()
    for _ in range(20):
        clock.pass_s(1.0)
        node.latest.put(list(node.latest.channels), [0.0] * len(node.latest.channels))
        node.lamps["lamp-1"].step()
        node.bins["bin-1"].step()
    node._summarise(clock.now() - timedelta(seconds=20), clock.now())
    node._raise([Alarm("lamp-1", "lampFailure", True, "no power", clock.now())])
    await node.city.keeping.summaries.empty()
    await node.city.keeping.alarms.empty()
    clock.pass_s(100.0)
    clock.set_wall(EVENING)
    set_right(clock)
    told = [said(parcel) for parcel in await node.city.outbox.next(9)]
    assert [one["time"] for one in told] == ["2026-12-01T17:58:00Z", *["2026-12-01T17:58:20Z"] * 2]
    assert [one["start"] for one in told[1:]] == ["2026-12-01T17:58:00Z"] * 2
    await node.close()
