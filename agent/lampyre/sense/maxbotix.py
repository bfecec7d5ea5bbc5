r"""MaxBotix serial rangers (HRXL-MaxSonar-WR and kin): `R1234\r`, millimetres, about seven times a second.

Format: MaxBotix data sheet "HRXL-MaxSonar-WR Series", pin 5: ASCII R, four digits (five on the 10 m models),
carriage return; 9600 baud, 8N1. 0300 or 0500 means "nearer than I can see", 5000 or 9999 "no echo".
The line has no checksum: a value counts only when a run of them agrees, see `Burst`.
"""

import math
import re

from lampyre.driver import Channel, Counts, Driver, Sample, Speech, Values
from lampyre.records import Quantity
from lampyre.sense.burst import Burst

DISTANCE = Channel("distance", Quantity.DISTANCE, 0.30, 4.99)  # of the 5 m models; nearer or farther: SUSPECT
NO_ECHO_MM = 5000
LINE_LIMIT = 16  # bytes; a line has 6 or 7, the start banner is longer and of no use
LINE = re.compile(rb"R(\d{4,5})")


class Parser:
    """Bytes in, in any portions; ranges in metres out. Counts the lines that are none."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._tail = b""
        self._first = True  # what stands before the first return may be half a line

    def feed(self, data: bytes) -> list[float]:
        """Return the ranges that `data` completes; NaN where the sensor says that it got no echo."""
        *lines, tail = (self._tail + data).split(b"\r")
        self._tail = tail[-LINE_LIMIT:] if len(tail) <= LINE_LIMIT else b"?" * LINE_LIMIT
        ranges = []
        for line in lines:
            found = LINE.fullmatch(line)
            if found is None or self._first:
                self._counts.broken += 0 if self._first else 1
                self._counts.ignored += len(line)
            else:
                self._counts.frames += 1
                mm = int(found[1])
                ranges.append(math.nan if mm >= NO_ECHO_MM else mm / 1000)
            self._first = False
        return ranges


class Decoder:
    """Ranges that most of a burst agrees on."""

    def __init__(self, _options: Values, counts: Counts) -> None:
        self._parser, self._burst = Parser(counts), Burst()

    def feed(self, data: bytes) -> list[Sample]:
        """Return the ranges that `data` completes and others bear out."""
        agreed = map(self._burst.add, self._parser.feed(data))
        return [Sample((metres,)) for metres in agreed if metres is not None]


DRIVER = Driver(
    kind="maxbotix",
    channels=(DISTANCE,),
    stale_s=5.0,  # it speaks seven times a second
    source="MaxBotix, HRXL-MaxSonar-WR Series data sheet, pin 5",
    speech=Speech(
        decoder=Decoder,
        baud=9600,
        silent_s=5.0,
        # R, four digits, return: 256**-2 * (10/256)**4 = 4e-11; four of five within 5 cm of 10 m: 5 * 0.01**3
        noise_odds=2e-16,
        # one digit in fifty turns into another that matters; three more turn in the same way: 5 * 0.02 * 0.0025**3
        damage_odds=2e-9,
    ),
)
