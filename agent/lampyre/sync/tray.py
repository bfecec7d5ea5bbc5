"""The tray: messages of one class on their way to the outbox; nothing is handed over twice, nothing overtakes."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from functools import partial

from lampyre.errors import OutboxError
from lampyre.records import Priority
from lampyre.sync.lending import Message
from lampyre.sync.outbox import Outbox

log = logging.getLogger("lampyre.sync.tray")

BATCH_MOST = 256  # summaries handed over together, so that they share commits; well below the outbox's PENDING_LIMIT
RETRY_S = 5.0  # between two tries at an outbox whose disk fails


class Tray:
    """What waits for the outbox, at most `limit` messages; above that some give way and are counted.

    The first to go is the oldest one whose key came again later: of each asset and event the newest alarm stays.
    Where all keys are different, it is the oldest.
    """

    def __init__(self, outbox: Outbox, priority: Priority, limit: int) -> None:
        self._outbox = outbox
        self.priority = priority
        self._limit = limit
        # alarms go one by one: where one finds no room, the next must not overtake it
        self._batch = BATCH_MOST if priority is Priority.SUMMARY else 1
        self._waiting: deque[Message] = deque()
        self._news = asyncio.Event()
        self._going: asyncio.Future[list[int | BaseException]] | None = None
        self._error: BaseException | None = None
        self.dropped = 0
        outbox.lending.lenders.append(self)

    def __len__(self) -> int:
        """Return how many wait, without those that are being written."""
        return len(self._waiting)

    def lay(self, topic: str, body: Callable[[int], bytes], key: str = "") -> None:
        """Add a message; never waits."""
        self._waiting.append(Message(topic, body, key, asyncio.get_running_loop().time()))
        if len(self._waiting) > self._limit:
            del self._waiting[self._least()]
            self.dropped += 1
        self._news.set()

    def lend(self) -> Message | None:
        """Give the oldest one away while the disk fails; None while there is none or the disk has it in its hands."""
        return self._waiting.popleft() if self._waiting and self._going is None else None

    def _least(self) -> int:
        """Return the place of the message that is missed least."""
        keys = Counter(message.key for message in self._waiting if message.key)
        return next((place for place, message in enumerate(self._waiting) if keys[message.key] > 1), 0)

    async def carry(self) -> None:
        """Hand over what comes, for ever; told of once when the outbox fails, and once when it is back."""
        failing = False
        while True:
            await self._news.wait()
            try:
                await self.empty()
            except OutboxError as error:
                if not failing:
                    log.warning("outbox: %s; %s messages wait in memory", error, self.priority.name.lower())
                failing = True
                await asyncio.sleep(RETRY_S)
            else:
                if failing:
                    log.info("outbox takes %s messages again, %d dropped", self.priority.name.lower(), self.dropped)
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
        puts = (self._outbox.put(one.topic, one.make, self.priority) for one in batch)
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
            self._outbox.look_again()  # it may lend them
