"""Benewake TFmini-S and TF-Luna lidars: `59 59`, distance, strength, temperature, sum; a hundred times a second.

Format: Benewake "TFmini-S Product Manual" SJ-PM-TFmini-S, 5.3 and 5.4: 115200 baud, 8N1; distance in cm and strength
as little-endian words, the low eight bits of the sum of the first eight bytes. Strength below 100, or 65535: the
distance is not reliable (also TF-Luna manual, 5.4); distances of 65535, 65534, 65532 are codes and none.
"""

import math

from lampyre.driver import Channel, Counts, Driver, Option, Sample, Speech, Values
from lampyre.records import Quantity
from lampyre.sense.burst import BURST, Burst
from lampyre.sense.frames import Frames

SIZE = 9  # bytes
OVEREXPOSED = 0xFFFF


class Decoder:
    """Ranges with enough light in them that most of a burst agrees on."""

    def __init__(self, options: Values, counts: Counts) -> None:
        self._least, self._farthest_cm = options["strength_least"], options["farthest_m"] * 100
        self._frames = Frames(b"\x59\x59", 2, lambda _: SIZE, _sound, counts)
        self._burst = Burst(each=BURST)  # of a hundred a second

    def feed(self, data: bytes) -> list[Sample]:
        """Return the ranges that `data` completes and others bear out."""
        agreed = (self._burst.add(self._metres(frame)) for frame in self._frames.feed(data))
        return [Sample((metres,)) for metres in agreed if metres is not None]

    def _metres(self, frame: bytes) -> float:
        cm, strength = frame[2] | frame[3] << 8, frame[4] | frame[5] << 8
        clear = self._least <= strength < OVEREXPOSED and 0 < cm <= self._farthest_cm
        return cm / 100 if clear else math.nan


def _sound(frame: bytes) -> bool:
    return sum(frame[:8]) & 0xFF == frame[8]


def _driver(kind: str, farthest_m: float) -> Driver:
    return Driver(
        kind=kind,
        channels=(Channel("distance", Quantity.DISTANCE, 0.1 if kind == "tfmini_s" else 0.2, farthest_m),),
        stale_s=2.0,
        source="Benewake, SJ-PM-TFmini-S, 5.3 and 5.4; TF-Luna manual, 5.4",
        options=(
            Option("strength_least", 100, 20, 2000),
            Option("farthest_m", farthest_m, 1.0, farthest_m),
        ),
        speech=Speech(
            decoder=Decoder,
            baud=115200,
            silent_s=5.0,
            # two headers and the sum: 256**-3; of 65536 values 1200 count; four of five within 5 cm: 5 * (10 / 1200)**3
            noise_odds=4e-15,
            # two turned bits that cancel in nine bytes: 0.01, of them in the distance 0.3; three more in the same way
            damage_odds=1e-6,
        ),
    )


TFMINI_S = _driver("tfmini_s", 12.0)
TF_LUNA = _driver("tf_luna", 8.0)
