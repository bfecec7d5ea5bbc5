"""What we write as Protocol Buffers others read, and what others write never breaks us."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.sync.dialects import protobuf as pb

whole = st.integers(-(1 << 63), (1 << 64) - 1)


@given(st.lists(st.tuples(st.integers(1, 536_870_911), whole)))
def test_whole_numbers_come_back_as_64_bits(rows: list[tuple[int, int]]) -> None:
    raw = b"".join(pb.whole(field, number) for field, number in rows)
    assert list(pb.fields(raw)) == [(field, pb.VARINT, number & pb.MASK) for field, number in rows]


@given(st.integers(1, 99), st.binary(max_size=300), st.text(max_size=50), st.floats(width=32), st.floats())
def test_bytes_text_and_floats_come_back(field: int, raw: bytes, text: str, single: float, double: float) -> None:
    message = pb.chunk(field, raw) + pb.chunk(1, text) + pb.single(2, single) + pb.double(3, double)
    found = list(pb.fields(message))
    assert [row[:2] for row in found] == [(field, pb.LENGTH), (1, pb.LENGTH), (2, pb.FIXED32), (3, pb.FIXED64)]
    assert (found[0][2], found[1][2]) == (raw, text.encode())
    for form, number, value in (("<f", single, found[2][2]), ("<d", double, found[3][2])):
        assert isinstance(value, bytes)
        back = struct.unpack(form, value)[0]
        assert back == number or (math.isnan(back) and math.isnan(number))


@given(st.binary(max_size=80))
def test_whatever_comes_is_read_or_refused_and_nothing_else(raw: bytes) -> None:
    try:
        for _ in pb.fields(raw):
            pass
    except ValueError:
        pass


@pytest.mark.parametrize(
    "raw", [b"\x0a\x05ab", b"\x08", b"\x08" + b"\xff" * 10 + b"\x01", b"\x0b", b"\x00\x01", b"\x0d\x00"]
)
def test_what_is_cut_off_or_no_field_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"field|number|length"):
        list(pb.fields(raw))
