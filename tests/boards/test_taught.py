"""The node teaches its board the safe level, once, and after an exchange again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import lampyre_boards
from lampyre.board import BoardLine, load_definition
from lampyre.clock import SystemClock
from lampyre_sim.board import BoardProcess

DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))


@asynccontextmanager
async def node(board: BoardProcess, keep: float) -> AsyncIterator[BoardLine]:
    line = BoardLine("b1", f"serial://{board.tty}", DEFINITION, SystemClock(), lambda _: None, lambda _: None)
    line.keep = keep
    job = asyncio.create_task(line.run(lambda: None))
    try:
        async with asyncio.timeout(120):
            while not line.kept(keep):
                await asyncio.sleep(0.01)
        yield line
    finally:
        job.cancel()
        await asyncio.wait([job])


async def test_a_board_is_taught_its_safe_level_and_lights_it_by_itself_from_then_on() -> None:
    async with BoardProcess(interpreter="cpython", speed=20.0, presence=False, lux=1.0) as board:
        async with node(board, 0.9):
            await board.wait_level(0.899, 0.901)
        await board.kill()
        await board.start()
        await board.wait_level(0.899, 0.901)
        async with node(board, 0.7):
            await board.wait_level(0.699, 0.701)
