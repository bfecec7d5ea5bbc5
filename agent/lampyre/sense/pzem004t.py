"""Peacefair PZEM-004T V3, a bare meter of one phase: ten input registers.

Format: "PZEM-004T V3.0 User Manual", 2.3: voltage in 0.1 V, current in mA, power in 0.1 W and energy in Wh, these
three with the low word first, frequency in 0.1 Hz, power factor in 0.01, alarm; 9600 baud, 8N1. Each meter must be
given an address of its own, alone on the line, before several share one. Its line needs its own 5 V.
"""

from functools import partial

from lampyre.driver import Bus, Driver
from lampyre.sense.meter import CHANNELS, OPTIONS, STALE_S, Block, Meter, Registers, low_first
from lampyre.sense.modbus import WRONG_ODDS

KIND = "pzem004t"
BAUD = 9600


def _all(registers: Registers) -> tuple[float, ...]:
    watts, volts, amperes = low_first(registers, 3) / 10, registers[0] / 10, low_first(registers, 1) / 1000
    return watts, volts, amperes, registers[8] / 100, registers[7] / 10, float(low_first(registers, 5))


BLOCKS = (Block(0x0000, 9, 1, _all),)  # and, every other time, the alarm

DRIVER = Driver(
    kind=KIND,
    channels=CHANNELS,
    stale_s=STALE_S,
    source="Peacefair, PZEM-004T V3.0 User Manual, 2.3",
    make=partial(Meter, KIND, BLOCKS, BAUD),
    bus=Bus("Modbus", BAUD),
    wrong_odds=WRONG_ODDS,
    options=OPTIONS,
)
