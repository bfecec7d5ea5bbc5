"""The outbox: nothing is lost between the node and the broker, short of a dead disk."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lampyre.clock import Clock
from lampyre.errors import OutboxError, OutboxHeld
from lampyre.records import Parcel, Priority
from lampyre.sync import dating, inbox
from lampyre.sync.commits import Commits
from lampyre.sync.disk import Disk
from lampyre.sync.inbox import Earlier, Received
from lampyre.sync.lending import Lending
from lampyre.sync.limits import Limits
from lampyre.sync.store import Body, Parked, Put, Store
from lampyre.sync.tally import Tally

log = logging.getLogger("lampyre.sync.outbox")

DATE_WAIT_S = 120.0  # after a connection: the time comes by the same network, within a minute as a rule
DATE_LOOK_S = 1.0
LEND_WAIT_S = 5.0  # while the disk fails: what it has in its hands may be lent in a moment; trays try as often
NO_SUMMARIES = 1 << 62  # a cursor behind all of them
BOOT_UNKNOWN = 1 << 31  # a boot that no disk could count is drawn from here on: states stay unmistakable


@dataclass(frozen=True, slots=True)
class OutboxStats:
    """How the outbox stands."""

    alarms: int  # waiting, as are the next two
    replies: int
    summaries: int
    bytes: int  # of those that wait
    parked: int  # refused or damaged, since the file was made
    thinned: int  # summaries that gave way and could not be merged, since the file was made
    damaged: int  # parcels whose bytes rotted on the disk, since the file was made
    quarantined: int  # damaged files set aside since the node was installed
    set_aside: int  # ... since this start: above 0 is worth an alarm
    accepted: int  # parcels accepted since the start
    merged: int = 0  # summaries that went into coarser ones, since the file was made
    folded: int = 0  # alarms that gave way to a later one of the same asset and event
    unanswered: int = 0  # replies that gave way to younger ones
    expired: int = 0  # parcels older than their class is kept
    salvaged: int = 0  # parcels read from damaged files since this start
    lent: int = 0  # messages sent past a failing disk since this start
    file_bytes: int = 0  # of the file and its log on the disk
    failing: str | None = None  # what is wrong with the disk; None: nothing


class Outbox:
    """Parcels on disk (SQLite, WAL, synchronous=FULL), written by one thread so that the loop never waits for it.

    Make one with `await Outbox.open(path)`. All methods belong to one event loop.
    `boot` is how often this outbox was opened; with a counter of its own it numbers what is not kept here.
    """

    def __init__(self, path: Path, limits: Limits, clock: Clock | None) -> None:
        self.limits = limits
        self.lending = Lending()
        self.boot = BOOT_UNKNOWN + random.SystemRandom().getrandbits(30)
        self._clock = clock
        self._news = asyncio.Event()
        self._news.set()
        self._disk = Disk(path, limits)
        self._commits = Commits(self._disk, self._news.set)
        self._cursors = dict.fromkeys(Priority, 0)
        self._base = 0  # as `dating` means it, while the clock was last not trusted; 0: it always was
        self._wait_until_s = 0.0  # for the clock to be set, with undated summaries in hand

    @classmethod
    async def open(
        cls, path: Path, *, limits: Limits | None = None, clock: Clock | None = None, patient: bool = False
    ) -> "Outbox":
        """Open or make the file; a damaged one is set aside (see `stats().quarantined`); raises OutboxBroken.

        `patient`: where the disk fails now, open it later, and lend meanwhile; then it raises OutboxHeld only.
        """
        outbox = cls(path, limits or Limits(), clock)
        try:
            outbox.boot = (await outbox._disk.opened()).file.boot
        except OutboxError as error:
            if not patient or isinstance(error, OutboxHeld):
                outbox._disk.end()
                raise
            outbox._disk.fails(error)
        except BaseException:
            outbox._disk.end()
            raise
        return outbox

    async def close(self) -> None:
        """Write what is pending and close the file; raises OutboxError if that fails. Who puts meanwhile is refused."""
        store = self._disk.store
        try:
            if store is not None:
                self._disk.closed = True
                await self._commits.flush()
                await self._disk.start(lambda store: store.file.tidy(), store)
                await self._disk.start(lambda store: store.file.close(), store)
        finally:
            self._disk.end()

    async def put(
        self, topic: str, body: Body, priority: Priority, *, correlation: bytes = b"", command_id: str = ""
    ) -> int:
        """Return the parcel's seq once it would survive a power cut; raises OutboxFull or OutboxBroken.

        Alarms and replies are written at once, with whatever waits; summaries in groups by size or age.
        `body` may be a function that gets the seq and returns the bytes.
        """
        await self._disk.opened()
        at = self._stamp()
        return await self._commits.put(Put(topic, body, priority, correlation, command_id, at, self._base))

    async def next(self, limit: int) -> list[Parcel]:
        """Return up to `limit` parcels not handed out since `rewind`, waiting for the first one; raises OutboxError.

        Alarms come before replies before summaries; within each class the order is that of their numbers. While the
        disk fails, what waits in memory comes too, behind what can be read of the disk. What was stamped before the
        clock was set is dated first; summaries of then wait for that up to DATE_WAIT_S of a session.
        """
        while True:
            self._news.clear()
            await self._date()
            found, error = await self._from_disk(limit)
            first = found[0].priority if found else None
            lent = self.lending.take(limit, failing=self._disk.trouble is not None, before=first)
            if lent:
                return lent
            for parcel in found:
                self._cursors[parcel.priority] = parcel.seq
            if found:
                return found
            if not await self._hears(DATE_LOOK_S if self._waits else LEND_WAIT_S if error else None) and error:
                raise error

    async def _hears(self, within_s: float | None) -> bool:
        try:
            await asyncio.wait_for(self._news.wait(), within_s)
        except TimeoutError:
            return False
        return True

    async def _date(self) -> None:
        store = self._disk.store
        if self._clock is None or not self._clock.trusted:
            return
        moved = 0
        with contextlib.suppress(OutboxError):  # while the disk fails they go as they are
            while store is not None and store.undated:
                set_ = partial(Store.date, base=dating.base_of(self._clock), now_s=self._stamp())
                moved += await self._disk.work(set_)
        if moved:
            log.info("the clock has been set: %d records that waited have their right time", moved)

    @property
    def _waits(self) -> bool:
        """Whether the clock may soon be set, and summaries wait for it."""
        store = self._disk.store
        if store is None or not store.undated or self._clock is None or self._clock.trusted:
            return False
        return asyncio.get_running_loop().time() < self._wait_until_s

    async def _from_disk(self, limit: int) -> tuple[list[Parcel], OutboxError | None]:
        cursors = dict(self._cursors)
        if self._waits:
            cursors[Priority.SUMMARY] = NO_SUMMARIES
        try:
            return await self._disk.work(lambda store: store.after(cursors, limit)), None
        except OutboxError as error:
            return [], error

    def look_again(self) -> None:
        """Something may have come that `next` can hand out."""
        self._news.set()

    async def rewind(self) -> int:
        """Hand out everything again that is not done; return the newest seq so far. Called at each new session."""
        with contextlib.suppress(OutboxError):  # on a full disk what is done cannot be forgotten; the rest shall go
            await self._commits.flush()
        self._cursors = dict.fromkeys(Priority, 0)
        self._wait_until_s = asyncio.get_running_loop().time() + DATE_WAIT_S
        self.lending.rewind(asyncio.get_running_loop().time())
        self._news.set()
        return 0 if self._disk.store is None else self._disk.store.newest

    def done(self, parcels: Sequence[Parcel]) -> None:
        """Forget parcels that the broker has; on the disk a little later, so that many share one transaction."""
        kept = [parcel.seq for parcel in parcels if not self.lending.settle(parcel.seq)]
        if kept:
            self._commits.done(kept)

    def park(self, parcel: Parcel, reason: str) -> None:
        """Set a parcel aside that the broker will never take; it is counted and kept for reading, not sent again."""
        self.lending.settle(parcel.seq)
        self._commits.park(Parked(parcel, reason, self._stamp()))

    async def parked(self) -> list[tuple[int, str, str]]:
        """Return (seq, topic, reason) of what was set aside, oldest first; raises OutboxError."""
        await self._commits.flush()
        return await self._disk.work(lambda store: store.parked())

    async def purge(self) -> int:
        """Forget what is older than its class is kept, sent or not; return how many parcels. Raises OutboxError."""
        now_s = self._stamp()
        return await self._disk.work(lambda store: store.purge(now_s)) if now_s else 0

    async def mend(self) -> None:
        """Where the disk has failed, see whether it is well again; raises OutboxError while it is not."""
        if self._disk.trouble is not None:
            await self._disk.work(Store.touch)
            self._disk.is_well()
            self._news.set()

    async def receive(self, got: Received) -> Earlier | None:
        """Write a command down before it is done; None: it is new. Raises OutboxError."""
        return await self._disk.work(lambda store: inbox.receive(store, got))

    async def answered(self, command_id: str) -> bytes | None:
        """Return how this command was answered, or None; raises OutboxError."""
        return await self._disk.work(lambda store: inbox.answered(store, command_id))

    async def remember(self, command_id: str, reply: bytes) -> None:
        """Write down the answer to a command whose sender wants none (`put` does it for the others)."""
        await self._disk.work(lambda store: inbox.remember(store, command_id, reply))

    async def interrupted(self) -> list[Received]:
        """Return commands written down and never answered: a restart came between; raises OutboxError."""
        return await self._disk.work(inbox.interrupted)

    def stats(self) -> OutboxStats:
        """Return how it stands, asking the disk for no more than the file's size."""
        store = self._disk.store
        tally = Tally() if store is None else store.tally
        became = tally.became
        return OutboxStats(
            alarms=tally.waiting[Priority.ALARM],
            replies=tally.waiting[Priority.REPLY],
            summaries=tally.waiting[Priority.SUMMARY],
            bytes=tally.bytes,
            parked=became.parked,
            thinned=became.thinned,
            damaged=became.damaged,
            quarantined=store.file.quarantined if store else 0,
            set_aside=store.file.set_aside if store else 0,
            accepted=self._commits.accepted,
            merged=became.merged,
            folded=became.folded,
            unanswered=became.unanswered,
            expired=became.expired,
            salvaged=store.file.salvaged if store else 0,
            lent=self.lending.lent,
            file_bytes=store.file.size if store else 0,
            failing=None if self._disk.trouble is None else str(self._disk.trouble),
        )

    def _stamp(self) -> int:
        """Return seconds since 1970, 0 where no clock is trusted; then note what it says all the same."""
        if self._clock is not None and not self._clock.trusted:
            self._base = dating.base_of(self._clock)
        return int(self._clock.now().timestamp()) if self._clock is not None and self._clock.trusted else 0
