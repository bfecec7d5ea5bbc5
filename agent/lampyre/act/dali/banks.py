"""Memory banks of DALI gear: what it is, draws, suffers from, and how long it has run (DiiA parts 251, 252, 253, v1.1).

A value whose bytes are all ones is masked: this gear has none. All ones but the last bit: it has none just now.
"""

from collections.abc import Callable
from dataclasses import dataclass

GEAR_ITSELF, LUMINAIRE, ENERGY, GEAR, SOURCE, LIFE = 0, 1, 202, 205, 206, 207
SCALES = range(-6, 7)  # powers of ten that part 252 allows
LATCH, LATCHED = 0x02, 0xAA  # written there, it keeps all values of a bank of part 252 as they are at this moment
COLDEST = -60.0  # degC, of a temperature's 0


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of a bank that are read in one go. `near`: two readings of what never stands still may be so far apart."""

    bank: int
    first: int
    size: int
    near: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """What a technician may want to know of a gear; the unit is in the name."""

    name: str
    block: Block
    said: Callable[[int], str] = str


ENERGY_SCALE, POWER_SCALE = Block(ENERGY, 0x04, 1), Block(ENERGY, 0x0B, 1)  # read only once: they are in ROM
ACTIVE_ENERGY, ACTIVE_POWER = Block(ENERGY, 0x05, 6), Block(ENERGY, 0x0C, 4)
TEMPERATURE = Block(GEAR, 0x1B, 1, near=1)
VOLTAGE, VOLTAGE_UNIT = Block(GEAR, 0x0B, 2, near=20), 0.1  # V
POWER_FACTOR, POWER_FACTOR_UNIT = Block(GEAR, 0x0E, 1, near=2), 0.01
STARTS = Block(GEAR, 0x08, 3)
SERIAL = Block(GEAR_ITSELF, 0x0B, 8)

# what stands wrong, each a byte that is 1; counters stand between them. (Overall failures are bits of QUERY STATUS.)
FLAGS: tuple[tuple[Block, dict[int, str]], ...] = (
    (
        Block(GEAR, 0x11, 9),
        {
            0x11: "controlGearExternalSupplyUndervoltage",
            0x13: "controlGearExternalSupplyOvervoltage",
            0x15: "controlGearOutputPowerLimitation",
            0x17: "controlGearThermalDerating",
            0x19: "controlGearThermalShutdown",
        },
    ),
    (
        Block(SOURCE, 0x18, 7),
        {
            0x18: "lightSourceShortCircuit",
            0x1A: "lightSourceOpenCircuit",
            0x1C: "lightSourceThermalDerating",
            0x1E: "lightSourceThermalShutdown",
        },
    ),
)


def _hours(raw: int) -> str:
    return f"{raw / 3600:.0f}"


FACTS = (
    Fact("gtin", Block(GEAR_ITSELF, 0x03, 6)),
    Fact("firmware", Block(GEAR_ITSELF, 0x09, 2), lambda raw: f"{raw >> 8}.{raw & 0xFF}"),
    Fact("nominal_w", Block(LUMINAIRE, 0x15, 2)),
    Fact("least_w", Block(LUMINAIRE, 0x17, 2)),
    Fact("nominal_lm", Block(LUMINAIRE, 0x1D, 3)),
    Fact("colour_k", Block(LUMINAIRE, 0x21, 2)),
    Fact("gear_h", Block(GEAR, 0x04, 4, near=60), _hours),  # s: it counts on
    Fact("gear_failures", Block(GEAR, 0x10, 1)),
    Fact("gear_deratings", Block(GEAR, 0x18, 1)),
    Fact("source_starts", Block(SOURCE, 0x07, 3)),
    Fact("source_h", Block(SOURCE, 0x0E, 4, near=60), _hours),
    Fact("source_failures", Block(SOURCE, 0x17, 1)),
    Fact("rated_life_h", Block(LIFE, 0x04, 1), lambda raw: str(raw * 1000)),
    Fact("rated_starts", Block(LIFE, 0x06, 2), lambda raw: str(raw * 100)),
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
    """Return W, Wh, V or a ratio; None where either is missing."""
    found = number(raw)
    return None if found is None or scale is None else found * scale


def celsius(raw: bytes | None) -> float | None:
    """Return degrees Celsius."""
    found = number(raw)
    return None if found is None else found + COLDEST


def flagged(raw: bytes, first: int, names: dict[int, str]) -> list[str]:
    """Return the names of the bytes that are 1: all else, masks too, says nothing."""
    return [name for at, name in names.items() if raw[at - first] == 1]
