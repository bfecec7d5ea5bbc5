"""What is typed, in any portions, becomes lines; nothing that steers a terminal is echoed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.console.typed import LINE_LIMIT, Keyboard, Line

KNOWN = {"\r", "\n", "\b"}  # what the echo itself needs


def typed(*portions: bytes) -> tuple[list[Line], str]:
    keyboard = Keyboard()
    parts = [part for portion in portions for part in keyboard.feed(portion)]
    lines = [part for part in parts if isinstance(part, Line)]
    return lines, "".join(part for part in parts if isinstance(part, str))


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_every_end_of_line_ends_one_line(end: bytes) -> None:
    lines, _ = typed(b"status" + end + b"bye" + end)
    assert [line.text for line in lines] == ["status", "bye"]


def test_an_empty_line_between_two_returns_is_kept() -> None:
    assert [line.text for line in typed(b"\r\n\r\n")[0]] == ["", ""]


def test_backspace_takes_back_one_letter_even_one_of_two_bytes() -> None:
    assert typed("éta\x7f\x7f\x7fetat\r".encode())[0] == [Line("etat")]
    assert typed(b"\b\b\bbye\r")[0] == [Line("bye")]


@pytest.mark.parametrize("keys", [b"\x1b[A", b"\x1b[1;5C", b"\x1bOP", b"\x1b[200~", "\x9b31m".encode(), b"\x1bc"])
def test_arrows_and_other_sequences_leave_nothing(keys: bytes) -> None:
    lines, echo = typed(b"sta" + keys + b"tus\r")
    assert lines == [Line("status")]
    assert echo == "status\r\n"


def test_a_broken_sequence_ends_with_its_line() -> None:
    assert [line.text for line in typed(b"\x1b[\rbye\r")[0]] == ["", "bye"]


@pytest.mark.parametrize("typed_pin", [b"pin 1234\r", b"PIN 1234\r", b"pi 1234\r"])
def test_a_pin_is_echoed_as_stars(typed_pin: bytes) -> None:
    lines, echo = typed(typed_pin)
    assert lines[0].text.endswith("1234")
    assert echo.endswith(" ****\r\n")


def test_a_line_of_64_kilobytes_costs_no_more_than_its_limit() -> None:
    lines, echo = typed(b"x" * 65536 + b"\r")
    assert lines == [Line("x" * LINE_LIMIT, too_long=True)]
    assert len(echo) == LINE_LIMIT + 2


@given(st.binary(max_size=400))
def test_portions_make_no_difference(data: bytes) -> None:
    assert typed(data) == typed(*(data[at : at + 1] for at in range(len(data))))


@given(st.one_of(st.binary(max_size=600), st.text(max_size=300).map(lambda text: text.encode(errors="ignore"))))
def test_nothing_that_steers_a_terminal_is_echoed_or_kept(data: bytes) -> None:
    lines, echo = typed(data + b"\r")
    assert all(letter.isprintable() or letter in KNOWN for letter in echo)
    assert all(line.text.isprintable() and len(line.text) <= LINE_LIMIT for line in lines)
