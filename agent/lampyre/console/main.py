"""The console's process: a serial line, a Unix socket or this terminal; it only ever asks the agent.

It shares nothing with the agent but the door's socket: when it dies, nothing else notices.
"""

import asyncio
import logging
import math
import signal
from pathlib import Path
from socket import socket as Socket  # noqa: N812 - the parameter `socket` of `run` is a path
from zoneinfo import ZoneInfo

from lampyre.clock import Clock, SystemClock
from lampyre.console.ask import Agent
from lampyre.console.pin import Gate
from lampyre.console.session import Session
from lampyre.console.terminal import PacedTerminal, SocketTerminal, StdioTerminal
from lampyre.console.tongue import Tongue
from lampyre.errors import LinkDown
from lampyre.line import Line
from lampyre.link import Link, parse_address
from lampyre.settings import Settings
from lampyre.socketfile import GROUP, listen, remove

log = logging.getLogger("lampyre.console")

SESSIONS_MOST = 8  # on the socket at once; a node has one technician, and his script
BAUD = 9600  # what any terminal can do


def run(
    settings: Settings, *, serial: str | None = None, socket: Path | None = None, stdio: bool = False, echo: bool = True
) -> int:
    """Serve until SIGTERM, SIGINT or, with `stdio`, the end of that session; returns the exit code.

    `serial` is /dev/NAME, `?baud=` behind it where it is not 9600; `echo` says whether it gets back what is typed.
    `socket` defaults to console.sock in runtime_dir when neither `serial` nor `stdio` is asked for.
    Raises ConfigError where serial line or socket cannot be meant.
    """
    if socket is None and serial is None and not stdio:
        socket = settings.node.runtime_dir / "console.sock"
    console = Console(settings, SystemClock(rtc=settings.node.clock == "rtc"), echo=echo)
    return asyncio.run(console.serve(serial, socket, stdio=stdio))


class Console:
    """All sessions of one process; they share the PIN's gate and nothing else."""

    def __init__(self, settings: Settings, clock: Clock, *, echo: bool = True) -> None:
        self._settings = settings.node
        self._clock = clock
        self._echo = echo
        self._zone = ZoneInfo(settings.node.time_zone)
        self._agent = Agent(settings.node.runtime_dir / "agent.sock")
        self._gate = Gate(settings.node.console_pin, clock)
        self._sessions = 0

    async def serve(self, serial: str | None, path: Path | None, *, stdio: bool) -> int:
        """Serve what is asked for until told to stop; raises ConfigError before anything is opened."""
        line = self.line(serial) if serial is not None else None
        listener = listen(path, GROUP) if path is not None else None
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = []
                if line is not None:
                    tasks.append(group.create_task(self.serve_line(line), name="console serial"))
                if listener is not None:
                    tasks.append(group.create_task(self.serve_socket(listener), name="console socket"))
                if stdio:
                    tasks.append(group.create_task(self._serve_stdio(stop), name="console stdio"))
                await stop.wait()
                for task in tasks:
                    task.cancel()
        finally:
            if listener is not None and path is not None:
                remove(path, listener)
        return 0

    async def serve_line(self, line: Line) -> None:
        """Serve one technician after another on a serial line, opened again whenever it goes away."""
        address = parse_address(line.url)

        async def talk(link: Link) -> None:
            terminal = PacedTerminal(link, address.baud) if address.baud else link
            while True:
                first = await terminal.receive()  # nobody is there before the first key
                line.up()
                await self._session(terminal, f"serial {address.path or line.url}", echo=self._echo, first=first)

        await line.run(lambda: None, talk)

    async def serve_socket(self, listener: Socket) -> None:
        """Serve each client of the socket, SESSIONS_MOST at once."""
        async with asyncio.TaskGroup() as group:

            def knocked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                group.create_task(self._client(reader, writer), name="console session")

            server = await asyncio.start_unix_server(knocked, sock=listener)
            try:
                await asyncio.get_running_loop().create_future()  # until cancelled
            finally:
                server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions += 1
        try:
            terminal = SocketTerminal(reader, writer)
            if self._sessions > SESSIONS_MOST:
                await terminal.send((self._tongue().say("full", count=SESSIONS_MOST) + "\n").encode())
            else:
                await self._session(terminal, terminal.user, echo=False)
        except LinkDown as error:
            log.debug("%s", error)
        finally:
            self._sessions -= 1
            writer.transport.abort()

    async def _serve_stdio(self, stop: asyncio.Event) -> None:
        try:
            with StdioTerminal() as terminal:
                await self._session(terminal, "this terminal", echo=terminal.typed)
        except LinkDown as error:
            log.debug("%s", error)
        finally:
            stop.set()

    async def _session(self, link: Link, who: str, *, echo: bool, first: bytes = b"") -> None:
        session = Session(link, who, self._agent, self._gate, self._clock, self._tongue(), echo=echo)
        await session.run(f"{self._settings.site}/{self._settings.id}", first)

    def _tongue(self) -> Tongue:
        return Tongue(self._settings.language, self._zone, self._clock.now)

    def line(self, serial: str) -> Line:
        """Return the line for /dev/NAME[?baud=N]; raises ConfigError where it cannot be meant."""
        url = serial if "://" in serial else f"serial://{serial}"
        if url.startswith("serial:") and "?" not in url:
            url += f"?baud={BAUD}"
        parse_address(url)
        return Line("console", url, self._clock, silent_s=math.inf)  # a technician may be silent for years
