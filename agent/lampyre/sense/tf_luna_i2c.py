"""Benewake TF-Luna on I2C: it measures when told to, and its registers hold distance and strength.

Format: Benewake, "TF-Luna Instruction Manual" SJ-PM-TF-Luna A03, 5.3, 5.4 and appendix II: registers 0x00 to 0x03,
low byte first, cm and strength; 0x23 = 1: measure on demand; 0x24 = 1: now. Pin 5 must be at ground when it is
switched on. Registers have no checksum: as on its serial line, four of five ranges must agree.
"""

import asyncio
import math
from functools import partial

from lampyre.driver import Bus, Channel, Driver, Option, Values
from lampyre.records import Quantity
from lampyre.sense.burst import Burst
from lampyre.sense.i2c import i2c_device
from lampyre.sense.polled import Ask

KIND = "tf_luna_i2c"
ON_DEMAND = b"\x23\x01"  # told anew each time: after a dip of its supply it would measure by itself
NOW = b"\x24\x01"
RANGE = b"\x00"
SETTLES_S = 0.1  # 5.3: wait 100 ms after a write
GLARE = 32768  # 6.4: strength from here on is the sun's


class Eye:
    """Ranges with enough light in them that most of a burst agrees on."""

    def __init__(self, options: Values) -> None:
        self._least, self._farthest_m = options["strength_least"], options["farthest_m"]
        self._burst = Burst()

    async def look(self, ask: Ask) -> tuple[float, ...] | None:
        """Measure once; None until a burst agrees."""
        await ask(ON_DEMAND, 0)
        await ask(NOW, 0)
        await asyncio.sleep(SETTLES_S)
        said = await ask(RANGE, 4)
        metres, strength = (said[0] | said[1] << 8) / 100, said[2] | said[3] << 8
        clear = self._least <= strength < GLARE and 0.0 < metres <= self._farthest_m
        agreed = self._burst.add(metres if clear else math.nan)
        return None if agreed is None else (agreed,)


DRIVER = Driver(
    kind=KIND,
    channels=(Channel("distance", Quantity.DISTANCE, 0.2, 8.0),),
    stale_s=15.0,
    source="Benewake, SJ-PM-TF-Luna A03, 5.3, 5.4, appendix II",
    make=partial(i2c_device, KIND, Eye),
    bus=Bus("I2C"),
    wrong_odds=1e-6,  # four of five ranges are damaged alike
    options=(
        Option("address", 0x10, 0x08, 0x77, whole=True),
        Option("every_s", 0.5, 0.2, 2.0),
        Option("strength_least", 100, 20, 2000),
        Option("farthest_m", 8.0, 1.0, 8.0),
    ),
)
