"""Three kinds of terminal, each a Link: a serial line at its own pace, a client of our socket, this process' own."""

import asyncio
import os
import socket
import struct
import termios
import tty

from lampyre.errors import LinkDown
from lampyre.link import READ_LIMIT, Link

TAKE_S = 5.0  # a client that takes no bytes for that long has gone
PIECE = 256  # bytes; a quarter of a second at 9600 baud
AHEAD_S = 0.5  # how far the kernel's buffer may run ahead of the wire; 4096 bytes would hold 4 s at 9600 baud
BITS = 10  # on the wire for one byte: start, eight, stop


class PacedTerminal:
    """A serial line that is given no more than it can carry: a full buffer would look like a line that died."""

    def __init__(self, link: Link, baud: int) -> None:
        self._link = link
        self._byte_s = BITS / baud
        self._empty_s = 0.0  # loop time at which all that was sent is on the wire

    async def send(self, data: bytes) -> None:
        """Return once the line has room for more; raises LinkDown."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            await self._link.send(piece)
            self._empty_s = max(loop.time(), self._empty_s) + len(piece) * self._byte_s
            ahead_s = self._empty_s - loop.time()
            if ahead_s > AHEAD_S:
                await asyncio.sleep(ahead_s - AHEAD_S)

    async def receive(self) -> bytes:
        """Return the next bytes; raises LinkDown."""
        return await self._link.receive()


class SocketTerminal:
    """A client of the console's socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=0)  # drain: all of it is out

    @property
    def user(self) -> str:
        """Who the kernel says is at the other end."""
        kernel: socket.socket = self._writer.get_extra_info("socket")
        packed = kernel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("3i", packed)
        return f"socket, user {uid}"

    async def send(self, data: bytes) -> None:
        """Return once the client has taken it; raises LinkDown."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(TAKE_S):
                await self._writer.drain()
        except OSError as error:  # TimeoutError is one of them
            raise LinkDown("the console's client takes no bytes") from error

    async def receive(self) -> bytes:
        """Return the next bytes; raises LinkDown at their end."""
        try:
            data = await self._reader.read(READ_LIMIT)
        except OSError as error:
            raise LinkDown("the console's client has gone") from error
        if not data:
            raise LinkDown("the console's client has gone")
        return data


class StdioTerminal:
    """The terminal, pipe or file that this process was started with; a terminal leaves the echo to the session."""

    def __init__(self) -> None:
        self._before = termios.tcgetattr(0) if os.isatty(0) else None

    @property
    def typed(self) -> bool:
        """Whether somebody types, so that a PIN must not be shown."""
        return self._before is not None

    def __enter__(self) -> "StdioTerminal":
        if self._before is not None:
            tty.setcbreak(0)  # Ctrl-C still ends the process
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            termios.tcsetattr(0, termios.TCSANOW, self._before)

    async def send(self, data: bytes) -> None:
        """Write it all; raises LinkDown."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(1, view) :]
        except OSError as error:
            raise LinkDown(f"standard output: {error.strerror}") from error

    async def receive(self) -> bytes:
        """Return the next bytes; raises LinkDown at their end."""
        try:
            await self._readable()
            data = os.read(0, READ_LIMIT)
        except OSError as error:
            raise LinkDown(f"standard input: {error.strerror}") from error
        if not data:
            raise LinkDown("standard input has ended")
        return data

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(0, ready.set)
        except PermissionError:  # a plain file is always ready, and epoll will not have it
            return
        try:
            await ready.wait()
        finally:
            loop.remove_reader(0)
