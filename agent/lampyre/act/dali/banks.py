"""Memory banks of DALI gear: what it draws, how warm it is, how long it has run (DiiA parts 251, 252, 253, v1.1).

A value whose bytes are all ones is masked: this gear has none. All ones but the last bit: it has none just now.
"""

from collections.abc import Callable
from dataclasses import dataclass

LUMINAIRE, ENERGY, GEAR, LIFE = 1, 202, 205, 207
SCALES = range(-6, 7)  # powers of ten that part 252 allows
LATCH, LATCHED = 0x02, 0xAA  # written there, it keeps all values of a bank as they are at this moment
COLDEST = -60.0  # degC, of a temperature's 0

Fact = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of a bank that are read in one go."""

    bank: int
    first: int
    size: int


ENERGY_SCALE, POWER_SCALE = Block(ENERGY, 0x04, 1), Block(ENERGY, 0x0B, 1)  # read only once: they are in ROM
ACTIVE_ENERGY, ACTIVE_POWER = Block(ENERGY, 0x05, 6), Block(ENERGY, 0x0C, 4)
TEMPERATURE = Block(GEAR, 0x1B, 1)

# what a technician may want to see of gear, and its unit in the name; 65534 and the like are said of none
FACTS: tuple[tuple[str, Block, Fact], ...] = (
    ("nominal_w", Block(LUMINAIRE, 0x15, 2), str),
    ("gear_h", Block(GEAR, 0x04, 4), lambda raw: f"{raw / 3600:.0f}"),
    ("gear_starts", Block(GEAR, 0x08, 3), str),
    ("gear_failures", Block(GEAR, 0x10, 1), str),
    ("gear_deratings", Block(GEAR, 0x18, 1), str),
    ("rated_life_h", Block(LIFE, 0x04, 1), lambda raw: str(raw * 1000)),
    ("rated_starts", Block(LIFE, 0x06, 2), lambda raw: str(raw * 100)),
)


def number(raw: bytes | None) -> int | None:
    """Return an unsigned number; None where it is masked, not there just now, or was not read."""
    if raw is None:
        return None
    found = int.from_bytes(raw, "big")
    return None if found >= (1 << 8 * len(raw)) - 2 else found


def scale_of(raw: bytes | None) -> float | None:
    """Return what a value is multiplied with; None for what is no power of ten that may be."""
    power = int.from_bytes(raw, "big", signed=True) if raw is not None else None
    return 10.0**power if power in SCALES and power is not None else None


def scaled(raw: bytes | None, scale: float | None) -> float | None:
    """Return W or Wh; None where either is missing."""
    found = number(raw)
    return None if found is None or scale is None else found * scale


def celsius(raw: bytes | None) -> float | None:
    """Return degrees Celsius."""
    found = number(raw)
    return None if found is None else found + COLDEST
