"""DYP-A01 and DYP-A02 ultrasonic rangers with a UART that speaks by itself: `FF high low sum`, millimetres.

Format: DFRobot's pages of the A01NYUB (SEN0313), A02YYUW (SEN0311) and ME007YS (SEN0312), "Communication Protocol":
9600 baud, 8N1; header FF, distance high and low, the low eight bits of the sum of these three; 100 to 500 ms apart.
In the open an A02 says 0, or more than it can see. A sum of eight bits is weak: a burst must agree, see `Burst`.
"""

import math

from lampyre.driver import Channel, Counts, Driver, Sample, Speech, Values
from lampyre.records import Quantity
from lampyre.sense.burst import Burst
from lampyre.sense.frames import Frames

SIZE = 4  # bytes
FARTHEST_MM = 7500  # what an A01 sees; above it are the codes of no echo


class Decoder:
    """Ranges that most of a burst agrees on."""

    def __init__(self, _options: Values, counts: Counts) -> None:
        self._frames = Frames(b"\xff", 1, lambda _: SIZE, _sound, counts)
        self._burst = Burst()

    def feed(self, data: bytes) -> list[Sample]:
        """Return the ranges that `data` completes and others bear out."""
        agreed = (self._burst.add(_metres(frame)) for frame in self._frames.feed(data))
        return [Sample((metres,)) for metres in agreed if metres is not None]


def _sound(frame: bytes) -> bool:
    return sum(frame[:3]) & 0xFF == frame[3]


def _metres(frame: bytes) -> float:
    mm = frame[1] << 8 | frame[2]
    return mm / 1000 if 0 < mm <= FARTHEST_MM else math.nan


def _driver(kind: str, channel: Channel) -> Driver:
    return Driver(
        kind=kind,
        channels=(channel,),
        stale_s=5.0,
        source="DFRobot wiki, SEN0311, SEN0312 and SEN0313, Communication Protocol",
        speech=Speech(
            decoder=Decoder,
            baud=9600,
            silent_s=5.0,
            # header and sum: 256**-2; of 65536 values 7500 count; four of five within 5 cm of 7.5 m: 5 * 0.0133**3
            noise_odds=3e-11,
            # a frame of four with two turned bits that cancel: 0.002; three more that turn in the same way
            damage_odds=1e-6,
        ),
    )


A01 = _driver("dyp_a01", Channel("distance", Quantity.DISTANCE, 0.28, 7.5))
A02 = _driver("dyp_a02", Channel("distance", Quantity.DISTANCE, 0.03, 4.5))
