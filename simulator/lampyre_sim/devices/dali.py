"""A DALI line behind an AL-DALI-HAT: gears with levels, fades, groups and memory banks, and the gateway's own lines.

Written from the standard's tables and the gateway's paper, not from the agent's code.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

FRAME_S = 0.029  # 16.2 ms for 38.5 half bits, then no answer in 10.5 ms and a pause
ANSWER_S = 0.035
TWICE_S = 0.1  # both frames of a command that is sent twice come within
MASK, MOST = 255, 254


def share(level: float, *, linear: bool = False) -> float:
    """Return the light of a level, 0..1."""
    if level < 1.0:
        return 0.0
    return level / MOST if linear else 10.0 ** ((level - 1.0) * 3.0 / 253.0 - 1.0) / 100.0


def _bank(last: int, **at: bytes) -> bytearray:
    bank = bytearray(b"\xff" * (last + 1))
    bank[0] = last
    for where, data in at.items():
        start = int(where[1:], 16)
        bank[start : start + len(data)] = data
    return bank


def _banks(address: int, watts: float) -> dict[int, bytearray]:
    """Return what a gear of `watts` has of parts 102, 251, 252 and 253; that of the apparent and the load side too."""
    energy = {"x04": b"\x00", "x05": (123456).to_bytes(6, "big"), "x0B": b"\xff", "x0C": bytes(4)}
    gear = {"x04": (4320000).to_bytes(4, "big"), "x08": b"\0\0\x2a", "x0B": (2304).to_bytes(2, "big"), "x0D": b"\x32"}
    gear |= {"x0E": b"\x5f", "x0F": bytes(12), "x18": b"\x01", "x1B": b"\x64", "x1C": b"\x64"}
    source = {"x04": bytes(6), "x07": b"\0\1\0", "x0A": bytes(4), "x0E": (3600000).to_bytes(4, "big"), "x16": bytes(10)}
    luminaire = {"x15": round(watts).to_bytes(2, "big"), "x17": b"\0\4", "x1D": b"\0\x17\x70", "x21": b"\x0b\xb8"}
    itself = {"x03": (9006210000000).to_bytes(6, "big"), "x09": b"\1\5", "x0B": (7000 + address).to_bytes(8, "big")}
    return {
        0: _bank(0x1A, **itself),
        1: _bank(0x77, **luminaire),
        **{bank: _bank(0x0F, **energy) for bank in (202, 203, 204)},
        205: _bank(0x1C, **gear),
        206: _bank(0x20, **source, x20=b"\x5a"),
        207: _bank(0x07, x04=b"\x64", x05=b"\x7d", x06=b"\x01\xf4"),
    }


@dataclass
class Twin:
    """One gear; `watts` is what it draws at full light."""

    address: int
    groups: set[int] = field(default_factory=set)
    watts: float = 40.0
    linear: bool = False
    least: int = 1
    level: float = 254.0  # where the fade began
    dead: bool = False  # not on the line any more
    lamp_fails: bool = False
    fails: bool = False
    forgets: bool = False  # it takes what is stored, and keeps none of it
    stored: list[tuple[int, int]] = field(default_factory=list)  # what was written into its memory: command, value
    kept: dict[int, int] = field(default_factory=dict)  # by the command that stores it

    def __post_init__(self) -> None:
        self.kept = {0x2A: 254, 0x2B: self.least, 0x2C: 254, 0x2D: 254, 0x2E: 0, 0x2F: 7} | self.kept
        self.target, self._begin_s, self._fade_s = round(self.level), 0.0, 0.0
        self._last: tuple[int, float] | None = None
        self._dtr0 = self._dtr1 = 0
        self._led = self._write = False
        self.banks = _banks(self.address, self.watts)

    def now(self) -> float:
        """Return the level of this moment."""
        passed_s = asyncio.get_running_loop().time() - self._begin_s
        if self._fade_s <= 0.0 or passed_s >= self._fade_s:
            return self.target
        return self.level + (self.target - self.level) * passed_s / self._fade_s

    @property
    def light(self) -> float:
        """The light of this moment, 0..1; none where the lamp fails."""
        return 0.0 if self.lamp_fails else share(self.now(), linear=self.linear)

    def go(self, level: int, fade_s: float) -> None:
        """Begin to fade; from off it begins at its least."""
        begin = self.now()
        least, most = self.kept[0x2B], self.kept[0x2A]
        self.level = max(begin, least) if level else begin
        self.target = min(most, max(least, level)) if level else 0
        self._begin_s, self._fade_s = asyncio.get_running_loop().time(), fade_s

    def line_lost(self) -> None:
        """Go to the system failure level: the line has no power."""
        if self.kept[0x2C] != MASK and not self.dead:
            self.go(self.kept[0x2C], 0.0)

    def power_cycle(self) -> None:
        """Lose the mains and get it back."""
        starts = int.from_bytes(self.banks[205][0x08:0x0B], "big") + 1
        self.banks[205][0x08:0x0B] = starts.to_bytes(3, "big")
        if self.kept[0x2D] != MASK:
            self.go(self.kept[0x2D], 0.0)

    def hear(self, frame: int) -> int | None:
        """Take a forward frame; return its answer, if it has one."""
        if self.dead:
            return None
        first, data = frame >> 8, frame & 0xFF
        if first in (0xA3, 0xC3, 0xC1, 0xC9):
            self._special(first, data)
            return None
        mine = {self.address << 1, 0xFE} | {0x80 | group << 1 for group in self.groups}
        if first & 0xFE not in mine:
            self._led = False
            return None
        if not first & 1:
            if data != MASK:
                self.go(data, 0.5 * math.sqrt(2.0 ** (self.kept[0x2E])) if self.kept[0x2E] else 0.0)
            return None
        return self._command(data)

    def _special(self, first: int, data: int) -> None:
        if first == 0xA3:
            self._dtr0 = data
        elif first == 0xC3:
            self._dtr1 = data
        elif first == 0xC1:
            self._led = data == 6
        elif self._write and self._dtr1 in self.banks and self._dtr0 == 2:
            if data == 0xAA and self._dtr1 in (202, 203, 204):
                self.banks[self._dtr1][0x0C:0x10] = round(self.watts * self.light * 10).to_bytes(4, "big")
            self.banks[self._dtr1][2] = data

    def _command(self, code: int) -> int | None:
        led, self._led = self._led, False
        if code == 0x00:
            self.go(0, 0.0)
        elif code in range(0x2A, 0x30) or code == 0x81:
            if self._twice(code):
                self._store(code)
            return None
        elif code == 0xEE:
            return int(self.linear) if led else None
        elif code == 0xC5:
            return self._read()
        elif code == 0x92:
            return 0xFF if self.lamp_fails else None
        return self._queries().get(code)

    def _queries(self) -> dict[int, int]:
        status = self.fails | self.lamp_fails << 1 | (self.now() > 0.0 and not self.lamp_fails) << 2
        kept = self.kept
        level = MASK if self.lamp_fails else round(self.now())
        found = {0x90: int(status), 0x98: self._dtr0, 0xA0: level, 0xA1: kept[0x2A], 0xA2: kept[0x2B]}
        groups = sum(1 << group for group in self.groups)
        found |= {0xC0: groups & 0xFF, 0xC1: groups >> 8}
        return found | {0xA3: kept[0x2D], 0xA4: kept[0x2C], 0xA5: kept[0x2E] << 4 | kept[0x2F]}

    def _twice(self, code: int) -> bool:
        now_s = asyncio.get_running_loop().time()
        last, self._last = self._last, (code, now_s)
        if last is None or last[0] != code or now_s - last[1] > TWICE_S:
            return False
        self._last = None
        return True

    def _store(self, code: int) -> None:
        if code == 0x81:
            self._write = True
            return
        self.kept[code] = self.kept[code] if self.forgets else self._dtr0
        self.stored.append((code, self._dtr0))

    def _read(self) -> int | None:
        bank = self.banks.get(self._dtr1)
        if bank is None or self._dtr0 >= len(bank):
            return None
        self._dtr0 += 1
        return bank[self._dtr0 - 1]


class Hat:
    """The gateway: `hear` what the node sends; `say` gets what it answers, when it does."""

    def __init__(self, gears: list[Twin]) -> None:
        self.gears = {gear.address: gear for gear in gears}
        self.say: Callable[[bytes], object] = lambda _: None
        self.powered = True
        self.many = False  # it is one for several lines
        self.mute = False  # it has no supply itself
        self.frames: list[int] = []
        self._heard = b""
        self._free_s = 0.0  # when it has done with what it was told so far

    def hear(self, data: bytes) -> None:
        """Take what comes, in any portions."""
        *lines, self._heard = (self._heard + data).split(b"\n")
        self._heard = self._heard[-16:]
        for line in lines if not self.mute else ():
            self._obey(line)

    def lose_power(self) -> None:
        """The line's supply fails, or somebody shorts it."""
        self.powered = False
        for gear in self.gears.values():
            gear.line_lost()
        self.say(b"D00\n")

    def _obey(self, line: bytes) -> None:
        if line == b"v":
            self._later(b"V030204\n" if self.many else b"V0108\n", 0.001)
        elif line == b"d":
            good = b"D20\n" if self.many else b"D02\n"
            self._later(good if self.powered else b"D00\n", 0.001)
        elif len(line) == 5 and line[:1] in b"ht":
            try:
                frame = int(line[1:], 16)
            except ValueError:
                return
            for _ in range(2 if line[:1] == b"t" else 1):
                self._later(b"", FRAME_S, frame)

    def _later(self, said: bytes, after_s: float, frame: int | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._free_s = max(loop.time(), self._free_s) + after_s
        loop.call_at(self._free_s, self._send, said, frame)

    def _send(self, said: bytes, frame: int | None) -> None:
        if frame is not None:
            said = self._on_the_line(frame)
        if not self.mute:
            self.say(said)

    def _on_the_line(self, frame: int) -> bytes:
        if not self.powered:
            return b"D00\n"
        self.frames.append(frame)
        answers = [answer for gear in self.gears.values() if (answer := gear.hear(frame)) is not None]
        if not answers:
            return b"N\n"
        self._free_s += ANSWER_S - FRAME_S
        return b"J%02X\n" % answers[0] if len(answers) == 1 else b"X\n"
