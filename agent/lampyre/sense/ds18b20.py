"""Maxim DS18B20, a thermometer on a 1-Wire bus that the kernel reads: a file of its own for each.

Format: the kernel's Documentation/w1/slaves/w1_therm.rst, `w1_slave`: nine bytes, whether their sum is right, and the
temperature in thousandths of a degree. DS18B20 data sheet, table 1 and figure 8: +85 degC is what it says before it has
measured, the fifth byte ends in 1F; a data wire at ground reads as nine zeros with a right sum.
"""

import errno
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lampyre.driver import Bus, Channel, Driver, Option, Place
from lampyre.errors import LinkDown
from lampyre.link import parse_address
from lampyre.records import Quantity
from lampyre.sense.polled import Ask, Polled, Way

KIND = "ds18b20"
SAID = re.compile(rb"((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)\n\1t=(-?\d{1,6})\n")
MOST_BYTES = 256  # of the file: it has 75
UNMEASURED_CEL = 85.0
CALL_S = 25.0  # 0.75 s for each thermometer of a bus, one after the other
LOW_CEL, HIGH_CEL = -55.0, 125.0


class File:
    """The kernel's file of one sensor; each reading makes it measure."""

    def __init__(self, folder: str) -> None:
        self._path = Path(folder) / "w1_slave"
        self._path.stat()

    def transfer(self, write: bytes, read: int) -> bytes:  # noqa: ARG002 - as Way has it
        """Return what the file says; nothing is ever written."""
        with self._path.open("rb") as file:
            return file.read(read)

    def close(self) -> None:
        """Nothing is held."""


class Eye:
    """One thermometer; it has said nothing before."""

    async def look(self, ask: Ask) -> tuple[float, ...]:
        """Measure once; LinkDown where what it says is no measurement."""
        said = SAID.fullmatch(await ask(b"", MOST_BYTES))
        if said is None or said[2] != b"YES":
            raise LinkDown("ds18b20: its bytes arrive damaged; check the data wire and its pull-up of 4.7 kOhm")
        celsius = int(said[3]) / 1000
        if bytes.fromhex(said[1].decode())[4] & 0x1F != 0x1F:
            raise LinkDown("ds18b20: says nothing but zeros; the data wire touches ground")
        if celsius == UNMEASURED_CEL or not LOW_CEL <= celsius <= HIGH_CEL:
            raise LinkDown(f"ds18b20: says {celsius:g} degC, as it does when it has not measured; check its supply")
        return (celsius,)


def ds18b20(place: Place, reach: Callable[[str], Way] = File) -> Polled:
    """Return the device of one thermometer; `reach` opens its folder."""
    path = parse_address(place.url).path
    return Polled(KIND, place, Eye, lambda: reach(path), partial(_cure, path), CALL_S)


def _cure(path: str, error: OSError) -> str:
    if error.errno in {errno.ENOENT, errno.ENODEV}:
        return (
            f"{path}: no such sensor; dtoverlay=w1-gpio in config.txt, and `ls /sys/bus/w1/devices` shows who is there"
        )
    return f"{path}: {error.strerror or error}"


DRIVER = Driver(
    kind=KIND,
    channels=(Channel("temperature", Quantity.TEMPERATURE, LOW_CEL, HIGH_CEL),),
    stale_s=90.0,
    source="Maxim, DS18B20 data sheet; Documentation/w1/slaves/w1_therm.rst of the kernel",
    make=ds18b20,
    bus=Bus("1-Wire"),
    wrong_odds=2e-5,  # sum of 8 bits, five bits that are always set, and 4 % of all numbers are temperatures
    options=(Option("every_s", 10.0, 2.0, 30.0),),
)
