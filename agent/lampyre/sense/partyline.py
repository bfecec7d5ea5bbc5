"""A party line: many slaves on one serial line, asked in turn; whoever does not answer is asked less and less.

The port is opened once, by whichever device runs first; the others take over if that one ends. One that is silent
costs the others a short wait now and then; a line that nobody answers on is closed and opened again with back-off.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from os.path import normpath
from typing import ClassVar, Protocol
from weakref import WeakValueDictionary

from lampyre.clock import Clock
from lampyre.driver import Counts
from lampyre.errors import LinkDown
from lampyre.line import Line
from lampyre.link import Link
from lampyre.sense.modbus import Answer, Question

log = logging.getLogger("lampyre.partyline")

ANSWER_S = 0.3  # until a slave begins to answer: meters take 20 to 100 ms, a USB adapter adds 16
BYTE_BITS = 11  # start, eight, parity or a second stop, stop (MODBUS over Serial Line 2.5.1)
GAP_BYTES = 3.5  # of silence between frames (2.5.1.1)
GAP_LEAST_S = 0.00175  # ... above 19200 baud
MISSES = 3  # in a row: noise on the line costs one now and then
REST_FIRST_S = 2.0  # a slave that does not answer is asked again after so long, then twice that, ...
REST_MOST_S = 60.0  # ... so of a minute it costs the others half a second
KEEP = 512  # bytes of an answer that are looked through: two of the longest frames
BEAT_S = 10.0


class Member(Protocol):
    """A device on the line."""

    counts: Counts
    due_s: float  # when to ask it again, in the loop's time

    def begin(self, now_s: float) -> None:
        """Hear that the line was opened."""

    def question(self) -> Question:
        """Return what to ask now."""

    def told(self, answer: Answer, now_s: float) -> None:
        """Take the answer, a refusal too."""

    def missed(self, now_s: float) -> None:
        """Hear that no answer came."""

    @property
    def resting(self) -> bool:
        """Whether it is given up for the time being."""


class PartyLine:
    """One serial line; `of` gives all devices of one path the same."""

    _open: ClassVar["WeakValueDictionary[tuple[str, int], PartyLine]"] = WeakValueDictionary()

    def __init__(self, path: str, baud: int, clock: Clock) -> None:
        self.line = Line(f"line {path}", f"serial://{path}?baud={baud}", clock, math.inf)
        self._clock = clock  # kept: its identity is half of our key
        self._path = path
        self._byte_s = BYTE_BITS / baud
        self._lead = asyncio.Lock()
        self._members: dict[Member, Callable[[], None]] = {}
        self._last: Member | None = None

    @classmethod
    def of(cls, path: str, baud: int, clock: Clock) -> "PartyLine":
        """Return the line of this path; the first to ask for it sets its speed."""
        key = normpath(path), id(clock)
        found = cls._open.get(key)
        if found is None:
            found = cls._open[key] = cls(path, baud, clock)
        return found

    async def run(self, member: Member, beat: Callable[[], None]) -> None:
        """Have `member` asked for ever; beats while anybody runs the line."""
        self._members[member] = beat
        try:
            async with self._lead:
                await self.line.run(self._beat, self._talk)
        finally:
            del self._members[member]

    def _beat(self) -> None:
        for beat in list(self._members.values()):
            beat()

    async def _talk(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        for member in self._members:
            member.begin(loop.time())
        while True:
            self._beat()
            member = min(self._members, key=lambda one: one.due_s)
            if member.due_s > loop.time():
                await self._listen(link, min(member.due_s, loop.time() + BEAT_S))
                continue
            answer = await self._ask(link, member)
            if answer is None:
                member.missed(loop.time())
            else:
                self.line.up()
                member.told(answer, loop.time())
            if all(one.resting for one in self._members):
                raise LinkDown(
                    f"{self._path}: none of {len(self._members)} answers; check A and B, supply, baud and addresses"
                )

    async def _ask(self, link: Link, member: Member) -> Answer | None:
        """Put one question; None: no answer came in time."""
        self._last, question = member, member.question()
        await self._listen(link, asyncio.get_running_loop().time() + max(GAP_LEAST_S, GAP_BYTES * self._byte_s))
        request = question.request()
        await link.send(request)
        limit_s = ANSWER_S + self._byte_s * (len(request) + question.answer_bytes)
        heard, came, answer = b"", 0, None
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while True:
                    data = await link.receive()
                    came, heard = came + len(data), (heard + data)[-KEEP:]
                    answer = question.answer(heard)
                    if answer is not None:
                        break
        member.counts.frames += answer is not None
        member.counts.broken += came > 0 and answer is None
        member.counts.ignored += came - (answer.size if answer is not None else 0)
        return answer

    async def _listen(self, link: Link, until_s: float) -> None:
        """Wait, and notice if the line breaks; what comes unasked is counted and no more."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                while True:
                    unasked = await link.receive()
                    if self._last is not None:
                        self._last.counts.ignored += len(unasked)
