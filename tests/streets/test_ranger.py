"""The simulated ranger: what it says, the agent's driver understands, to the millimetre."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.leaps import at_speed, in_leaps

from lampyre.driver import Counts
from lampyre.link import open_link
from lampyre.sense.burst import Burst
from lampyre.sense.maxbotix import Parser
from lampyre_sim.ranger import BANNER, RangerPort, line


@given(st.floats(0.3, 4.999))
def test_the_driver_reads_what_the_ranger_says(metres: float) -> None:
    parser = Parser(Counts())
    parser.feed(BANNER)
    assert parser.feed(line(metres)) == [pytest.approx(metres, abs=0.0006)]


@given(st.floats(-10, 20) | st.none())
def test_a_line_has_six_bytes_whatever_the_distance(metres: float | None) -> None:
    assert len(line(metres)) == 6


def test_no_echo_is_said_as_the_data_sheet_says_it() -> None:
    assert line(None) == line(7.0) == b"R5000\r"
    assert line(0.1) == b"R0300\r"


@at_speed(20)
async def test_it_speaks_seven_times_a_second_of_the_street() -> None:
    loop = asyncio.get_running_loop()
    async with RangerPort(20) as ranger, open_link(f"serial://{ranger.tty}?baud=9600") as link:
        ranger.distance_m = 1.234
        speaking = asyncio.ensure_future(ranger.run())
        parser, burst, heard = Parser(Counts()), Burst(), 0
        began_s = loop.time()
        while heard < 70:
            ranges = parser.feed(await link.receive())
            heard += len(ranges)
            agreed = [burst.add(metres) for metres in ranges][-1:]
        assert agreed == [1.234]
        assert heard / (loop.time() - began_s) <= 7 * 1.2, "what waited for a busy machine makes it slower, not faster"
        speaking.cancel()


@in_leaps
async def test_in_a_minute_it_says_four_hundred_and_twenty_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[bytes] = []
    async with RangerPort(20) as ranger:
        monkeypatch.setattr(ranger._plug, "write", said.append)
        speaking = asyncio.ensure_future(ranger.run())
        await asyncio.sleep(60.5)
        speaking.cancel()
    assert said[0] == BANNER
    assert sum(len(piece) for piece in said[1:]) / len(line(None)) == pytest.approx(7 * 60, abs=3)
