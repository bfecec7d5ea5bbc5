"""The wire: what was sent arrives or nothing does."""

import math
import random
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lampyre import wire

Frame = tuple[int, int, bytes]
BYTE = st.integers(0, 255)
BODY = st.binary(max_size=wire.BODY_LIMIT)
FRAME = st.tuples(BYTE, BYTE, BODY)
SMALL = st.tuples(BYTE, BYTE, st.binary(max_size=40))
ORDER = wire.encode(wire.ORDER, 42, wire.order_body(0.25, 2000, 60_000))
READINGS = wire.encode(wire.READINGS, 9, wire.readings_body(123_456, [1.0, 5678.0, 3.25, 0.0, -12.5, 41.0]))

repeatable = settings(derandomize=True, max_examples=300)


def line_of(frames: list[Frame]) -> bytes:
    return b"".join(wire.encode(*frame) for frame in frames)


def textbook_crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE bit by bit, as the catalogues define it."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x1021 if crc & 0x8000 else 0)
        crc &= 0xFFFF
    return crc


def textbook_cobs(line: bytes) -> bytes:
    """COBS as its paper decodes it."""
    plain = bytearray()
    at = 0
    while at < len(line):
        code = line[at]
        plain += line[at + 1 : at + code]
        at += code
        if code < 0xFF and at < len(line):
            plain.append(0)
    return bytes(plain)


@repeatable
@given(FRAME)
def test_a_frame_is_cobs_of_kind_seq_body_and_crc(frame: Frame) -> None:
    kind, seq, body = frame
    line = wire.encode(kind, seq, body)
    assert line.index(0) == len(line) - 1 <= wire.FRAME_LIMIT
    plain = textbook_cobs(line[:-1])
    assert plain[:-2] == bytes((kind, seq)) + body
    assert int.from_bytes(plain[-2:], "big") == textbook_crc(plain[:-2]) ^ 0xFFFF


@repeatable
@given(st.binary(max_size=64))
def test_the_slow_crc_of_the_boards_is_the_fast_one(data: bytes) -> None:
    assert wire._crc16(data, 0xFFFF) == wire.crc16(data) == textbook_crc(data)


@repeatable
@given(st.lists(FRAME, max_size=8))
def test_frames_arrive_as_they_were_sent(frames: list[Frame]) -> None:
    decoder = wire.Decoder()
    assert decoder.feed(line_of(frames)) == frames
    assert (decoder.sound, decoder.broken) == (len(frames), 0)


@repeatable
@given(st.lists(SMALL, max_size=6), st.binary(max_size=30), st.lists(st.integers(1, 40)))
def test_portions_make_no_difference(frames: list[Frame], noise: bytes, portions: list[int]) -> None:
    line = line_of(frames) + noise + b"\x00" + line_of(frames)
    whole = wire.Decoder()
    split = wire.Decoder()
    expected = whole.feed(line)
    found = []
    rest = line
    for portion in portions:
        found += split.feed(rest[:portion])
        rest = rest[portion:]
    for byte in rest:
        found += split.feed(bytes((byte,)))
    assert found == expected
    assert (split.sound, split.broken) == (whole.sound, whole.broken)


@repeatable
@given(SMALL, st.binary(max_size=600))
def test_after_any_noise_and_a_zero_the_next_frame_is_heard(frame: Frame, noise: bytes) -> None:
    decoder = wire.Decoder()
    decoder.feed(noise + b"\x00")
    assert decoder.feed(wire.encode(*frame)) == [frame]


@repeatable
@given(SMALL, st.data())
def test_a_frame_that_was_cut_is_no_frame(frame: Frame, data: st.DataObject) -> None:
    line = wire.encode(*frame)
    first, last = sorted((data.draw(st.integers(0, len(line) - 1)), data.draw(st.integers(0, len(line) - 1))))
    assume(first != last)
    cut = line[:first] + line[last:]
    assert frame not in wire.Decoder().feed(cut)


@repeatable
@given(SMALL, st.data())
def test_a_burst_of_up_to_two_bytes_yields_no_other_frame(frame: Frame, data: st.DataObject) -> None:
    line = bytearray(wire.encode(*frame))
    at = data.draw(st.integers(0, len(line) - 2))
    line[at] ^= data.draw(BYTE)
    line[at + 1] ^= data.draw(BYTE)
    found = wire.Decoder().feed(bytes(line) + b"\x00")
    assert found in ([], [frame])


