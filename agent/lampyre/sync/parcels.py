"""The parcels: from the outbox to the broker in their order, and out of the outbox only when the broker has them."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from lampyre.errors import OutboxError
from lampyre.records import Parcel, Priority
from lampyre.sync.exchange import Answer, Labels
from lampyre.sync.flight import HEADER_BYTES, Flight
from lampyre.sync.messages import replayed
from lampyre.sync.outbox import Outbox
from lampyre.sync.session import Session

log = logging.getLogger("lampyre.sync.parcels")

DRAIN_PER_S = 50.0  # summaries that waited: 200 nodes at once are 10 000 a second; two weeks of 96 assets in 43 min
LIVE_FIRST_S = 5.0  # as long may states hold back summaries; on a very slow line both must move
OUTBOX_RETRY_S = 5.0  # between two looks at a disk that failed
TRIES_MOST = 3  # sessions in which a broker may refuse a parcel for a reason of its own, before it is set aside
TRIED_LIMIT = 64  # parcels whose tries are counted

T = TypeVar("T")


class Parcels:
    """Carries parcels over one session after the other. `full` is what a broker said that takes none now, or None."""

    def __init__(self, outbox: Outbox, calm: asyncio.Event, drain_per_s: float = DRAIN_PER_S) -> None:
        self.full: Answer | None = None
        self._outbox = outbox
        self._calm = calm
        self._drain_per_s = drain_per_s
        self._tokens = 1.0
        self._tokens_s = 0.0
        self._tried: dict[int, int] = {}
        self._parked_for = ""

    async def carry(self, session: Session, flight: Flight) -> None:
        """Send what the outbox holds: alarms at once, summaries after the live states. Raises UplinkDown."""
        waited = await patiently(self._outbox.rewind)
        while True:
            # no more than there is room for, nor a tenth of a second's: so long an alarm waits at most
            most = max(1, min(flight.free, int(self._drain_per_s / 10)))
            for parcel in await patiently(partial(self._outbox.next, most)):
                old = parcel.seq <= waited
                if parcel.priority is Priority.SUMMARY:
                    await self._turn(old)
                body = replayed(parcel.body) if old else parcel.body
                await flight.beside(parcel.topic, body)  # before, so that it has landed when the parcel has
                await flight.room()
                if self.full is not None:
                    await asyncio.get_running_loop().create_future()  # the uplink ends this session
                self._send(session, flight, parcel, body)

    async def _turn(self, old: bool) -> None:
        """Wait until it is a summary's turn: after states that changed, and of those that waited not too many."""
        if not self._calm.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LIVE_FIRST_S):
                    await self._calm.wait()
        if not old:
            return
        loop = asyncio.get_running_loop()
        passed_s, self._tokens_s = loop.time() - self._tokens_s, loop.time()
        self._tokens = min(max(1.0, self._drain_per_s / 10), self._tokens + passed_s * self._drain_per_s) - 1.0
        if self._tokens < 0.0:
            await asyncio.sleep(-self._tokens / self._drain_per_s)

    def _send(self, session: Session, flight: Flight, parcel: Parcel, body: bytes) -> None:
        labels = Labels(parcel.correlation) if parcel.correlation else flight.labels(parcel.topic, body)
        size = len(parcel.topic.encode()) + len(body) + labels.size + HEADER_BYTES
        if size > session.packet_limit:  # sent, it would end this session and each one after it
            flight.give_back()
            self._park(parcel, f"{size} bytes; the broker takes {session.packet_limit}")
            return
        flight.launch(parcel.topic, body, partial(self._landed, parcel), labels=labels)

    def _landed(self, parcel: Parcel, answer: Answer) -> None:
        if not answer.refused:
            self._outbox.done([parcel])
        elif answer.full or (answer.passing and self._again(parcel.seq)):
            self.full = answer
        else:
            self._park(parcel, f"refused: {answer.reason}")

    def _again(self, seq: int) -> bool:
        """Whether a parcel refused without a reason of its own is worth another session."""
        if seq not in self._tried and len(self._tried) >= TRIED_LIMIT:
            del self._tried[next(iter(self._tried))]
        self._tried[seq] = self._tried.get(seq, 0) + 1
        return self._tried[seq] < TRIES_MOST

    def _park(self, parcel: Parcel, reason: str) -> None:
        self._outbox.park(parcel, reason)
        if reason != self._parked_for:
            self._parked_for = reason
            log.warning("parcel %d for %s set aside: %s", parcel.seq, parcel.topic, reason)


async def patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Do something with the outbox, again and again while its disk fails; states and commands go on."""
    told = False
    while True:
        try:
            return await act()
        except OutboxError as error:
            if not told:
                log.warning("outbox: %s", error)
            told = True
            await asyncio.sleep(OUTBOX_RETRY_S)
