"""A line that comes and goes: opened again with back-off, told of once when it breaks and once when it is back."""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from lampyre.clock import Clock
from lampyre.errors import LinkDown
from lampyre.link import Link, open_link

log = logging.getLogger("lampyre.line")

REOPEN_FIRST_S = 0.5
REOPEN_MOST_S = 30.0  # a technician who plugs a cable in waits no longer than this


class Line:
    """One link by name; whoever talks on it calls `up` with the first bytes that make sense."""

    def __init__(self, name: str, url: str, clock: Clock, silent_s: float) -> None:
        self.name = name
        self.url = url
        self.down: str | None = "not heard yet"
        self.opened = 0
        self._clock = clock
        self._silent_s = silent_s
        self._heard_s = 0.0  # the loop's time
        self._lost_at: float | None = None
        self._pause_s = REOPEN_FIRST_S

    async def run(self, beat: Callable[[], None], talk: Callable[[Link], Coroutine[Any, Any, None]]) -> None:
        """Keep the link open for ever and let `talk` have it; only LinkDown ends a talk."""

        async def once() -> None:
            async with open_link(self.url) as link:
                self.opened += 1
                self._heard_s = asyncio.get_running_loop().time()
                await self.together(talk(link), self._silence())

        await self.retry(beat, once)

    async def retry(self, beat: Callable[[], None], once: Callable[[], Awaitable[None]]) -> None:
        """Do `once` again and again, with back-off, each time that LinkDown has ended it."""
        while True:
            beat()
            try:
                await once()
            except* LinkDown as errors:
                self._lost(str(errors.exceptions[0]))
            beat()
            await asyncio.sleep(random.uniform(0.5, 1.0) * self._pause_s)
            self._pause_s = min(REOPEN_MOST_S, self._pause_s * 2)

    async def together(self, *talks: Coroutine[Any, Any, None]) -> None:
        """Run these until one raises LinkDown, and raise it; a stop from outside wins, in whichever moment it comes.

        (A task group of Python 3.11 that fails as it is stopped tells only of the failure.)
        """
        over: asyncio.Future[LinkDown] = asyncio.get_running_loop().create_future()

        async def one(talk: Coroutine[Any, Any, None]) -> None:
            try:
                await talk
            except LinkDown as error:
                if not over.done():
                    over.set_result(error)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(talk), name=self.name) for talk in talks]
            try:
                why = await over
            finally:
                for task in tasks:
                    task.cancel()
        raise why

    async def hear(self, link: Link) -> bytes:
        """Return the next bytes; where the line stays silent for too long, the talk ends."""
        data = await link.receive()
        self._heard_s = asyncio.get_running_loop().time()
        return data

    async def _silence(self) -> None:
        """Look at the clock when it may be over: a timer for each reading would cost as much as the reading.

        Where `silent_s` is infinite, whoever talks minds the silence himself.
        """
        while self._silent_s < math.inf:
            left_s = self._heard_s + self._silent_s - asyncio.get_running_loop().time()
            if left_s <= 0.0:
                why = f"{self.url}: silent for {self._silent_s:.0f} s; check cable, speed and power"
                raise LinkDown(why)
            await asyncio.sleep(left_s)

    @property
    def lost(self) -> bool:
        """Whether it was heard once and is not any more."""
        return self._lost_at is not None

    def up(self) -> None:
        """The other end makes sense."""
        if self.down is None:
            return
        if self._lost_at is not None:
            log.info("%s: back after %.0f s", self.name, self._clock.monotonic() - self._lost_at)
        self.down, self._lost_at, self._pause_s = None, None, REOPEN_FIRST_S

    def _lost(self, why: str) -> None:
        self.down = why
        if self._lost_at is None:
            self._lost_at = self._clock.monotonic()
            log.warning("%s: %s; trying again", self.name, why)
