"""One lamp on a DALI line: its level by the curve that its gear says it has. A group of gears may be one lamp.

Signals are shares of the light, whatever curve the gear has: the node's own `output.curve` stays linear.
"""

import logging
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from lampyre.act.curve import LEVELS
from lampyre.act.dali import frames, hat
from lampyre.act.dali.bus import Bus, Rank
from lampyre.act.dali.care import Care
from lampyre.act.dali.stored import Stored
from lampyre.driver import Bus as Shared
from lampyre.driver import Channel, Driver, Gear, Hung, Option, Place
from lampyre.errors import LinkDown
from lampyre.link import parse_address
from lampyre.records import Quantity

log = logging.getLogger("lampyre.dali")

SLOW_S = 40.0  # 64 gears that join at once are adopted within 20 s, on a bad line within 35; the job's leash is 60
VALID_S = 5.0  # of power: it belongs to the level at which it was read
OLD_S = 900.0  # two rounds of a line with 64 gears (care.py)
OLDER_S = 4500.0  # the same, of what changes slowly


class DaliGear(Gear):
    """One gear, or one that speaks for its group."""

    def __init__(self, place: Place) -> None:
        address = parse_address(place.url)
        self._bus = Bus.of(address.path, address.baud or hat.BAUD, place.clock)
        self._asked = frames.short(int(place.options["address"]))
        number = int(place.options["group"])
        self._to = frames.group(number) if number >= 0 else self._asked
        self._clock = place.clock
        self._curve = frames.curve_of(None)
        self._curve_known = False
        self._min, self._max = 1, LEVELS
        self._moved_s = -math.inf
        self._stored = Stored(self._bus, self._asked, place.name)
        self._care = Care(self._bus, place, self._asked, number)

    @property
    def facts(self) -> dict[str, str]:
        """What it says of itself."""
        return self._care.facts

    @property
    def events(self) -> Mapping[str, str] | None:
        """What is wrong with it, by TALQ's name, and why; None: nothing is known yet."""
        return self._care.events

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Join the line, and see that the gear fades."""
        async with self._bus.join():
            await self._stored.fade(Rank.LOOK)
            yield

    async def put(self, signal: float, fade_s: float) -> None:
        """Set the level; the gear fades within FADE_S, whatever `fade_s` is: its own fade time is written once."""
        self._moved_s = self._clock.monotonic() + max(fade_s, frames.FADE_S)
        if not await self._bus.send(frames.arc(self._to, self._level(signal)), Rank.LIGHT):
            raise LinkDown(f"{self._bus.url}: frames collide; is another DALI master on the line?")

    async def now(self) -> float | None:
        """Return the level that the gear says it has; None while it does not answer, starts, or its lamp fails."""
        if not self._curve_known:
            await self._learn_curve()
        level = await self._ask(frames.ACTUAL)
        return None if level is None or level == frames.MASK else frames.share_of(level, self._curve)

    def shown(self, signal: float) -> float:
        """Return the share of the nearest level between the gear's own least and most."""
        return frames.share_of(self._level(signal), self._curve)

    async def tend(self, safe: float) -> None:
        """Learn the gear's limits, set what it does without us, then watch and measure it for ever."""
        least, most = await self._ask(frames.MIN, Rank.REST), await self._ask(frames.MAX, Rank.REST)
        if least is not None and most is not None and 1 <= least <= most <= LEVELS:
            self._min, self._max = least, most
            shares = (f"{frames.share_of(level, self._curve):.3f}" for level in (least, most))
            self._care.know(dict(zip(("least", "most"), shares, strict=True)))
        await self._care.run(self._level(safe), lambda: self._clock.monotonic() - self._moved_s)

    def _level(self, signal: float) -> int:
        level = frames.level_of(signal, self._curve)
        return min(self._max, max(self._min, level)) if level else 0

    async def _ask(self, code: int, rank: Rank = Rank.LOOK) -> int | None:
        return await self._bus.ask(frames.command(self._asked, code), rank)

    async def _learn_curve(self) -> None:
        """Ask for the curve; who does not answer at all has not said."""
        query = frames.command(self._asked, frames.DIMMING_CURVE)
        code = await self._bus.ask(query, Rank.LOOK, after=frames.ENABLE_LED)
        if code is None and await self._ask(frames.STATUS) is None:
            return
        self._curve, self._curve_known = frames.curve_of(code), True
        self._care.know({"gateway": f"DALI HAT {self._bus.version}", "curve": "linear" if code == 1 else "log"})


DRIVER = Driver(
    kind="dali_hat",
    channels=(
        Channel("power", Quantity.POWER, 0.0, 2000.0, VALID_S),
        Channel("energy", Quantity.ENERGY, 0.0, 1e9, OLDER_S),
        Channel("temperature", Quantity.TEMPERATURE, -60.0, 193.0),
        Channel("voltage", Quantity.VOLTAGE, 0.0, 600.0, OLDER_S),
        Channel("power_factor", Quantity.POWER_FACTOR, 0.0, 1.0, OLDER_S),
    ),
    stale_s=OLD_S,
    source="ATX LED, AL-DALI-HAT, serial protocol; IEC 62386-102:2022 and -207; DiiA parts 251 to 253 v1.1",
    lamp=Hung(
        DaliGear,
        step_s=frames.FADE_S,
        least=0.001,
        alone="it stays as it is, lit or dark; its gear goes to the safe level where the DALI line loses its supply, "
        "and after a power cut",
        by_share=True,
        slow_s=SLOW_S,
    ),
    bus=Shared("DALI", hat.BAUD),
    options=(Option("address", 0, 0, 63, whole=True), Option("group", -1, -1, frames.ALL, whole=True)),
)
