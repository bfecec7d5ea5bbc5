"""One bin's year: rubbish, lorries, weather and faults on one side, the node's bin on the other, minute by minute."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from lampyre.bin import Bin
from lampyre.decide.bins.emptied import Emptied
from lampyre.records import Quantity
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import BinSettings, NodeSettings
from lampyre_sim.bins import BinShape, RubbishBin
from lampyre_sim.clock import ScaledClock
from lampyre_sim.ordeal.faults import DAY_S, HOUR_S, Fault

START = datetime(2027, 1, 4, tzinfo=UTC)
STEP_S = 60.0  # as often as a bin is looked into
FINE_S = 1.0  # ... and as often as a fire is looked for, while there is one
NOISE_M = 0.004  # of a good ultrasonic ranger
TIPPED_S = 60.0  # the lorry has it in its arms
HEIGHT_M, DEAD_M = 1.2, 0.3
CHANNELS = {
    "b.distance": (Quantity.DISTANCE, 0.0, 5.0),
    "b.temperature": (Quantity.TEMPERATURE, -40.0, 125.0),
    "b.lid": (Quantity.OPEN, 0.0, 1.0),
    "b.tilt": (Quantity.TILT, 0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """An alarm that began, at seconds from the start."""

    at_s: float
    event: str
    why: str


@dataclass(slots=True)
class Year:
    """What came of it: alarms by the fault they named, those nobody can explain, faults nobody named."""

    faults: list[Fault]
    named: dict[str, float] = field(default_factory=dict)  # fault → seconds until it was
    missed: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    false: list[Heard] = field(default_factory=list)
    emptied: int = 0
    found: int = 0
    dreamt: int = 0  # emptyings told that were none
    counts: Counter[str] = field(default_factory=Counter)


class Kerb:
    """One bin at the kerb, and the production code that looks after it."""

    def __init__(self, number: int, seed: int, faults: list[Fault], *, fixed: bool, step_s: float = STEP_S) -> None:
        self.faults = faults
        self._step_s = step_s
        self._chance = Random(f"kerb {seed} {number}")
        shape = BinShape(HEIGHT_M, DEAD_M, self._chance.choice((240.0, 360.0, 660.0, 1100.0)))
        self.truth = RubbishBin(shape, START, ZoneInfo("Europe/Paris"), f"{seed} {number}", 0.05)
        self.now_s = 0.0
        self.clock = ScaledClock(START, lambda: self.now_s)
        self._latest = Latest([ChannelRule(n, q, low, high, 5.0) for n, (q, low, high) in CHANNELS.items()], self.clock)
        settings = BinSettings(
            id="bin-1", distance="b.distance", temperature="b.temperature", height_m=HEIGHT_M, dead_zone_m=DEAD_M,
            lid=None if fixed else "b.lid", tilt="b.tilt", mounted="fixed" if fixed else "lid",
        )  # fmt: skip
        self.bin = Bin(settings, NodeSettings(site="s", id="n", latitude=47.3, longitude=5.0), self._latest)
        self._frozen_m: float | None = None
        self._tipped_s = -math.inf
        self.events: list[Heard] = []
        self.over: list[Heard] = []
        self.emptied: list[Emptied] = []

    def live(self, days: float) -> None:
        """Let so many days pass."""
        waiting = list(self.faults)
        while self.now_s < days * DAY_S:
            fault = waiting[0] if waiting else None
            if fault is not None and self.now_s >= fault.start_s:
                self._wait_for_a_bin(fault)
            on = fault if fault is not None and fault.start_s <= self.now_s < fault.end_s else None
            if fault is not None and self.now_s >= fault.end_s:
                waiting.pop(0)
                self._frozen_m = None
            due_s = self.now_s + (FINE_S if on is not None and on.event_of_fire else self._step_s)
            if fault is not None and self.now_s < fault.start_s:
                due_s = min(due_s, fault.start_s)
            self.now_s = due_s
            self._minute(on)

    def _wait_for_a_bin(self, fault: Fault) -> None:
        """Put a fault off, with all that follow, until the bin has just been emptied, where it needs that."""
        if fault.kind.empty and self._frozen_m is None and not 0.02 < self.truth.fill < 0.3:
            for one in self.faults[self.faults.index(fault) :]:
                one.start_s += self._step_s

    def _minute(self, fault: Fault | None) -> None:
        kind = fault.kind.name if fault is not None else ""
        late_s = self.now_s - fault.start_s if fault is not None else 0.0
        self.clock.trusted = kind != "no clock"
        before = len(self.truth.emptied)
        kept = self.truth.fill
        self.truth.advance(self.now_s)
        if len(self.truth.emptied) > before:
            if kind == "round missed for days":
                self.truth.emptied.pop()
                self.truth.fill = max(kept, self.truth.fill)
            else:
                self._tipped_s = self.now_s
        values = {
            "b.distance": self._distance(kind, late_s),
            "b.temperature": self._heat(kind, late_s),
            "b.lid": float(kind in {"lid left open", "lid opened for a minute"}),
            "b.tilt": float(kind in {"tipped over", "vandalised"} or self.now_s - self._tipped_s < TIPPED_S),
        }
        self._latest.put(list(values), list(values.values()))
        news = self.bin.step()
        if news is None:
            return
        for alarm in news.alarms:
            (self.events if alarm.active else self.over).append(Heard(self.now_s, alarm.event, alarm.why))
        found = self.bin.watch.emptying
        if found is not None and (not self.emptied or found != self.emptied[-1]):
            self.emptied.append(found)

    def _distance(self, kind: str, late_s: float) -> float:
        metres = self.truth.distance_m + self._chance.gauss(0.0, NOISE_M)
        if kind == "unplugged" or (kind == "vandalised" and late_s > 600.0):
            return math.nan
        if kind in {"stuck", "bag in front"}:
            if self._frozen_m is None:
                self._frozen_m = metres if kind == "stuck" else DEAD_M + 0.03
            return self._frozen_m + self._chance.gauss(0.0, NOISE_M / 2)
        if kind == "cobweb":  # for half an hour, six times a day, the echo of something near, or none but the floor's
            caught = late_s % (4 * HOUR_S) < HOUR_S / 2
            return (DEAD_M + 0.05 if self.truth.fill < 0.6 else HEIGHT_M) if caught else metres
        if kind == "echoes at random":
            return self._chance.uniform(DEAD_M, HEIGHT_M)
        if kind == "taken away":
            return HEIGHT_M + 0.7
        if kind in {"sees past the floor", "lid left open"}:
            return self._chance.uniform(HEIGHT_M * 1.3, 4.5)
        if kind == "single wrong echo":
            return HEIGHT_M if self.truth.fill > 0.5 else DEAD_M
        return metres

    def _heat(self, kind: str, late_s: float) -> float:
        cel = self.truth.temperature(self.clock.now()) + self._chance.gauss(0.0, 0.1)
        season = 12.0 * math.sin(2 * math.pi * (self.now_s / DAY_S - 105) / 365)
        if kind == "thermometer unplugged":
            return math.nan
        if kind == "fire, flaming":
            return min(cel + season + late_s / 2, 125.0)
        if kind == "fire, smouldering":
            return min(cel + season + late_s / 30, 95.0)
        return cel + season


def year(number: int, seed: int, faults: list[Fault], days: float, *, fixed: bool, step_s: float = STEP_S) -> Year:
    """Play one bin's year and say what was named, missed, never ended, or cried for nothing."""
    kerb = Kerb(number, seed, faults, fixed=fixed, step_s=step_s)
    kerb.live(days)
    told = Year(faults, emptied=len(kerb.truth.emptied), counts=Counter(kerb.bin.watch.discrepancies))
    left = list(kerb.events)
    for fault in faults:
        mine = [one for one in left if fault.start_s <= one.at_s <= fault.forgotten_s]
        kind = fault.kind
        if kind.event is not None:
            hits = [one for one in mine if one.event == kind.event and one.at_s - fault.start_s <= kind.named_s]
            if hits:
                told.named[kind.name] = hits[0].at_s - fault.start_s
                if not any(one.event == kind.event and one.at_s > hits[0].at_s for one in kerb.over):
                    told.unended.append(kind.name)
            else:
                told.missed.append(kind.name)
        left = [one for one in left if one not in mine or one.event not in {kind.event, *kind.also, "containerFull"}]
    told.false = [one for one in left if one.event != "containerFull"]
    _count_emptyings(kerb, told)
    return told


def _count_emptyings(kerb: Kerb, told: Year) -> None:
    """Count the lorry's visits that were found, outside of faults that hide them, and those that were dreamt."""
    clear = [(START + timedelta(seconds=f.start_s), START + timedelta(seconds=f.forgotten_s)) for f in kerb.faults]
    real = [at for at in kerb.truth.emptied if not any(a <= at <= b for a, b in clear)]
    told.emptied = len(real)
    told.found = sum(any(_same(one, at) for one in kerb.emptied) for at in real)
    told.dreamt = sum(not any(_same(one, at) for at in kerb.truth.emptied) for one in kerb.emptied)


def _same(one: Emptied, at: datetime) -> bool:
    return one.since - timedelta(hours=1) <= at <= one.at + timedelta(hours=1)
