"""A sensor that is looked at over and over, aside from the loop: on an I2C bus, or in a file of the kernel's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from lampyre.driver import Counts, Place, Sample
from lampyre.errors import LinkDown
from lampyre.line import Line
from lampyre.sense.aside import Aside

T = TypeVar("T")

CALL_S = 5.0  # the kernel gives an I2C transfer 1 s, and others on the bus as much
MISSES = 3  # looks in a row: one is lost to noise now and then


class Way(Protocol):
    """What a sensor is reached by, held open; every call may block and raise OSError."""

    def transfer(self, write: bytes, read: int) -> bytes:
        """Write these bytes, then return so many."""

    def close(self) -> None:
        """Let go of it."""


Ask = Callable[[bytes, int], Awaitable[bytes]]
"""`transfer`, aside from the loop; raises LinkDown with the cure."""


class Eye(Protocol):
    """One kind of sensor; made anew each time the way to it is opened."""

    async def look(self, ask: Ask) -> tuple[float, ...] | None:
        """Return a value for each channel; None: nothing to say yet. LinkDown where what it says cannot be."""


class Polled:
    """A device behind a `Way`; `place.heard` is called after each look that found something."""

    def __init__(
        self,
        kind: str,
        place: Place,
        eye: Callable[[], Eye],
        reach: Callable[[], Way],
        cure: Callable[[OSError], str],
        call_s: float = CALL_S,
    ) -> None:
        self.url = place.url
        self.counts = Counts()
        self._line = Line(f"{kind} {place.name}", place.url, place.clock, 0.0)
        self._every_s = place.options["every_s"]
        self._eye, self._reach, self._cure = eye, reach, cure
        self._heard = place.heard
        self._call_s = call_s
        self._aside = Aside(self._line.name)

    @property
    def down(self) -> str | None:
        """Why nothing is heard of it; None: all is well."""
        return self._line.down

    async def run(self, beat: Callable[[], None]) -> None:
        """Look for ever."""
        await self._line.retry(beat, lambda: self._open(beat))

    async def _open(self, beat: Callable[[], None]) -> None:
        way = await self._do(self._reach)
        try:
            await self._watch(way, beat)
        finally:
            way.close()

    async def _watch(self, way: Way, beat: Callable[[], None]) -> None:
        eye, missed, loop = self._eye(), 0, asyncio.get_running_loop()

        async def ask(write: bytes, read: int) -> bytes:
            return await self._do(lambda: way.transfer(write, read))

        while True:
            beat()
            next_s = loop.time() + self._every_s
            try:
                values = await eye.look(ask)
            except LinkDown:
                self.counts.broken += 1
                missed += 1
                if missed >= MISSES:
                    raise
            else:
                missed = 0
                self.counts.frames += 1
                self._line.up()
                if values is not None:
                    self._heard(Sample(values))
            await asyncio.sleep(max(0.0, next_s - loop.time()))

    async def _do(self, call: Callable[[], T]) -> T:
        try:
            return await self._aside.do(call, self._call_s)
        except OSError as error:
            raise LinkDown(self._cure(error)) from error
