"""One lamp on a DALI line: its level by the curve that its gear says it has, its state, its meter.

Signals are shares of the light, whatever curve the gear has: the node's own `output.curve` stays linear.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from lampyre.act.curve import LEVELS
from lampyre.act.dali import banks, frames, hat
from lampyre.act.dali.banks import Block
from lampyre.act.dali.bus import Bus, Rank
from lampyre.driver import Bus as Shared
from lampyre.driver import Channel, Driver, Gear, Hung, Option, Place, Sample
from lampyre.errors import LinkDown
from lampyre.link import parse_address
from lampyre.records import Quantity

log = logging.getLogger("lampyre.dali")

STATUS_S = 60.0  # 80 ms of the line for each lamp
MEASURE_LEAST_S = 20.0  # 0.6 s of the line each ...
MEASURE_EACH_S = 4.0  # ... so for all lamps of a line together no more than a seventh of it
FACTS_S = 6 * 3600.0
SETTLED_S = 3.0  # after a fade: what is measured belongs to the level
MISSES = 3  # looks in a row without an answer: somebody may be at the terminals
NO_ANSWER = "no answer of its gear"
VALID_S = 5.0  # of power: it belongs to the level at which it was read


class DaliGear(Gear):
    """One gear, or one that speaks for its group."""

    def __init__(self, place: Place) -> None:
        address = parse_address(place.url)
        self._bus = Bus.of(address.path, address.baud or hat.BAUD, place.clock)
        self._name = place.name
        self._asked = frames.short(int(place.options["address"]))
        number = int(place.options["group"])
        self._group = frames.group(number) if number >= 0 else None
        self._to = self._asked if self._group is None else self._group
        self._heard = place.heard
        self._clock = place.clock
        self._curve = frames.curve_of(None)
        self._curve_known = False
        self._min, self._max = 1, LEVELS
        self._scales: tuple[float | None, float | None] = None, None
        self._missed = 0
        self._moved_s = -math.inf
        self.facts: dict[str, str] = {}
        self.events: Mapping[str, str] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Join the line."""
        async with self._bus.join():
            self.facts["gateway"] = f"DALI HAT {self._bus.version}"
            yield

    async def put(self, signal: float, fade_s: float) -> None:
        """Set the level; the gear fades within FADE_S, whatever `fade_s` is: its own fade time is written once."""
        self._moved_s = self._clock.monotonic() + max(fade_s, frames.FADE_S)
        if not await self._bus.send(frames.arc(self._to, self._level(signal)), Rank.LIGHT):
            raise LinkDown(f"{self._bus.url}: frames collide; is another DALI master on the line?")

    async def now(self) -> float | None:
        """Return the level that the gear says it has; None while it does not answer, or is starting."""
        if not self._curve_known:
            await self._learn_curve()
        level = await self._bus.ask(frames.command(self._asked, frames.ACTUAL), Rank.LOOK)
        return None if level is None or level == frames.MASK else frames.share_of(level, self._curve)

    def shown(self, signal: float) -> float:
        """Return the share of the nearest level between the gear's own least and most."""
        return frames.share_of(self._level(signal), self._curve)

    async def tend(self, safe: float) -> None:
        """Set what the gear does without us, then watch and measure it for ever."""
        loop = asyncio.get_running_loop()
        await self._set_up(safe)
        status_s = measure_s = facts_s = loop.time()
        while True:
            now_s = loop.time()
            if now_s >= status_s:
                status_s = now_s + STATUS_S
                await self._see_status()
            if now_s >= facts_s and not self._missed:
                facts_s = now_s + FACTS_S
                await self._read_facts()
            settled = self._clock.monotonic() - self._moved_s >= SETTLED_S
            if now_s >= measure_s and settled and not self._missed:
                measure_s = now_s + max(MEASURE_LEAST_S, MEASURE_EACH_S * self._bus.members)
                await self._measure()
            await asyncio.sleep(max(SETTLED_S, min(status_s, measure_s) - loop.time()))

    def _level(self, signal: float) -> int:
        level = frames.level_of(signal, self._curve)
        return min(self._max, max(self._min, level)) if level else 0

    async def _query(self, code: int, rank: Rank = Rank.REST) -> int | None:
        return await self._bus.ask(frames.command(self._asked, code), rank)

    async def _learn_curve(self) -> None:
        """Ask for the curve; who does not answer at all has not said."""
        query = frames.command(self._asked, frames.DIMMING_CURVE)
        code = await self._bus.ask(query, Rank.LOOK, after=frames.ENABLE_LED)
        if code is None and await self._query(frames.STATUS, Rank.LOOK) is None:
            return
        self._curve, self._curve_known = frames.curve_of(code), True
        self.facts["curve"] = "linear" if code == 1 else "log"

    async def _set_up(self, safe: float) -> None:
        """Read the gear's limits, and write what differs of its memory: it wears."""
        least, most = await self._query(frames.MIN), await self._query(frames.MAX)
        if least is not None and most is not None and 1 <= least <= most <= LEVELS:
            self._min, self._max = least, most
            self.facts["least"], self.facts["most"] = (f"{frames.share_of(n, self._curve):.3f}" for n in (least, most))
        level = self._level(safe)
        await self._keep(frames.SYSTEM_FAILURE, frames.SET_SYSTEM_FAILURE, level)
        await self._keep(frames.POWER_ON, frames.SET_POWER_ON, level)
        await self._keep(frames.FADE, frames.SET_FADE_TIME, frames.FADE_CODE, shift=4)

    async def _keep(self, query: int, store: int, wanted: int, *, shift: int = 0) -> None:
        """Have the gear keep a number; `shift`: above that many bits of what the query answers."""
        found = await self._query(query)
        if found is None or found >> shift == wanted:
            return
        async with self._bus.registers:
            await self._bus.send(frames.DTR0 | wanted, Rank.REST)
            if await self._query(frames.DTR0_NOW) != wanted:
                return
            await self._bus.send(frames.command(self._to, store), Rank.REST, twice=True)
        found = await self._query(query)
        if found is None or found >> shift != wanted:
            log.warning("%s: its gear does not keep %d (command 0x%02X)", self._name, wanted, store)

    async def _see_status(self) -> None:
        status = await self._query(frames.STATUS, Rank.LOOK)
        if status is None:
            self._missed += 1
            if self._missed >= MISSES:
                self.events = {"controlGearCommFailure": NO_ANSWER}
            return
        self._missed = 0
        found = {}
        if status & frames.LAMP_FAILS:
            found["lampFailure"] = "its gear says so"
        elif self._group is not None and await self._fails_in_group(self._group):
            found["lampFailure"] = "a gear of its group says so"
        if status & frames.GEAR_FAILS:
            found["controlGearFailure"] = "its gear says so"  # uCIFI 3416/7: no TALQ event says this
        self.events = MappingProxyType(found)

    async def _fails_in_group(self, group: int) -> bool:
        """Ask a group at once: all that fail answer, and several answers collide; twice, for noise is no gear."""
        for _ in range(2):
            said = await self._bus.once(frames.command(group, frames.LAMP_FAILURE), Rank.LOOK)
            if said is None or said.kind is hat.Kind.NOTHING:
                return False
        return True

    async def _read(self, block: Block) -> bytes | None:
        return await self._bus.read(self._asked, block.bank, block.first, block.size)

    async def _read_facts(self) -> None:
        async with self._bus.registers:
            if self._scales == (None, None):
                scales = await self._read(banks.POWER_SCALE), await self._read(banks.ENERGY_SCALE)
                self._scales = banks.scale_of(scales[0]), banks.scale_of(scales[1])
            for name, block, said in banks.FACTS:
                found = banks.number(await self._read(block))
                if found is not None:
                    self.facts[name] = said(found)

    async def _measure(self) -> None:
        """Read power, energy and temperature, all of one moment where the gear can latch them."""
        if self._scales == (None, None):
            return
        write = frames.command(self._asked, frames.ENABLE_WRITE)
        async with self._bus.registers:
            for frame in (frames.DTR1 | banks.ENERGY, frames.DTR0 | banks.LATCH):
                await self._bus.send(frame, Rank.REST)
            await self._bus.send(write, Rank.REST, twice=True)
            await self._bus.send(frames.WRITE_MEMORY | banks.LATCHED, Rank.REST)
            power = banks.scaled(await self._read(banks.ACTIVE_POWER), self._scales[0])
            energy = banks.scaled(await self._read(banks.ACTIVE_ENERGY), self._scales[1])
            warm = banks.celsius(await self._read(banks.TEMPERATURE))
        if self._clock.monotonic() - self._moved_s < SETTLED_S:
            power = None  # the lamp has moved meanwhile
        self._heard(Sample(tuple(math.nan if value is None else value for value in (power, energy, warm))))


DRIVER = Driver(
    kind="dali_hat",
    channels=(
        Channel("power", Quantity.POWER, 0.0, 2000.0, VALID_S),
        Channel("energy", Quantity.ENERGY, 0.0, 1e9),
        Channel("temperature", Quantity.TEMPERATURE, -60.0, 193.0),
    ),
    stale_s=900.0,  # three rounds of a line with 64 gears
    source="ATX LED, AL-DALI-HAT, serial protocol; IEC 62386-102:2022 and -207; DiiA parts 251 to 253 v1.1",
    lamp=Hung(
        DaliGear,
        step_s=frames.FADE_S,
        least=0.001,
        alone="it stays as it is; its gear goes to the safe level when the DALI line fails or after a power cut",
        by_share=True,
    ),
    bus=Shared("DALI", hat.BAUD),
    options=(Option("address", 0, 0, 63), Option("group", -1, -1, frames.ALL)),
)
