"""One DALI line behind its gateway: everybody's frames go through here, one at a time, light first.

A frame without an answer takes about 35 ms from our write to the gateway's `N` (16 ms on the DALI line, its pauses, the
serial line), one with an answer 40 ms. A light order waits for one of them at most, and for light orders before it.
"""

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import IntEnum
from itertools import count
from os.path import normpath
from typing import ClassVar
from weakref import WeakValueDictionary

from lampyre.act.dali import frames, hat
from lampyre.act.dali.hat import Kind, Said
from lampyre.clock import Clock
from lampyre.driver import Counts
from lampyre.errors import LinkDown
from lampyre.link import Link, open_link

log = logging.getLogger("lampyre.dali")

ANSWER_S = 0.25  # six times what a frame takes: the gateway waits while others talk on the line
AGAIN_S = 0.1  # after a collision, for what is still on its way; and for the second word on what is sent twice
MUTE = 4  # requests in a row without a word of the gateway: it has no power, or it is none
TRIES = 3  # of a frame that collides
ASKS = 5  # until two answers in a row agree: four, where one of them is damaged


class Rank(IntEnum):
    """Who goes first where several wait."""

    LIGHT = 0
    LOOK = 1  # where a lamp is, and how it is
    REST = 2  # what can wait: banks, levels for the day the line fails


