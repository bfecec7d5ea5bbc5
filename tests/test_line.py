"""A line that is told to stop stops, whatever happens to it at that moment."""

import asyncio
import os
import pty

import pytest

from lampyre.clock import SystemClock
from lampyre.errors import LinkDown
from lampyre.line import Line
from lampyre.link import Link


async def test_a_stop_in_the_very_moment_in_which_the_line_breaks_is_a_stop() -> None:
    near, far = pty.openpty()
    line = Line("board mast-1", f"serial://{os.ttyname(far)}", SystemClock(), 10.0)
    talking, broken = asyncio.Event(), asyncio.Event()

    async def breaks() -> None:
        talking.set()
        await broken.wait()
        raise LinkDown("unplugged")

    async def talk(link: Link) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(breaks())

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
