"""The contract of every driver, as a test that anybody can run on his own: `assert_driver_holds(DRIVER, CAPTURES)`.

Whatever a line does to the bytes, no wrong sample is believed beyond what the format's own checksum lets pass; memory
stays flat; and a plug that is pulled five hundred times costs nothing. Takes about three seconds for each driver.
"""

import asyncio
import math
import os
import random
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from lampyre.driver import Asker, Counts, Decoder, Driver, Place, Sample, Speech
from lampyre.records import Quality
from lampyre.sense.sensor import device_of
from lampyre_sim.clock import ScaledClock
from lampyre_sim.loop import JumpingLoop
from lampyre_sim.plug import Plug
from lampyre_sim.wicked import KINDS

NOISE_BYTES = 1_000_000
PIECE = 4096  # bytes at once: as a tty hands them out
ROUNDS = 1000  # of each capture through each damaged link
UNPLUGS = 500
RARE = 1e-6  # chance that a sound driver fails here by bad luck; seeds are fixed, so it would fail always or never
GROWTH_LIMIT = 16 * 1024  # bytes that a decoder may hold more after a long night of noise
ASKS_LIMIT = 64  # requests until the one that a capture answers comes round
TURNS_LIMIT = 20_000  # of the loop, while one unplugging is noticed or one plugging in is answered


@dataclass(frozen=True, slots=True)
class Capture:
    """Bytes of a data sheet or a real line, and the samples that they must become, whole."""

    source: str  # which sheet and page, or who captured it
    data: bytes
    values: tuple[tuple[float, ...], ...]  # of each sample, in the order of the channels; NaN: not measured
    asked: bytes | None = None  # the request that `data` answers; None: it speaks by itself
    within: float | tuple[float, ...] = 1e-9  # how far each may be off on a damaged line, and still be what was said


def assert_driver_holds(driver: Driver, captures: Sequence[Capture]) -> None:
    """Raise AssertionError, with what and where, unless the driver keeps to the contract."""
    speech = driver.speech
    assert speech is not None, f"{driver.kind}: no speech: this holds drivers of serial lines"
    assert captures, f"{driver.kind}: give captures, with where they come from"
    assert driver.source, f"{driver.kind}: name the paper that says how it speaks"
    names = [channel.name for channel in driver.channels]
    assert len(set(names)) == len(names), f"{driver.kind}: two channels of one name"
    for capture in captures:
        _undamaged(driver, speech, capture)
        for link in ("lossy", "flipped", "cut", "noisy"):
            _damaged(driver, speech, capture, link)
    _noise(driver, speech, captures[0])
    _flat(driver, speech, captures[0])
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(_unplugged(driver, captures[0]))


def allowance(expected: float) -> int:
    """Return how many may come where `expected` are to be expected: more would come once in a million times."""
    count, term = 0, math.exp(-expected)
    left = 1.0 - term
    while left > RARE and count < 1000:
        count += 1
        term *= expected / count
        left -= term
    return count


def _fresh(driver: Driver, speech: Speech, counts: Counts, capture: Capture) -> Decoder:
    decoder = speech.decoder(driver.settle({}), counts)
    _ask(decoder, speech, capture)
    return decoder


def _ask(decoder: Decoder, speech: Speech, capture: Capture) -> None:
    if speech.ask_every_s is None:
        return
    for _ in range(ASKS_LIMIT):
        if capture.asked in {None, cast(Asker, decoder).ask()}:
            return
    raise AssertionError(f"{capture.source}: {capture.asked!r} is never asked")


def _same(sample: Sample, values: tuple[float, ...], within: float | tuple[float, ...]) -> bool:
    limits = within if isinstance(within, tuple) else (within,) * len(values)
    return len(sample.values) == len(values) and all(
        (math.isnan(one) and math.isnan(other)) or abs(one - other) <= limit
        for one, other, limit in zip(sample.values, values, limits, strict=True)
    )


def _undamaged(driver: Driver, speech: Speech, capture: Capture) -> None:
    for link in ("whole", "byte by byte", "late"):
        counts, spoil = Counts(), KINDS[link]()
        decoder = _fresh(driver, speech, counts, capture)
        heard = [sample for piece in spoil(capture.data) for sample in decoder.feed(piece)]
        if link == "late":  # what is still held back comes with nothing behind it
            heard += [sample for _ in range(1000) for piece in spoil(b"") for sample in decoder.feed(piece)]
        where = f"{driver.kind}, {link}, {capture.source}"
        assert len(heard) == len(capture.values), f"{where}: {len(heard)} samples, not {len(capture.values)}"
        for sample, values in zip(heard, capture.values, strict=True):
            assert len(sample.values) == len(driver.channels), f"{where}: {sample.values} for {len(values)} channels"
            assert _same(sample, values, 1e-9), f"{where}: {sample.values}, not {values}"
        assert counts.frames >= 1, f"{where}: no frame counted"


