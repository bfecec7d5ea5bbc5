"""A presence sensor with a switching output (PIR, radar) at a GPIO line: who is there, and how many came.

The kernel keeps some changes for whoever reads late and throws the rest away; what is missing is counted and makes the
samples SUSPECT for a minute.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from lampyre.clock import Clock
from lampyre.driver import Channel, Counts, Device, Driver, Option, Place, Sample
from lampyre.gpio import ACTIVE_LOW, LINE, Edge, Input, listening, pin_of
from lampyre.line import Line
from lampyre.records import Quality, Quantity

log = logging.getLogger("lampyre.gpio")

KEEP_S = 5.0  # without a change the level is read so often: it also shows that the chip has gone
REST_S = 0.02  # between two readings: a line that chatters wakes us fifty times a second at most
DOUBT_S = 60.0  # after a gap: nothing that looks once a minute overlooks it
PASSAGES_MOST = 1e9  # a line that chatters fifty times a second for 230 days


class Tally:
    """What edges and level become; keeps four numbers, whatever comes."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._passages = 0
        self._number = 0
        self._was: bool | None = None
        self._doubt_until_s = 0.0

    def opened(self) -> None:
        """The line was opened anew: the kernel numbers from 1 again, and nobody knows what came meanwhile."""
        self._number, self._was = 0, None

    def take(self, edges: Sequence[Edge], now_s: float, *, on: bool) -> list[Sample]:
        """Return the samples for these edges, and for the level after them; a short presence is not lost."""
        missed = 0
        for edge in edges:
            gap = edge.number - self._number - 1
            # two of one kind with no gap: the kernel itself came too late for the one between
            missed += gap or edge.on is self._was
            self._number, self._was = edge.number, edge.on
            self._passages += edge.on
        self._counts.frames += len(edges)
        self._counts.broken += missed
        if missed:
            self._doubt_until_s = now_s + DOUBT_S
        quality = Quality.SUSPECT if now_s < self._doubt_until_s else Quality.GOOD
        came_and_went = not on and any(edge.on for edge in edges)
        levels = (True, False) if came_and_went else (on,)
        return [Sample((float(level), float(self._passages)), quality) for level in levels]


class Watch:
    """The sensor's line; it is opened again with back-off when its chip goes away."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._clock: Clock = place.clock
        self._pin = pin_of(place)
        self.counts = Counts()
        self._tally = Tally(self.counts)
        self.line = Line(f"gpio_presence {place.name}", place.url, place.clock, KEEP_S)

    @property
    def url(self) -> str:
        """Where it is plugged in."""
        return self._place.url

    @property
    def down(self) -> str | None:
        """Why nothing is heard of it; None: all is well."""
        return self.line.down

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen for ever."""
        await self.line.retry(beat, lambda: self._watch(beat))

    async def _watch(self, beat: Callable[[], None]) -> None:
        with listening(self._pin, f"lampyre {self._place.name}") as line:
            self._tally.opened()
            self.line.opened += 1
            self._hear(line, ())
            self.line.up()
            while True:
                beat()
                changed = await line.changed(KEEP_S)
                self._hear(line, line.edges() if changed else ())
                if changed:
                    await asyncio.sleep(REST_S)

    def _hear(self, line: Input, edges: Sequence[Edge]) -> None:
        before = self.counts.broken
        for sample in self._tally.take(edges, self._clock.monotonic(), on=line.on()):
            self._place.heard(sample)
        if before == 0 < self.counts.broken:  # once; the counts tell the rest
            log.warning("%s: changes come faster than they can be read: passages are too few", self.line.name)


def _make(place: Place) -> Device:
    return Watch(place)


DRIVER = Driver(
    kind="gpio_presence",
    channels=(
        Channel("presence", Quantity.PRESENCE, 0.0, 1.0),
        Channel("passages", Quantity.PASSAGES, 0.0, PASSAGES_MOST),
    ),
    stale_s=3 * KEEP_S,
    source="Linux, Documentation/userspace-api/gpio/chardev.rst",
    make=_make,
    options=(
        LINE,
        ACTIVE_LOW,
        Option("pull", 0.0, -1.0, 1.0, whole=True),  # -1 down, 1 up, 0 as it is
        Option("debounce_ms", 20.0, 0.0, 1000.0),  # spikes on a long cable are shorter than 20 ms, nobody's passing is
    ),
)
