"""The contract of what a driver makes by itself (`make`), as a test for anybody: `assert_device_holds(DRIVER, RIG)`.

A rig is a twin and a way to it that can be damaged and cut. Whatever happens there, nothing wrong is believed beyond
what the driver's `wrong_odds` let pass, it is told who is down, others have their turn, and nothing is left over.
"""

import asyncio
import gc
import logging
import os
import random
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from lampyre.driver import Device, Driver, Place, Sample, Values
from lampyre.records import Quality
from lampyre_sim.clock import ScaledClock
from lampyre_sim.contract import UNPLUGS, allowance
from lampyre_sim.loop import JumpingLoop
from lampyre_sim.wicked import KINDS, Spoil, whole

LOOKS = 400  # answers over each damaged way
NOISE_LOOKS = 800  # answers that are nothing but noise
HELD_LIMIT = 48 * 1024  # bytes; a loop alone keeps up to a hundred timers that were called off, 18 kB (November 2026)
BEAT_MOST_S = 30.0  # `Device.run` promises it
GONE_S = 600.0  # for so long it is away, and nobody must wait for it
TURN_S, TURNS_LIMIT = 2.0, 20_000  # of the loop, while something is waited for and nothing is seen


class Rig(Protocol):
    """What one device is plugged into."""

    url: str
    options: Values  # what the file says of it
    links: Sequence[str]  # those of lampyre_sim.wicked.KINDS that the way to it can be; none: nothing is sent
    spoil: Spoil  # what becomes of each answer on its way

    def make(self, place: Place) -> Device:
        """Make the driver's device, with this rig behind it."""

    def true(self, values: tuple[float, ...]) -> bool:
        """Whether the twin said so, to the question that was put last."""

    def unplug(self) -> None:
        """Take the twin away; each time in another way, where there are several."""

    def replug(self) -> None:
        """Put it back."""


