r"""MaxBotix rangers: `R1234\r` in any portions, and no wrong range out of a damaged line."""

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from lampyre.driver import Counts
from lampyre.sense.burst import AGREE_M, BURST, Burst
from lampyre.sense.maxbotix import LINE_LIMIT, Parser

BANNER = b"HRXL-MaxSonar-WR\rPN:MB7369\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090 0713\rTempI\r"  # data sheet


def ranges_of(stream: bytes, cuts: list[int]) -> list[float]:
    parser = Parser(Counts())
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += parser.feed(stream[start:end])
    return found


def test_the_start_banner_yields_no_range() -> None:
    assert ranges_of(BANNER + b"R1234\rR1235\r", []) == [1.234, 1.235]


@given(st.lists(st.integers(300, 4999), min_size=1, max_size=30), st.data())
def test_any_split_gives_the_same_ranges(millimetres: list[int], data: st.DataObject) -> None:
    stream = b"\r" + b"".join(b"R%04d\r" % mm for mm in millimetres)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    assert ranges_of(stream, cuts) == [mm / 1000 for mm in millimetres]


def test_the_first_line_may_be_half_a_line_and_does_not_count() -> None:
    assert ranges_of(b"4\rR1234\r", []) == [1.234]


def test_no_echo_is_not_a_distance() -> None:
    assert all(math.isnan(metres) for metres in ranges_of(b"\rR5000\rR9999\r", []))


def test_a_line_without_end_is_kept_short() -> None:
    parser = Parser(Counts())
    for _ in range(100):
        parser.feed(b"R" * 1000)
    assert len(parser._tail) <= LINE_LIMIT
    parser.feed(b"\rR1234\r")
    assert parser.feed(b"R1234\r") == [1.234]


def test_one_damaged_digit_in_a_burst_is_outvoted() -> None:
    burst = Burst()
    spoken = [burst.add(metres) for metres in (1.20, 1.21, 1.20, 9.20, 1.20)]
    assert spoken[-1] == 1.20


def test_a_surface_in_motion_says_nothing_until_it_rests() -> None:
    burst = Burst()
    assert all(burst.add(1.0 + 0.2 * step) is None for step in range(20))
    assert [burst.add(3.0) for _ in range(BURST)][-1] == 3.0


def test_ten_thousand_damaged_streams_yield_no_wrong_agreed_range() -> None:
    chance = random.Random(7)
    wrong = 0
    for _ in range(10_000):
        stream = bytearray(b"\r" + b"R1234\r" * BURST)
        for _ in range(chance.randint(1, 3)):
            stream[chance.randrange(len(stream))] ^= 1 << chance.randrange(8)
        burst = Burst()
        agreed = [burst.add(metres) for metres in Parser(Counts()).feed(bytes(stream))]
        wrong += any(metres is not None and abs(metres - 1.234) > AGREE_M for metres in agreed)
    assert wrong == 0