class Bus:
    """One line; `of` gives everything on one path the same."""

    _known: ClassVar["WeakValueDictionary[tuple[str, int], Bus]"] = WeakValueDictionary()

    def __init__(self, path: str, baud: int, clock: Clock) -> None:
        self.url = f"serial://{path}?baud={baud}"
        self.counts = Counts()  # of the gateway's lines
        self.members = 0
        self.version = ""
        self.registers = asyncio.Lock()  # DTR0 and DTR1 are everybody's: whoever needs them has them alone
        self._clock = clock  # kept: its identity is half of our key
        self._path = path
        self._opening = asyncio.Lock()
        self._link: Link | None = None
        self._stack = AsyncExitStack()
        self._why = "not open"
        self._lines = hat.Lines()
        self._heard: list[Said] = []
        self._mute = 0
        self._owed = False  # an answer may still come to what nobody waits for: it was late, or who asked was stopped
        self._busy = False
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @classmethod
    def of(cls, path: str, baud: int, clock: Clock) -> "Bus":
        """Return the line of this path; the first to ask for it sets its speed."""
        key = normpath(path), id(clock)
        found = cls._known.get(key)
        if found is None:
            found = cls._known[key] = cls(path, baud, clock)
        return found

    @asynccontextmanager
    async def join(self) -> AsyncIterator[None]:
        """Have the line open, for as long as the block lasts; raises LinkDown where it cannot be opened."""
        async with self._opening:
            if self._link is None:
                await self._open()
        self.members += 1
        try:
            yield
        finally:
            self.members -= 1
            if self.members == 0:
                await self._close("nobody needs it")

    async def send(self, frame: int, rank: Rank, *, twice: bool = False) -> bool:
        """Send a frame; return whether the gateway says that it went out whole."""
        for _ in range(TRIES):
            said = await self._frame(frame, rank, twice=twice)
            if said is not None and said.kind is not Kind.COLLISION:
                return True
        return False

    async def once(self, frame: int, rank: Rank, *, after: int | None = None) -> Said | None:
        """Send a query, directly `after` another frame if one is given; None: the gateway says nothing."""
        return await self._frame(frame, rank, after=after)

    async def ask(self, frame: int, rank: Rank, *, after: int | None = None) -> int | None:
        """Return what two answers in a row agree on; None: no gear answers, or no two agree."""
        last: Said | None = None
        for _ in range(ASKS):
            said = await self._frame(frame, rank, after=after)
            if said is not None and said == last:
                return said.value if said.kind is Kind.ANSWER else None
            last = said if said is not None and said.kind is not Kind.COLLISION else None
        return None

    async def read(self, address: int, bank: int, first: int, size: int, *, near: int = 0) -> bytes | None:
        """Return bytes of a memory bank, read until two whole readings agree; None: there are none. Needs `registers`.

        `near`: as numbers, they may be so far apart. The gear counts DTR0 up by itself, so one lost answer makes a
        reading useless.
        """
        last: bytes | None = None
        await self.send(frames.DTR1 | bank, Rank.REST)
        for _ in range(ASKS):
            await self.send(frames.DTR0 | first, Rank.REST)
            found = bytearray()
            for _ in range(size):
                said = await self._frame(frames.command(address, frames.READ_MEMORY), Rank.REST)
                if said is None or said.kind is not Kind.ANSWER:
                    break
                found.append(said.value)
            whole = bytes(found)
            if whole == last == b"":
                return None  # no such bank, or no such gear
            if last is not None and len(whole) == len(last) == size and _apart(whole, last) <= near:
                return whole
            last = whole
        return None

    async def _open(self) -> None:
        stack = AsyncExitStack()
        try:
            link = await stack.enter_async_context(open_link(self.url))
            self._lines, self._heard, self._mute = hat.Lines(), [], 0
            await self._greet(link)
        except BaseException:
            await stack.aclose()
            raise
        self._link, self._stack = link, stack

    async def _greet(self, link: Link) -> None:
        """See that a gateway is there and that its line has power."""
        version = await self._word(link, hat.VERSION, Kind.VERSION)
        if version is None:
            raise LinkDown(
                f"{self._path}: no DALI HAT answers; check the port, baud=19200 and that no console is on it"
            )
        power = await self._word(link, hat.POWER, Kind.POWER)
        if power is None or power.powerless:
            raise LinkDown(f"{self._path}: the DALI line has no power; check its supply, and for a short circuit")
        self.version = version.digits

    async def _word(self, link: Link, request: bytes, kind: Kind) -> Said | None:
        for _ in range(TRIES):  # the first may end a line that somebody else has begun
            await self._drain(link)
            await link.send(request)
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    while True:
                        said = await self._next(link)
                        if said.kind is kind:
                            return said
        return None

    async def _close(self, why: str) -> None:
        self._link, self._why = None, why
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()

    async def _frame(self, frame: int, rank: Rank, *, twice: bool = False, after: int | None = None) -> Said | None:
        """Send one frame and return what the gateway says of it; None: nothing in time."""
        async with self._turn(rank):
            link = self._link
            if link is None:
                raise LinkDown(self._why)
            try:
                if after is not None:
                    await self._say(link, hat.request(after))
                return await self._say(link, hat.request(frame, twice=twice), more=twice)
            except LinkDown as error:
                await self._close(str(error))
                raise

    async def _say(self, link: Link, request: bytes, *, more: bool = False) -> Said | None:
        await self._drain(link, AGAIN_S if self._owed else 0.0)
        self._owed = True
        await link.send(request)
        said: Said | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                said = await self._of_ours(link)
                self._owed = False
        self._mute = self._mute + 1 if said is None else 0
        if self._mute >= MUTE:
            raise LinkDown(f"{self._path}: the gateway says nothing; check its cable and power")
        if said is not None and (more or said.kind is Kind.COLLISION):
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    again = await self._of_ours(link)
                    said = again if again.kind is Kind.COLLISION else said
        return said

    async def _of_ours(self, link: Link) -> Said:
        while True:
            said = await self._next(link)
            if said.kind in (Kind.ANSWER, Kind.NOTHING, Kind.COLLISION):
                return said

    async def _next(self, link: Link) -> Said:
        while not self._heard:
            self._take(await link.receive())
        said = self._heard.pop(0)
        if said.kind is Kind.POWER and said.powerless:
            raise LinkDown(f"{self._path}: the DALI line has no power; check its supply, and for a short circuit")
        return said

    async def _drain(self, link: Link, for_s: float = 0.0) -> None:
        """Take what has come unasked: an answer to what nobody waits for any more is nobody's."""
        self._heard.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                while True:
                    self._take(await link.receive())
        self._lines.forget()
        self._heard = [said for said in self._heard if said.kind is Kind.POWER]

    def _take(self, data: bytes) -> None:
        for said in self._lines.feed(data):
            self.counts.frames += 1
            self._heard.append(said)
        self.counts.broken += self._lines.broken
        self._lines.broken = 0

    @asynccontextmanager
    async def _turn(self, rank: Rank) -> AsyncIterator[None]:
        """Have the line to oneself; who waits longest goes first, among those of the highest rank."""
        if self._busy:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._queue, (rank, next(self._numbers), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._hand_on()
                raise
        self._busy = True
        try:
            yield
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        while self._queue:
            _, _, waiting = heapq.heappop(self._queue)
            if not waiting.done():
                waiting.set_result(None)
                return
        self._busy = False


def _apart(one: bytes, other: bytes) -> int:
    return abs(int.from_bytes(one, "big") - int.from_bytes(other, "big"))
