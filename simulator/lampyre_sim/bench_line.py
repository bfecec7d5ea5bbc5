"""A serial line without a tty, for loops that leap: what is sent is heard at once, and what is said comes at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from unittest.mock import patch

from lampyre.errors import LinkDown
from lampyre.link import READ_LIMIT, Link


class BenchLine:
    """Stands behind every `lampyre.line.Line` while `plugged`; `heard` gets what the host sends."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        self._there = True
        self._said: list[bytes] = []
        self._more = asyncio.Event()
        self.held = 0  # how often it is open now
        self.opened = 0

    def plugged(self) -> AbstractContextManager[object]:
        """Lead every line here, for as long as the block lasts."""
        return patch("lampyre.line.open_link", self._open)

    def say(self, data: bytes) -> None:
        """Send to the host; nobody keeps it for a host that is not there."""
        if self.held and data:
            self._said.append(data)
            self._more.set()

    def unplug(self) -> None:
        """Pull it out: whoever has it open hears of it."""
        self._there = False
        self._more.set()

    def replug(self) -> None:
        """Put it in again."""
        self._there = True

    @asynccontextmanager
    async def _open(self, url: str) -> AsyncIterator[Link]:
        self._look(url)
        assert not self.held, f"{url} is opened twice: a real port is locked"
        self.held, self.opened = 1, self.opened + 1
        self._said.clear()
        try:
            yield _End(self, url)
        finally:
            self.held = 0

    def _look(self, url: str) -> None:
        if not self._there:
            raise LinkDown(f"{url}: unplugged")

    def send(self, url: str, data: bytes) -> None:
        """Take what the host sends."""
        self._look(url)
        self._heard(data)

    async def receive(self, url: str) -> bytes:
        """Return what was said, one piece at a time."""
        while True:
            self._look(url)
            if self._said:
                await asyncio.sleep(0)  # others have their turn
                piece = self._said.pop(0)
                if piece[READ_LIMIT:]:
                    self._said.insert(0, piece[READ_LIMIT:])
                return piece[:READ_LIMIT]
            self._more.clear()
            await self._more.wait()


class _End:
    """The host's end."""

    def __init__(self, line: BenchLine, url: str) -> None:
        self._line, self._url = line, url

    async def send(self, data: bytes) -> None:
        self._line.send(self._url, data)

    async def receive(self) -> bytes:
        return await self._line.receive(self._url)
