"""Protocol Buffers as far as Sparkplug B needs them: numbered fields of whole numbers, floats and bytes.

https://protobuf.dev/programming-guides/encoding: a field is a key (number << 3 | wire type) and its value. A library
would cost 3 MB of a small Pi's memory for four kinds of field.
"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5  # wire types; 3 and 4 are groups, which nobody sends any more
VARINT_MOST = 10  # bytes of 64 bits by sevens
MASK = (1 << 64) - 1

Value = int | bytes


def varint(number: int) -> bytes:
    """Return a whole number by sevens, lowest first; negative ones as 64 bits in two's complement."""
    number &= MASK
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def whole(field: int, number: int) -> bytes:
    """Return a field of a whole number, of a boolean or of an enumeration."""
    return varint(field << 3 | VARINT) + varint(number)


def chunk(field: int, content: bytes | str) -> bytes:
    """Return a field of bytes, of text (UTF-8) or of a message inside the message."""
    raw = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | LENGTH) + varint(len(raw)) + raw


def single(field: int, number: float) -> bytes:
    """Return a field of a 32-bit float."""
    return varint(field << 3 | FIXED32) + struct.pack("<f", number)


def double(field: int, number: float) -> bytes:
    """Return a field of a 64-bit float."""
    return varint(field << 3 | FIXED64) + struct.pack("<d", number)


def fields(raw: bytes) -> Iterator[tuple[int, int, Value]]:
    """Yield number, wire type and value (floats as their bytes) of each field; ValueError where it is none.

    Sub-messages come as bytes: whoever knows that they are some calls again. Nothing here recurses.
    """
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ValueError("field 0 is none")
        if kind == VARINT:
            value, at = _varint(raw, at)
            yield number, kind, value
            continue
        if kind == LENGTH:
            size, at = _varint(raw, at)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(kind, -1)
        if size < 0 or at + size > len(raw):
            raise ValueError(f"field {number}: wire type {kind} or its length is wrong")
        yield number, kind, raw[at : at + size]
        at += size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(VARINT_MOST):
        if at >= len(raw):
            raise ValueError("ends within a number")
        number |= (raw[at] & 0x7F) << 7 * place
        at += 1
        if raw[at - 1] < 0x80:
            return number & MASK, at
    raise ValueError("a number longer than 64 bits")