@pytest.mark.parametrize("line", [ORDER, READINGS])
@pytest.mark.parametrize("count", [1, 2])
def test_no_one_or_two_flipped_bits_make_another_order_or_reading(line: bytes, count: int) -> None:
    sent = wire.decode(line[:-1])
    for bits in combinations(range(8 * len(line)), count):
        damaged = bytearray(line)
        for bit in bits:
            damaged[bit // 8] ^= 1 << bit % 8
        for piece in bytes(damaged).split(b"\x00"):
            assert wire.decode(piece) in (None, sent)


def test_of_random_lines_no_more_pass_than_a_crc_of_16_bits_lets_through() -> None:
    chance = random.Random(1)
    passed = 0
    for _ in range(200_000):
        plain = bytes((wire.ORDER, 1)) + chance.randbytes(14)
        passed += wire.crc16(plain) == wire.RESIDUE
    assert passed <= 12  # 200,000 / 65,536 is 3; more than 12 comes once in 70,000 such tests


def test_memory_is_bounded_whatever_comes() -> None:
    decoder = wire.Decoder()
    for _ in range(1000):
        assert decoder.feed(b"\x55" * 1000) == []
        assert len(decoder._tail) <= wire.FRAME_LIMIT
    assert decoder.feed(b"\x00" + ORDER) == [wire.decode(ORDER[:-1])]
    assert (decoder.sound, decoder.broken) == (1, 1)


def test_a_body_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="246"):
        wire.encode(1, 1, bytes(wire.BODY_LIMIT + 1))


RATIO = st.floats(0, 1, width=32)


@repeatable
@given(RATIO, st.integers(0, wire.RAMP_LIMIT_MS), st.integers(0, wire.VALID_LIMIT_MS), st.booleans())
def test_every_possible_order_comes_back(level: float, ramp_ms: int, valid_ms: int, even: bool) -> None:
    assert wire.order_of(wire.order_body(level, ramp_ms, valid_ms, even)) == (level, ramp_ms, valid_ms, even)


@repeatable
@given(st.sampled_from([wire.ORDERED, wire.SAFE]), BYTE, RATIO, RATIO, st.integers(0, wire.VALID_LIMIT_MS))
def test_every_possible_lamp_comes_back(mode: int, seq: int, level: float, target: float, left_ms: int) -> None:
    assert wire.lamp_of(wire.lamp_body(mode, seq, level, target, left_ms)) == (mode, seq, level, target, left_ms)


AGES = st.lists(st.integers(0, 2**16 - 1), max_size=wire.TURNS_LIMIT)


@repeatable
@given(RATIO, st.booleans(), AGES)
def test_every_possible_turn_comes_back_and_the_lamp_before_it(level: float, rose: bool, ages_s: list[int]) -> None:
    body = wire.lamp_body(wire.SAFE, 1, level, level, 0, wire.turns_body(rose, ages_s))
    assert wire.lamp_of(body) == (wire.SAFE, 1, level, level, 0)
    assert wire.turns_of(body) == (rose, ages_s)


def test_a_board_from_before_says_nothing_of_turns() -> None:
    assert wire.turns_of(wire.lamp_body(wire.SAFE, 1, 0.6, 0.6, 0)) is None


SPAN = (st.integers(-wire.DAY_S, wire.DAY_S), st.integers(0, wire.DAY_S))


@repeatable
@given(*SPAN, *SPAN)
def test_every_possible_night_comes_back(begins_s: int, lasts_s: int, sure_s: int, sure_lasts_s: int) -> None:
    body = wire.night_body(begins_s, lasts_s, sure_s, sure_lasts_s)
    assert wire.night_of(body) == (begins_s, lasts_s, sure_s, sure_lasts_s)


@repeatable
@given(RATIO)
def test_every_possible_safe_level_comes_back(level: float) -> None:
    assert wire.keep_of(wire.keep_body(level)) == level


@repeatable
@given(st.integers(0, 2**30 - 1), st.lists(st.floats(width=32, allow_infinity=False), max_size=48))
def test_every_possible_reading_comes_back(ticks: int, values: list[float]) -> None:
    read = wire.readings_of(wire.readings_body(ticks, values), len(values))
    assert read is not None
    assert read[0] == ticks
    for found, sent in zip(read[1], values, strict=True):
        assert found == sent or (math.isnan(found) and math.isnan(sent))


@repeatable
@given(BODY)
def test_unpackers_take_any_bytes_and_give_only_what_is_in_range(body: bytes) -> None:
    order = wire.order_of(body)
    assert order is None or 0.0 <= order[0] <= 1.0
    lamp = wire.lamp_of(body)
    assert lamp is None or (0.0 <= lamp[2] <= 1.0 and 0.0 <= lamp[3] <= 1.0)
    assert wire.hello_of(body) is None
    kept = wire.keep_of(body)
    assert kept is None or 0.0 <= kept <= 1.0
    for channels in range(3):
        read = wire.readings_of(body, channels)
        assert read is None or not any(math.isinf(value) for value in read[1])


WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789_./", min_size=1, max_size=12)


@repeatable
@given(st.dictionaries(WORD, WORD, max_size=4), st.lists(st.tuples(WORD, WORD), max_size=8, unique_by=lambda c: c[0]))
def test_every_hello_comes_back(facts: dict[str, str], channels: list[tuple[str, str]]) -> None:
    facts["board"] = "b"
    hello = wire.hello_of(wire.hello_text(facts, channels))
    assert hello == (facts | {"schema": wire.schema_hash(channels)}, channels)
