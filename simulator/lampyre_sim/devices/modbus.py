"""Meters on one RS-485 line: each answers for its own address, with its own registers, and refuses what it has not."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

READ, REFUSED, NO_SUCH_REGISTER = 4, 0x80, 2
REQUEST_BYTES = 8
Registers = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Load:
    """What a meter sees: W, V, A, ratio, Hz, Wh."""

    watts: float = 36.4
    volts: float = 230.1
    amperes: float = 0.171
    factor: float = 0.92
    hertz: float = 50.0
    watt_hours: float = 123456.0


def sdm120(load: Load) -> Registers:
    """Return the input registers of an SDM120: 0x0000 to 0x004F, those without a meaning are zero."""
    numbers = {0x00: load.volts, 0x06: load.amperes, 0x0C: load.watts, 0x1E: load.factor}
    numbers |= {0x46: load.hertz, 0x48: load.watt_hours / 1000}
    found = dict.fromkeys(range(0x50), 0)
    for at, number in numbers.items():
        found[at], found[at + 1] = struct.unpack(">HH", struct.pack(">f", number))
    return found


def pzem004t(load: Load) -> Registers:
    """Return the ten input registers of a PZEM-004T V3."""
    milliamperes, deciwatts, hours = round(load.amperes * 1000), round(load.watts * 10), round(load.watt_hours)
    words = [round(load.volts * 10), milliamperes & 0xFFFF, milliamperes >> 16, deciwatts & 0xFFFF, deciwatts >> 16]
    words += [hours & 0xFFFF, hours >> 16, round(load.hertz * 10), round(load.factor * 100), 0]
    return dict(enumerate(words))


def crc(data: bytes) -> bytes:
    """Return the sum that ends a frame (MODBUS over Serial Line V1.02, 6.2.2)."""
    found = 0xFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0xA001 if found & 1 else 0)
    return found.to_bytes(2, "little")


class Slaves:
    """All that hangs on one line; `hear` what the master says, `say` is called with each answer."""

    def __init__(self, meters: Mapping[int, Callable[[], Registers]]) -> None:
        self._meters = meters
        self.say: Callable[[bytes], object] = lambda _: None
        self._heard = b""
        self.asked: list[int] = []  # addresses, as they were asked
        self.dead: set[int] = set()  # addresses without supply

    def hear(self, data: bytes) -> None:
        """Take what the master sends, in any portions."""
        self._heard += data
        while len(self._heard) >= REQUEST_BYTES:
            request = self._heard[:REQUEST_BYTES]
            if crc(request[:-2]) != request[-2:]:
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[REQUEST_BYTES:]
            self.asked.append(request[0])
            meter = self._meters.get(request[0])
            if meter is not None and request[0] not in self.dead:
                self.say(_answer(request, meter()))


def _answer(request: bytes, registers: Registers) -> bytes:
    slave, function, first, count = struct.unpack(">BBHH", request[:-2])
    words = [registers.get(first + n) for n in range(count)]
    if function != READ or None in words:
        body = bytes((slave, function | REFUSED, NO_SUCH_REGISTER))
    else:
        body = bytes((slave, READ, 2 * count)) + struct.pack(f">{count}H", *words)
    return body + crc(body)
