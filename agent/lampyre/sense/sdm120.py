"""Eastron SDM120-Modbus, a meter of one phase on a rail: IEEE 754 numbers in pairs of input registers.

Format: Eastron, "SDM120 Modbus Protocol implementation" V2.4: function 4; voltage at 0x0000, current at 0x0006, active
power at 0x000C, power factor at 0x001E, frequency at 0x0046, import energy in kWh at 0x0048; at most 40 numbers at
once, and 2400 baud, 8N1, address 1, when it is new. SDM230 has the same registers.
"""

from functools import partial
from math import nan

from lampyre.driver import Bus, Driver
from lampyre.sense.meter import CHANNELS, OPTIONS, STALE_S, Block, Meter, Registers, float_at
from lampyre.sense.modbus import WRONG_ODDS

KIND = "sdm120"
BAUD = 2400


def _now(registers: Registers) -> tuple[float, ...]:
    volts, amperes, watts, factor = (float_at(registers, at) for at in (0x00, 0x06, 0x0C, 0x1E))
    return watts, volts, amperes, factor, nan, nan


def _so_far(registers: Registers) -> tuple[float, ...]:
    hertz, kilowatt_hours = float_at(registers, 0), float_at(registers, 2)
    return nan, nan, nan, nan, hertz, kilowatt_hours * 1000.0


BLOCKS = (Block(0x0000, 0x20, 2, _now), Block(0x0046, 4, 2, _so_far))

DRIVER = Driver(
    kind=KIND,
    channels=CHANNELS,
    stale_s=STALE_S,
    source="Eastron, SDM120 Modbus Protocol implementation V2.4",
    make=partial(Meter, KIND, BLOCKS, BAUD),
    bus=Bus("Modbus", BAUD),
    wrong_odds=WRONG_ODDS,
    options=OPTIONS,
)
