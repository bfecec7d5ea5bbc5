"""Wishes: somebody wants lamps at a level for a time, or free again; by name, by group, or all of them at once."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lampyre.act.override import Override, Overrides
from lampyre.clock import Clock
from lampyre.errors import CommandRefused

ALL = "*"  # every lamp of the node


@dataclass(frozen=True, slots=True)
class Done:
    """Which lamps follow, which a technician holds; until when (UTC), None where they are free."""

    lamps: tuple[str, ...]
    refused: tuple[str, ...] = ()
    until: datetime | None = None


class Wishes:
    """Takes wishes for the node's lamps; `groups` says for each lamp which groups it is in."""

    def __init__(self, overrides: Overrides, groups: Mapping[str, Sequence[str]], clock: Clock) -> None:
        self._overrides = overrides
        self._clock = clock
        self._lamps: tuple[str, ...] = ()
        self.groups: dict[str, tuple[str, ...]] = {}  # name → its lamps, in the order of the file
        self.know(groups)

    def know(self, groups: Mapping[str, Sequence[str]]) -> None:
        """From now on these lamps."""
        self._lamps, self.groups = tuple(groups), {}
        for lamp, names in groups.items():
            for name in dict.fromkeys(names):
                self.groups[name] = (*self.groups.get(name, ()), lamp)

    def lamps(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the lamps that are meant, each once; raises CommandRefused with those there are."""
        meant: dict[str, None] = {}
        for name in names:
            if name == ALL:
                found = self._lamps
            elif name in self.groups:
                found = self.groups[name]
            elif name in self._lamps:
                found = (name,)
            else:
                there = ", ".join((*self._lamps, *self.groups)) or "none"
                raise CommandRefused(f"no lamp or group {name[:40]!r}; there are {there}")
            meant.update(dict.fromkeys(found))
        return tuple(meant)

    async def hold(self, names: Iterable[str], level: float, for_s: float, by: str, *, technician: bool) -> Done:
        """Hold the lamps at a level 0..1; raises CommandRefused where a technician holds them all."""
        now = self._clock.now()
        until = now + timedelta(seconds=for_s)
        lamps: list[str] = []
        refused: list[str] = []
        for lamp in self.lamps(names):
            taken = self._overrides.put(Override(lamp, level, until, by, technician), now)
            (lamps if taken else refused).append(lamp)
        return await self._kept(lamps, refused, until)

    async def release(self, names: Iterable[str], *, technician: bool) -> Done:
        """End what holds the lamps; raises CommandRefused where a technician holds them all and another asks."""
        lamps, refused = [], []
        for lamp in self.lamps(names):
            held = self._overrides.standing(lamp, self._clock.now())
            if held is not None and held.technician and not technician:
                refused.append(lamp)
            else:
                self._overrides.drop(lamp)
                lamps.append(lamp)
        return await self._kept(lamps, refused, None)

    def held_at_the_mast(self, lamp: str) -> bool:
        """Whether a technician's override stands."""
        held = self._overrides.standing(lamp, self._clock.now())
        return held is not None and held.technician

    async def _kept(self, lamps: list[str], refused: list[str], until: datetime | None) -> Done:
        if refused and not lamps:
            raise CommandRefused(f"a technician holds {', '.join(refused)} at the mast; try again when that is over")
        await asyncio.to_thread(self._overrides.save)
        return Done(tuple(lamps), tuple(refused), until)