class InlineLoop(JumpingLoop):
    """What is done aside is done at once: twins never hang, and threads would only cost time."""

    def run_in_executor(  # type: ignore[override]
        self, _: Executor | None, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run `func` now."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - raised where it is awaited
            done.set_exception(error)
        return done


def assert_device_holds(
    driver: Driver, rig: Callable[[], AbstractContextManager[Rig]], noise_looks: int = NOISE_LOOKS
) -> None:
    """Raise AssertionError, with what and where, unless the driver's device keeps to the contract."""
    assert driver.make is not None, f"{driver.kind}: it makes no device"
    assert driver.source, f"{driver.kind}: name the paper that says how it speaks"
    with rig() as there:
        links = tuple(there.links)
    for link in links:
        _run(driver, rig, partial(_Held.damaged, link=link))
    if links:
        _run(driver, rig, partial(_Held.noise, looks=noise_looks))
        _run(driver, rig, _Held.silent)
    _run(driver, rig, _Held.gone)
    _run(driver, rig, _Held.unplugged)


def _run(driver: Driver, rig: Callable[[], AbstractContextManager[Rig]], trial: Callable[["_Held"], Any]) -> None:
    async def once() -> None:
        with rig() as there:
            held = _Held(driver, there)
            async with held.running():
                await trial(held)

    with asyncio.Runner(loop_factory=InlineLoop) as runner:
        runner.run(once())


class _Held:
    """One device in its rig, and what was heard of it."""

    def __init__(self, driver: Driver, rig: Rig) -> None:
        self._driver, self._rig = driver, rig
        self._loop = asyncio.get_running_loop()
        self._samples = 0
        self._wrong: list[tuple[float, ...]] = []
        self._true = 0
        self._beat_s, self._gap_s = self._loop.time(), 0.0
        clock = ScaledClock(datetime(2026, 12, 1, tzinfo=UTC), self._loop.time)
        self._device = rig.make(Place("held", rig.url, driver.settle(rig.options), clock, self._hear))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let the device run."""
        job = asyncio.ensure_future(self._device.run(self._beat))
        try:
            yield
        finally:
            job.cancel()
            await asyncio.wait([job])
        assert job.cancelled(), f"{self._driver.kind}: ended by {job.exception()!r}, not by its stop"

    async def damaged(self, link: str) -> None:
        """Some answers arrive, some arrive as something else."""
        self._rig.spoil = KINDS[link]()
        await self._looks(LOOKS)
        self._few_wrong(link)
        assert self._true or link != "whole", f"{self._driver.kind}: nothing true is heard of it"
        await self._finds_back(link)

    async def noise(self, looks: int) -> None:
        """Every answer is noise; after a long night of it no more memory is held than before."""
        self._rig.spoil = _Random()
        await self._looks(looks // 2)
        logging.disable()  # who keeps what is logged is not our matter
        tracemalloc.start()
        try:
            before = _held_bytes()
            await self._looks(looks // 2)
            after = _held_bytes()
        finally:
            tracemalloc.stop()
            logging.disable(logging.NOTSET)
        self._few_wrong("noise")
        assert after - before < HELD_LIMIT, f"{self._driver.kind}: holds {after - before} bytes more after noise"
        await self._finds_back("noise")

    async def silent(self) -> None:
        """It hears all and says nothing."""
        self._rig.spoil = _nothing
        await asyncio.sleep(GONE_S)
        self._told("silent")
        await self._finds_back("silence")

    async def gone(self) -> None:
        """It is not there for a while."""
        self._rig.unplug()
        await asyncio.sleep(GONE_S)
        self._told("gone")
        self._rig.replug()
        await self._finds_back("ten minutes without it")

    async def unplugged(self) -> None:
        """Five hundred times; what it says is heard each time, and nothing is left open."""
        kind, open_before = self._driver.kind, 0
        for number in range(UNPLUGS):
            self._rig.replug()
            await self._until(lambda: self._device.down is None, "plugged in")
            self._rig.unplug()
            await self._until(lambda: self._device.down is not None, "pulled out")
            if number == 1:  # by then both ways of going have been seen
                open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
        left = len(os.listdir("/proc/self/fd")) - open_before  # noqa: PTH208 - names alone
        assert left <= 0, f"{kind}: {left} descriptors left open by {UNPLUGS} unplugs"
        assert not self._wrong, f"{kind}: {self._wrong[:3]} after an unplugging"
        self._rig.replug()
        await self._finds_back("unplugging")

    def _hear(self, sample: Sample) -> None:
        self._samples += 1
        if sample.quality is not Quality.GOOD:
            return
        if self._rig.true(sample.values):
            self._true += 1
        else:
            self._wrong.append(sample.values)

    def _beat(self) -> None:
        now_s = self._loop.time()
        self._beat_s, self._gap_s = now_s, max(self._gap_s, now_s - self._beat_s)

    @property
    def _seen(self) -> int:
        counts = self._device.counts
        return max(self._samples, counts.frames) + counts.broken

    async def _looks(self, count: int) -> None:
        end = self._seen + count
        await self._until(lambda: self._seen >= end, "answers")

    def _few_wrong(self, link: str) -> None:
        driver, most = self._driver, allowance(self._seen * self._driver.wrong_odds)
        said = f"{len(self._wrong)} wrong of {self._seen} looks, {most} allowed: {self._wrong[:3]}"
        assert len(self._wrong) <= most, f"{driver.kind}, {link}: {said}"

    def _told(self, what: str) -> None:
        kind = self._driver.kind
        assert self._device.down is not None, f"{kind}: is {what}, and nobody is told"
        gap_s = max(self._gap_s, self._loop.time() - self._beat_s)
        assert gap_s <= BEAT_MOST_S, f"{kind}: no beat for {gap_s:.0f} s while it is {what}"

    async def _finds_back(self, after: str) -> None:
        self._rig.spoil = whole
        true = self._true
        await self._until(lambda: self._true > true + 3 and self._device.down is None, f"whole again after {after}")

    async def _until(self, done: Callable[[], bool], what: str) -> None:
        left, seen = TURNS_LIMIT, self._seen
        while left:
            if done():
                return
            await asyncio.sleep(TURN_S)
            left, seen = TURNS_LIMIT if self._seen != seen else left - 1, self._seen
        raise AssertionError(f"{self._driver.kind}: {what}, and nothing comes of it; down: {self._device.down}")


def _held_bytes() -> int:
    gc.collect()  # what only waits to be thrown away is not held
    return tracemalloc.get_traced_memory()[0]


class _Random:
    """Noise, as long as what was said."""

    def __init__(self) -> None:
        self._chance = random.Random(23)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        yield self._chance.randbytes(len(data))


def _nothing(data: bytes) -> Iterator[bytes]:  # noqa: ARG001 - it is lost
    yield b""
