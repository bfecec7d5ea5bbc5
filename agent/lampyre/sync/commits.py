"""Commits: what is put, done and parked gathers, so that many share one transaction and one sync of the disk."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from lampyre.errors import OutboxError, OutboxFull
from lampyre.records import Priority
from lampyre.sync.disk import Disk
from lampyre.sync.store import Parked, Put, Store

log = logging.getLogger("lampyre.sync.commits")

GROUP_BYTES = 262_144  # summaries that wait for one another: a quarter's of 96 assets share one commit
GROUP_S = 1.0  # ... and none waits longer: what a power cut may take was not yet accepted
USUAL_BYTES = 1024  # of a summary whose body is not made yet
PENDING_LIMIT = 2000  # parcels that wait for one commit: a disk that hangs must not eat the memory
DONE_LIMIT = 256  # parcels forgotten in one transaction: each one costs a sync, a repeated parcel costs little
TIDY_EACH = 2000  # parcels sent between two returns of freed pages to the disk

Results = list[int | OutboxFull]


class Commits:
    """Everything written about parcels passes here; `news` is called after each commit, and when one has failed."""

    def __init__(self, disk: Disk, news: Callable[[], None]) -> None:
        self.accepted = 0
        self._disk = disk
        self._news = news
        self._puts: list[tuple[Put, asyncio.Future[int]]] = []
        self._done: list[int] = []
        self._parked: list[Parked] = []
        self._bytes = 0
        self._urgent = False
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Future[Results] | None = None
        self._sent = 0

    async def put(self, put: Put) -> int:
        """Return the parcel's number once it is on the disk; raises OutboxError."""
        if len(self._puts) >= PENDING_LIMIT:
            raise OutboxFull(f"{self._disk.path}: {PENDING_LIMIT} parcels wait for the disk; is it failing?")
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._puts.append((put, accepted))
        self._bytes += len(put.body) if isinstance(put.body, bytes) else USUAL_BYTES
        self._urgent = self._urgent or put.priority is not Priority.SUMMARY or self._bytes >= GROUP_BYTES
        self._schedule()
        return await accepted

    def done(self, seqs: Sequence[int]) -> None:
        """Forget parcels, a little later."""
        self._done.extend(seqs)
        self._urgent = self._urgent or len(self._done) >= DONE_LIMIT
        self._schedule()

    def park(self, parked: Parked) -> None:
        """Set a parcel aside, a little later."""
        self._parked.append(parked)
        self._schedule()

    async def flush(self) -> None:
        """Return when what is pending now is written, whatever comes meanwhile; raises OutboxError if it cannot be."""
        for _ in range(2):  # what is being written, then what has gathered behind it
            if self._running is None:
                if not (self._puts or self._done or self._parked):
                    return
                self._start(self._disk.store or await self._disk.opened())
            running = self._running
            await asyncio.wait([running] if running is not None else [])
            if running is not None and isinstance(running.exception(), OutboxError):
                raise running.exception()  # type: ignore[misc]

    def _schedule(self) -> None:
        """Commit now if something is urgent and no commit runs, else within GROUP_S."""
        store = self._disk.store
        if self._running is not None or self._disk.closed or store is None:
            return  # its end looks again: what has gathered meanwhile shares the next one
        if self._urgent:
            self._start(store)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GROUP_S, self._start, store)

    def _start(self, store: Store) -> None:
        if self._timer is not None:
            self._timer.cancel()
        puts, done, parked = self._puts, self._done, self._parked
        self._puts, self._done, self._parked = [], [], []
        self._timer, self._urgent, self._bytes = None, False, 0
        asked = [put for put, _ in puts]
        self._running = self._disk.start(lambda store: store.commit(asked, done, parked), store)
        waiting = [accepted for _, accepted in puts]
        self._running.add_done_callback(lambda commit: self._committed(commit, waiting, done, parked))

    def _committed(
        self,
        commit: "asyncio.Future[Results]",
        waiting: list["asyncio.Future[int]"],
        done: list[int],
        parked: list[Parked],
    ) -> None:
        self._running = None
        if commit.cancelled():  # the loop is being taken down; nobody waits any more
            return
        error = commit.exception()
        if error is not None:
            self._failed(error, waiting, done, parked)
        else:
            for accepted, result in zip(waiting, commit.result(), strict=True):
                _settle(accepted, result)
            self.accepted += sum(isinstance(result, int) for result in commit.result())
            self._disk.is_well()
            self._sweep(len(done))
        self._news()
        if self._puts or self._done or self._parked:
            self._schedule()

    def _failed(
        self, error: BaseException, waiting: list["asyncio.Future[int]"], done: list[int], parked: list[Parked]
    ) -> None:
        """Tell those who wait; what is done stays to be forgotten, within bounds: at worst it is sent once more."""
        for accepted in waiting:
            _settle(accepted, error)
        self._done = [*done, *self._done][-PENDING_LIMIT:]
        self._parked = [*parked, *self._parked][-PENDING_LIMIT:]
        self._disk.fails(error)

    def _sweep(self, sent: int) -> None:
        """Return freed pages now and then; a failure shows at the next commit."""
        self._sent += sent
        if self._sent >= TIDY_EACH and self._disk.store is not None:
            self._sent = 0
            self._disk.start(lambda store: store.file.tidy(), self._disk.store).add_done_callback(_mention)


def _mention(tidy: "asyncio.Future[None]") -> None:
    if not tidy.cancelled() and tidy.exception() is not None:
        log.debug("%s", tidy.exception())


def _settle(accepted: "asyncio.Future[int]", result: int | BaseException) -> None:
    if accepted.done():  # whoever put it was cancelled; it stays accepted
        return
    if isinstance(result, int):
        accepted.set_result(result)
    else:
        accepted.set_exception(result)
