"""Lending: while the disk fails, what waits in memory is sent past it, so that an alarm is told though not kept.

Numbers of what was lent lie above all that a disk will ever give, from a beginning drawn at each start: without a
disk nobody can remember where the last one ended. A parcel that was lent stays here, with its number, until the
broker has it; if the node dies before that, it is lost, and it was never accepted.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lampyre.records import Parcel, Priority
from lampyre.sync.messages import replayed

FIRST = 1 << 52  # numbers from here were lent; up to 2^53 they are exact in JSON everywhere
LENT_LIMIT = 64  # on their way at once: more than a flight holds


@dataclass(frozen=True, slots=True)
class Message:
    """What waits for a number: its body is made once it has one."""

    topic: str
    make: Callable[[int], bytes]
    key: str = ""  # of an alarm: asset and event; a later one of the same key says more
    laid_s: float = 0.0  # when it came, by the loop's time


class Lender(Protocol):
    """Who has messages that wait for the disk."""

    @property
    def priority(self) -> Priority:
        """Their class."""

    def lend(self) -> Message | None:
        """Give the oldest one away, or None while there is none or the disk has it in its hands."""


class Lending:
    """What goes past the disk."""

    def __init__(self) -> None:
        self.lenders: list[Lender] = []
        self.lent = 0  # messages, since the start
        self._out: dict[int, Parcel] = {}
        self._again: list[int] = []
        self._next = FIRST + random.SystemRandom().getrandbits(51)
        self._session_s = 0.0

    def rewind(self, now_s: float) -> None:
        """Hand out again what the broker has not taken; a new session begins."""
        self._again = sorted(self._out)
        self._session_s = now_s

    def take(self, limit: int, *, failing: bool, before: Priority | None) -> list[Parcel]:
        """Return what goes next, of a class ahead of `before`; new ones only while the disk is `failing`."""
        found: list[Parcel] = []
        while self._again and len(found) < limit:
            seq = self._again.pop(0)
            if seq in self._out:
                found.append(self._out[seq])
        for lender in sorted(self.lenders, key=lambda one: one.priority) if failing else ():
            while len(found) < limit and len(self._out) < LENT_LIMIT and (before is None or lender.priority < before):
                message = lender.lend()
                if message is None:
                    break
                found.append(self._number(message, lender.priority))
        return found

    def settle(self, seq: int) -> bool:
        """Forget what the broker has, or never will take; return whether it was lent."""
        return self._out.pop(seq, None) is not None

    def __len__(self) -> int:
        """Return how many the broker does not have yet."""
        return len(self._out)

    def _number(self, message: Message, priority: Priority) -> Parcel:
        seq, self._next = self._next, self._next + 1
        body = message.make(seq)
        waited = message.laid_s < self._session_s
        self._out[seq] = Parcel(seq, message.topic, replayed(body) if waited else body, priority)
        self.lent += 1
        return self._out[seq]
