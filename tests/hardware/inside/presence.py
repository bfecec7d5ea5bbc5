"""Runs in the guest: a presence sensor at a line of /dev/gpiochipN."""

import asyncio
import statistics
from functools import partial

from tests.hardware.inside.sim import Chip, comes_to, descriptors, play, running, until

from lampyre.driver import Device, Sample
from lampyre.records import Quality

LINE, PASSERS, BURST, FLOOD, CYCLES = 3, 100, 100, 5000, 3
CHIP = Chip("presence")


def url() -> str:
    return f"device://{CHIP.path}"


async def first_of(heard: list[Sample], device: Device) -> None:
    await until(lambda: heard, lambda: device.down)


async def passing() -> str:
    heard: list[Sample] = []
    seen_s = []
    async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE, debounce_ms=0) as device:
        await first_of(heard, device)
        assert heard[0] == Sample((0.0, 0.0)), heard
        for number in range(PASSERS):
            for level in (1.0, 0.0):
                CHIP.pull(LINE, up=level > 0.0)
                wanted = (level, number + 1.0)
                seen_s.append(await comes_to(lambda: heard[-1].values, wanted))
        assert {sample.quality for sample in heard} == {Quality.GOOD}
    seen_ms = sorted(1000 * each for each in seen_s)
    middle, most = statistics.median(seen_ms), seen_ms[-1]
    return f"{PASSERS} of {PASSERS} counted; pull to sample {middle:.0f} ms, at most {most:.0f} (median, emulated)"


async def level_at_start() -> str:
    for up in (True, False):
        heard: list[Sample] = []
        CHIP.pull(LINE, up=up)
        async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE, active_low=1) as device:
            await first_of(heard, device)
        assert heard[0].values == (float(not up), 0.0), heard
    return "told before any edge, and right with active_low"


async def active_low() -> str:
    heard: list[Sample] = []
    CHIP.pull(LINE, up=True)
    async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE, active_low=1, debounce_ms=0):
        await until(lambda: heard)
        CHIP.pull(LINE, up=False)
        await until(lambda: heard[-1].values == (1.0, 1.0), lambda: heard)
        CHIP.pull(LINE, up=True)
        await until(lambda: heard[-1].values == (0.0, 1.0), lambda: heard)
    CHIP.pull(LINE, up=False)
    return "a falling edge is somebody who comes, a rising one is not"


async def bias() -> str:
    for pull, up in ((1, True), (-1, False), (0, False)):
        heard: list[Sample] = []
        async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE, pull=pull) as device:
            await first_of(heard, device)
            assert CHIP.pulled_up(LINE) == up, (pull, CHIP.pulled_up(LINE))
            assert heard[-1].values[0] == float(up), heard
    return "pull = 1, -1 and 0 reach the chip"


async def spikes() -> str:
    heard: list[Sample] = []
    async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE) as device:
        await until(lambda: heard)
        for number in range(BURST):  # within 20 ms, and back to where it was
            CHIP.pull(LINE, up=number % 2 == 0)
        await asyncio.sleep(0.5)
        passages = heard[-1].values[1]
        assert heard[-1].values[0] == 0.0
        assert passages <= 3 or heard[-1].quality is Quality.SUSPECT, heard[-1]  # an emulated machine may stall
        CHIP.pull(LINE, up=True)
        await until(lambda: heard[-1].values == (1.0, passages + 1.0), lambda: heard[-1])
        CHIP.pull(LINE, up=False)
        await until(lambda: heard[-1].values[0] == 0.0)
        return f"{BURST} edges at once are {passages:.0f} passages, who stays is one; {device.counts.frames} edges came"


async def unread(edges: int) -> str:
    heard: list[Sample] = []
    options = {"line": LINE, "debounce_ms": 0}
    async with running("gpio_presence", "pir-1", url(), heard.append, **options) as device:
        await until(lambda: heard)
        for number in range(edges):  # the loop does not run meanwhile, so nobody reads
            CHIP.pull(LINE, up=number % 2 == 0)
        await until(lambda: device.counts.frames and heard[-1].values[0] == 0.0)
        await asyncio.sleep(0.3)
        counts, passages = device.counts, heard[-1].values[1]
        assert counts.frames < edges, "nothing was lost: pull more often"
        assert counts.broken > 0, counts
        assert passages < edges / 2
        assert heard[-1].quality is Quality.SUSPECT
        CHIP.pull(LINE, up=True)  # and it goes on
        await until(lambda: heard[-1].values == (1.0, passages + 1.0), lambda: heard[-1])
        assert heard[-1].quality is Quality.SUSPECT
        CHIP.pull(LINE, up=False)
        await until(lambda: heard[-1].values[0] == 0.0)
        return (
            f"of {edges} unread edges {counts.frames - 2} came, {counts.broken} are known to be missing, "
            f"{passages:.0f} of {edges // 2} passages counted: SUSPECT"
        )


async def second_owner() -> str:
    heard: list[Sample] = []
    async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE):
        await until(lambda: heard)
        async with running("gpio_presence", "pir-2", url(), heard.append, line=LINE) as second:
            await until(lambda: second.down and "not heard yet" not in second.down)
            assert second.down is not None
            assert "lampyre pir-1 has it" in second.down, second.down
            said = second.down.partition(";")[0]
    async with running("gpio_presence", "pir-3", url(), heard.append, line=99) as third:
        await until(lambda: third.down and "no such line" in third.down, lambda: third.down)
    return said


async def unplugged() -> str:
    heard: list[Sample] = []
    names, gone_s, back_s, open_before = set(), [], [], 0
    async with running("gpio_presence", "pir-1", url(), heard.append, line=LINE, debounce_ms=0) as device:
        for _ in range(CYCLES):
            await until(lambda: device.down is None, lambda: device.down)
            open_before = open_before or descriptors()
            names.add(CHIP.name)
            CHIP.live(there=False)
            gone_s.append(await until(lambda: device.down))
            CHIP.live()
            back_s.append(await until(lambda: device.down is None, lambda: device.down))
            heard.clear()
            CHIP.pull(LINE, up=True)
            await until(lambda: heard and heard[-1].values[0] == 1.0, lambda: heard)
            CHIP.pull(LINE, up=False)
            await until(lambda: heard[-1].values[0] == 0.0, lambda: heard)
            assert heard[-1].quality is Quality.GOOD
        assert descriptors() <= open_before, (descriptors(), open_before)
    return (
        f"{CYCLES} times taken away: noticed after {max(gone_s):.1f} s at most, back after {max(back_s):.1f}, "
        f"as {len(names)} different numbers, no descriptor left open"
    )


play(
    ("presence", passing),
    ("presence, level at the start", level_at_start),
    ("presence, active low", active_low),
    ("presence, resistor of the chip", bias),
    ("presence, spikes", spikes),
    ("presence, a burst", partial(unread, BURST)),
    ("presence, a flood", partial(unread, FLOOD)),
    ("presence, a pin that is taken", second_owner),
    ("presence, chip unplugged", unplugged),
)
