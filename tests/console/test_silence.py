"""Sessions without a terminal: hours of silence, and every kind of garbage."""

import asyncio
import contextlib
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.console.room import KEPT, SetClock, short_folder
from tests.leaps import in_leaps

from lampyre.console.ask import Agent
from lampyre.console.pin import Gate
from lampyre.console.session import Session
from lampyre.console.tongue import Tongue
from lampyre.errors import LinkDown


class Tape:
    """A link that plays some bytes, then hangs up or stays silent; keeps what was sent."""

    def __init__(self, *portions: bytes, hangs_up: bool = True) -> None:
        self._portions = list(portions)
        self._hangs_up = hangs_up
        self.sent = b""

    async def send(self, data: bytes) -> None:
        self.sent += data

    async def receive(self) -> bytes:
        if self._portions:
            return self._portions.pop(0)
        if not self._hangs_up:
            await asyncio.get_running_loop().create_future()
        raise LinkDown("tape: at its end")


async def listen_to(tape: Tape) -> str:
    clock = SetClock()
    with short_folder() as folder:
        agent = Agent(folder / "agent.sock")
        tongue = Tongue("en", ZoneInfo("UTC"), clock.now)
        session = Session(tape, "a tape", agent, Gate(KEPT, clock), clock, tongue, echo=True)
        with contextlib.suppress(LinkDown):
            await session.run("s/n")
    return tape.sent.decode()


@in_leaps
async def test_a_session_ends_when_nothing_is_typed_for_a_quarter_of_an_hour() -> None:
    started_s = asyncio.get_running_loop().time()
    shown = await listen_to(Tape(b"help\r", hangs_up=False))
    assert "Nothing typed for 15 min: session closed." in shown
    assert 899.0 < asyncio.get_running_loop().time() - started_s < 902.0


GARBAGE = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"\x1b[2J", b"\x1b]0;x\x07", b"\x9b", b"\xff\xfe", b"\0" * 50, "\u202e".encode()]),
    st.sampled_from(
        [b"pin\r", b"pin 1234\r", b"lamp lamp-1 40 for 10m\r", b"help lamp\r", b"langue fr\r", b"echo on\r"]
    ),
)


@settings(max_examples=60, deadline=None)  # a PIN costs 40 ms on purpose
@given(st.lists(GARBAGE, max_size=12))
def test_no_garbage_breaks_a_session_or_steers_the_terminal(portions: list[bytes]) -> None:
    shown = asyncio.run(listen_to(Tape(*portions)))
    assert all(letter.isprintable() or letter in "\r\n\b" for letter in shown)
    assert "Traceback" not in shown


async def test_a_line_of_64_kilobytes_gets_one_answer() -> None:
    shown = await listen_to(Tape(b"a" * 65536 + b"\r", b"help\r"))
    assert shown.count("longer than 200 characters") == 1
    assert len(shown) < 4000
