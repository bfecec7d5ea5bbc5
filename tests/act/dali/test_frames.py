"""DALI's words are the standard's."""

from itertools import pairwise

import pytest

from lampyre.act.curve import LINEAR
from lampyre.act.dali import banks, frames
from lampyre.act.dali.hat import Kind, Lines, Said, request

# per cent of light, as published tables round them (IEC 62386-102:2022, 9.3)
GOLDEN = {1: 0.1, 85: 0.991, 100: 1.492, 126: 3.035, 144: 4.962, 170: 10.091, 195: 19.971, 210: 30.079}
GOLDEN |= {220: 39.522, 229: 50.531, 235: 59.53, 243: 74.057, 250: 89.654, 254: 100.0}
LEVELS = {1: 85, 5: 144, 10: 170, 20: 195, 25: 203, 30: 210, 40: 220, 50: 229, 60: 235, 70: 241, 75: 243, 80: 246}
LEVELS |= {90: 250, 100: 254}


def test_every_level_is_its_own_share_and_back() -> None:
    shares = [frames.share_of(level) for level in range(255)]
    assert all(after > before for before, after in pairwise(shares))
    assert [frames.level_of(share) for share in shares] == list(range(255))
    assert [frames.level_of(frames.share_of(level, LINEAR), LINEAR) for level in range(255)] == list(range(255))
    for level in range(1, 255):
        assert shares[level] * 100 == pytest.approx(10.0 ** ((level - 1) / (253 / 3) - 1), rel=1e-9)


def test_levels_are_those_of_the_tables() -> None:
    assert {level: round(frames.share_of(level) * 100, 3) for level in GOLDEN} == pytest.approx(GOLDEN, rel=2e-4)
    assert {percent: frames.level_of(percent / 100) for percent in LEVELS} == LEVELS
    assert frames.level_of(0.0) == 0
    assert frames.level_of(1e-9) == 1, "what is not off is lit"
    assert frames.level_of(0.5) == 229, "half the light is not half of 254"


def test_fade_times_are_those_of_the_standard() -> None:
    told = [0.0, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.7, 8.0, 11.3, 16.0, 22.6, 32.0, 45.3, 64.0, 90.5]
    assert [round(frames.fade_s(code), 1) for code in range(16)] == told
    assert frames.fade_s(frames.FADE_CODE) == frames.FADE_S


def test_frames_are_those_of_the_standard() -> None:
    assert frames.arc(frames.short(5), 229) == 0x0AE5
    assert frames.arc(frames.group(3), 0) == 0x8600
    assert frames.arc(frames.group(frames.ALL), 254) == 0xFEFE
    assert frames.command(frames.short(63), frames.ACTUAL) == 0x7FA0
    assert frames.command(frames.group(frames.ALL), frames.STATUS) == 0xFF90
    assert request(0x0AE5) == b"h0AE5\n"
    assert request(0x0B2D, twice=True) == b"t0B2D\n"


def test_the_gateways_lines_are_read_in_any_portions() -> None:
    data = b"V0108\nD02\r\nJE5\nN\nX\nH01A0\nJe5\nJ5\nJ5G\nhello\n" + b"\xff" * 100 + b"\nN\n"
    said = [Said(Kind.VERSION, "0108"), Said(Kind.POWER, "02"), Said(Kind.ANSWER, "E5"), Said(Kind.NOTHING)]
    said += [Said(Kind.COLLISION), Said(Kind.OTHERS, "01A0"), Said(Kind.ANSWER, "e5"), Said(Kind.NOTHING)]
    for step in (1, 2, 3, 7, 1000):
        lines = Lines()
        assert [one for at in range(0, len(data), step) for one in lines.feed(data[at : at + step])] == said
        assert lines.broken >= 4
        assert len(lines._tail) <= 32


@pytest.mark.parametrize("raw", [b"\xff\xff", b"\xff\xfe", b"\xfe", b"\xff", None])
def test_what_is_masked_is_no_value(raw: bytes | None) -> None:
    assert banks.number(raw) is None
    assert banks.scaled(raw, 1.0) is None


def test_values_have_their_scale() -> None:
    assert banks.scaled(b"\0\0\x01\x72", banks.scale_of(b"\xff")) == pytest.approx(37.0)
    assert banks.scaled(b"\0\0\0\x02", banks.scale_of(b"\x03")) == 2000.0
    assert banks.scale_of(b"\x07") is None
    assert banks.scale_of(b"\x80") is None
    assert banks.celsius(b"\x64") == 40.0
