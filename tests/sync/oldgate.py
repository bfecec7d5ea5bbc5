"""A gate before a real broker that lets nobody in who speaks MQTT 5: how a broker of before 2019 looks."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

VERSION_REFUSED = b"\x20\x02\x00\x01"  # CONNACK of 3.1.1: unacceptable protocol level


class OldGate:
    """Listens on a port of its own; passes CONNECTs of 3.1.1 on to `port`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._tasks: set[asyncio.Task[None] | None] = set()
        self.refused = 0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            if task is not None:
                task.cancel()
        await self._server.wait_closed()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        first = await reader.read(4096)
        where = first.find(b"MQTT") + 4
        if first[where] == 5:
            self.refused += 1
            writer.write(VERSION_REFUSED)
        else:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            back.write(first)
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    writer.close()
