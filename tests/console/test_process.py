"""The console as a process of its own: started, killed, started again; the door notices nothing."""

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
import termios
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.console.answers import Canned
from tests.console.room import DEADLINE_S, Technician, pseudo_terminal, short_folder

from lampyre.door import Door

TOML = """
[node]
site = "dijon-parc"
id = "kerb-7"
latitude = 47.3
longitude = 5.0
language = "en"
runtime_dir = "{folder}"
state_dir = "{folder}"
[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial:///dev/lampyre/b1"
"""
STATUS = b'{"ask":"status"}\n'


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Door]:
    (folder / "node.toml").write_text(TOML.format(folder=folder), encoding="utf-8")
    door = Door(folder / "agent.sock", Canned())
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(door.run(lambda: ready.set() if door.path.is_socket() else None))
        await ready.wait()
        yield door
        running.cancel()


@asynccontextmanager
async def console(
    folder: Path, *words: str, stdin: int = PIPE, stdout: int = PIPE
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lampyre", "console", "--config", str(folder / "node.toml"), *words),
        stdin=stdin,
        stdout=stdout,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@contextmanager
def descriptor(port: str) -> Iterator[int]:
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        yield fd
    finally:
        os.close(fd)


async def connected(path: Path) -> Technician:
    """Poll until the process has opened its socket."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return Technician(*await asyncio.open_unix_connection(path))
            await asyncio.sleep(0.02)


async def asked(path: Path) -> dict[str, object]:
    reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
    writer.write(STATUS)
    said = json.loads(await reader.readline())
    writer.close()
    await writer.wait_closed()
    assert isinstance(said, dict)
    return said


async def test_the_door_goes_on_when_the_console_is_killed_and_the_next_console_takes_its_place() -> None:
    with short_folder() as folder:
        async with served(folder) as door:
            async with console(folder) as first:
                technician = await connected(folder / "console.sock")
                assert stat.S_IMODE((folder / "console.sock").stat().st_mode) == 0o660
                await technician.ask("status", "ALARM")
                await technician.type("stat")  # in the middle of a word
                first.send_signal(signal.SIGKILL)
                await first.wait()
                await technician.gone()
                technician.close()
            assert (await asked(door.path))["ok"] is True
            async with console(folder) as second:
                technician = await connected(folder / "console.sock")
                await technician.ask("why lamp-1", "changes.")
                second.send_signal(signal.SIGTERM)
                async with asyncio.timeout(DEADLINE_S):
                    assert await second.wait() == 0
                technician.close()
            assert not (folder / "console.sock").exists()
            assert door.counts.refused == 0


async def test_a_serial_console_answers_on_its_port_and_says_nothing_else() -> None:
    with short_folder() as folder, pseudo_terminal() as (keys, port):
        async with served(folder), console(folder, "--serial", f"{port}?baud=9600") as process:
            assert process.stderr is not None
            await keys.wake()
            await keys.type("lamp lamp-1\r")
            await keys.until("Board b1 is heard.")
            assert not (folder / "console.sock").exists()
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(DEADLINE_S):
                assert await process.wait() == 0
                assert await process.stderr.read() == b""


async def test_on_standard_input_a_script_is_answered_and_ends_by_itself() -> None:
    with short_folder() as folder:
        async with served(folder), console(folder, "--stdio") as process:
            async with asyncio.timeout(DEADLINE_S):
                out, errors = await process.communicate(b"outbox --json\nlangue fr\nbye\n")
    assert process.returncode == 0, errors
    assert json.loads(out.splitlines()[1]) == Canned().answers["outbox"]
    assert out.decode().endswith("Au revoir.\n")


async def test_on_a_terminal_a_pin_is_starred_and_the_terminal_is_left_as_it_was() -> None:
    with short_folder() as folder, pseudo_terminal() as (keys, port), descriptor(port) as near:
        before = termios.tcgetattr(near)
        before[3] |= termios.ECHO | termios.ICANON
        termios.tcsetattr(near, termios.TCSANOW, before)
        async with served(folder), console(folder, "--stdio", stdin=near, stdout=near) as process:
            await keys.until(r"> $")
            await keys.type("pin 246810\r")
            shown = await keys.until("lampyre pin")
            assert "pin ******" in shown
            assert "246810" not in shown
            await keys.type("bye\r")
            async with asyncio.timeout(DEADLINE_S):
                assert await process.wait() == 0
            assert termios.tcgetattr(near)[3] == before[3]


async def test_a_second_console_does_not_take_the_place_of_the_first() -> None:
    with short_folder() as folder:
        async with served(folder), console(folder):
            technician = await connected(folder / "console.sock")
            async with console(folder) as second, asyncio.timeout(DEADLINE_S):
                _, errors = await second.communicate()
            assert second.returncode == 2
            assert b"another process serves it" in errors
            await technician.ask("status", "ALARM")
            technician.close()


async def test_a_port_that_cannot_be_meant_ends_with_two_and_the_cure() -> None:
    with short_folder() as folder:
        async with served(folder), console(folder, "--serial", "/dev/tty?baud=77") as process:
            async with asyncio.timeout(DEADLINE_S):
                _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"give serial:///dev/NAME" in errors
    assert b"Traceback" not in errors
