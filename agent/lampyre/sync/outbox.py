"""The outbox: nothing is lost between the node and the broker, short of a dead disk."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lampyre.errors import OutboxBroken, OutboxError, OutboxFull
from lampyre.records import Parcel, Priority
from lampyre.sync import inbox
from lampyre.sync.inbox import Earlier, Received
from lampyre.sync.store import Body, Parked, Put, Store

log = logging.getLogger("lampyre.sync.outbox")

LIMIT_BYTES = 32 * 1024 * 1024  # of parcels: three weeks of 96 assets at 96 summaries a day and 160 bytes, twice
GROUP_BYTES = 4096  # summaries that wait for one another fill about one page, the least a disk writes
GROUP_S = 1.0  # ... and none waits longer: what a power cut may take was not yet accepted
PENDING_LIMIT = 2000  # parcels that wait for one commit: a disk that hangs must not eat the memory
DONE_LIMIT = 64  # parcels forgotten in one transaction: each one costs a sync, a repeated parcel costs little
TIDY_EACH = 2000  # parcels sent between two returns of freed pages to the disk

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OutboxStats:
    """How the outbox stands."""

    alarms: int  # waiting, as are the next two
    replies: int
    summaries: int
    bytes: int  # of those that wait
    parked: int  # refused or damaged, since the file was made
    thinned: int  # summaries that gave way to younger ones or to alarms, since the file was made
    damaged: int  # parcels whose bytes rotted on the disk, since the file was made
    quarantined: int  # damaged files set aside since the node was installed
    set_aside: int  # ... since this start: above 0 is worth an alarm
    accepted: int  # parcels accepted since the start


class Outbox:
    """Parcels on disk (SQLite, WAL, synchronous=FULL), written by one thread so that the loop never waits for it.

    Make one with `await Outbox.open(path)`. All methods belong to one event loop.
    `boot` is how often this outbox was opened; with a counter of its own it numbers what is not kept here.
    """

    def __init__(self, store: Store, thread: ThreadPoolExecutor) -> None:
        self._store = store
        self._thread = thread
        self.boot = store.file.boot
        self._puts: list[tuple[Put, asyncio.Future[int]]] = []
        self._done: list[int] = []
        self._parked: list[Parked] = []
        self._waiting_bytes = 0
        self._urgent = False
        self._timer: asyncio.TimerHandle | None = None
        self._commit: asyncio.Future[list[int | OutboxFull]] | None = None  # the one that runs now
        self._cursors = dict.fromkeys(Priority, 0)
        self._news = asyncio.Event()
        self._news.set()
        self._accepted = 0
        self._sent = 0
        self._failing = False
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, limit_bytes: int = LIMIT_BYTES) -> "Outbox":
        """Open or make the file; a damaged one is set aside (see `stats().quarantined`); raises OutboxBroken."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        try:
            store = await asyncio.get_running_loop().run_in_executor(thread, Store, path, limit_bytes)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(store, thread)

    async def close(self) -> None:
        """Write what is pending and close the file; raises OutboxError if that fails."""
        try:
            await self._flush()
            await self._work(self._store.file.tidy)
            await self._work(self._store.file.close)
        finally:
            self._closed = True
            self._thread.shutdown(wait=False)

    async def put(
        self, topic: str, body: Body, priority: Priority, *, correlation: bytes = b"", command_id: str = ""
    ) -> int:
        """Return the parcel's seq once it would survive a power cut; raises OutboxFull or OutboxBroken.

        Alarms and replies are written at once, with whatever waits; summaries in groups by size or age.
        `body` may be a function that gets the seq and returns the bytes.
        """
        if self._closed:
            raise OutboxBroken(f"{self._store.file.path}: closed")
        if len(self._puts) >= PENDING_LIMIT:
            raise OutboxFull(f"{self._store.file.path}: {PENDING_LIMIT} parcels wait for the disk; is it failing?")
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._puts.append((Put(topic, body, priority, correlation, command_id), accepted))
        self._waiting_bytes += len(body) if isinstance(body, bytes) else GROUP_BYTES // 8  # a usual summary
        self._urgent = self._urgent or priority is not Priority.SUMMARY or self._waiting_bytes >= GROUP_BYTES
        self._schedule()
        return await accepted

    async def next(self, limit: int) -> list[Parcel]:
        """Return up to `limit` parcels not handed out since `rewind`, waiting for the first one; raises OutboxError.

        Alarms come before replies before summaries; within each class the order is that of their numbers.
        """
        while True:
            self._news.clear()
            found = await self._work(self._store.after, dict(self._cursors), limit)
            for parcel in found:
                self._cursors[parcel.priority] = parcel.seq
            if found:
                return found
            await self._news.wait()

    async def rewind(self) -> int:
        """Hand out everything again that is not done; return the newest seq so far. Called at each new session."""
        with contextlib.suppress(OutboxError):  # on a full disk what is done cannot be forgotten; the rest shall go
            await self._flush()
        self._cursors = dict.fromkeys(Priority, 0)
        self._news.set()
        return self._store.newest

    def done(self, parcels: Sequence[Parcel]) -> None:
        """Forget parcels that the broker has; on the disk a little later, so that many share one transaction."""
        self._done.extend(parcel.seq for parcel in parcels)
        self._urgent = self._urgent or len(self._done) >= DONE_LIMIT
        self._schedule()

    def park(self, parcel: Parcel, reason: str) -> None:
        """Set a parcel aside that the broker will never take; it is counted and kept for reading, not sent again."""
        self._parked.append(Parked(parcel, reason))
        self._schedule()

    async def parked(self) -> list[tuple[int, str, str]]:
        """Return (seq, topic, reason) of what was set aside, oldest first; raises OutboxError."""
        await self._flush()
        return await self._work(self._store.parked)

    async def receive(self, got: Received) -> Earlier | None:
        """Write a command down before it is done; None: it is new. Raises OutboxError."""
        return await self._work(inbox.receive, self._store, got)

    async def answered(self, command_id: str) -> bytes | None:
        """Return how this command was answered, or None; raises OutboxError."""
        return await self._work(inbox.answered, self._store, command_id)

    async def remember(self, command_id: str, reply: bytes) -> None:
        """Write down the answer to a command whose sender wants none (`put` does it for the others)."""
        await self._work(inbox.remember, self._store, command_id, reply)

    async def interrupted(self) -> list[Received]:
        """Return commands written down and never answered: a restart came between; raises OutboxError."""
        return await self._work(inbox.interrupted, self._store)

    def stats(self) -> OutboxStats:
        """Return how it stands, without asking the disk."""
        tally, file = self._store.tally, self._store.file
        waiting = (tally.waiting[Priority.ALARM], tally.waiting[Priority.REPLY], tally.waiting[Priority.SUMMARY])
        became = (tally.parked, tally.thinned, tally.damaged, file.quarantined, file.set_aside)
        return OutboxStats(*waiting, tally.bytes, *became, self._accepted)

    async def _work(self, act: Callable[..., T], *args: object) -> T:
        if self._closed:
            raise OutboxBroken(f"{self._store.file.path}: closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *args)

    def _schedule(self) -> None:
        """Commit now if something is urgent and no commit runs, else within GROUP_S."""
        if self._commit is not None or self._closed:
            return  # its end looks again: what has gathered meanwhile shares the next one
        if self._urgent:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GROUP_S, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        puts, done, parked = self._puts, self._done, self._parked
        self._puts, self._done, self._parked = [], [], []
        self._timer, self._urgent, self._waiting_bytes = None, False, 0
        asked = ([put for put, _ in puts], done, parked)
        loop = asyncio.get_running_loop()
        self._commit = loop.run_in_executor(self._thread, self._store.commit, *asked)
        waiting = [accepted for _, accepted in puts]
        self._commit.add_done_callback(lambda commit: self._committed(commit, waiting, done, parked))

    def _committed(
        self,
        commit: "asyncio.Future[list[int | OutboxFull]]",
        waiting: list["asyncio.Future[int]"],
        done: list[int],
        parked: list[Parked],
    ) -> None:
        self._commit = None
        if commit.cancelled():  # the loop is being taken down; nobody waits any more
            return
        error = commit.exception()
        if error is not None:
            self._failed(error, waiting, done, parked)
        else:
            for accepted, result in zip(waiting, commit.result(), strict=True):
                _settle(accepted, result)
            self._accepted += sum(isinstance(result, int) for result in commit.result())
            self._news.set()
            self._failing = False
            self._sweep(len(done))
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
        if not self._failing:
            self._failing = True
            log.warning("%s", error)

    def _sweep(self, sent: int) -> None:
        """Return freed pages now and then; a failure shows at the next commit."""
        self._sent += sent
        if self._sent >= TIDY_EACH:
            self._sent = 0
            tidy = asyncio.get_running_loop().run_in_executor(self._thread, self._store.file.tidy)
            tidy.add_done_callback(_mention)

    async def _flush(self) -> None:
        """Return when nothing is pending; raises OutboxError when what is pending cannot be written."""
        while self._puts or self._done or self._parked or self._commit is not None:
            if self._commit is None:
                self._start()
            running = self._commit
            await asyncio.wait([running] if running is not None else [])
            if running is not None and isinstance(running.exception(), OutboxError):
                raise running.exception()  # type: ignore[misc]


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
