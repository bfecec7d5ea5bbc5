"""The door: whatever clients send, each gets an answer or a refusal, and the agent goes on."""

import asyncio
import json
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.console.room import DEADLINE_S, short_folder
from tests.leaps import in_leaps

from lampyre import door as rules
from lampyre.door import ANSWER_LIMIT, BEAT_S, CLIENTS_MOST, LINE_LIMIT, SILENT_S, Door
from lampyre.errors import CommandRefused, ConfigError
from lampyre.socketfile import OWNER, listen, remove

Said = dict[str, object]


async def echo(question: Said) -> Said:
    """Say back what was asked; some questions are beyond it."""
    match question.get("ask"):
        case "refused":
            raise CommandRefused("no lamp 'lamp-9'; there are lamp-1, lamp-2")
        case "clumsy":
            return {"ok": True, "level": float(str(question["level"]))}
        case "long":
            return {"ok": True, "text": "x" * ANSWER_LIMIT}
        case "nan":
            return {"ok": True, "value": float("nan")}
        case "never":
            await asyncio.get_running_loop().create_future()
    return {"ok": True, "asked": question}


@asynccontextmanager
async def opened(folder: Path, answer: Callable[[Said], Awaitable[Said]] = echo) -> AsyncIterator[Door]:
    door = Door(folder / "deep" / "agent.sock", answer)
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(door.run(lambda: ready.set() if door.path.is_socket() else None))
        await ready.wait()
        yield door
        assert not running.done()
        running.cancel()


@asynccontextmanager
async def client(door: Door) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_unix_connection(door.path, limit=1 << 20)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def sent(door: Door, line: bytes) -> Said:
    async with client(door) as (reader, writer), asyncio.timeout(DEADLINE_S):
        writer.write(line)
        said = json.loads(await reader.readline())
    assert isinstance(said, dict)
    return said


async def test_many_questions_on_one_connection_are_answered_in_order() -> None:
    with short_folder() as folder:
        async with opened(folder) as door, client(door) as (reader, writer):
            writer.write(b"".join(b'{"ask":"n","n":%d}\n' % number for number in range(100)))
            for number in range(100):
                assert json.loads(await reader.readline())["asked"]["n"] == number
        assert door.counts.answered == 100


async def test_only_owner_and_group_may_knock_and_the_socket_leaves_with_the_door() -> None:
    with short_folder() as folder:
        async with opened(folder) as door:
            assert stat.S_IMODE(door.path.stat().st_mode) == 0o600
        assert not door.path.exists()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello\n", "not one JSON object"),
        (b"[1]\n", "not one JSON object"),
        (b"\n", "not one JSON object"),
        (b"[" * 20000 + b"\n", "not one JSON object"),
        (b"\xff\xfe\n", "not one JSON object"),
        (b'{"ask":"refused"}\n', "no lamp 'lamp-9'; there are lamp-1, lamp-2"),
        (b'{"ask":"clumsy"}\n', "not understood"),
        (b'{"ask":"clumsy","level":"much"}\n', "not understood"),
        (b'{"ask":"long"}\n', "longer than"),
        (b'{"ask":"nan"}\n', "JSON has not"),
        (b'{"ask":"' + b"x" * LINE_LIMIT + b'"}\n', "at most 65536 bytes"),
    ],
)
async def test_what_cannot_be_answered_is_refused_and_the_next_is_answered(line: bytes, why: str) -> None:
    with short_folder() as folder:
        async with opened(folder) as door:
            said = await sent(door, line)
            assert said["ok"] is False
            assert why in str(said["error"])
            assert (await sent(door, b'{"ask":"status"}\n'))["ok"] is True


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_no_bytes_at_all_bring_the_door_down(lines: list[bytes]) -> None:
    async def all_sent() -> None:
        with short_folder() as folder:
            async with opened(folder) as door:
                for line in lines:
                    async with client(door) as (_, writer):
                        writer.write(line)
                assert (await sent(door, b'{"ask":"status"}\n'))["ok"] is True

    asyncio.run(all_sent())


async def test_a_long_answer_reaches_a_client_that_said_all_it_had_to_say() -> None:
    async def long(_: Said) -> Said:
        return {"ok": True, "text": "x" * (ANSWER_LIMIT - 100)}

    with short_folder() as folder:
        async with opened(folder, long) as door, client(door) as (reader, writer):
            writer.write(b"{}\n")
            writer.write_eof()
            assert len(await reader.read()) > ANSWER_LIMIT - 100


async def test_the_seventeenth_client_is_turned_away_and_told_so() -> None:
    with short_folder() as folder:
        async with opened(folder) as door:
            clients = [await asyncio.open_unix_connection(door.path) for _ in range(CLIENTS_MOST)]
            for reader, writer in clients:
                writer.write(b"{}\n")
                assert json.loads(await reader.readline())["ok"] is True
            said = await sent(door, b"{}\n")
            assert "16 clients are here already" in str(said["error"])
            for _, writer in clients:
                writer.transport.abort()
        assert door.counts.turned_away == 1


@in_leaps
async def test_a_silent_client_is_let_go_and_a_slow_answer_is_refused() -> None:
    with short_folder() as folder:
        async with opened(folder) as door, client(door) as (reader, writer):
            started_s = asyncio.get_running_loop().time()
            writer.write(b'{"ask":"never"}\n')
            assert "ask again" in json.loads(await reader.readline())["error"]
            assert await reader.read() == b""
            assert asyncio.get_running_loop().time() - started_s >= SILENT_S + rules.ANSWER_S


@in_leaps
async def test_an_idle_door_wakes_only_to_beat() -> None:
    beats: list[float] = []
    with short_folder() as folder:
        door = Door(folder / "agent.sock", echo)
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600.0):
                await door.run(lambda: beats.append(loop.time()))
    assert len(beats) <= 600.0 / BEAT_S + 3
    assert all(later - sooner <= BEAT_S + 0.001 for sooner, later in pairwise(beats))


@in_leaps
async def test_a_place_that_is_taken_is_asked_for_again_until_it_is_free(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with short_folder() as folder:
        path = folder / "agent.sock"
        other = listen(path, OWNER)
        door = Door(path, echo)
        beats = 0

        def beat() -> None:
            nonlocal beats
            beats += 1
            if beats == 4:
                remove(path, other)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(120.0):
                await door.run(beat)
    assert beats >= 6
    assert [record.getMessage() for record in caplog.records if "another process" in record.getMessage()] == [
        f"{path}: another process serves it; stop that one, or give another path; "
        "until then no console can ask, and all else goes on"
    ]


def test_what_a_dead_process_left_is_replaced_and_a_plain_file_is_not() -> None:
    with short_folder() as folder:
        path = folder / "agent.sock"
        listen(path, OWNER).close()  # as after kill -9: the name stays, nobody answers
        assert path.is_socket()
        remove(path, listen(path, OWNER))
        assert not path.exists()
        path.write_text("somebody's", encoding="utf-8")
        with pytest.raises(ConfigError, match="a file of that name"):
            listen(path, OWNER)
        assert path.read_text(encoding="utf-8") == "somebody's"


def test_a_path_too_long_for_a_socket_is_named() -> None:
    with short_folder() as folder, pytest.raises(ConfigError, match="at most 107"):
        listen(folder / ("x" * 120), OWNER)
