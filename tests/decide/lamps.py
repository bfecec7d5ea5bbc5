"""Lamps as they are: drivers and sodium, mains that sag and fail, meters with noise; and the faults that befall them.

`python -m tests.decide.lamps` plays thirty healthy nights of 64 lamps, a look every 10 s, and prints every alarm.
"""

import math
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from lampyre.decide.health import LampHealth
from lampyre.decide.supply import Feeder
from lampyre.records import Quality, Quantity, Reading, Snapshot

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DAY_S = 86400
DUSK_S, DAWN_S = 5 * 3600, 19 * 3600  # after noon: from 17 to 7 h
WARM_S = 480.0  # of sodium, as in the cabinet data
Plan = Callable[["Lamp", float], float]  # the level (0..1) that is ordered at a second of the lighting day


@dataclass
class Lamp:
    """One lamp, its meter and its health; `power_w` is what the meter sees, NaN: nothing."""

    number: int
    plan: Plan
    sodium: bool = False
    rated_w: float = 40.0
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    fault: str = ""
    age: float = 0.0  # power lost since it was mounted, ratio
    level: float = 0.0
    until_s: float = 0.0  # of what the plan holds
    busy: bool = False  # ... somebody is there
    lit_s: float = 0.0  # since the last cold start
    temperature: float = 10.0

    def __post_init__(self) -> None:
        self.health = LampHealth("b.power", self.rated_w)
        self.size = self.dice.uniform(0.9, 1.05)  # a type plate is not a measurement
        self.offset_w = self.dice.uniform(-0.3, 0.3)

    def power_w(self, mains: float, passed_s: float, at_s: float) -> float:
        """Return what the meter shows; `mains` is the voltage over its nominal value."""
        level = {"stuck": 0.7, "at full": 1.0}.get(self.fault, self.level)
        if self.fault == "day burner" and level == 0.0:
            level = 1.0
        dark = mains < 0.5 or level <= 0.0 or self.fault == "out" or (self.fault == "cycling" and at_s % 900 < 240)
        self.lit_s = 0.0 if dark else self.lit_s + passed_s
        if self.fault == "meter silent":
            return math.nan
        if self.fault == "meter frozen":
            return 23.4
        standby_w = 0.4 if mains >= 0.5 else 0.0
        true_w = standby_w if dark else self._burning_w(level, mains)
        return true_w * (1.0 + self.dice.gauss(0.0, 0.01)) + self.offset_w + self.dice.gauss(0.0, 0.1)

    def _burning_w(self, level: float, mains: float) -> float:
        full_w = self.rated_w * self.size * (1.0 - self.age)
        if self.fault == "half":
            full_w *= 0.5
        if not self.sodium:
            cold = 0.03 * math.exp(-self.lit_s / 600) - 0.001 * (self.temperature - 10.0)
            return full_w * (0.06 + 0.94 * level) * (1.0 + cold)
        warm = min(1.0, 0.14 + 0.86 * self.lit_s / WARM_S)
        return full_w * (0.4 + 0.6 * level) * warm * math.pow(mains, 1.5)


def on_demand(lamp: Lamp, at_s: float) -> float:
    """Quiet light, and now and then somebody."""
    if not DUSK_S <= at_s < DAWN_S:
        return 0.0
    if at_s >= lamp.until_s or lamp.until_s - at_s > 3 * 3600:
        often = 8 if at_s < 10 * 3600 else 40  # minutes between two passers, evening and night
        lamp.busy = busy = not lamp.busy
        lamp.until_s = at_s + (lamp.dice.uniform(40, 180) if busy else lamp.dice.expovariate(1 / (60 * often)))
    return 0.8 if lamp.busy else 0.32


def dark_when_alone(lamp: Lamp, at_s: float) -> float:
    """Class P7: no light for nobody."""
    return 0.0 if on_demand(lamp, at_s) < 0.5 else 0.8


def midnight(lamp: Lamp, at_s: float) -> float:
    """Full light, and half of it from 23 to 5 h."""
    if not DUSK_S <= at_s < DAWN_S:
        return 0.0
    return 0.5 if 11 * 3600 <= at_s < 17 * 3600 else 1.0


