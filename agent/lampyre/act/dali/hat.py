"""The AL-DALI-HAT of ATX LED, a DALI gateway for a Raspberry Pi's UART: lines of ASCII at 19200 baud.

Its makers' protocol (AL-DALI-HAT.pdf) and examples (github.com/atx-led-open-source/al-dali-pi): `hXXXX` sends a frame,
`tXXXX` sends it twice; `JXX` is what a gear answered, `N` that none did, `X` and `Z` that frames collided or broke.
`v` asks for its version, `d` whether the line has power: `D02` is yes, of gateways for several lines `D20`. `HXXXX` is
what others sent on the line. Of several lines only the first is spoken to: what others say begins with their number.
A line has no checksum: who needs a value asks until two answers in a row agree.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

BAUD = 19200
LINE_LIMIT = 32  # bytes; the longest that it says is `V` and six digits
VERSION, POWER = b"v\n", b"d\n"
LOST, STUCK = 0, 1  # states of the line; 2 is good, 3 not yet known

SAID = re.compile(rb"(?:(J[0-9A-Fa-f]{2})|(N)|([XZ].*)|(D[0-9A-Fa-f]{2})|(V[0-9A-Fa-f]{4,6})|(H[0-9A-Fa-f]{4}))$")


class Kind(Enum):
    """What a line says; in the order of the groups of SAID."""

    ANSWER = 1
    NOTHING = 2
    COLLISION = 3
    POWER = 4
    VERSION = 5
    OTHERS = 6


@dataclass(frozen=True, slots=True)
class Said:
    """One sound line: its kind, and what follows its letter."""

    kind: Kind
    digits: str = ""

    @property
    def value(self) -> int:
        """The number of an ANSWER."""
        return int(self.digits, 16)

    @property
    def powerless(self) -> bool:
        """Whether this POWER says that the line has none."""
        return (self.value >> 4 or self.value) in {LOST, STUCK}


class Lines:
    """Made anew each time the line opens; keeps less than a line."""

    def __init__(self) -> None:
        self._tail = b""
        self.broken = 0

    def forget(self) -> None:
        """What has begun is no line: a request follows, and its answer begins anew."""
        self.broken += bool(self._tail)
        self._tail = b""

    def feed(self, data: bytes) -> Sequence[Said]:
        """Take the next bytes, in any portions; return what they complete. Raises nothing."""
        *whole, tail = (self._tail + data).split(b"\n")
        if len(tail) > LINE_LIMIT:
            self.broken += 1
            tail = tail[-LINE_LIMIT:]  # no line is so long, so what ends it makes no sense either
        self._tail = tail
        found = []
        for line in whole:
            match = SAID.match(line.rstrip(b"\r"))
            if match is None or match.lastindex is None:
                self.broken += bool(line.strip())
                continue
            found.append(Said(Kind(match.lastindex), match[0][1:].decode("ascii", "replace")))
        return found


def request(frame: int, *, twice: bool = False) -> bytes:
    """Return the line that sends a forward frame of 16 bits."""
    return b"%c%04X\n" % (b"t" if twice else b"h", frame)
