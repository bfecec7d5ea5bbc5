"""When a bin should be collected: at the last round at which waiting for the next one would cost too much.

What waiting costs is the time for which the bin would stand full until that next round, as far as it is foreseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from lampyre.decide.bins.past import FULL, HOURS_MOST, OPEN
from lampyre.records import Quality

__all__ = ["RISK_H", "Collection", "Reason", "Seen", "Wish", "collection", "full_h", "hours_to_overflow"]

Hours = tuple[float, float, float]

RISK_H = 7.5  # chosen on 2023 to mid-2024 of the Prague paper containers: docs/evaluate_bins.md
LAST_PACE = 0.4  # from 80 to 95 % a level rises so much slower than below: waste is pressed (Prague paper containers)
SPREAD = (2.0, 1.0, 0.5)  # times the mean rate, for p10, p50, p90: as the rule's forecast has it
BEYOND = 0.8  # the last tenth of chances lies so many times p90 - p50 beyond p90


class Reason(StrEnum):
    """Why somebody should come."""

    FULLNESS = "FULLNESS"  # it is full by now
    FORECAST = "FORECAST"  # it will be
    ALERT = "ALERT"  # something else is wrong with what is in it
    AGE = "AGE"  # it has not been emptied for too long


@dataclass(frozen=True, slots=True)
class Wish:
    """What a town wants of one bin."""

    risk_h: float = RISK_H  # so many hours full are expected at most, from one round to the next
    full_at: float = FULL
    age_most: timedelta | None = None  # None: it may wait as long as it is not full


@dataclass(frozen=True, slots=True)
class Seen:
    """What a node knows of one bin."""

    fill: float | None  # 0..1, the newest that is believed
    quality: Quality
    hours: Hours | None  # until 80 % if nobody comes: p10, p50, p90; None: not known
    rate: float  # fill per hour while it was open: `Past.open_rate`
    emptied_at: datetime | None = None
    alert: str | None = None  # what is wrong with its content, in words: heat, smell
    doubt: str | None = None  # why its sensor is not to be trusted, in words


@dataclass(frozen=True, slots=True)
class Collection:
    """By when to collect, why, and what that rests on."""

    by: datetime | None  # one of the rounds; None: none of them needs to
    reason: Reason | None
    full_h: float | None  # hours full that are expected if that round (else the last) leaves it to the next one
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
        return Collection(old, Reason.AGE, of_level.full_h, f"not emptied for {days:.0f} days", of_level.suppressed)
    return of_level


def _of_level(seen: Seen, at: datetime, rounds: Sequence[datetime], wish: Wish) -> Collection:
    doubt = seen.doubt
    if doubt is None and (seen.fill is None or seen.quality > Quality.SUSPECT):
        doubt = "no level to be believed"
    if doubt is not None or seen.fill is None:
        return Collection(None, None, None, f"not by its level: {doubt}", suppressed=True)
    hours = hours_to_overflow(seen.fill, seen.hours, seen.rate)
    if hours is None:
        return Collection(None, None, None, "nothing foreseen yet")
    waiting = 0.0
    for now, later in pairwise(rounds):
        waiting = full_h(hours, _hours(now - at), _hours(later - at))
        if waiting > wish.risk_h:
            reason = Reason.FULLNESS if seen.fill >= wish.full_at else Reason.FORECAST
            return Collection(now, reason, waiting, f"else full for {waiting:.1f} h until the round after")
    return Collection(None, None, waiting, f"can wait: full for {waiting:.1f} h until the last round, as foreseen")


def hours_to_overflow(fill: float, hours: Hours | None, rate: float) -> Hours | None:
    """Return the hours until nothing more is seen to go in (95 %): p10, p50, p90; None: not known.

    `hours`: until 80 %; `rate`: fill per hour. What lies between the two comes in at the mean rate, half and twice.
    """
    if fill >= OPEN:
        return (0.0, 0.0, 0.0)
    if hours is None:
        return None
    left = (OPEN - max(fill, FULL)) / LAST_PACE
    soon, middle, late = (
        to + min(left / (rate * times), HOURS_MOST) if rate > 0 else to + HOURS_MOST
        for to, times in zip(hours, SPREAD, strict=True)
    )
    return (soon, middle, late)


def full_h(hours: Hours, begin_h: float, end_h: float) -> float:
    """Return for how many hours between two, counted from now, it stands full on average over what is foreseen."""
    return _full_until(hours, end_h) - _full_until(hours, begin_h)


def _full_until(hours: Hours, end_h: float) -> float:
    """Return the integral, from now on, of the chance that it is full."""
    p10, p50, p90 = hours
    corners = [(0.0, 0.0), (p10, 0.1), (p50, 0.5), (p90, 0.9), (p90 + BEYOND * (p90 - p50), 1.0)]
    total = 0.0
    for (begin, low), (end, high) in pairwise(corners):
        if end_h <= begin:
            return total
        to = min(end, end_h)
        if end > begin:
            reached = low + (high - low) * (to - begin) / (end - begin)
            total += (low + reached) / 2 * (to - begin)
    return total + max(end_h - corners[-1][0], 0.0)


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)
