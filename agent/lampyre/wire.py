"""The wire: frames between a node and its boards, the same file on both ends (CPython and MicroPython).

A frame on the line is COBS(kind, seq, body, CRC-16) and a zero byte; docs/wire.md has the layout and vectors.
It imports nothing of ours and keeps to what MicroPython knows: no enum, no dataclass, no match.
"""

import binascii
import struct

FRAME_LIMIT = 256  # bytes on the line without the zero; our longest is a hello of about 180
BODY_LIMIT = 246  # leaves room in FRAME_LIMIT for kind, seq, CRC and the COBS bytes

# board to host
HELLO = 0x01  # who I am: text, see hello_text()
READINGS = 0x02  # ticks and the values of all channels: once a second and at every presence edge
LAMP = 0x03  # what the lamp does and which order it follows: answers ORDER and ASK
COUNTS = 0x04  # what the board has heard and lost on the line since it started: with each hello, and once a minute
# host to board
ASK = 0x11  # send HELLO and LAMP; empty body
ORDER = 0x12  # level, ramp, validity
NIGHT = 0x13  # when the sun makes it night, seen from now; only a host that trusts its clock says so
KEEP = 0x14  # the safe level to keep in the flash, never below the board's own; answered by HELLO

# LAMP.mode
ORDERED = 0  # follows an order that is still valid
SAFE = 1  # no valid order: the board's own safe programme

ORDER_BODY = "<fII"  # level 0..1, ramp ms, valid ms; behind it EVEN or nothing
EVEN = b"\x01"  # the ramp goes in equal ratios in equal times, as an eye sees equal steps; else in equal steps
LAMP_BODY = "<BBffI"  # mode, seq of the last order, level now, target, ms until the order expires; behind it turns
TURN = "<H"  # how many seconds ago the lamp changed its direction; before them one byte, 1 if it last rose
NIGHT_BODY = "<iIiI"  # s until the night begins (below 0: it has begun), s it lasts, the same of its sure part
KEEP_BODY = "<f"  # level 0..1
COUNTS_BODY = "<IIII"  # frames heard, pieces that were no frame, orders refused, own frames without room; wrap at 2**30
READINGS_HEAD = "<IB"  # board ticks ms (wrap at 2**30) of what is told, number of values that follow
VALUE = "<Bf"  # channel number, value in the channel's unit; NaN: the sensor did not answer, infinity: damaged
INFINITE = (float("inf"), float("-inf"))

RAMP_LIMIT_MS = 600_000  # an order that asks for a longer ramp or validity is damaged or foolish
VALID_LIMIT_MS = 120_000
TURNS_LIMIT = 7  # a lamp may change its direction six times in ten minutes: one more, so that it can be seen
DAY_S = 86_400

RESIDUE = 0x1D0F  # what the CRC gives over a sound frame with its own inverted CRC at the end

# the CRC of every nibble, so that a board needs two look-ups a byte and 32 bytes of table
_NIBBLES = (
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
)  # fmt: skip


def _crc16(data: "bytes | bytearray", crc: int) -> int:
    for byte in data:
        crc = ((crc << 4) & 0xFFFF) ^ _NIBBLES[(crc >> 12) ^ (byte >> 4)]
        crc = ((crc << 4) & 0xFFFF) ^ _NIBBLES[(crc >> 12) ^ (byte & 15)]
    return crc


