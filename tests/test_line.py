"""A line that is told to stop stops, whatever happens to it at that moment."""

import asyncio
import math
import os
import pty
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.clock import SystemClock
from lampyre.errors import LinkDown
from lampyre.line import REOPEN_MOST_S, Line
from lampyre.link import Link
from lampyre_sim.plug import Plug


async def test_a_stop_in_the_very_moment_in_which_the_line_breaks_is_a_stop() -> None:
    near, far = pty.openpty()
    line = Line("board mast-1", f"serial://{os.ttyname(far)}", SystemClock(), 10.0)
    talking, broken = asyncio.Event(), asyncio.Event()

    async def breaks() -> None:
        talking.set()
        await broken.wait()
        raise LinkDown("unplugged")

    async def talk(link: Link) -> None:
        await line.together(breaks(), asyncio.sleep(3600.0))

    running = asyncio.ensure_future(line.run(lambda: None, talk))
    await talking.wait()
    broken.set()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(60.0):
            await running
    assert line.opened == 1
    os.close(near)
    os.close(far)


async def test_whoever_finds_the_line_down_first_ends_the_talk_of_all() -> None:
    line = Line("board mast-1", "serial:///dev/null", SystemClock(), 10.0)
    ended = []

    async def breaks() -> None:
        raise LinkDown("unplugged")

    async def listens() -> None:
        try:
            await asyncio.sleep(3600.0)
        finally:
            ended.append("listens")

    with pytest.raises(LinkDown, match="unplugged"):
        await line.together(listens(), breaks())
    assert ended == ["listens"]


@in_leaps
async def test_where_whoever_talks_minds_the_silence_himself_a_month_of_it_opens_nothing_anew() -> None:
    near, far = pty.openpty()
    line = Line("console", f"serial://{os.ttyname(far)}", LoopClock(), math.inf)

    async def talk(link: Link) -> None:
        await link.receive()

    running = asyncio.ensure_future(line.run(lambda: None, talk))
    await asyncio.sleep(30 * 86400.0)
    assert line.opened == 1
    running.cancel()
    await asyncio.wait([running])
    os.close(near)
    os.close(far)


@in_leaps
async def test_a_port_that_is_away_is_tried_less_and_less_and_found_within_half_a_minute_once_it_is_back() -> None:
    tries: list[float] = []
    time = asyncio.get_running_loop().time

    with TemporaryDirectory() as folder:
        plug = Plug(Path(folder) / "port", lambda _: None)
        line = Line("board mast-1", f"serial://{plug.path}", LoopClock(), math.inf)

        async def talk(link: Link) -> None:
            line.up()
            await link.receive()

        running = asyncio.ensure_future(line.run(lambda: tries.append(time()), talk))
        await asyncio.sleep(3600.0)
        assert "no such port; is the adapter plugged in?" in str(line.down)
        assert 3600 / REOPEN_MOST_S <= len(tries) / 2 <= 2 * 3600 / REOPEN_MOST_S + 10  # a beat before, one after
        for number in range(1, 4):
            plug.replug()
            await asyncio.sleep(REOPEN_MOST_S)
            assert (line.opened, line.down) == (number, None)
            plug.unplug()
            await asyncio.sleep(3600.0)
            assert line.down is not None
        running.cancel()
        await asyncio.wait([running])
