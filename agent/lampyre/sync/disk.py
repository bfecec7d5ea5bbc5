"""The disk under the outbox: one file and one thread; where it cannot be opened now, it is opened when it can be."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from lampyre.errors import OutboxBroken, OutboxError
from lampyre.sync.limits import Limits
from lampyre.sync.store import Store

log = logging.getLogger("lampyre.sync.disk")

RETRY_S = 5.0  # between two tries at a file that cannot be opened

T = TypeVar("T")


class Disk:
    """Runs what the store does in a thread of its own, so that the loop never waits for a card."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.store: Store | None = None
        self.trouble: OutboxError | None = None  # what it said last; None: it is well
        self.closed = False
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._opening: asyncio.Future[Store] | None = None
        self._tried_s = 0.0

    async def opened(self) -> Store:
        """Return the store, opening it if that has failed so far; raises OutboxError, at once between two tries."""
        loop = asyncio.get_running_loop()
        if self.closed:
            raise OutboxBroken(f"{self.path}: closed")
        if self.store is not None:
            return self.store
        if self._opening is None:
            if self.trouble is not None and loop.time() < self._tried_s + RETRY_S:
                raise self.trouble
            self._opening = loop.run_in_executor(self._thread, Store, self.path, self._limits)
        opening = self._opening
        try:
            await asyncio.wait([opening])
        finally:
            if opening.done():
                self._opening, self._tried_s = None, loop.time()
        self.store = opening.result()
        self.is_well()
        return self.store

    async def work(self, act: Callable[[Store], T]) -> T:
        """Do something with the store; raises OutboxError."""
        return await self.start(act, await self.opened())

    def start(self, act: Callable[[Store], T], store: Store) -> "asyncio.Future[T]":
        """Begin something with the store that is open, behind what was begun before."""
        return asyncio.get_running_loop().run_in_executor(self._thread, act, store)

    def fails(self, error: BaseException) -> None:
        """Note what it says; told of once, and once when it is well again."""
        if self.trouble is None:
            log.warning("%s", error)
        self.trouble = error if isinstance(error, OutboxError) else OutboxBroken(f"{self.path}: {error}")

    def is_well(self) -> None:
        """It has just done what it was asked for."""
        if self.trouble is not None:
            log.info("%s: written again", self.path)
        self.trouble = None

    def end(self) -> None:
        """Nothing more is asked of it."""
        self.closed = True
        self._thread.shutdown(wait=False)
