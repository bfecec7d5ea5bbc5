"""The care for the gears of one lamp on a DALI line: what they keep by themselves, how they are, what they draw.

Rounds are paced so that a line with 64 gears is not half full of them; light goes before all of it.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lampyre.act.dali import frames
from lampyre.act.dali.bus import Bus, Rank
from lampyre.act.dali.meter import Meter
from lampyre.act.dali.stored import Stored
from lampyre.driver import Place, Sample

log = logging.getLogger("lampyre.dali")

STATUS_S = 60.0  # 80 ms of the line for each gear
POWER_LEAST_S, POWER_EACH_S = 20.0, 5.0  # 0.8 s for each gear: of all gears no more than a sixth of the line
SUPPLY_LEAST_S, SUPPLY_EACH_S = 300.0, 30.0  # 3 s
FACTS_LEAST_S, FACTS_EACH_S = 3600.0, 60.0  # 5 s
SETTLED_S = 3.0  # after a fade: what is measured belongs to the level
MISSES = 3  # looks in a row without an answer: somebody may be at the terminals
GEARS = 64  # addresses of a line
SILENT = "controlGearCommFailure"


@dataclass(slots=True)
class Cared:
    """One gear."""

    number: int  # its address, 0..63
    meter: Meter
    stored: Stored
    missed: int = 0
    says: tuple[str, ...] | None = None  # bits of its state, by TALQ's names; None: not heard yet
    troubles: tuple[str, ...] = ()  # the same, of its diagnostics


class Care:
    """For the gear that is asked, or for all of its group: they are found by asking the whole line."""

    def __init__(self, bus: Bus, place: Place, asked: int, group: int) -> None:
        """`asked` is an address as from `frames.short`; `group` -1: it hangs alone, 0..15, or frames.ALL."""
        self.facts: dict[str, str] = {}
        self.events: Mapping[str, str] | None = None
        self._bus = bus
        self._name = place.name
        self._heard = place.heard
        self._first = asked >> 1
        self._group = group
        self._gears = {self._first: self._new(self._first)}

    def know(self, facts: dict[str, str]) -> None:
        """Take what the gear has said of itself."""
        self.facts = self.facts | facts  # a new one: whoever looks on sees that it has changed

    async def run(self, safe: int, still_s: Callable[[], float]) -> None:
        """Care for ever; `safe`: the level that they give by themselves; `still_s()`: for how long the light stands."""
        if self._group >= 0:
            await self._find_group()
        for gear in self._gears.values():
            await gear.stored.fade()
            await gear.stored.safe(safe)
        loop = asyncio.get_running_loop()
        rounds: tuple[tuple[Callable[[], Awaitable[None]], float, float], ...] = (
            (self._see_status, STATUS_S, 0.0),
            (self._read_facts, FACTS_LEAST_S, FACTS_EACH_S),
            (self._read_supply, SUPPLY_LEAST_S, SUPPLY_EACH_S),
            (lambda: self._read_power(still_s), POWER_LEAST_S, POWER_EACH_S),
        )
        due_s = [loop.time()] * len(rounds)
        while True:
            for n, (work, least_s, each_s) in enumerate(rounds):
                moving = n == len(rounds) - 1 and still_s() < SETTLED_S
                if loop.time() < due_s[n] or moving or (n and self._silent):
                    continue
                due_s[n] = loop.time() + max(least_s, each_s * len(self._gears) * self._bus.members)
                await work()
            await asyncio.sleep(max(SETTLED_S, min(due_s) - loop.time()))

    @property
    def _silent(self) -> bool:
        return all(gear.missed for gear in self._gears.values())

    @property
    def _there(self) -> list[Cared]:
        return [gear for gear in self._gears.values() if not gear.missed]

    def _new(self, number: int) -> Cared:
        address = frames.short(number)
        return Cared(number, Meter(self._bus, address), Stored(self._bus, address, f"{self._name}, gear {number}"))

    async def _ask(self, number: int, code: int, rank: Rank = Rank.REST) -> int | None:
        return await self._bus.ask(frames.command(frames.short(number), code), rank)

    async def _find_group(self) -> None:
        """Ask everybody; who was there once and does not answer any more is still of the group."""
        for number in range(GEARS):
            if number not in self._gears and await self._is_in_group(number):
                self._gears[number] = self._new(number)
        if not await self._is_in_group(self._first):
            log.warning("%s: gear %d is not in group %d, or does not answer", self._name, self._first, self._group)
        self.know({"gears": " ".join(str(number) for number in sorted(self._gears))})

    async def _is_in_group(self, number: int) -> bool:
        if self._group == frames.ALL:
            return await self._ask(number, frames.STATUS) is not None
        groups = await self._ask(number, frames.GROUPS_LOW if self._group < 8 else frames.GROUPS_HIGH)
        return groups is not None and bool(groups >> self._group % 8 & 1)

    async def _see_status(self) -> None:
        for gear in self._gears.values():
            status = await self._ask(gear.number, frames.STATUS, Rank.LOOK)
            gear.missed = gear.missed + 1 if status is None else 0
            if status is not None:
                gear.says = tuple(name for bit, name in frames.STATES.items() if status & bit)
        self._tell()

    def _tell(self) -> None:
        if all(gear.says is None and gear.missed < MISSES for gear in self._gears.values()):
            return
        found: dict[str, list[int]] = {}
        for gear in self._gears.values():
            silent = (SILENT,) if gear.missed >= MISSES else ()
            for event in silent or (*(gear.says or ()), *gear.troubles):
                found.setdefault(event, []).append(gear.number)
        self.events = MappingProxyType({event: _who(event, gears) for event, gears in found.items()})

    async def _read_facts(self) -> None:
        for gear in self._there:
            await gear.meter.prepare()
        self.know(await self._gears[self._first].meter.facts())

    async def _read_supply(self) -> None:
        supplies = []
        for gear in self._there:
            supplies.append(await gear.meter.supply())
            troubles = await gear.meter.troubles()
            gear.troubles = gear.troubles if troubles is None else tuple(troubles)
        self.know(await self._gears[self._first].meter.starts())
        self._tell()
        energy_wh = self._sum([one.energy_wh for one in supplies])
        volts, factor = _least([one.volts for one in supplies]), _least([one.factor for one in supplies])
        self._heard(Sample((math.nan, energy_wh, math.nan, volts, factor)))

    async def _read_power(self, still_s: Callable[[], float]) -> None:
        watts, warm = [], []
        for gear in self._there:
            watts.append(await gear.meter.power_w())
            warm.append(await gear.meter.celsius())
        power_w = self._sum(watts) if still_s() >= SETTLED_S else math.nan  # the lamp has moved meanwhile
        self._heard(Sample((power_w, math.nan, -_least([-one for one in warm if one is not None]), math.nan, math.nan)))

    def _sum(self, values: list[float | None]) -> float:
        """Return what all gears have together; NaN where one of them does not say."""
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(self._gears) else math.nan


def _least(values: Iterable[float | None]) -> float:
    return min((value for value in values if value is not None), default=math.nan)


def _who(event: str, gears: Iterable[int]) -> str:
    named = f"gear {', '.join(str(number) for number in gears)}"
    return f"no answer of {named}" if event == SILENT else f"{named} says so"
