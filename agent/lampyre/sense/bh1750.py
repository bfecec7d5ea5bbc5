"""ROHM BH1750FVI, a light sensor on I2C: one word of light, told when it is measured.

Format: ROHM, BH1750FVI data sheet (2014, Rev. D): "one time H-resolution mode" is 0x20 and takes at most 180 ms; high
byte first, counts / 1.2 are lux. Words have no checksum: each is read twice, once its measuring is over.
"""

import asyncio
from functools import partial

from lampyre.driver import Bus, Channel, Driver, Option, Values
from lampyre.errors import LinkDown
from lampyre.records import Quantity
from lampyre.sense.i2c import i2c_device
from lampyre.sense.polled import Ask

KIND = "bh1750"
ONCE = b"\x20"
MEASURES_S = 0.2  # 180 ms at most
COUNTS_PER_LUX = 1.2
MOST_LX = 65535 / COUNTS_PER_LUX


class Eye:
    """Light on the sensor, in front of its window."""

    def __init__(self, options: Values) -> None:
        self._counts_per_lux = COUNTS_PER_LUX * options["window"]

    async def look(self, ask: Ask) -> tuple[float, ...]:
        """Measure once; LinkDown where two readings of it differ."""
        await ask(ONCE, 0)
        await asyncio.sleep(MEASURES_S)
        first, second = await ask(b"", 2), await ask(b"", 2)
        if first != second:
            raise LinkDown(
                "bh1750: says two things of one measurement; check its wires: shorter, or apart from the mains"
            )
        return (int.from_bytes(first, "big") / self._counts_per_lux,)


DRIVER = Driver(
    kind=KIND,
    channels=(Channel("lux", Quantity.ILLUMINANCE, 0.0, 10 * MOST_LX),),
    stale_s=30.0,
    source="ROHM, BH1750FVI data sheet, Rev. D",
    make=partial(i2c_device, KIND, Eye),
    bus=Bus("I2C"),
    wrong_odds=1e-4,  # two readings are damaged alike, where one byte in fifty is
    options=(
        Option("address", 0x23, 0x23, 0x5C, whole=True),  # 0x5C with ADDR high
        Option("every_s", 1.0, 0.5, 10.0),
        Option("window", 1.0, 0.1, 1.0),  # how much of the light its cover lets through
    ),
)
