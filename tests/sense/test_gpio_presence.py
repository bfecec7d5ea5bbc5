"""Whoever passes a sensor with a switching output is seen and counted, and what the kernel threw away is told."""

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.clocks import LoopClock
from tests.pins import FakeChip, chip_at

from lampyre.driver import Counts, Device, Place, Sample
from lampyre.gpio import EVENTS_KEPT, Edge
from lampyre.records import Quality
from lampyre.sense.gpio_presence import DOUBT_S, DRIVER, Tally

DEADLINE_S = 60.0  # only ends a hang


def edges(levels: str, first: int = 1) -> list[Edge]:
    return [Edge(level == "1", number) for number, level in enumerate(levels, first)]


def test_each_edge_up_is_a_passage() -> None:
    tally = Tally(Counts())
    assert tally.take(edges("1"), 0.0, on=True) == [Sample((1.0, 1.0))]
    assert tally.take(edges("0", 2), 1.0, on=False) == [Sample((0.0, 1.0))]
    assert tally.take((), 6.0, on=False) == [Sample((0.0, 1.0))]


def test_who_came_and_went_between_two_readings_was_there() -> None:
    tally = Tally(Counts())
    assert tally.take(edges("1010"), 0.0, on=False) == [Sample((1.0, 2.0)), Sample((0.0, 2.0))]


@pytest.mark.parametrize(("first", "then", "missed"), [("1", edges("0", 12), 10), ("10", edges("0", 3), 1)])
def test_what_the_kernel_threw_away_is_counted_and_told_for_a_minute(first: str, then: list[Edge], missed: int) -> None:
    counts = Counts()
    tally = Tally(counts)
    assert tally.take(edges(first), 0.0, on=False)[-1].quality is Quality.GOOD
    assert {one.quality for one in tally.take(then, 1.0, on=False)} == {Quality.SUSPECT}
    assert counts == Counts(frames=len(first) + 1, broken=missed)
    assert tally.take((), 1.0 + DOUBT_S - 0.1, on=False)[0].quality is Quality.SUSPECT
    assert tally.take((), 1.0 + DOUBT_S, on=False)[0].quality is Quality.GOOD


def test_a_line_that_was_opened_again_misses_nothing_by_its_new_numbers() -> None:
    counts = Counts()
    tally = Tally(counts)
    tally.take(edges("101"), 0.0, on=True)
    tally.opened()
    assert tally.take(edges("10"), 1.0, on=False)[-1] == Sample((0.0, 3.0))
    assert counts.broken == 0


def test_a_night_of_chatter_costs_no_memory() -> None:
    tally = Tally(Counts())

    def night() -> None:
        for number in range(1, 20_000, 100):
            tally.take(edges("10" * 50, number), float(number), on=False)

    night()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tally.opened()
        night()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 4096


@asynccontextmanager
async def watched(chip: FakeChip, heard: "asyncio.Queue[Sample]", **options: float) -> AsyncIterator[Device]:
    assert DRIVER.make is not None
    settled = DRIVER.settle({"line": 3.0} | options)
    device = DRIVER.make(Place("pir-1", f"device://{chip.path}", settled, LoopClock(), heard.put_nowait))
    job = asyncio.ensure_future(device.run(lambda: None))
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield device
    finally:
        job.cancel()
        await asyncio.wait([job])
    assert job.cancelled()


async def until(heard: "asyncio.Queue[Sample]", values: tuple[float, float]) -> Sample:
    while True:
        sample = await heard.get()
        if sample.values == values:
            return sample


async def test_the_level_is_asked_for_at_the_start_and_then_followed(tmp_path: Path) -> None:
    heard: asyncio.Queue[Sample] = asyncio.Queue()
    with chip_at(tmp_path) as chip:
        chip.lines[3].high = True
        async with watched(chip, heard, active_low=1.0) as device:
            assert await heard.get() == Sample((0.0, 0.0))
            assert device.down is None
            chip.pull(3, high=False)
            assert await heard.get() == Sample((1.0, 1.0))
            chip.pull(3, high=True)
            assert await heard.get() == Sample((0.0, 1.0))
            assert chip.lines[3].consumer == "lampyre pir-1"
        assert chip.lines[3].consumer == "", "given back"


async def test_a_burst_that_nobody_read_is_told_with_how_much_is_missing(tmp_path: Path) -> None:
    heard: asyncio.Queue[Sample] = asyncio.Queue()
    with chip_at(tmp_path) as chip:
        async with watched(chip, heard) as device:
            await heard.get()
            for number in range(100):
                chip.pull(3, high=number % 2 == 0)
            sample = await until(heard, (0.0, EVENTS_KEPT / 2))
            assert sample.quality is Quality.SUSPECT
            assert device.counts == Counts(frames=EVENTS_KEPT, broken=100 - EVENTS_KEPT)


async def test_a_chip_that_goes_and_comes_back_is_opened_again_and_costs_no_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lampyre.line.REOPEN_FIRST_S", 0.001)
    heard: asyncio.Queue[Sample] = asyncio.Queue()
    with chip_at(tmp_path) as chip:
        async with watched(chip, heard) as device:
            open_before = 0
            for number in range(20):
                await until(heard, (0.0, float(number)))
                open_before = open_before or len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
                chip.pull(3, high=True)
                await until(heard, (1.0, number + 1.0))
                chip.lines[3].high = False
                chip.unplug()
                while device.down is None:
                    await asyncio.sleep(0)
                assert "the chip is gone" in device.down
                chip.replug()
                while device.down is not None:
                    await asyncio.sleep(0.001)
            await until(heard, (0.0, 20.0))
            assert len(os.listdir("/proc/self/fd")) == open_before  # noqa: PTH208 - names alone


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        ({}, "gpio_presence needs options = { line = ... }"),
        ({"line": 3.5}, "option line: give a whole number, such as 3"),
        ({"line": 3, "pull": 2}, "option pull: give a number from -1 to 1"),
    ],
)
def test_options_that_cannot_be_are_refused_with_the_cure(options: dict[str, float], cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        DRIVER.settle(options)