_crc = getattr(binascii, "crc_hqx", _crc16)  # CPython has the same polynomial in C


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF, not reflected); of b"123456789" it is 0x29B1."""
    crc: int = _crc(data, 0xFFFF)
    return crc


def encode(kind: int, seq: int, body: bytes = b"") -> bytes:
    """Return the frame as it goes on the line, final zero included; ValueError if the body is too long."""
    if len(body) > BODY_LIMIT:
        raise ValueError(f"a body has at most {BODY_LIMIT} bytes")
    plain = bytes((kind, seq & 0xFF)) + body
    crc = crc16(plain) ^ 0xFFFF  # inverted, so that zeros behind a frame do not go unnoticed
    plain += bytes((crc >> 8, crc & 0xFF))
    # COBS; at most 250 bytes, so no block ever reaches the 254 that would need the special case
    line = bytearray()
    for block in plain.split(b"\x00"):
        line.append(len(block) + 1)
        line += block
    line.append(0)
    return bytes(line)


def decode(line: bytes) -> "tuple[int, int, bytes] | None":
    """Return (kind, seq, body) of what stood between two zeros, or None where it is not a whole, sound frame."""
    plain = bytearray(line)
    end = len(line)
    at = 0
    while at < end:  # from code to code; each but the first stands where a zero was
        code = plain[at]
        if code == 0:
            return None
        plain[at] = 0
        at += code
    if at != end or not 5 <= end <= BODY_LIMIT + 5 or _crc(plain[1:], 0xFFFF) != RESIDUE:
        return None
    return plain[1], plain[2], bytes(plain[3:-2])


class Decoder:
    """Bytes in, in any portions; sound frames out. Keeps at most FRAME_LIMIT bytes and counts what it drops."""

    def __init__(self) -> None:
        """Start in the middle of nowhere: the first zero ends whatever came before."""
        self._tail = b""
        self._skipping = False
        self.sound = 0  # frames
        self.broken = 0  # pieces between two zeros that were no sound frame

    def feed(self, data: bytes) -> "list[tuple[int, int, bytes]]":
        """Return the frames that `data` completes, in order, as (kind, seq, body)."""
        frames = []
        pieces = (self._tail + data).split(b"\x00")
        self._tail = pieces.pop()
        for piece in pieces:
            if not piece:
                continue
            frame = None if self._skipping or len(piece) > FRAME_LIMIT else decode(piece)
            self._skipping = False
            if frame is None:
                self.broken += 1
            else:
                self.sound += 1
                frames.append(frame)
        if len(self._tail) > FRAME_LIMIT:  # nothing we send is that long: drop it up to the next zero
            self._tail = b"\x01"
            self._skipping = True
        return frames


def order_body(level: float, ramp_ms: int, valid_ms: int, even: bool = False) -> bytes:
    """Pack an ORDER: level 0..1 of nominal flux, ramp from the present level, validity, the ramp's shape."""
    body = struct.pack(ORDER_BODY, level, ramp_ms, valid_ms)
    return body + EVEN if even else body  # a straight one has no fourth field: firmware from before knows three


def order_of(body: bytes) -> "tuple[float, int, int, bool] | None":
    """Unpack an ORDER as (level, ramp ms, valid ms, even), or None where anything is out of its range."""
    head = struct.calcsize(ORDER_BODY)
    if body[head:] not in (b"", EVEN) or len(body) < head:
        return None
    level, ramp_ms, valid_ms = struct.unpack(ORDER_BODY, body[:head])
    if not 0.0 <= level <= 1.0 or ramp_ms > RAMP_LIMIT_MS or valid_ms > VALID_LIMIT_MS:  # NaN fails the first
        return None
    return level, ramp_ms, valid_ms, len(body) > head


def lamp_body(mode: int, order_seq: int, level: float, target: float, left_ms: int, turns: bytes = b"") -> bytes:
    """Pack a LAMP: mode, the last order's seq, level now, level it goes to, ms until the order expires, turns."""
    return struct.pack(LAMP_BODY, mode, order_seq, level, target, left_ms) + turns


def turns_body(rose: bool, ages_s: "list[int]") -> bytes:
    """Pack the end of a LAMP: whether the lamp last rose, and how long ago it changed its direction, oldest first."""
    body = b"\x01" if rose else b"\x00"
    for age_s in ages_s[-TURNS_LIMIT:]:
        body += struct.pack(TURN, age_s)
    return body


def turns_of(body: bytes) -> "tuple[bool, list[int]] | None":
    """Unpack the end of a LAMP as (rose, ages in s), or None where the lamp has not moved or nothing is said of it."""
    tail = body[struct.calcsize(LAMP_BODY) :]
    if not tail or len(tail) % 2 == 0 or len(tail) > 1 + 2 * TURNS_LIMIT or tail[0] > 1:
        return None
    return tail[0] == 1, [struct.unpack(TURN, tail[at : at + 2])[0] for at in range(1, len(tail), 2)]


def lamp_of(body: bytes) -> "tuple[int, int, float, float, int] | None":
    """Unpack a LAMP as (mode, order seq, level, target, left ms), or None where anything is out of its range."""
    head = struct.calcsize(LAMP_BODY)
    if len(body) < head or (len(body) > head and turns_of(body) is None):
        return None
    mode, order_seq, level, target, left_ms = struct.unpack(LAMP_BODY, body[:head])
    if mode > SAFE or not 0.0 <= level <= 1.0 or not 0.0 <= target <= 1.0 or left_ms > VALID_LIMIT_MS:
        return None
    return mode, order_seq, level, target, left_ms


