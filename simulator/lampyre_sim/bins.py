"""A bin in the street: people throw things in, a lorry empties it in the morning, a ranger looks down into it."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

# shares of a day's deposits for the hours from 0 to 23 h: few at night, most from noon to evening; made up
HOURS = (1, 1, 0, 0, 0, 1, 3, 5, 5, 4, 5, 6, 8, 7, 5, 5, 6, 8, 9, 8, 6, 4, 2, 1)
DEPOSITS_A_DAY = 48.0
LITRES = 1.8  # of one deposit in the mean, exponentially spread: a third of a 240 l bin in a day
LORRY_HOUR = 7  # local; comes on every day, and takes what is worth it
WORTH_IT = 0.6  # of the bin
LEFT_OVER = 0.02  # what sticks
WOBBLE_M = 0.012  # how rough the surface is that the ranger sees: it changes with each deposit
PAST_DAYS = 14  # as far back as the agent looks: a bin that stands in a street has a history
WARM_AT = 15  # h, local: the warmest; twelve hours later the coldest
MEAN_CEL, SWING_CEL = 7.0, 4.0  # of a mild day in late autumn


@dataclass(frozen=True, slots=True)
class BinShape:
    """The container: metres from the ranger down to the floor, and to the nearest that it can see."""

    height_m: float = 1.2
    dead_zone_m: float = 0.3
    litres: float = 240.0


class RubbishBin:
    """One bin; `advance` lets time pass. Same seed, same rubbish."""

    def __init__(self, shape: BinShape, start: datetime, zone: ZoneInfo, seed: str, fill: float) -> None:
        self.shape = shape
        self.fill = fill  # 0..1, never above the rim
        self.emptied: list[datetime] = []
        self._start = start
        self._zone = zone
        self._chance = Random(f"bin {seed}")
        self._wobble_m = 0.0
        self._next_s = self._gap_s()
        self._lorry = self._next_lorry(start)

    def advance(self, now_s: float) -> None:
        """Let time pass until `now_s` seconds after the start."""
        while self._next_s <= now_s:
            at = self._start + timedelta(seconds=self._next_s)
            self._collect(at)
            if self._chance.random() * max(HOURS) < HOURS[at.astimezone(self._zone).hour]:
                self._deposit()
            self._next_s += self._gap_s()
        self._collect(self._start + timedelta(seconds=now_s))

    def begin(self, start: datetime) -> None:
        """Count time from `start` on: what was before is its past."""
        self._next_s -= (start - self._start).total_seconds()
        self._start = start
        self.emptied.clear()

    @property
    def distance_m(self) -> float:
        """What a ranger in the lid sees: metres down to the surface."""
        shape = self.shape
        room = (shape.height_m - shape.dead_zone_m) * (1.0 - self.fill)
        return max(shape.dead_zone_m, min(shape.height_m, shape.dead_zone_m + room + self._wobble_m))

    def temperature(self, at: datetime) -> float:
        """Return degrees Celsius under the lid."""
        local = at.astimezone(self._zone)
        hours = local.hour + local.minute / 60 - WARM_AT
        return MEAN_CEL + SWING_CEL * math.cos(2 * math.pi * hours / 24)

    def _deposit(self) -> None:
        litres = self._chance.expovariate(1.0 / LITRES)
        fill = self.fill + litres / self.shape.litres
        self.fill = min(1.0, fill)
        self._wobble_m = self._chance.uniform(-WOBBLE_M, WOBBLE_M)

    def _gap_s(self) -> float:
        return self._chance.expovariate(DEPOSITS_A_DAY * max(HOURS) / sum(HOURS) / 3600)

    def _collect(self, at: datetime) -> None:
        while at >= self._lorry:
            if self.fill >= WORTH_IT:
                self.fill = LEFT_OVER
                self.emptied.append(self._lorry)
            self._lorry = self._next_lorry(self._lorry)

    def _next_lorry(self, after: datetime) -> datetime:
        local = after.astimezone(self._zone)
        morning = local.replace(hour=LORRY_HOUR, minute=0, second=0, microsecond=0)
        if morning <= local:
            morning = (morning + timedelta(days=1)).replace(hour=LORRY_HOUR)
        return morning.astimezone(after.tzinfo)


def with_past(
    shape: BinShape, start: datetime, zone: ZoneInfo, seed: str
) -> tuple[RubbishBin, list[tuple[datetime, float]]]:
    """Return a bin as it stands at `start`, and its fill at every quarter of an hour of the fortnight before."""
    began = start - timedelta(days=PAST_DAYS)
    one = RubbishBin(shape, began, zone, seed, LEFT_OVER)
    past = []
    for quarter in range(PAST_DAYS * 96):
        one.advance(quarter * 900.0)
        past.append((began + timedelta(seconds=quarter * 900), one.fill))
    one.begin(start)
    return one, past
