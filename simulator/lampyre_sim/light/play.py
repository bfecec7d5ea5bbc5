"""One production lamp in virtual time: it lives recorded days, and is looked at only when something changes."""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport
from lampyre.decide.inference import Model
from lampyre.hardware import definitions
from lampyre.lamp import Lamp
from lampyre.plans import almanac_of, night_rule, plan_of
from lampyre.policies import volume_of
from lampyre.policy_settings import AdaptiveSettings
from lampyre.records import Fine, Order
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import Settings
from lampyre_sim.light.candidates import Asks, Candidate
from lampyre_sim.light.sites import DAY_S, Passers, Site
from lampyre_sim.light.tally import SLACK, Meter, Tally

QUARTER_S, SAMPLE_S, MINUTE_S = 900.0, 600.0, 60.0
FRESH_S = 5.0  # a channel that was not put just now was not measured
BEFORE_S = 2400.0  # before dusk a policy by traffic counts two samples of ten minutes, after one that it does not trust
EDGE_S = 60.0  # at dusk and dawn, when nobody is in the dark
AGAIN_S = 5.0  # while the governor keeps a lamp up that should go down


@dataclass(frozen=True, slots=True)
class Dark:
    """One night, in seconds since 1970."""

    dusk_s: float
    dawn_s: float


class SetClock:
    """The agent's clock, set by whoever plays; durations are seconds since 1970 too."""

    trusted = True
    time_quality = "ntp"

    def __init__(self, at_s: float) -> None:
        self.at_s = at_s

    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.fromtimestamp(self.at_s, UTC)

    def monotonic(self) -> float:
        """Return the same in seconds."""
        return self.at_s


def nights_of(settings: Settings, begin_s: float, end_s: float) -> list[Dark]:
    """Return the whole nights between two moments, by the production almanac."""
    moments = (datetime.fromtimestamp(at_s, UTC) for at_s in (begin_s, end_s))
    found: list[Dark] = []
    dusk_s: float | None = None
    for switch in almanac_of(settings).switches(*moments):
        if switch.night:
            dusk_s = switch.at.timestamp()
        elif dusk_s is not None:
            found.append(Dark(dusk_s, switch.at.timestamp()))
    return found


