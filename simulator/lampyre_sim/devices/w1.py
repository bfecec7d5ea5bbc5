"""A DS18B20 behind the kernel's file: nine bytes, a sum that the kernel checks, and what it makes of them."""

import errno
import os
from collections.abc import Callable

SCRATCHPAD_BYTES = 9
NO_ANSWER = 0xFF  # what is read where nobody pulls the wire down


def crc8(data: bytes) -> int:
    """Return the sum of Maxim's application note 27: x^8 + x^5 + x^4 + 1, low bit first."""
    found = 0
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x8C if found & 1 else 0)
    return found


class Thermometer:
    """`reach` stands in for `lampyre.sense.ds18b20.File`; `spoil` is what becomes of the bytes on the wire."""

    def __init__(self, celsius: float) -> None:
        self.celsius = celsius
        self.there = True
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self._good = bytes(SCRATCHPAD_BYTES)  # what the kernel read soundly last: that it prints again

    def reach(self, folder: str) -> "Thermometer":
        """Open its folder."""
        self._look(folder)
        return self

    def transfer(self, write: bytes, read: int) -> bytes:  # noqa: ARG002 - as Way has it
        """Return the file, as `w1_slave_show` of drivers/w1/slaves/w1_therm.c writes it."""
        self._look("w1_slave")
        said = self.spoil(self.scratchpad()).ljust(SCRATCHPAD_BYTES, bytes((NO_ANSWER,)))[:SCRATCHPAD_BYTES]
        sound = crc8(said[:8]) == said[8]
        if sound:
            self._good = said
        milli = int.from_bytes(self._good[:2], "little", signed=True) * 1000 // 16
        first = f"{said.hex(' ')} : crc={crc8(said[:8]):02x} {'YES' if sound else 'NO'}\n"
        return f"{first}{self._good.hex(' ')} t={milli}\n".encode()[:read]

    def close(self) -> None:
        """Nothing is held."""

    def scratchpad(self) -> bytes:
        """Return the nine bytes of the data sheet's figure 8, at twelve bits."""
        body = round(self.celsius * 16).to_bytes(2, "little", signed=True) + bytes.fromhex("4b 46 7f ff 0c 10")
        return body + bytes((crc8(body),))

    def _look(self, path: str) -> None:
        if not self.there:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
