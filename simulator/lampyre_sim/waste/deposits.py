"""What was thrown into a container hour by hour, rebuilt from its recorded levels; what nobody could see is drawn.

Between two emptyings a level can only rise, but for noise and settling: the line that never falls and lies nearest to
the readings is taken, and its rises are the deposits. What came in while the container was full, at an emptying, or in
a gap of more than a day is drawn at the container's own rate of that time of the week and of those weeks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

from lampyre.decide.bins.faults import faulty
from lampyre.decide.bins.past import OPEN
from lampyre_sim.score.grid import Ints
from lampyre_sim.score.levels import LOST_H, Levels
from lampyre_sim.score.measures import Bools, Floats
from lampyre_sim.waste.curve import STRAIGHT, Curve, curve_of, isotonic
from lampyre_sim.waste.emptyings import emptied

FULL_FROM = 0.995  # whole per cents: 100 and beyond
SLOT_H = 3  # of the week's rate; readings come every 2 to 3 h
WEEK_SLOTS, DAY_SLOTS = 168 // SLOT_H, 24 // SLOT_H
CALM_H = 24.0  # of the day's mean rate stand in each slot of the week, so that one bag does not make a rate
NEAR_H = 14 * 24.0  # the season: two weeks before and after
CALM_LOADS = 1.0  # stand in each season at the mean rate: a slow container has few loads in four weeks
TURNS = 6  # of estimating curve and rates by one another; the curve changes by less than 0.01 after four
BAG_LEAST = 0.01  # of a container: below, sensors see nothing
NOISE_MOST = 0.2  # a reading further from the line is no noise but a fault or an emptying that was not found
NEVER = 1e-9  # keeps a division alive


@dataclass(frozen=True, slots=True)
class Cells:
    """Each hour's part in each step between readings in which something was seen to come."""

    hour: Ints
    step: Ints
    meant: Floats  # what that hour was expected to bring
    rose: Floats  # of each step


@dataclass(frozen=True, slots=True)
class Process:
    """One container: all hours are whole ones since `begin_h` (hours since 1970, UTC)."""

    name: str
    stream: str
    begin_h: int
    hours: int
    cells: Cells
    hidden: Floats  # what each hour is expected to have brought unseen
    bag: float  # variance by mean of what comes: the size of what is thrown in at once
    left: float  # the level that an emptying leaves
    curve: Curve
    emptied: Ints  # hours of the recorded emptyings
    looks: Floats  # hours (with fractions, since begin_h) of the recorded readings
    noise: Floats  # what the sensor showed beyond the level
    recorded_95: float  # share of the recorded hours at 95 or more

    @property
    def hidden_share(self) -> float:
        """The share of all deposits that nobody saw."""
        hidden = float(self.hidden.sum())
        return hidden / max(hidden + float(self.cells.rose.sum()), NEVER)

    def drawn(self, rng: Generator, hidden_times: float) -> Floats:
        """Return one draw of each hour's deposits: hidden ones at so many times the estimate, seen ones at any hour."""
        cells = self.cells
        part = rng.gamma(cells.meant / self.bag) + NEVER * cells.meant
        whole = np.bincount(cells.step, part, len(cells.rose))
        seen = np.bincount(cells.hour, cells.rose[cells.step] * part / whole[cells.step], self.hours)
        found: Floats = seen + self.bag * rng.poisson(self.hidden * hidden_times / self.bag)
        return found


def rebuilt(levels: Levels, zone: ZoneInfo, *, straight: bool = False) -> Process:
    """Return the deposit process behind recorded levels; `straight`: each deposit raises any level alike."""
    wrong = np.array(faulty(levels.hours.tolist(), levels.fills.tolist()))
    hours, raw = levels.hours[~wrong], levels.fills[~wrong]
    begins = emptied(hours, raw)
    fills = _risen(raw, begins)
    begin_h = int(hours[0])
    hours = hours - begin_h
    number = int(hours[-1]) + 1
    slots = _slots(begin_h, number, zone)
    curve = STRAIGHT
    steps = _Steps(hours, fills, begins, curve)
    for _ in range(0 if straight else TURNS):
        # by the time of day alone: who empties on fixed days makes the days after look poor
        meant = steps.sums(_rate(steps, slots % DAY_SLOTS))
        seen = ~steps.hidden
        curve = curve_of(fills[:-1][seen], fills[1:][seen], meant[seen])
        steps = _Steps(hours, fills, begins, curve)
    rate = _rate(steps, slots)
    cells, unknown = _spread(steps, rate)
    residual = raw - fills
    step_h = np.diff(hours)
    known = step_h <= LOST_H
    return Process(
        name=levels.name,
        stream=levels.stream,
        begin_h=begin_h,
        hours=number,
        cells=cells,
        hidden=rate * unknown,
        bag=_bag(steps, rate),
        left=float(np.median(fills[begins])) if len(begins) else 0.0,
        curve=curve,
        emptied=np.round((hours[begins - 1] + hours[begins]) / 2).astype(np.int64),
        looks=hours,
        noise=residual[np.abs(residual) <= NOISE_MOST],
        recorded_95=float((step_h * (raw[:-1] >= OPEN))[known].sum() / max(step_h[known].sum(), NEVER)),
    )