def continuous(lamp: Lamp, at_s: float) -> float:
    """Regulated by flow: another level every ten minutes."""
    if not DUSK_S <= at_s < DAWN_S:
        return 0.0
    if lamp.level == 0.0 or at_s >= lamp.until_s or lamp.until_s - at_s > 3600:
        lamp.until_s = at_s + 600
        return min(1.0, max(0.3, (lamp.level or 1.0) + lamp.dice.uniform(-0.2, 0.2)))
    return lamp.level


def street(lamps: int, seed: int = 1) -> list[Lamp]:
    """Lamps of every plan; each eighth is sodium."""
    plans: list[Plan] = [on_demand, on_demand, midnight, continuous, dark_when_alone, on_demand, continuous, midnight]
    feeder = Feeder()
    made = []
    for n in range(lamps):
        sodium = n % 8 == 7
        dice = random.Random(seed * 1000 + n)
        lamp = Lamp(n, plans[n % 8], sodium, dice.choice([70.0, 110.0]) if sodium else dice.uniform(15.0, 90.0), dice)
        lamp.health.feeder = feeder
        made.append(lamp)
    return made


def mains_of(dice: random.Random, night: int, at_s: float) -> float | None:
    """Return voltage over nominal: it swings, dips, fails for 20 minutes each tenth night; None: boards are off too."""
    if night % 10 == 4 and 9 * 3600 <= at_s < 9 * 3600 + 2280:
        return None
    if night % 10 == 8 and 12 * 3600 <= at_s < 12 * 3600 + 1200:
        return 0.0
    if dice.random() < 3e-5:
        return 0.0
    return 1.0 + 0.025 * math.sin(at_s / 7000 + night) + dice.gauss(0.0, 0.003)


def seen(power_w: float | None, at: datetime, mono_s: float) -> Snapshot:
    """Return what the agent sees: what says NaN goes stale, what is out of range is doubted; None: its board is off."""
    if power_w is None:
        return Snapshot(at, mono_s, True)
    lux = Reading("b.lux", Quantity.ILLUMINANCE, 1.0, at)
    if math.isnan(power_w):
        power = Reading("b.power", Quantity.POWER, 0.0, at, Quality.STALE)
    else:
        power = Reading("b.power", Quantity.POWER, power_w, at, Quality.GOOD if power_w >= 0.0 else Quality.SUSPECT)
    return Snapshot(at, mono_s, True, MappingProxyType({"b.lux": lux, "b.power": power}))


Mains = Callable[[random.Random, int, float], float | None]


def play(
    lamps: list[Lamp],
    nights: range,
    tick_s: float = 20.0,
    missing: float = 0.005,
    mains_of: Mains = mains_of,
) -> Iterator[tuple[float, Lamp, str, bool, str]]:
    """Yield (second, lamp, event, whether it begins, why) of lighting days; by day a look a minute."""
    dice = random.Random(99)
    for night in nights:
        at_s = 0.0
        while at_s < DAY_S:
            passed_s = tick_s if DUSK_S - 60 <= at_s < DAWN_S + 60 else 60.0
            mono_s = night * DAY_S + at_s
            at = NOON + timedelta(seconds=mono_s)
            mains = mains_of(dice, night, at_s)
            for lamp in lamps:
                lamp.level = lamp.plan(lamp, at_s)
                lamp.temperature = 8.0 + 7.0 * math.cos(at_s / DAY_S * 2 * math.pi) + 5.0 * math.sin(night / 9)
                power_w = lamp.power_w(mains or 0.0, passed_s, at_s)
                if mains is None:
                    continue
                if dice.random() < missing:
                    power_w = math.nan
                for event, begins, why in lamp.health.look(seen(power_w, at, mono_s), lamp.level):
                    yield mono_s, lamp, event, begins, why
            at_s += passed_s


def main() -> int:
    """Play the thirty nights; 1 where a healthy lamp was called ill."""
    alarms = 0
    for mono_s, lamp, event, begins, why in play(street(64), range(30), tick_s=10.0):
        alarms += 1
        at = NOON + timedelta(seconds=mono_s)
        sys.stdout.write(
            f"{at:%d %b %H:%M:%S} lamp {lamp.number}: {event} {'starts' if begins else 'is over'}: {why}\n"
        )
    sys.stdout.write(f"30 healthy nights of 64 lamps: {alarms} alarms\n")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
