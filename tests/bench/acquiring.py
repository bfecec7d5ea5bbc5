"""What a frame costs from a tty to `Latest`, beside a loop by hand on the same tty, at a hundred a second."""

import asyncio
import binascii
import os
import pty
import struct
import subprocess
import sys
import time
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.clocks import HandClock

import lampyre_boards
from lampyre import wire
from lampyre.board import BoardLine, load_definition
from lampyre.driver import Place, Sample
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.sense.sensor import Sensor
from lampyre.sense.tfmini import TFMINI_S

EACH_S = 4.0  # of every round of either side, in turns, so that both meet the same neighbours
ROUNDS = 3
RATE = 100
DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))
NAMES = [f"b1.{channel.name}" for channel in DEFINITION.channels]
BOARD = wire.encode(wire.READINGS, 1, wire.readings_body(1000, [0.0, 12.0, 2.5, 0.7, 11.0, 15.0, 0.0, 0.0]))
LIDAR = bytes.fromhex("5959f40164000009") + bytes([sum(bytes.fromhex("5959f40164000009")) & 0xFF])
WRITER = (
    "import os,sys,time\n"
    "fd=int(sys.argv[1]);frame=bytes.fromhex(sys.argv[2]);each=1/float(sys.argv[3]);at=time.monotonic()\n"
    "while True:\n"
    " os.write(fd,frame);at+=each;time.sleep(max(0,at-time.monotonic()))\n"
)

Listen = Callable[[str, Callable[[], None]], Awaitable[None]]
"""Listens at a tty until cancelled and calls back for each frame that it took."""


async def board_by_agent(path: str, taken: Callable[[], None]) -> None:
    clock = HandClock()
    rules = [ChannelRule(n, c.quantity, c.low, c.high, 5.0) for n, c in zip(NAMES, DEFINITION.channels, strict=True)]
    latest = Latest(rules, clock)

    def heard(values: object) -> None:
        latest.put(NAMES, values)  # type: ignore[arg-type]
        taken()

    await BoardLine("b1", f"serial://{path}", DEFINITION, clock, heard, lambda _: None).run(lambda: None)


async def lidar_by_agent(path: str, taken: Callable[[], None]) -> None:
    clock = HandClock()
    channel = TFMINI_S.channels[0]
    latest = Latest([ChannelRule("l.distance", channel.quantity, channel.low, channel.high, 2.0)], clock)

    def heard(sample: Sample) -> None:
        latest.put(("l.distance",), sample.values, sample.quality)
        taken()

    place = Place("l", f"serial://{path}", TFMINI_S.settle({}), clock, heard)
    await Sensor(TFMINI_S, place).run(lambda: None)


async def by_hand(path: str, taken: Callable[[bytes], object]) -> None:
    """Read what is there and hand it over, frame by frame ended by hand: no checks but those of `taken`."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd)
    loop = asyncio.get_running_loop()
    loop.add_reader(fd, lambda: taken(os.read(fd, 4096)))
    try:
        await asyncio.Event().wait()
    finally:
        loop.remove_reader(fd)
        os.close(fd)


async def board_by_hand(path: str, taken: Callable[[], None]) -> None:
    slots: dict[str, float] = {}
    waiting = bytearray()

    def read(data: bytes) -> None:
        nonlocal waiting
        waiting += data
        while (end := waiting.find(0)) >= 0:
            line, plain, at = waiting[:end], bytearray(), 0
            waiting = waiting[end + 1 :]
            while at < len(line):
                code = line[at]
                plain += line[at + 1 : at + code]
                at += code
                if at < len(line):
                    plain.append(0)
            if len(plain) > 40 and binascii.crc_hqx(plain[:-2], 0xFFFF) is not None:
                values = struct.unpack_from("<IB" + "Bf" * len(NAMES), plain, 2)
                slots.update(zip(NAMES, values[3::2], strict=True))
                taken()

    await by_hand(path, read)


async def lidar_by_hand(path: str, taken: Callable[[], None]) -> None:
    slots: dict[str, float] = {}
    waiting = b""

    def read(data: bytes) -> None:
        nonlocal waiting
        waiting += data
        while len(waiting) >= 9:
            if waiting[:2] == b"\x59\x59" and sum(waiting[:8]) & 0xFF == waiting[8]:
                slots["l.distance"] = (waiting[2] | waiting[3] << 8) / 100
                taken()
                waiting = waiting[9:]
            else:
                waiting = waiting[1:]

    await by_hand(path, read)


async def cost_us(listen: Listen, frame: bytes) -> float:
    """Return the processor time of this process for each frame, in us, over EACH_S."""
    near, far = pty.openpty()
    tty.setraw(far)
    words = [sys.executable, "-c", WRITER, str(near), frame.hex(), str(RATE)]
    count = 0

    def taken() -> None:
        nonlocal count
        count += 1

    with subprocess.Popen(words, pass_fds=[near]) as writer:  # noqa: ASYNC220 - a writer in our loop would be counted
        listening = asyncio.ensure_future(listen(os.ttyname(far), taken))
        await asyncio.sleep(0.5)  # opened, and the first frames through
        before, started, since = count, time.process_time(), time.monotonic()
        while time.monotonic() - since < EACH_S:
            await asyncio.sleep(EACH_S)
        used, frames = (
            time.process_time() - started,
            RATE * (time.monotonic() - since),
        )  # a writer that is late catches up
        assert count > before, "nothing was taken"
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        writer.kill()
    os.close(near)
    os.close(far)
    return used / frames * 1e6


async def acquiring() -> None:
    """Print the least of some rounds of each."""
    Path(".cache").mkdir(exist_ok=True)
    for what, ours, least, frame in (
        ("a frame of our board's, tty to Latest", board_by_agent, board_by_hand, BOARD),
        ("a frame of a lidar's, tty to Latest", lidar_by_agent, lidar_by_hand, LIDAR),
    ):
        costs = [(await cost_us(ours, frame), await cost_us(least, frame)) for _ in range(ROUNDS)]
        us, hand_us = min(cost for cost, _ in costs), min(cost for _, cost in costs)
        print(f"{what:42s} {us:10.1f} {hand_us:10.1f} {'us':8s} {us / hand_us:6.1f}")


if __name__ == "__main__":
    asyncio.run(acquiring())