class _Steps:
    """The steps between readings: from when to when, what rose, and whether that was seen."""

    def __init__(self, hours: Floats, fills: Floats, begins: Ints, curve: Curve) -> None:
        self.begin, self.end = hours[:-1], hours[1:]
        emptying = np.zeros(len(hours), np.bool_)
        emptying[begins] = True
        span = self.end - self.begin
        self.hidden: Bools = emptying[1:] | (fills[:-1] >= OPEN) | (span > LOST_H)
        self.filled: Bools = ~self.hidden & (fills[1:] >= FULL_FROM)  # at some moment of it: half of it, on average
        self.open_h = np.where(self.hidden, 0.0, np.where(self.filled, 0.5, 1.0) * span)
        self.rose = np.where(self.hidden, 0.0, np.maximum(np.diff(curve.thrown(fills)), 0.0))

    def sums(self, rate: Floats) -> Floats:
        """Return what an hourly rate comes to in each step, while it was open."""
        to = np.concatenate([[0.0], np.cumsum(rate)])
        at = np.arange(len(to))
        found: Floats = np.interp(self.end, at, to) - np.interp(self.begin, at, to)
        return found * np.where(self.filled, 0.5, 1.0)


def _risen(raw: Floats, begins: Ints) -> Floats:
    """Return the nearest line that never falls within a cycle, once single readings were held to their neighbours."""
    found = raw.copy()
    for start, end in zip([0, *begins.tolist()], [*begins.tolist(), len(raw)], strict=True):
        part = raw[start:end]
        if len(part) > 2:
            three = np.stack([part[:-2], part[1:-1], part[2:]])
            part = np.concatenate([part[:1], np.median(three, axis=0), part[-1:]])
        found[start:end] = isotonic(part)
    return found


def _slots(begin_h: int, number: int, zone: ZoneInfo) -> Ints:
    """Return each hour's slot of the week on the clock on the wall."""
    found = np.empty(number, np.int64)
    for day in range(0, number, 24):  # where the clock changes, some hours of one day are an hour off
        at = datetime.fromtimestamp((begin_h + day) * 3600, UTC).astimezone(zone)
        count = min(24, number - day)
        found[day : day + count] = (at.weekday() * 24 + at.hour + np.arange(count)) % 168 // SLOT_H
    return found


def _rate(steps: _Steps, slots: Ints) -> Floats:
    """Return the mean rate of each hour: of its slot, times that of the weeks around."""
    base = _base(steps, slots)[slots]
    found: Floats = base * _season(steps, base)
    return found


def _base(steps: _Steps, slots: Ints) -> Floats:
    middle = np.minimum(((steps.begin + steps.end) / 2).astype(np.int64), len(slots) - 1)
    came = np.bincount(slots[middle], steps.rose, WEEK_SLOTS)
    open_h = np.bincount(slots[middle], steps.open_h, WEEK_SLOTS)
    by_day = came.reshape(7, -1).sum(axis=0) / (open_h.reshape(7, -1).sum(axis=0) + 1.0)
    found: Floats = (came + CALM_H * np.tile(by_day, 7)) / (open_h + CALM_H) + NEVER
    return found


def _season(steps: _Steps, base: Floats) -> Floats:
    came_to = np.concatenate([[0.0], np.cumsum(steps.rose)])
    meant_to = np.concatenate([[0.0], np.cumsum(np.where(steps.hidden, 0.0, steps.sums(base)))])
    days = np.arange(0, len(base), 24)
    low, high = np.searchsorted(steps.begin, days - NEAR_H), np.searchsorted(steps.begin, days + NEAR_H)
    of_day = (came_to[high] - came_to[low] + CALM_LOADS) / (meant_to[high] - meant_to[low] + CALM_LOADS)
    found: Floats = np.repeat(of_day, 24)[: len(base)]
    return found


def _spread(steps: _Steps, rate: Floats) -> tuple[Cells, Floats]:
    """Return the cells of what was seen, and the share of each hour in which nothing could be."""
    unknown = np.zeros(len(rate))
    hour, step, meant = [], [], []
    rising = np.flatnonzero(steps.rose > 0)
    place = {k: number for number, k in enumerate(rising.tolist())}
    for k, (begin, end) in enumerate(zip(steps.begin.tolist(), steps.end.tolist(), strict=True)):
        cell = np.arange(int(begin), min(int(end), len(rate) - 1) + 1)
        share = np.maximum(np.minimum(cell + 1.0, end) - np.maximum(cell, begin), 0.0)
        if steps.hidden[k] or steps.filled[k]:
            unknown[cell] += share * (1.0 if steps.hidden[k] else 0.5)
        if k in place:
            hour.append(cell)
            step.append(np.full(len(cell), place[k]))
            meant.append(share * rate[cell] + NEVER)
    if not hour:
        return Cells(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0)), unknown
    cells = Cells(np.concatenate(hour), np.concatenate(step), np.concatenate(meant), steps.rose[rising])
    return cells, np.minimum(unknown, 1.0)


def _bag(steps: _Steps, rate: Floats) -> float:
    meant = steps.sums(rate)
    told = ~steps.hidden & ~steps.filled
    total = float(meant[told].sum())
    return (
        max(float(((steps.rose - meant)[told] ** 2).sum()) / max(total, NEVER), BAG_LEAST) if total > 0 else BAG_LEAST
    )
