"""A broker of a hundred lines on the test's own loop, for what a good one never does; it speaks MQTT's real bytes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14


@dataclass
class TinyBroker:
    """Takes everything from everybody; what is set below makes it odd."""

    refuses: int | None = None  # every CONNECT of MQTT 5, with this reason; -1: closes without a word
    old: int | None = None  # ... as a broker of 3.1.1 does it
    lives_s: float | None = None  # and then throws out, with `parting`
    parting: int = 0  # reason of its DISCONNECT; 0: just closes
    window: int | None = None  # its receive maximum
    says: Callable[[str, bytes], int] = lambda topic, body: 0  # the reason in its PUBACK
    grants: Callable[[str], int] = lambda filter_: 1  # ... and in its SUBACK
    mute: bool = False  # takes bytes and answers nothing any more
    connects_s: list[float] = field(default_factory=list)  # by the loop's time
    levels: list[int] = field(default_factory=list)  # 5, or 4 for 3.1.1
    published: list[tuple[str, bytes]] = field(default_factory=list)
    flying: int = 0  # publications of the newest session that it has not answered
    flying_most: int = 0
    answers: bool = True  # False: keeps them all waiting
    port: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._writers: set[asyncio.StreamWriter] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                first, body = await _packet(reader)
                if not self.mute and not self._answer(first, body, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, first: int, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer one packet; False: hang up."""
        kind = first >> 4
        if kind == CONNECT:
            return self._connect(body[6], writer)
        modern = self.levels[-1] == 5
        if kind == PUBLISH:
            length = int.from_bytes(body[:2], "big")
            topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
            mid, rest = (rest[:2], rest[2:]) if first & 0x06 else (b"", rest)
            payload = rest[1 + rest[0] :] if modern else rest
            self.published.append((topic, payload))
            self.flying += 1
            self.flying_most = max(self.flying_most, self.flying)
            if mid and self.answers:
                asyncio.get_running_loop().call_soon(self._ack, writer, mid, self.says(topic, payload), modern)
        elif kind == SUBSCRIBE:
            at = 3 + body[2] if modern else 2
            length = int.from_bytes(body[at : at + 2], "big")
            code = self.grants(body[at + 2 : at + 2 + length].decode())
            _send(writer, SUBACK << 4, body[:2] + (b"\0" if modern else b"") + bytes([code]))
        elif kind == PINGREQ:
            _send(writer, 0xD0, b"")
        return kind != DISCONNECT

    def _connect(self, level: int, writer: asyncio.StreamWriter) -> bool:
        loop = asyncio.get_running_loop()
        self.connects_s.append(loop.time())
        self.levels.append(level)
        self.flying = 0
        if level == 5 and self.old is not None:
            _send(writer, CONNACK << 4, bytes([0, self.old])) if self.old > 0 else None
            return False
        if self.refuses is not None:
            _send(writer, CONNACK << 4, bytes([0, self.refuses, 0])) if self.refuses > 0 else None
            return False
        about = b"" if self.window is None else b"\x21" + self.window.to_bytes(2, "big")
        _send(writer, CONNACK << 4, b"\0\0" + (bytes([len(about)]) + about if level == 5 else b""))
        if self.lives_s is not None:
            loop.call_later(self.lives_s, self._throw_out, writer)
        return True

    def _ack(self, writer: asyncio.StreamWriter, mid: bytes, code: int, modern: bool) -> None:
        self.flying -= 1
        _send(writer, PUBACK << 4, mid + (bytes([code, 0]) if modern and code else b""))

    def _throw_out(self, writer: asyncio.StreamWriter) -> None:
        if self.parting:
            _send(writer, DISCONNECT << 4, bytes([self.parting, 0]))
        writer.close()


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first, await reader.readexactly(length)


def _send(writer: asyncio.StreamWriter, first: int, body: bytes) -> None:
    assert len(body) < 128
    writer.write(bytes([first, len(body)]) + body)
