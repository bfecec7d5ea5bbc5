"""What a DALI gear goes by when nobody talks to it: levels and fade time in a memory of its own, which wears."""

import logging

from lampyre.act.dali import frames
from lampyre.act.dali.bus import Bus, Rank

log = logging.getLogger("lampyre.dali")

WRITES_MOST = 3  # of one number in an agent's life: such memories bear 10,000; one that keeps nothing is no reason


class Stored:
    """One gear's; each number is read first, written only where it differs, and read again."""

    def __init__(self, bus: Bus, address: int, who: str) -> None:
        self._bus = bus
        self._address = address
        self._who = who
        self._writes: dict[int, int] = {}  # by the command that stores

    async def fade(self, rank: Rank = Rank.REST) -> None:
        """Have it fade within FADE_S."""
        await self._keep(frames.FADE, frames.SET_FADE_TIME, frames.FADE_CODE, rank, shift=4)

    async def safe(self, level: int) -> None:
        """Have it go to this level (0..254) when the line fails, and when it gets power again."""
        await self._keep(frames.SYSTEM_FAILURE, frames.SET_SYSTEM_FAILURE, level)
        await self._keep(frames.POWER_ON, frames.SET_POWER_ON, level)

    async def _keep(self, query: int, store: int, wanted: int, rank: Rank = Rank.REST, *, shift: int = 0) -> None:
        """Have it keep a number; `shift`: above that many bits of what the query answers."""
        found = await self._ask(query, rank)
        if found is None or found >> shift == wanted or self._writes.get(store, 0) >= WRITES_MOST:
            return
        async with self._bus.registers:
            await self._bus.send(frames.DTR0 | wanted, rank)
            if await self._ask(frames.DTR0_NOW, rank) != wanted:
                return
            self._writes[store] = self._writes.get(store, 0) + 1
            await self._bus.send(frames.command(self._address, store), rank, twice=True)
        found = await self._ask(query, rank)
        if found is None or found >> shift != wanted:
            log.warning("%s: its gear does not keep %d (command 0x%02X)", self._who, wanted, store)

    async def _ask(self, query: int, rank: Rank) -> int | None:
        return await self._bus.ask(frames.command(self._address, query), rank)
