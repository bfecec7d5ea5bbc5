"""The tray: messages of one class on their way to the outbox; nothing is handed over twice, nothing overtakes."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial

from lampyre.errors import OutboxError
from lampyre.records import Priority
from lampyre.sync.outbox import Outbox

log = logging.getLogger("lampyre.sync.tray")

BATCH_MOST = 256  # summaries handed over together, so that they share commits; well below the outbox's PENDING_LIMIT
RETRY_S = 5.0  # between two tries at an outbox whose disk fails

Message = tuple[str, Callable[[int], bytes]]  # topic, and what makes the body once the number is known


class Tray:
    """What waits for the outbox, at most `limit` messages; above that the oldest give way and are counted."""

    def __init__(self, outbox: Outbox, priority: Priority, limit: int) -> None:
        self._outbox = outbox
        self._priority = priority
        self._limit = limit
        # alarms go one by one: where one finds no room, the next must not overtake it
        self._batch = BATCH_MOST if priority is Priority.SUMMARY else 1
        self._waiting: deque[Message] = deque()
        self._news = asyncio.Event()
        self._going: asyncio.Future[list[int | BaseException]] | None = None
        self._error: BaseException | None = None
        self.dropped = 0

    def __len__(self) -> int:
        """Return how many wait, without those that are being written."""
        return len(self._waiting)

    def lay(self, topic: str, body: Callable[[int], bytes]) -> None:
        """Add a message; never waits."""
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((topic, body))
        self._news.set()

    async def carry(self) -> None:
        """Hand over what comes, for ever; told of once when the outbox fails, and once when it is back."""
        failing = False
        while True:
            await self._news.wait()
            try:
                await self.empty()
            except OutboxError as error:
                if not failing:
                    log.warning("outbox: %s; %s messages wait in memory", error, self._priority.name.lower())
                failing = True
                await asyncio.sleep(RETRY_S)
            else:
                if failing:
                    log.info("outbox takes %s messages again, %d dropped", self._priority.name.lower(), self.dropped)
                failing = False

    async def empty(self) -> None:
        """Return when nothing waits any more; raises OutboxError, and what failed stays in its place.

        Who is cancelled here stops waiting, not the writing: the next call waits for the same parcels.
        """
        while self._waiting or self._going is not None:
            await asyncio.wait([self._going or self._hand_over()])
            if self._error is not None:
                raise self._error
        self._news.clear()

    def _hand_over(self) -> "asyncio.Future[list[int | BaseException]]":
        batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
        puts = (self._outbox.put(topic, body, self._priority) for topic, body in batch)
        self._going = asyncio.gather(*puts, return_exceptions=True)
        self._going.add_done_callback(partial(self._written, batch))
        return self._going

    def _written(self, batch: list[Message], going: "asyncio.Future[list[int | BaseException]]") -> None:
        """Put back what failed, before what came meanwhile."""
        self._going = self._error = None
        if going.cancelled():  # the loop is being taken down
            return
        failed = [(one, said) for one, said in zip(batch, going.result(), strict=True) if not isinstance(said, int)]
        if failed:
            self._waiting.extendleft(one for one, _ in reversed(failed))
            self._error = failed[0][1]
