"""Production lamps in virtual time: they live recorded days, and are looked at only when something changes."""

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
from lampyre.decide.light.moving import Moving
from lampyre.hardware import definitions
from lampyre.lamp import Lamp, LampNews
from lampyre.plans import almanac_of, night_rule, plan_of
from lampyre.policies import volume_of
from lampyre.policy_settings import AdaptiveSettings, next_to
from lampyre.records import Fine, Order
from lampyre.row import Row
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import Settings
from lampyre_sim.light.candidates import Asks, Candidate
from lampyre_sim.light.sites import DAY_S, Passers, Site
from lampyre_sim.light.tally import SLACK, Meter, Tally
from lampyre_sim.score.measures import Floats

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


class Post:
    """One lamp of the street, who passes under it, and its meter."""

    def __init__(self, lamp: Lamp, channels: tuple[str, str], comes_s: Floats, leaves_s: Floats) -> None:
        self.lamp, self.channels = lamp, channels
        self._comes, self._leaves = comes_s, leaves_s
        self._here: list[tuple[float, int]] = []  # when who leaves
        self._coming = self._last = 0
        self._ramp_end_s = self._ordered = 0.0
        self._again_s = math.inf  # when it must be looked at of itself
        self.seen_s = -math.inf  # until when its light is metered
        self.present = False

    def begin(self, night: Dark, meter: Meter) -> None:
        """Start a night; who is there already counts for nothing."""
        self._night, self._meter = night, meter
        self._coming, self._last = map(int, np.searchsorted(self._comes, [night.dusk_s, night.dawn_s]))
        self._here, self._ordered, self._again_s, self.seen_s = [], 0.0, math.inf, night.dusk_s

    def end(self) -> Tally:
        """End the night; return what it came to."""
        tally = self._meter.tally
        tally.switchings += self._ordered > SLACK  # off
        tally.nights, tally.night_s = 1, self._night.dawn_s - self._night.dusk_s
        return tally

    @property
    def next_s(self) -> float:
        """When something happens here: somebody comes or leaves, or a hold ends."""
        come_s = float(self._comes[self._coming]) if self._coming < self._last else math.inf
        return min(come_s, self._here[0][0] if self._here else math.inf, self._again_s)

    def counted(self, at_s: float) -> float:
        """Return how many have come so far."""
        return float(np.searchsorted(self._comes, at_s, side="right"))

    def shine(self, to_s: float) -> None:
        """Meter the light since the last time: the rest of a ramp, then a level that stands."""
        level = self.lamp.governor.level
        middle_s = min(max(self._ramp_end_s, self.seen_s), to_s)
        for begin_s, end_s in ((self.seen_s, middle_s), (middle_s, to_s)):
            if end_s > begin_s:
                self._meter.shone(begin_s, level(begin_s), end_s, level(end_s))
        self.seen_s = to_s

    def turn(self, at_s: float) -> bool:
        """Let come and leave who does at this moment; whether something happened here."""
        happened = self.next_s <= at_s
        self.present = bool(self._here)  # who leaves is seen until now
        while self._here and self._here[0][0] <= at_s:
            self._meter.left(heapq.heappop(self._here)[1])
        while self._coming < self._last and self._comes[self._coming] <= at_s:
            self.present = True
            heapq.heappush(self._here, (float(self._leaves[self._coming]), self._coming))
            if self._night.dusk_s + EDGE_S <= self._comes[self._coming] < self._night.dawn_s - EDGE_S:
                self._meter.came(self._coming)
            self._coming += 1
        return happened

    def told(self, news: LampNews, at_s: float) -> None:
        """Hear what the lamp has just decided."""
        order = news.step.order
        self._ramp_end_s = at_s + order.ramp_s
        self._meter.tally.switchings += abs(order.level - self._ordered) > SLACK
        self._ordered = order.level
        self._again_s = self._soon_s(order, at_s, kept=order.level != news.step.intent.level)

    def _soon_s(self, order: Order, at_s: float, *, kept: bool) -> float:
        """Return when it must look again of itself; a node looks once a second."""
        tick_s = math.floor(at_s) + 1.0
        if self.present and not self._here:
            return tick_s  # it has yet to see that nobody is there
        if kept:
            return at_s + AGAIN_S
        lit_for = order.fine is Fine.PRESENCE and not self._here
        held_s = self.lamp.policy.held_until_s(self.lamp.forecast) if lit_for else None
        return math.inf if held_s is None else max(tick_s, math.floor(held_s) + 1.0)


