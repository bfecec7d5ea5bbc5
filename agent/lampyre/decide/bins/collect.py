"""When a bin should be collected: at the last round at which waiting for the next one would cost too much.

What waiting costs is the time for which the bin would stand full until then, as far as the node foresees it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from lampyre.decide.bins.past import FULL, OPEN, SLOT_H
from lampyre.records import Quality

__all__ = ["RISK_H", "Collection", "Reason", "Seen", "Wish", "collection", "waiting_h", "waste"]

Hours = tuple[float, float, float]

RISK_H = (
    15.0  # on Prague paper before July 2024 the least with no more collections than the town: docs/evaluate_bins.md
)
KNEE, PACE = 0.65, 0.4  # above, a level rises so much slower for the same waste (Prague paper containers, 2023 to 2025)
# What a day brings beside the mean of four weeks, ten days alike in likelihood, least first: a gamma law with the
# scatter of those containers' days (0.45 of their mean), 1.25 times, for the mean holds hours above the knee too.
DAYS = (0.49, 0.7, 0.84, 0.97, 1.1, 1.24, 1.39, 1.57, 1.82, 2.29)
BEYOND = 0.8  # the last tenth of a forecast's chances lies so many times p90 - p50 beyond p90
EMPTY = 0.02  # what an emptying leaves (median of those containers)


class Reason(StrEnum):
    """Why somebody should come."""

    FULLNESS = "FULLNESS"  # it is full by now
    FORECAST = "FORECAST"  # it will be
    ALERT = "ALERT"  # something else is wrong with what is in it
    AGE = "AGE"  # it has not been emptied for too long


@dataclass(frozen=True, slots=True)
class Wish:
    """What a town wants of one bin."""

    risk_h: float = RISK_H  # waiting for the next round may cost so much; 0: always come, 24: never for its level
    full_at: float = FULL
    age_most: timedelta | None = None  # None: it may wait as long as it is not full


@dataclass(frozen=True, slots=True)
class Seen:
    """What a node knows of one bin."""

    fill: float | None  # 0..1, the newest that is believed
    quality: Quality
    hours: Hours | None  # until 80 % if nobody comes: p10, p50, p90; None: not known
    slots: Sequence[float]  # fill per hour in each three hours of a day, the first from now on: `Past.slots`
    emptied_at: datetime | None = None
    alert: str | None = None  # what is wrong with its content, in words: heat, smell
    doubt: str | None = None  # why its sensor is not to be trusted, in words


@dataclass(frozen=True, slots=True)
class Collection:
    """By when to collect, why, and what that rests on."""

    by: datetime | None  # one of the rounds; None: none of them needs to
    reason: Reason | None
    waiting_h: float | None  # what it would cost to leave it to the round after that one (else: to the last)
    why: str
    suppressed: bool = False  # its level says nothing, because its sensor cannot be trusted


def collection(seen: Seen, at: datetime, rounds: Sequence[datetime], wish: Wish) -> Collection:
    """Return by which of the coming rounds to collect.

    `rounds`: when somebody could come, the first not before `at`, in order (UTC), at least two: the last only says
    how long the one before it would have to last.
    """
    if seen.alert is not None:
        return Collection(rounds[0], Reason.ALERT, None, seen.alert)
    of_level = _of_level(seen, at, rounds, wish)
    old = None
    if wish.age_most is not None and seen.emptied_at is not None:
        too_old = seen.emptied_at + wish.age_most
        old = next((now for now, later in pairwise(rounds) if later > too_old), None)
    if old is not None and (of_level.by is None or old < of_level.by):
        assert seen.emptied_at is not None  # nothing is old without it
        days = (at - seen.emptied_at) / timedelta(days=1)
        return Collection(old, Reason.AGE, of_level.waiting_h, f"not emptied for {days:.0f} days", of_level.suppressed)
    return of_level


def _of_level(seen: Seen, at: datetime, rounds: Sequence[datetime], wish: Wish) -> Collection:
    doubt = seen.doubt
    if doubt is None and (seen.fill is None or seen.quality > Quality.SUSPECT):
        doubt = "no level to be believed"
    if doubt is not None or seen.fill is None:
        return Collection(None, None, None, f"not by its level: {doubt}", suppressed=True)
    if seen.hours is None:
        return Collection(None, None, None, "nothing foreseen yet")
    cost = 0.0
    for now, later in pairwise(rounds):
        cost = waiting_h(seen.fill, seen.hours, seen.slots, _hours(now - at), _hours(later - at))
        if cost > wish.risk_h:
            reason = Reason.FULLNESS if seen.fill >= wish.full_at else Reason.FORECAST
            return Collection(now, reason, cost, f"waiting for the round after costs {cost:.1f} h, {_limit(wish)}")
    return Collection(None, None, cost, f"can wait: it costs {cost:.1f} h, {_limit(wish)}")


def waiting_h(fill: float, hours: Hours, slots: Sequence[float], begin_h: float, end_h: float) -> float:
    """Return what it costs to leave a bin from one round to another (hours from now), in hours, on average.

    The mean of the hours above 80 %, as the forecast has it (`hours` until then, p10, p50, p90), and of those full
    (95 %), if the days go as they did lately; less those full that would come even if it was emptied at the first.
    """
    above = _above_h(hours, end_h) - _above_h(hours, begin_h)
    full = _full_h(fill, slots, begin_h, end_h)
    turn = int(begin_h / SLOT_H) % max(len(slots), 1)
    return (above + full) / 2 - _full_h(EMPTY, (*slots[turn:], *slots[:turn]), 0.0, end_h - begin_h)


def waste(fill: float) -> float:
    """Return what must have been thrown in for a level, at the pace of a container that is not yet full."""
    return fill if fill < KNEE else KNEE + (fill - KNEE) / PACE


def _above_h(hours: Hours, end_h: float) -> float:
    """Return the integral, from now on, of the chance to be above 80 %."""
    p10, p50, p90 = hours
    corners = [(0.0, 0.0), (p10, 0.1), (p50, 0.5), (p90, 0.9), (p90 + BEYOND * (p90 - p50), 1.0)]
    total = 0.0
    for (begin, low), (end, high) in pairwise(corners):
        if end_h <= begin:
            return total
        if end > begin:
            to = min(end, end_h)
            reached = low + (high - low) * (to - begin) / (end - begin)
            total += (low + reached) / 2 * (to - begin)
    return total + max(end_h - corners[-1][0], 0.0)


def _full_h(fill: float, slots: Sequence[float], begin_h: float, end_h: float) -> float:
    """Return the hours full between two, the mean over days of every size."""
    if fill >= OPEN:
        return end_h - begin_h
    need = waste(OPEN) - waste(fill)
    total = 0.0
    for times in DAYS:
        total += end_h - min(max(_until(need / times, slots), begin_h), end_h)
    return total / len(DAYS)


def _until(need: float, slots: Sequence[float]) -> float:
    """Return the hours until so much came in, if every day goes as `slots` say."""
    daily = SLOT_H * sum(slots)
    if daily <= 0.0:
        return math.inf
    days = math.floor(need / daily)
    need -= days * daily
    hours = 24.0 * days
    for rate in slots:
        if need <= SLOT_H * rate:
            return hours + (need / rate if rate > 0.0 else 0.0)
        need -= SLOT_H * rate
        hours += SLOT_H
    return hours


def _limit(wish: Wish) -> str:
    return f"{wish.risk_h:g} h are allowed"


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)