class Stage:
    """One lamp of a candidate at a site, among the passers of one seed."""

    def __init__(
        self,
        site: Site,
        candidate: Candidate,
        settings: Settings,
        passers: Passers,
        model: Model | None,
        asks: Callable[[float], float],
    ) -> None:
        self._site, self._candidate, self._passers = site, candidate, passers
        self._clock = SetClock(site.begins_s)
        channels = definitions(settings)["b1"].channels
        self._names = ("b1.presence", "b1.passages")
        latest = Latest(
            [ChannelRule(f"b1.{c.name}", c.quantity, c.low, c.high, FRESH_S) for c in channels], self._clock
        )
        self._latest = latest
        line = BoardLine("b1", settings.board[0].link, definitions(settings)["b1"], self._clock, _nothing, _nothing)
        lamp = settings.lamp[0]
        overrides = Overrides(Path("never-written"))
        rule, plan = night_rule(settings.night), plan_of(settings, lamp)
        self.lamp = Lamp(lamp, settings.node, line, latest, overrides, self._clock, rule, plan)
        self.lamp.model = model
        self._asks = asks
        self._seen_s = -math.inf  # the last look
        self._ramp_end_s = 0.0

    def play(self, nights: list[Dark], taught_from_s: float) -> Tally:
        """Add these nights up. A model has learned since `taught_from_s`; other times than these nights only teach."""
        total = Tally()
        if not nights:
            return total
        self._clock.at_s = taught_from_s if self._candidate.model else nights[0].dusk_s - DAY_S / 4
        self.lamp.told(LampReport(ordered=False, level=0.0, target=0.0, left_s=0.0))
        for night in nights:
            for at_s in self._between(self._clock.at_s, night.dusk_s):
                known = self._site.measured(at_s - 1.0, at_s)
                self._look(at_s, present=False, count=self._counted(at_s), known=known)
            total.take(self._night(night))
        return total

    def _between(self, from_s: float, dusk_s: float) -> Iterator[float]:
        """Yield when it is looked at before a night: each quarter to teach a model, each minute for a counter."""
        minutely_s = dusk_s - BEFORE_S if self._candidate.counts else math.inf
        at_s = from_s
        while True:
            quarter_s = _next(at_s, QUARTER_S) if self._candidate.model else math.inf
            at_s = min(quarter_s, max(_next(at_s, MINUTE_S), _next(minutely_s, MINUTE_S)))
            if at_s >= dusk_s:
                return
            yield at_s

    def _night(self, night: Dark) -> Tally:
        meter = Meter(self._asks)
        comes, leaves = self._passers.comes_s, self._passers.leaves_s
        coming, last = map(int, np.searchsorted(comes, [night.dusk_s, night.dawn_s]))
        grid_s = MINUTE_S if self._candidate.counts else SAMPLE_S
        here: list[tuple[float, int]] = []  # when who leaves
        ordered = 0.0
        at_s = self._seen_s = night.dusk_s
        while at_s < night.dawn_s:
            self._shine(meter, at_s)
            present = bool(here)
            while here and here[0][0] <= at_s:
                meter.left(heapq.heappop(here)[1])
            while coming < last and comes[coming] <= at_s:
                present = True
                heapq.heappush(here, (float(leaves[coming]), coming))
                if night.dusk_s + EDGE_S <= comes[coming] < night.dawn_s - EDGE_S:
                    meter.came(coming)
                coming += 1
            order, again_s = self._look(at_s, present=present, count=coming, alone=not here)
            meter.tally.switchings += abs(order.level - ordered) > SLACK
            ordered = order.level
            next_come_s = float(comes[coming]) if coming < last else math.inf
            next_leave_s = here[0][0] if here else math.inf
            # traffic goes by samples of ten minutes, what a model learns by quarters
            at_s = min(_next(at_s, grid_s), _next(at_s, QUARTER_S), again_s, next_come_s, next_leave_s, night.dawn_s)
        self._shine(meter, night.dawn_s)
        self._look(night.dawn_s, present=False, count=coming)
        meter.tally.switchings += ordered > SLACK  # off
        meter.tally.nights, meter.tally.night_s = 1, night.dawn_s - night.dusk_s
        return meter.tally

    def _shine(self, meter: Meter, to_s: float) -> None:
        """Meter the light since the last look: the rest of a ramp, then a level that stands."""
        level = self.lamp.governor.level
        middle_s = min(max(self._ramp_end_s, self._seen_s), to_s)
        for begin_s, end_s in ((self._seen_s, middle_s), (middle_s, to_s)):
            if end_s > begin_s:
                meter.shone(begin_s, level(begin_s), end_s, level(end_s))

    def _look(
        self, at_s: float, *, present: bool, count: int, alone: bool = True, known: bool = True
    ) -> tuple[Order, float]:
        """Let the lamp look once; return its order and when it must look again of itself."""
        self._clock.at_s = self._seen_s = at_s
        self._latest.put(self._names, (float(present), float(count) if known else math.nan))
        news = self.lamp.step()
        assert news is not None  # its board has spoken
        order = news.step.order
        self._ramp_end_s = at_s + order.ramp_s
        if order.level != news.step.intent.level:
            return order, at_s + AGAIN_S
        held_s = self.lamp.policy.held_until_s(self.lamp.forecast) if alone and order.fine is Fine.PRESENCE else None
        # a node looks once a second: the first look after the hold has ended lowers
        return order, math.inf if held_s is None else max(at_s, math.floor(held_s)) + 1.0

    def _counted(self, at_s: float) -> int:
        return int(np.searchsorted(self._passers.comes_s, at_s, side="right"))


def asked_at(asks: Asks, settings: Settings, passers: Passers, design_per_h: float) -> Callable[[float], float]:
    """Return which level is asked for at a moment; by traffic it is what the ten minutes around it come to."""
    lamp = settings.lamp[0]
    if asks is Asks.CLASS:
        return lambda _: lamp.class_level
    continuous = asks is Asks.CURVE
    volume = volume_of(lamp, AdaptiveSettings(design_flow_per_h=design_per_h, continuous=continuous))
    numbers, counts = np.unique(passers.comes_s // SAMPLE_S, return_counts=True)
    flows = dict(zip(numbers.tolist(), (counts * (3600.0 / SAMPLE_S)).tolist(), strict=True))
    return lambda at_s: volume.level(flows.get(at_s // SAMPLE_S, 0.0))


def _next(at_s: float, grid_s: float) -> float:
    return (at_s // grid_s + 1.0) * grid_s if math.isfinite(at_s) else math.inf


def _nothing(_: object) -> None:
    """Hear nothing: no board is plugged in."""
