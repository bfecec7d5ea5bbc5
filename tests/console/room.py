"""A room for the tests: the door with recorded answers, the console, a technician on a PTY or a socket."""

import asyncio
import contextlib
import os
import pty
import re
import tempfile
import termios
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.console.answers import Canned

from lampyre.console.main import Console
from lampyre.console.pin import make
from lampyre.door import Door
from lampyre.settings import Settings
from lampyre.socketfile import GROUP, listen

PIN = "246810"
KEPT = make(PIN)
DEADLINE_S = 90.0  # only ends a hang; the machine may be busy
NOON = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


class SetClock:
    """A clock that stands until it is moved."""

    trusted = True
    time_quality = "ntp"

    def __init__(self) -> None:
        self._passed_s = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return 1000.0 + self._passed_s

    def move(self, seconds: float) -> None:
        self._passed_s += seconds


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose sockets have a short enough path, whatever pytest calls its own."""
    with tempfile.TemporaryDirectory(prefix="lampyre") as folder:
        yield Path(folder)


def settings_in(folder: Path, *, pin: str | None = KEPT, language: str = "en") -> Settings:
    node: dict[str, object] = {
        "site": "dijon-parc",
        "id": "kerb-7",
        "latitude": 47.3,
        "longitude": 5.0,
        "language": language,
        "runtime_dir": str(folder),
        "state_dir": str(folder),
        "console_pin": pin,
    }
    board = {"id": "b1", "kind": "lamp_bin_pico", "link": "serial:///dev/lampyre/b1"}
    return Settings.model_validate({"node": node, "board": [board]})


class Technician:
    """Types on a socket; reads until something stands there."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def type(self, text: str | bytes) -> None:
        self._writer.write(text.encode() if isinstance(text, str) else text)
        await self._writer.drain()

    async def until(self, text: str) -> str:
        """Return what came up to and with the first line that holds `text`."""
        seen = ""
        async with asyncio.timeout(DEADLINE_S):
            while text not in seen:
                seen += await self._more(seen, text)
            while not seen.endswith("\n"):
                seen += await self._more(seen, text)
        return seen

    async def _more(self, seen: str, text: str) -> str:
        data = await self._reader.readline()
        assert data, f"closed; waited for {text!r}, saw {seen!r}"
        return data.decode()

    async def ask(self, line: str, text: str) -> str:
        await self.type(line + "\n")
        return await self.until(text)

    def close(self) -> None:
        self._writer.transport.abort()

    async def gone(self) -> str:
        async with asyncio.timeout(DEADLINE_S):
            try:
                return (await self._reader.read()).decode()
            except ConnectionResetError:  # it died with something unread
                return ""


class Keys:
    """Types on the far end of a PTY; what it reads is what a screen would show."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.screen = ""
        self.hung_up = False

    def hang_up(self) -> None:
        """Pull the cable."""
        os.close(self.fd)
        self.hung_up = True

    async def type(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        for at in range(len(data)):  # one byte at a time, as from a keyboard
            while True:
                try:
                    os.write(self.fd, data[at : at + 1])
                    break
                except BlockingIOError:
                    await self._ready()

    async def until(self, pattern: str) -> str:
        """Return and forget what the screen shows up to the end of the first match."""
        async with asyncio.timeout(DEADLINE_S):
            while (found := re.search(pattern, self.screen)) is None:
                await self._ready()
                self.screen += os.read(self.fd, 4096).decode(errors="replace")
        shown, self.screen = self.screen[: found.end()], self.screen[found.end() :]
        return shown

    async def ask(self, line: str) -> str:
        """Type a line and return what is answered, up to the next prompt."""
        await self.type(line + "\r")
        return await self.until(r"\n> ")

    async def wake(self) -> None:
        """Press Enter until somebody greets: what is typed before a port is opened is thrown away."""
        async with asyncio.timeout(DEADLINE_S):
            while "Words" not in self.screen:
                await self.type("\r")
                try:
                    async with asyncio.timeout(0.2):
                        await self._ready()
                except TimeoutError:
                    continue
                self.screen += os.read(self.fd, 4096).decode(errors="replace")

    async def _ready(self) -> None:
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self.fd)


@contextmanager
def pseudo_terminal() -> Iterator[tuple[Keys, str]]:
    """Two ends of a serial line: the technician's keys, and the path of the console's port."""
    far, near = pty.openpty()
    keys = Keys(far)
    try:
        tty.setraw(near, termios.TCSANOW)
        os.set_blocking(far, False)
        yield keys, os.ttyname(near)
    finally:
        os.close(near)
        if not keys.hung_up:
            os.close(far)


class Room:
    """What a test has at hand."""

    def __init__(self, folder: Path, console: Console, clock: SetClock) -> None:
        self.folder = folder
        self.console = console
        self.clock = clock
        self.canned = Canned()
        self._door: asyncio.Task[None] | None = None

    @property
    def agent_path(self) -> Path:
        return self.folder / "agent.sock"

    async def agent_comes(self, group: asyncio.TaskGroup) -> None:
        ready = asyncio.Event()
        door = Door(self.agent_path, self.canned)
        self._door = group.create_task(door.run(lambda: ready.set() if self.agent_path.is_socket() else None))
        async with asyncio.timeout(DEADLINE_S):
            await ready.wait()

    async def agent_goes(self) -> None:
        assert self._door is not None
        self._door.cancel()
        await asyncio.wait([self._door])

    @asynccontextmanager
    async def technician(self) -> AsyncIterator[Technician]:
        reader, writer = await asyncio.open_unix_connection(self.folder / "console.sock", limit=1 << 20)
        try:
            yield Technician(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def opened(
    *, pin: str | None = KEPT, language: str = "en", serial: str | None = None, agent: bool = True
) -> AsyncIterator[tuple[Room, asyncio.TaskGroup]]:
    """The door, the console on its socket and, with `serial`, on a port; all gone at the end."""
    with short_folder() as folder:
        clock = SetClock()
        console = Console(settings_in(folder, pin=pin, language=language), clock)
        room = Room(folder, console, clock)
        listener = listen(folder / "console.sock", GROUP)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(console.serve_socket(listener))]
            if serial is not None:
                tasks.append(group.create_task(console.serve_line(console.line(serial))))
            if agent:
                await room.agent_comes(group)
            try:
                yield room, group
            finally:
                for task in tasks:
                    task.cancel()
                if room._door is not None:
                    room._door.cancel()
