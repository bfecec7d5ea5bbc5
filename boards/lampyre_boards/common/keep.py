"""What the board remembers over a power cut: two files with checksums, so that a write that was cut costs nothing."""

import struct

import pins
import wire

FILES = ("keep.a", "keep.b")
RECORD = "<IIf"  # number of the write, boots, safe level; behind it the CRC over them


class Keep:
    """`boots` and `safe_level` as last kept; `fault` says what is wrong with the flash, "" if nothing is."""

    def __init__(self) -> None:
        """Take the newest sound copy; the defaults where there is none."""
        self.boots = 0
        self.safe_level = pins.SAFE_LEVEL
        self.fault = ""
        self._count = 0
        self._next = 0  # the copy to write over: the older or the damaged one
        there = sound = 0
        for at in range(len(FILES)):
            data = _read(FILES[at])
            there += data != b""
            kept = _record(data)
            if kept is not None:
                sound += 1
                if kept[0] >= self._count:
                    self._count, self.boots, self.safe_level = kept
                    self._next = 1 - at
        if there and not sound:
            self.fault = "settings"

    def save(self) -> bool:
        """Write the older copy over; False where the flash does not take it: then the newer one still stands."""
        record = struct.pack(RECORD, self._count + 1, self.boots, self.safe_level)
        crc = wire.crc16(record)
        record += bytes((crc >> 8, crc & 0xFF))
        try:
            with open(FILES[self._next], "wb") as file:
                file.write(record)
        except OSError:  # full, or worn out
            self.fault = "flash"
            return False
        if _read(FILES[self._next]) != record:
            self.fault = "flash"
            return False
        self._count += 1
        self._next = 1 - self._next
        return True


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(64)
    except OSError:
        return b""


def _record(data: bytes) -> "tuple[int, int, float] | None":
    size = struct.calcsize(RECORD)
    if len(data) != size + 2 or wire.crc16(data[:size]) != data[size] << 8 | data[size + 1]:
        return None
    count, boots, safe_level = struct.unpack(RECORD, data[:size])
    if not pins.SAFE_LEVEL <= safe_level <= 1.0:  # NaN too: written by other firmware
        safe_level = pins.SAFE_LEVEL
    return count, boots, safe_level
