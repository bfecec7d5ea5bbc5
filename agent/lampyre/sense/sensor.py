"""One sensor on a serial line, whatever its driver: bytes to its decoder, samples on, requests out.

Lines share nothing: a silent one is given up and tried again with back-off; one that babbles gets its turn like every
other, and what makes no sense is given up as well.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from lampyre.driver import Asker, Counts, Decoder, Device, Driver, Place
from lampyre.errors import LinkDown
from lampyre.line import Line
from lampyre.link import Link

NONSENSE_LIMIT = 16384  # bytes without one sound frame: 17 s at 9600 baud, 50 frames of the longest format we know


class Sensor:
    """A device made of a driver's speech; `place.heard(sample)` is called in the reader, at once."""

    def __init__(self, driver: Driver, place: Place) -> None:
        assert driver.speech is not None
        self._speech = driver.speech
        self._kind = driver.kind
        self._place = place
        self.counts = Counts()
        self.line = Line(f"{driver.kind} {place.name}", place.url, place.clock, self._speech.silent_s)

    @property
    def url(self) -> str:
        """Where it is plugged in."""
        return self.line.url

    @property
    def down(self) -> str | None:
        """Why nothing is heard of it; None: all is well."""
        return self.line.down

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen for ever, and ask where it must be asked."""

        async def talk(link: Link) -> None:
            decoder = self._speech.decoder(self._place.options, self.counts)
            nonsense, frames = 0, self.counts.frames
            while True:
                data = await self._next(link, decoder)
                for sample in decoder.feed(data):
                    self._place.heard(sample)
                if self.counts.frames != frames:
                    nonsense, frames = 0, self.counts.frames
                    self.line.up()
                else:
                    nonsense += len(data)
                if nonsense > NONSENSE_LIMIT:
                    raise LinkDown(
                        f"{self.url}: speaks, but not as a {self._kind} does at {self._speech.baud} baud; "
                        f"check baud in link, and kind"
                    )
                beat()

        self._ask_s = 0.0  # of the loop's time
        await self.line.run(beat, talk)

    async def _next(self, link: Link, decoder: Decoder) -> bytes:
        """Return the next bytes, asking for them where it must be asked."""
        every_s = self._speech.ask_every_s
        if every_s is None:
            return await self.line.hear(link)
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() >= self._ask_s:
                self._ask_s = loop.time() + every_s
                await link.send(cast(Asker, decoder).ask())
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._ask_s):
                    return await self.line.hear(link)


def device_of(driver: Driver, place: Place) -> Device:
    """Return what runs a driver in one place."""
    return driver.make(place) if driver.make is not None else Sensor(driver, place)
