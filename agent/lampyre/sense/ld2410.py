"""Hi-Link HLK-LD2410 presence radar: somebody is there or nobody, and how far; ten times a second.

Format: Hi-Link "HLK-LD2410 Serial communication protocol" V1.02, 2.3: 256000 baud, 8N1; header F4 F3 F2 F1, length as a
little-endian word, then type (02 basic, 01 engineering), AA, state (bit 0 something moves, bit 1 something stands
still), distance in cm and energy of what moves, the same of what stands still, farther fields, 55 00, and the tail
F8 F7 F6 F5. There is no checksum: what a frame says counts when the next one bears it out.
"""

import math

from lampyre.driver import Channel, Counts, Driver, Sample, Speech, Values
from lampyre.records import Quantity
from lampyre.sense.frames import Frames

HEADER, TAIL = bytes.fromhex("F4F3F2F1"), bytes.fromhex("F8F7F6F5")
BASIC, ENGINEERING = 13, 35  # bytes of payload
AROUND = len(HEADER) + 2 + len(TAIL)
FARTHEST_CM = 650  # eight gates of 75 cm and the rest of the last one
AGREE_M = 0.3  # in a tenth of a second: somebody who runs


class Decoder:
    """What two frames in a row say."""

    def __init__(self, _options: Values, counts: Counts) -> None:
        self._frames = Frames(HEADER, len(HEADER) + 2, _size, _sound, counts)
        self._last: tuple[float, float] | None = None

    def feed(self, data: bytes) -> list[Sample]:
        """Return what the frames that `data` completes say and bear out."""
        found = []
        for frame in self._frames.feed(data):
            told = _told(frame)
            if told is not None and self._last is not None and _agree(told, self._last):
                found.append(Sample(told))
            self._last = told
        return found


def _size(head: bytes) -> int:
    length = head[4] | head[5] << 8
    return AROUND + length if length in {BASIC, ENGINEERING} else 0


def _sound(frame: bytes) -> bool:
    kind = 0x02 if len(frame) == AROUND + BASIC else 0x01
    return frame.endswith(b"\x55\x00" + TAIL) and frame[6] == kind and frame[7] == 0xAA and frame[8] <= 3


def _told(frame: bytes) -> tuple[float, float] | None:
    """Return presence and distance in m; None where the distance is impossible."""
    state = frame[8]
    if not state:
        return 0.0, math.nan
    at = 9 if state & 1 else 12
    cm = frame[at] | frame[at + 1] << 8
    return (1.0, cm / 100) if cm <= FARTHEST_CM else None


def _agree(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] == other[0] and (one[0] == 0.0 or abs(one[1] - other[1]) <= AGREE_M)


DRIVER = Driver(
    kind="ld2410",
    channels=(
        Channel("presence", Quantity.PRESENCE, 0.0, 1.0),
        Channel("distance", Quantity.DISTANCE, 0.0, 6.5),  # of who is nearest; old where nobody is
    ),
    stale_s=2.0,
    source="Hi-Link, HLK-LD2410 Serial communication protocol V1.02, 2.3",
    speech=Speech(
        decoder=Decoder,
        baud=256000,
        silent_s=5.0,
        noise_odds=1e-30,  # header, length, type, AA, state, 55 00 and tail: fourteen fixed bytes, twice
        # of 23 bytes the state and two of a distance are unguarded: a bit of 7 that matter turns, 0.0175, twice alike
        damage_odds=1e-4,  # measured: 6e-5
    ),
)