class Stage:
    """The lamps of a candidate at a site, among the passers of one seed; one production row of them."""

    def __init__(
        self,
        site: Site,
        candidate: Candidate,
        settings: Settings,
        passers: Passers,
        model: Model | None,
        asks: Callable[[float], float],
    ) -> None:
        self._site, self._candidate, self._asks = site, candidate, asks
        self._clock = SetClock(site.begins_s)
        boards = definitions(settings)
        rules = [
            ChannelRule(f"{name}.{c.name}", c.quantity, c.low, c.high, FRESH_S)
            for name, board in boards.items()
            for c in board.channels
        ]
        self._latest = latest = Latest(rules, self._clock)
        overrides, rule = Overrides(Path("never-written")), night_rule(settings.night)
        self.posts: list[Post] = []
        for number, lamp in enumerate(settings.lamp):
            line = BoardLine(lamp.board, "serial:///dev/none", boards[lamp.board], self._clock, _nothing, _nothing)
            plan = plan_of(settings, lamp)
            made = Lamp(lamp, settings.node, line, latest, overrides, self._clock, rule, plan)
            made.model = model
            channels = (f"{lamp.board}.presence", f"{lamp.board}.passages")
            self.posts.append(Post(made, channels, *passers.at_lamp(number, len(settings.lamp))))
        neighbours = next_to((lamp.id, lamp.neighbours) for lamp in settings.lamp)
        self._posts = {post.lamp.id: post for post in self.posts}
        self._row = Row(
            {post.lamp.id: post.lamp for post in self.posts}, Moving(neighbours, settings.moving.lamps_most)
        )

    def play(self, nights: list[Dark], taught_from_s: float, judged_from_s: float = -math.inf) -> Tally:
        """Live through these nights and add up those from `judged_from_s` on; all else since `taught_from_s` teaches.

        All other time is looked at once a quarter, and only for a model.
        """
        candidate, total = self._candidate, Tally()
        if not nights:
            return total
        self._clock.at_s = taught_from_s if candidate.model else nights[0].dusk_s - DAY_S / 4
        for post in self.posts:
            post.lamp.told(LampReport(ordered=False, level=0.0, target=0.0, left_s=0.0))
        for night in nights:
            for at_s in self._between(self._clock.at_s, night.dusk_s):
                self._look(at_s, self.posts, known=self._site.measured(at_s - 1.0, at_s))
            tallies = self._night(night)
            for tally in tallies if night.dusk_s >= judged_from_s else ():
                total.take(tally)
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

    def _night(self, night: Dark) -> list[Tally]:
        grid_s = MINUTE_S if self._candidate.counts else SAMPLE_S
        for post in self.posts:
            post.begin(night, Meter(self._asks))
        at_s = on_grid_s = night.dusk_s
        while at_s < night.dawn_s:
            for post in self.posts:
                post.shine(at_s)
            due = [post for post in self.posts if post.turn(at_s) or at_s >= on_grid_s]
            for post, news in self._look(at_s, due):
                post.told(news, at_s)
            # traffic goes by samples of ten minutes, what a model learns by quarters
            on_grid_s = min(_next(at_s, grid_s), _next(at_s, QUARTER_S))
            at_s = min(on_grid_s, night.dawn_s, *(post.next_s for post in self.posts))
        for post in self.posts:
            post.shine(night.dawn_s)
            post.present = False
        self._look(night.dawn_s, self.posts)
        return [post.end() for post in self.posts]

    def _look(self, at_s: float, due: list[Post], *, known: bool = True) -> list[tuple[Post, LampNews]]:
        """Let these lamps look, and with them those at which they expect somebody; return what was decided."""
        self._clock.at_s = at_s
        for post in self.posts:
            self._latest.put(post.channels, (float(post.present), post.counted(at_s) if known else math.nan))
        return [(self._posts[lamp.id], news) for post in due for lamp, news in self._row.step(post.lamp)]


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
