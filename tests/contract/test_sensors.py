"""Sensors on lines of their own: none of them slows another, whatever it does."""

import asyncio
import fcntl
import os
import select
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.clocks import LoopClock

from lampyre.driver import Place, Sample
from lampyre.link import keep_alone, open_link
from lampyre.sense.maxbotix import DRIVER
from lampyre.sense.sensor import Sensor
from lampyre_sim.plug import Plug

TIOCGEXCL = 0x80045440  # tty_ioctl(2); Python's termios has no name for it
HEARD = 300  # ranges of the sound sensor while its neighbours misbehave
DEADLINE_S = 90.0  # only ends a hang


def sensor(name: str, plug: Plug, heard: list[Sample]) -> Sensor:
    plug.replug()
    return Sensor(DRIVER, Place(name, f"serial://{plug.path}?baud=9600", {}, LoopClock(), heard.append))


@contextmanager
def flooded(plug: Plug, data: bytes) -> Iterator[None]:
    """Write without end, whenever the tty takes anything."""
    ours, _ = plug._ends or (-1, -1)
    loop = asyncio.get_running_loop()

    def write() -> None:
        with suppress(BlockingIOError):
            os.write(ours, data)

    loop.add_writer(ours, write)
    try:
        yield
    finally:
        loop.remove_writer(ours)
        plug.unplug()


async def test_a_silent_line_and_one_that_babbles_do_not_slow_their_neighbour() -> None:
    good, silent, mad, busy = (Plug(None, lambda _: None) for _ in range(4))
    heard: list[Sample] = []
    ours = sensor("good", good, heard)
    others = [sensor("silent", silent, []), sensor("mad", mad, [])]
    crowd: list[Sample] = []
    tasks = [asyncio.ensure_future(one.run(lambda: None)) for one in (ours, *others, sensor("busy", busy, crowd))]
    async with asyncio.timeout(DEADLINE_S):
        with flooded(mad, b"\xa5" * 512), flooded(busy, b"R0800\r" * 80):
            while len(crowd) < 100 or "not as a maxbotix does" not in str(others[1].down):
                await asyncio.sleep(0)
            turns = len(crowd)
            for number in range(HEARD):
                good.write(b"R1234\r")
                while ours.counts.frames <= number - 1:  # the first line may be half a line
                    await asyncio.sleep(0)
            assert len(crowd) > turns, "the busy one is heard too"
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    good.unplug()
    silent.unplug()
    assert len(heard) >= HEARD - 6, "no range of it was lost"
    assert ours.line.opened == 1
    assert others[0].down == "not heard yet"


async def test_a_stop_in_the_moment_of_an_unplugging_is_not_forgotten() -> None:
    plug = Plug(None, lambda _: None)
    one = sensor("r1", plug, [])
    task = asyncio.ensure_future(one.run(lambda: None))
    async with asyncio.timeout(DEADLINE_S):
        while not one.counts.frames:
            plug.write(b"R1234\r")
            await asyncio.sleep(0)
        plug.unplug()
        await asyncio.sleep(0)  # its end of the line is ready to be read now
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()


def test_a_port_is_shared_with_nobody() -> None:
    ours, theirs = os.openpty()
    try:
        keep_alone(theirs)
        assert struct.unpack("i", fcntl.ioctl(theirs, TIOCGEXCL, bytes(4))) == (1,)
    finally:
        os.close(ours)
        os.close(theirs)


async def test_what_speaks_nonsense_is_given_up_with_the_cure() -> None:
    plug = Plug(None, lambda _: None)
    one = sensor("r1", plug, [])
    task = asyncio.ensure_future(one.run(lambda: None))
    async with asyncio.timeout(DEADLINE_S):
        while "speaks, but" not in str(one.down):
            plug.write(b"$GPRMC,,V,,,,,,,,,,N*53\r\n" * 20)
            await asyncio.sleep(0)
    assert one.down is not None
    assert "at 9600 baud; check baud in link, and kind" in one.down
    task.cancel()
    await asyncio.wait([task])
    plug.unplug()


async def test_whoever_reads_what_is_already_there_lets_the_others_have_their_turn() -> None:
    plug = Plug(None, lambda _: None)
    plug.replug()
    async with asyncio.timeout(DEADLINE_S), open_link(f"serial://{plug.path}?baud=9600") as link:
        plug.write(b"1")
        while not select.select([link._fd], [], [], 0)[0]:  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        turns: list[str] = []
        asyncio.get_running_loop().call_soon(turns.append, "another")
        assert await link.receive() == b"1"
        assert turns == ["another"]
    plug.unplug()
