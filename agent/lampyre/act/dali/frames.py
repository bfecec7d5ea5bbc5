"""DALI's words: forward frames of 16 bits, arc power levels, fade times (IEC 62386-102:2022, -207 for LED gear)."""

from lampyre.act.curve import LEVELS, LINEAR, LOG, Curve

MASK = 255  # as a level: no change, or not known
FADE_CODE = 2  # of FADE_S; 1..15 stand for half the root of 2**code seconds (9.5.2)
FADE_S = 1.0

ALL = 16  # as a group: everything on the line

# commands, sent to an address (tables 15 and 16 of part 102)
SET_SYSTEM_FAILURE, SET_POWER_ON, SET_FADE_TIME = 0x2C, 0x2D, 0x2E  # from DTR0, sent twice
ENABLE_WRITE = 0x81  # of memory banks, sent twice
STATUS, DTR0_NOW = 0x90, 0x98
ACTUAL, MAX, MIN, POWER_ON, SYSTEM_FAILURE, FADE = 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5
GROUPS_LOW, GROUPS_HIGH = 0xC0, 0xC1  # bits: of 0..7, of 8..15
READ_MEMORY = 0xC5  # at DTR1 (bank) and DTR0 (location), which then goes one up
DIMMING_CURVE = 0xEE  # part 207, after ENABLE_LED

# special commands: for everything on the line
DTR0, DTR1, WRITE_MEMORY = 0xA300, 0xC300, 0xC900  # with their byte; the last one is not answered
ENABLE_LED = 0xC106  # the next command is one of device type 6

STATES = {0x01: "controlGearFailure", 0x02: "lampFailure"}  # bits of STATUS, by TALQ's names


def arc(address: int, level: int) -> int:
    """Return the frame that sets a level; `address` as from `short` or `group`."""
    return address << 8 | level


def command(address: int, code: int) -> int:
    """Return the frame of a command or a query."""
    return (address | 1) << 8 | code


def short(address: int) -> int:
    """Return the address byte of one gear, 0..63."""
    return address << 1


def group(number: int) -> int:
    """Return the address byte of a group 0..15, or of ALL."""
    return 0xFE if number == ALL else 0x80 | number << 1


def curve_of(code: int | None) -> Curve:
    """Return what DIMMING_CURVE answers: 1 is linear; 0, and no answer from what knows no such query, logarithmic."""
    return LINEAR if code == 1 else LOG


def level_of(share: float, curve: Curve = LOG) -> int:
    """Return the arc power level 0..254 nearest to a share 0..1 of the light; what is above 0 is lit."""
    return max(1, round(curve.signal(min(1.0, share)) * LEVELS)) if share > 0.0 else 0


def share_of(level: int, curve: Curve = LOG) -> float:
    """Return the share of the light 0..1 of an arc power level 0..254."""
    return curve.share(level / LEVELS)


def fade_s(code: int) -> float:
    """Return the seconds of a fade time 1..15; 0 is at once, where no extended one is set."""
    return 0.5 * float(2**code) ** 0.5 if code else 0.0
