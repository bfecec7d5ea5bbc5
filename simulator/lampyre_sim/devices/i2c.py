"""Chips on an I2C bus, behind what `lampyre.sense.i2c` opens: the bytes of the real ones, without a wire."""

import errno
import os
from collections.abc import Callable, Mapping
from typing import Protocol


class Chip(Protocol):
    """What answers at one address."""

    def transfer(self, write: bytes, read: int) -> bytes:
        """Take these bytes, give so many."""


class Bus:
    """A bus with chips at addresses; `reach` stands in for `lampyre.sense.i2c.Address`."""

    def __init__(self, chips: Mapping[int, Chip]) -> None:
        self.chips = dict(chips)
        self.there = True
        self.open = 0
        self.spoil: Callable[[bytes], bytes | None] = lambda data: data  # of what comes back; None: no answer

    def reach(self, path: str, address: int) -> "Reached":
        """Open the way to one address."""
        if not self.there:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self.open += 1
        return Reached(self, address)


class Reached:
    """One address of the bus, open."""

    def __init__(self, bus: Bus, address: int) -> None:
        self._bus, self._address = bus, address

    def transfer(self, write: bytes, read: int) -> bytes:
        """Let the chip answer; OSError as the kernel has it where nobody does."""
        chip = self._bus.chips.get(self._address) if self._bus.there else None
        data = self._bus.spoil(chip.transfer(write, read)) if chip is not None else None
        if data is None or len(data) < read:
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        return data[:read]

    def close(self) -> None:
        """Let go of it."""
        self._bus.open -= 1


class Bh1750:
    """A light sensor: told to measure once, it has the word ready."""

    def __init__(self, lux: float) -> None:
        self.lux = lux
        self._word = 0

    def transfer(self, write: bytes, read: int) -> bytes:
        """Take an opecode, give the word."""
        if write in {b"\x20", b"\x10"}:
            self._word = min(0xFFFF, round(self.lux * 1.2))
        return self._word.to_bytes(2, "big")[:read]


class TfLuna:
    """A lidar in I2C mode: registers 0x00 to 0x3F; it measures when 0x24 is written."""

    def __init__(self, distance_m: float, strength: int = 800) -> None:
        self.distance_m, self.strength = distance_m, strength
        self._registers = bytearray(0x40)
        self._at = 0

    def transfer(self, write: bytes, read: int) -> bytes:
        """Set the register, write what follows, and read on from there."""
        if write:
            self._at = write[0]
            self._registers[self._at : self._at + len(write) - 1] = write[1:]
        if write == b"\x24\x01" and self._registers[0x23] == 1:
            self._registers[0:2] = round(self.distance_m * 100).to_bytes(2, "little")
            self._registers[2:4] = self.strength.to_bytes(2, "little")
        return bytes(self._registers[self._at : self._at + read])