def night_body(begins_s: int, lasts_s: int, sure_begins_s: int, sure_lasts_s: int) -> bytes:
    """Pack a NIGHT: the night that is, or comes next, and the part of it in which no light can be the day's."""
    return struct.pack(NIGHT_BODY, begins_s, lasts_s, sure_begins_s, sure_lasts_s)


def night_of(body: bytes) -> "tuple[int, int, int, int] | None":
    """Unpack a NIGHT as (begins, lasts, its sure part begins, lasts), all in s, or None where it cannot be."""
    if len(body) != struct.calcsize(NIGHT_BODY):
        return None
    night = struct.unpack(NIGHT_BODY, body)
    if not (abs(night[0]) <= DAY_S and abs(night[2]) <= DAY_S and night[1] <= DAY_S and night[3] <= DAY_S):
        return None
    return night


def keep_body(safe_level: float) -> bytes:
    """Pack a KEEP: the level that the board's safe programme lights."""
    return struct.pack(KEEP_BODY, safe_level)


def keep_of(body: bytes) -> "float | None":
    """Unpack a KEEP, or None where it is no level."""
    if len(body) != struct.calcsize(KEEP_BODY):
        return None
    level: float = struct.unpack(KEEP_BODY, body)[0]
    return level if 0.0 <= level <= 1.0 else None


def counts_body(heard: int, broken: int, refused: int, dropped: int) -> bytes:
    """Pack a COUNTS."""
    return struct.pack(COUNTS_BODY, heard, broken, refused, dropped)


def counts_of(body: bytes) -> "tuple[int, int, int, int] | None":
    """Unpack a COUNTS as (heard, broken, refused, dropped), or None where it has another length."""
    return struct.unpack(COUNTS_BODY, body) if len(body) == struct.calcsize(COUNTS_BODY) else None


def readings_body(ticks_ms: int, values: "list[float]") -> bytes:
    """Pack a READINGS: the board's ticks and one value for every channel, in the hello's order."""
    body = struct.pack(READINGS_HEAD, ticks_ms, len(values))
    for number, value in enumerate(values):
        body += struct.pack(VALUE, number, value)
    return body


def readings_of(body: bytes, channels: int) -> "tuple[int, list[float]] | None":
    """Unpack a READINGS as (ticks ms, values), or None unless it has exactly `channels` values in order."""
    form = READINGS_HEAD + VALUE[1:] * channels
    if len(body) != struct.calcsize(form):
        return None
    fields = struct.unpack(form, body)
    values = []
    for number in range(channels):
        value = fields[3 + 2 * number]
        if fields[2 + 2 * number] != number or value in INFINITE:
            return None
        values.append(value)
    return (fields[0], values) if fields[1] == channels else None


def schema_hash(channels: "list[tuple[str, str]]") -> str:
    """Four hex digits over the channels' names and units: host and board must mean the same list."""
    words = [f"{name}={unit}" for name, unit in channels]
    return f"{crc16(' '.join(words).encode()):04x}"


def hello_text(facts: "dict[str, str]", channels: "list[tuple[str, str]]") -> bytes:
    """Pack a HELLO: `key:value` words (board, id, build, boots, cause), the schema hash, `name=unit` words."""
    words = [f"{key}:{value}" for key, value in facts.items()]
    words.append("schema:" + schema_hash(channels))
    words.extend([f"{name}={unit}" for name, unit in channels])
    return " ".join(words).encode()


def hello_of(body: bytes) -> "tuple[dict[str, str], list[tuple[str, str]]] | None":
    """Unpack a HELLO as (facts, channels), or None where it contradicts itself."""
    facts = {}
    names: list[str] = []
    channels = []
    try:
        for word in body.decode().split(" "):
            if "=" in word:
                name, unit = word.split("=", 1)
                if not name or name in names:
                    return None
                names.append(name)
                channels.append((name, unit))
            else:
                key, value = word.split(":", 1)
                facts[key] = value
    except ValueError:  # not UTF-8, or a word that is neither
        return None
    if "board" not in facts or facts.get("schema") != schema_hash(channels):
        return None
    return facts, channels
