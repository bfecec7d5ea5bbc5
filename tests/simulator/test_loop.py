"""Time that leaps keeps the order of things."""

import asyncio

import pytest
from tests.leaps import in_leaps

from lampyre_sim.loop import JumpingLoop


@in_leaps
async def test_a_day_of_timers_passes_in_no_time_and_in_order() -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    async def tick(period_s: float, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(period_s)
            seen.append(loop.time())

    started_s = loop.time()
    await asyncio.gather(tick(60.0, 1440), tick(3600.0, 24), tick(7.0, 100))
    assert loop.time() - started_s == pytest.approx(86400.0)
    assert seen == sorted(seen)


@in_leaps
async def test_threads_take_real_time_and_none_of_the_loops() -> None:
    loop = asyncio.get_running_loop()
    rung: list[str] = []
    loop.call_later(0.001, rung.append, "timer")
    started_s = loop.time()
    await loop.run_in_executor(None, sum, range(3_000_000))
    assert loop.time() == started_s
    assert rung == []
    await asyncio.sleep(1)
    assert rung == ["timer"]


@in_leaps
async def test_sockets_are_served_between_leaps() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    server.close()


@pytest.mark.parametrize("days", [98.0, 200.0, 365.0, 700.0])
def test_time_goes_on_after_months(days: float) -> None:
    async def wait() -> float:
        await asyncio.sleep(days * 86400.0)
        await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        assert runner.run(wait()) == pytest.approx(days * 86400.0 + 0.1, abs=1e-6)