def _damaged(driver: Driver, speech: Speech, capture: Capture, link: str) -> None:
    counts, spoil, wrong = Counts(), KINDS[link](), []
    decoder = _fresh(driver, speech, counts, capture)
    for _ in range(ROUNDS):
        _ask(decoder, speech, capture)
        for sample in (sample for piece in spoil(capture.data) for sample in decoder.feed(piece)):
            if not _believed(sample) or any(_same(sample, values, capture.within) for values in capture.values):
                continue
            wrong.append(sample.values)
    most = allowance(counts.frames * speech.damage_odds)
    where = f"{driver.kind}, {link}, {capture.source}"
    assert len(wrong) <= most, f"{where}: {len(wrong)} wrong of {counts.frames} frames, {most} allowed: {wrong[:3]}"
    for _ in range(3):
        _ask(decoder, speech, capture)
        after = decoder.feed(capture.data)
    found = any(_same(sample, values, capture.within) for sample in after for values in capture.values)
    assert found, f"{where}: does not find its way back once the line is whole"


def _believed(sample: Sample) -> bool:
    return sample.quality is Quality.GOOD and not all(math.isnan(value) for value in sample.values)


def _random(seed: int, size: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(0, size, PIECE):
        yield chance.randbytes(PIECE)


def _noise(driver: Driver, speech: Speech, capture: Capture) -> None:
    counts = Counts()
    decoder, believed = _fresh(driver, speech, counts, capture), 0
    for piece in _random(21, NOISE_BYTES):
        _ask(decoder, speech, capture)
        believed += sum(map(_believed, decoder.feed(piece)))
    most = allowance(NOISE_BYTES * speech.noise_odds)
    assert believed <= most, f"{driver.kind}: {believed} samples out of {NOISE_BYTES} bytes of noise, {most} allowed"
    assert counts.ignored + counts.broken > 0, f"{driver.kind}: noise leaves no trace in the counts"


def _flat(driver: Driver, speech: Speech, capture: Capture) -> None:
    """Noise, and then frames that never end: what a decoder keeps of them has a limit."""
    decoder = _fresh(driver, speech, Counts(), capture)
    begun = capture.data[: max(1, len(capture.data) // 2)]
    pieces = [*_random(22, 30 * PIECE), begun, *([b"\x00" * PIECE, b"R" * PIECE, begun * 20] * 10)]
    for piece in pieces:
        decoder.feed(piece)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for piece in pieces:
            decoder.feed(piece)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < GROWTH_LIMIT, f"{driver.kind}: holds {after - before} bytes more after noise"


async def _unplugged(driver: Driver, capture: Capture) -> None:
    heard: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder:
        plug = Plug(Path(folder) / "port", lambda data: plug.write(capture.data) if data == capture.asked else None)
        clock = ScaledClock(datetime(2026, 12, 1, tzinfo=UTC), asyncio.get_running_loop().time)
        speaks = capture.asked is None
        place = Place("held", f"serial://{plug.path}?baud=9600", driver.settle({}), clock, heard.append)
        device = device_of(driver, place)
        running = asyncio.ensure_future(device.run(lambda: None))
        open_before = 0
        try:
            for number in range(UNPLUGS):
                plug.replug()
                await _until(lambda: device.down is None, lambda: plug.write(capture.data) if speaks else None)
                plug.unplug()
                await _until(lambda: device.down is not None, lambda: None)
                if number == 0:
                    open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
            left = len(os.listdir("/proc/self/fd")) - open_before  # noqa: PTH208 - names alone
            assert left <= 0, f"{driver.kind}: {left} descriptors left open by {UNPLUGS} unplugs"
        finally:
            running.cancel()
            await asyncio.wait([running])
            plug.unplug()
    wrong = [one.values for one in heard if not any(_same(one, values, capture.within) for values in capture.values)]
    assert heard, f"{driver.kind}: heard nothing between {UNPLUGS} unplugs"
    assert not wrong, f"{driver.kind}: {wrong[:3]} after an unplugging"


async def _until(done: Callable[[], bool], meanwhile: Callable[[], object]) -> None:
    for _ in range(TURNS_LIMIT):
        if done():
            return
        meanwhile()
        await asyncio.sleep(0.02)
    raise AssertionError("nothing comes any more of a line that was plugged in or out")
