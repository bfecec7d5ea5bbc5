"""What one DALI gear says of itself, from its memory banks: power, supply, temperature, troubles, age."""

from dataclasses import dataclass

from lampyre.act.dali import banks, frames
from lampyre.act.dali.banks import Block
from lampyre.act.dali.bus import Bus, Rank


@dataclass(frozen=True, slots=True)
class Supply:
    """What changes slowly: Wh since the gear was made, V, ratio."""

    energy_wh: float | None
    volts: float | None
    factor: float | None


class Meter:
    """One gear, by its address as from `frames.short`; None: it does not say, or not twice the same."""

    def __init__(self, bus: Bus, address: int) -> None:
        self._bus = bus
        self._address = address
        self._scales: tuple[float | None, float | None] = None, None  # of power and energy
        self.lacks: set[int] = set()  # banks that it does not have

    async def prepare(self) -> None:
        """See which banks it has, and learn its scales."""
        async with self._bus.registers:
            self.lacks = set()
            for bank in (banks.LUMINAIRE, banks.ENERGY, banks.GEAR, banks.SOURCE, banks.LIFE):
                if await self._read(Block(bank, 0x00, 1)) is None:  # its last location, which every bank says
                    self.lacks.add(bank)
            power, energy = await self._read(banks.POWER_SCALE), await self._read(banks.ENERGY_SCALE)
        self._scales = banks.scale_of(power), banks.scale_of(energy)

    async def facts(self) -> dict[str, str]:
        """Return what it says of itself, without what it does not say."""
        found = {}
        async with self._bus.registers:
            for fact in banks.FACTS:
                raw = banks.number(await self._read(fact.block))
                if raw is not None:
                    found[fact.name] = fact.said(raw)
        return found

    async def starts(self) -> dict[str, str]:
        """Return how often it got power, and which gear says so, by the names that boards have for it."""
        async with self._bus.registers:
            starts, serial = banks.number(await self._read(banks.STARTS)), banks.number(await self._read(banks.SERIAL))
        if starts is None or serial is None:
            return {}
        return {"id": f"{serial:016X}", "boots": str(starts), "cause": "power"}

    async def power_w(self) -> float | None:
        """Return what it draws at this moment."""
        async with self._bus.registers:
            await self._latch()
            return banks.scaled(await self._read(banks.ACTIVE_POWER), self._scales[0])

    async def celsius(self) -> float | None:
        """Return how warm it is inside."""
        async with self._bus.registers:
            return banks.celsius(await self._read(banks.TEMPERATURE))

    async def supply(self) -> Supply:
        """Return what it has used, and what it is fed with."""
        async with self._bus.registers:
            await self._latch()
            energy_wh = banks.scaled(await self._read(banks.ACTIVE_ENERGY), self._scales[1])
            volts = banks.scaled(await self._read(banks.VOLTAGE), banks.VOLTAGE_UNIT)
            return Supply(energy_wh, volts, banks.scaled(await self._read(banks.POWER_FACTOR), banks.POWER_FACTOR_UNIT))

    async def troubles(self) -> list[str] | None:
        """Return the events that its diagnostics name, by TALQ's names; None where they could not be read."""
        found: list[str] = []
        async with self._bus.registers:
            for block, names in banks.FLAGS:
                if block.bank in self.lacks:
                    continue
                raw = await self._read(block)
                if raw is None:
                    return None
                found += banks.flagged(raw, block.first, names)
        return found

    async def _latch(self) -> None:
        """Have all values of part 252 be of one moment."""
        if banks.ENERGY in self.lacks:
            return
        await self._bus.send(frames.DTR1 | banks.ENERGY, Rank.REST)
        await self._bus.send(frames.DTR0 | banks.LATCH, Rank.REST)
        await self._bus.send(frames.command(self._address, frames.ENABLE_WRITE), Rank.REST, twice=True)
        await self._bus.send(frames.WRITE_MEMORY | banks.LATCHED, Rank.REST)

    async def _read(self, block: Block) -> bytes | None:
        if block.bank in self.lacks:
            return None
        return await self._bus.read(self._address, block.bank, block.first, block.size, near=block.near)
