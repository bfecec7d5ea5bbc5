r"""MaxBotix serial rangers (HRXL-MaxSonar-WR and kin): `R1234\r`, millimetres, about seven times a second.

Format: MaxBotix data sheet "HRXL-MaxSonar-WR Series", pin 5: ASCII R, four digits (five on the 10 m models),
carriage return; 9600 baud, 8N1. 0300 or 0500 means "nearer than I can see", 5000 or 9999 "no echo".
The line has no checksum: a value counts only when a run of them agrees, see `Ranger`.
"""

import math
import re
from collections import deque
from collections.abc import Callable

from lampyre.board import Channel
from lampyre.clock import Clock
from lampyre.line import Line
from lampyre.link import Link
from lampyre.records import Quantity

DISTANCE = Channel("distance", Quantity.DISTANCE, 0.30, 4.99)  # of the 5 m models; nearer or farther: SUSPECT
NO_ECHO_MM = 5000
LINE_LIMIT = 16  # bytes; a line has 6 or 7, the start banner is longer and of no use
BURST = 5  # ranges that speak together: a digit turned over on the wire is outvoted
AGREE_M = 0.05  # surface roughness of waste and the sensor's own 10 mm; a damaged digit is off by 0.1 m and more
SILENT_S = 5.0
LINE = re.compile(rb"R(\d{4,5})")


class Parser:
    """Bytes in, in any portions; ranges in metres out. Counts the lines that are none."""

    def __init__(self) -> None:
        self._tail = b""
        self._first = True  # what stands before the first return may be half a line
        self.broken = 0

    def feed(self, data: bytes) -> list[float]:
        """Return the ranges that `data` completes; NaN where the sensor says that it got no echo."""
        *lines, tail = (self._tail + data).split(b"\r")
        self._tail = tail[-LINE_LIMIT:] if len(tail) <= LINE_LIMIT else b"?" * LINE_LIMIT
        ranges = []
        for line in lines:
            found = LINE.fullmatch(line)
            if found is None or self._first:
                self.broken += 0 if self._first else 1
            else:
                mm = int(found[1])
                ranges.append(math.nan if mm >= NO_ECHO_MM else mm / 1000)
            self._first = False
        return ranges


class Burst:
    """The last few ranges; speaks when most of them agree."""

    def __init__(self) -> None:
        self._ranges: deque[float] = deque(maxlen=BURST)

    def add(self, metres: float) -> float | None:
        """Return the burst's median when at least BURST - 1 of BURST lie within AGREE_M of it, else None."""
        self._ranges.append(metres)
        if len(self._ranges) < BURST:
            return None
        heard = [value for value in self._ranges if not math.isnan(value)]
        if len(heard) < BURST - 1:
            return None
        middle = sorted(heard)[len(heard) // 2]
        near = [value for value in heard if abs(value - middle) <= AGREE_M]
        if len(near) < BURST - 1:
            return None
        return middle


class Ranger:
    """One ranger on its own line; `heard(metres)` is called for every agreed range."""

    def __init__(self, name: str, url: str, clock: Clock, heard: Callable[[float], None]) -> None:
        self.line = Line(f"ranger {name}", url, clock, SILENT_S)
        self.broken = 0
        self._heard = heard

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen for ever."""

        async def talk(link: Link) -> None:
            parser, burst = Parser(), Burst()
            while True:
                ranges = parser.feed(await self.line.hear(link))
                self.broken, parser.broken = self.broken + parser.broken, 0
                if ranges:
                    self.line.up()
                for metres in filter(None, map(burst.add, ranges)):
                    self._heard(metres)
                beat()

        await self.line.run(beat, talk)
