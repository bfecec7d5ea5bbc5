"""The world: what is true in the street, moment by moment. It knows no agent; boards are told and tell by others."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lampyre_sim.bins import BinShape, with_past
from lampyre_sim.people import Kind, Passage
from lampyre_sim.sun import Sky

SPACING_M = 30.0  # between two masts: the usual distance at 5 to 6 m of height
REACH_M = 8.0  # a presence sensor at 5 m sees a circle of some 16 m
RATED_W = 40.0
LOSSES_W = 1.5  # of a driver that is on, beside the lamp
STANDBY_W = 0.4
ON_LUX, OFF_LUX = 35.0, 70.0  # dark and light again: the pair in which photocells are sold
LATE_S = 2.0  # the longest ramp up that a lamp may have: within it nobody is in the dark yet
DUSK_S = 60.0  # a photocell is given a minute to be sure


@dataclass(frozen=True, slots=True)
class Plan:
    """A street: where, when and how much of it."""

    start: datetime
    zone: ZoneInfo
    latitude: float
    longitude: float
    lamps: int
    bins: int
    seed: int
    floor: float  # level 0..1 below which nobody who is there at night may find a lamp

    @property
    def street_m(self) -> float:
        """Its length."""
        return SPACING_M * max(1, self.lamps)


@dataclass(slots=True)
class LampTruth:
    """What is true of one lamp: its light as its driver gives it, and who is under it."""

    place_m: float
    level: float = 0.0
    on_foot: int = 0
    vehicles: int = 0
    since_s: float = 0.0  # when the present company began
    passages: int = 0
    energy_wh: float = 0.0
    full_light_wh: float = 0.0  # the same dark hours at full light
    below_floor_s: float = 0.0  # dark, somebody there, and less light than the floor

    @property
    def present(self) -> bool:
        """Whether somebody is there."""
        return self.on_foot + self.vehicles > 0

    @property
    def power_w(self) -> float:
        """What lamp and driver draw."""
        return RATED_W * self.level + LOSSES_W if self.level > 0.0 else STANDBY_W


@dataclass(order=True, slots=True)
class _Edge:
    at_s: float
    lamp: int
    step: int = field(compare=False)  # 1: comes, -1: goes
    kind: Kind = field(compare=False)


class World:
    """Sun, people, vehicles and rubbish; `advance` lets time pass, `shine` tells it what a lamp does."""

    def __init__(self, plan: Plan, stream: Iterator[Passage]) -> None:
        self.plan = plan
        self.sky = Sky(plan.latitude, plan.longitude, plan.seed)
        self.lamps = [LampTruth(SPACING_M * (number + 0.5)) for number in range(plan.lamps)]
        histories = [with_past(BinShape(), plan.start, plan.zone, f"{plan.seed} {n}") for n in range(plan.bins)]
        self.bins = [one for one, _ in histories]
        self.pasts = [past for _, past in histories]  # (time, fill 0..1) of each bin's last fortnight
        self.now_s = 0.0
        self.lux = self.sky.lux(plan.start)
        self.dark = self.lux < ON_LUX
        self.dark_since_s = -math.inf if self.dark else 0.0
        self.passages = 0
        self.passing: list[Passage] = []
        self._stream = stream
        self._next = next(stream, None)
        self._edges: list[_Edge] = []

    @property
    def at(self) -> datetime:
        """The world's time, in UTC."""
        return self.plan.start + timedelta(seconds=self.now_s)

    @property
    def next_edge_s(self) -> float:
        """When somebody next comes to a lamp or leaves it; infinity when nobody is about."""
        edge_s = self._edges[0].at_s if self._edges else math.inf
        return min(edge_s, self._next.at_s if self._next is not None else math.inf)

    def shine(self, number: int, level: float) -> None:
        """Hear from a lamp's driver; NaN, a driver without supply, is dark."""
        self.lamps[number].level = 0.0 if math.isnan(level) else level

    def advance(self, to_s: float) -> None:
        """Let time pass until `to_s` seconds after the start, edge by edge."""
        while self.next_edge_s <= to_s:
            self._pass(self.next_edge_s)
            self._turn()
        self._pass(to_s)
        for one in self.bins:
            one.advance(to_s)
        self._look_up()
        self.passing = [
            one for one in self.passing if 0.0 <= one.place_m(to_s, self.plan.street_m) <= self.plan.street_m
        ]

    def _turn(self) -> None:
        """Let happen what is due: one comes into the street, or an edge at a lamp."""
        if self._next is not None and self._next.at_s <= self.now_s:
            self._enter(self._next)
            self._next = next(self._stream, None)
            return
        edge = heapq.heappop(self._edges)
        lamp = self.lamps[edge.lamp]
        if edge.step > 0 and not lamp.present:
            lamp.since_s = edge.at_s
        lamp.passages += edge.step > 0
        if edge.kind is Kind.ON_FOOT:
            lamp.on_foot += edge.step
        else:
            lamp.vehicles += edge.step

    def _enter(self, one: Passage) -> None:
        self.passages += 1
        self.passing.append(one)
        for number, lamp in enumerate(self.lamps):
            near_s = one.reach_s(lamp.place_m - REACH_M, self.plan.street_m)
            far_s = one.reach_s(lamp.place_m + REACH_M, self.plan.street_m)
            heapq.heappush(self._edges, _Edge(min(near_s, far_s), number, 1, one.kind))
            heapq.heappush(self._edges, _Edge(max(near_s, far_s), number, -1, one.kind))

    def _pass(self, to_s: float) -> None:
        """Meter the time in which nothing changes."""
        passed_s = to_s - self.now_s
        self.now_s = to_s
        night = self.dark and to_s - self.dark_since_s > DUSK_S
        for lamp in self.lamps:
            lamp.energy_wh += lamp.power_w * passed_s / 3600
            if self.dark:
                lamp.full_light_wh += (RATED_W + LOSSES_W) * passed_s / 3600
            if night and lamp.present and to_s - lamp.since_s > LATE_S and lamp.level < self.plan.floor:
                lamp.below_floor_s += passed_s

    def _look_up(self) -> None:
        self.lux = self.sky.lux(self.at)
        if self.lux < ON_LUX and not self.dark:
            self.dark, self.dark_since_s = True, self.now_s
        elif self.lux > OFF_LUX:
            self.dark = False


def share_saved(used: float, full: float) -> str:
    """Return how much less than full light was used, in words."""
    return f"{(1.0 - used / full) * 100:.0f} %" if full > 0.0 else "nothing yet"
