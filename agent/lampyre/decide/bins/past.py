"""A bin's last four weeks: its readings without their faults, its emptyings, and how fast it filled."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from lampyre.decide.bins.faults import believed, faulty

HISTORY_H = 28 * 24.0  # two weeks tell less of the days of collection
STEP_LEAST_H = 0.24  # readings closer than a quarter of an hour add nothing
EMPTIED_DROP = 0.2  # a fall by more is an emptying; settling and noise stay below (Prague containers)
FULL = 0.8  # the fill at which a bin should be emptied
HOURS_MOST = 336.0  # two weeks: further ahead nothing can be said
OPEN = 0.95  # above, a sensor hardly sees any more coming in
GAP_H = 12.0  # what came in over a longer gap belongs to no time of day
SLOT_H = 3  # the day's rate in steps of about the time between two readings
SLOTS = 24 // SLOT_H
CALM_H = 3.0  # of the mean rate stand in each slot from the start, so that one reading does not make a rate


class Past:
    """What a node knows of one bin at one moment; hours are before now and so negative, fills 0..1."""

    __slots__ = ("before", "believed", "emptied_at", "fills", "hours", "last", "open_rate", "risen", "slots")

    def __init__(self, history: Sequence[tuple[datetime, float]], at: datetime) -> None:
        hours, fills = _readings(history, at)
        self.believed = believed(hours, fills) if fills else 0.0
        if fills:
            wrong = faulty(hours, fills)
            if any(wrong):
                hours = [hour for hour, out in zip(hours, wrong, strict=True) if not out]
                fills = [fill for fill, out in zip(fills, wrong, strict=True) if not out]
        self.hours, self.fills = hours, fills
        self.emptied_at: list[float] = []  # hours, midway between the readings before and after
        self.before: list[float] = []  # the fill each emptying found
        self.last = 0  # index of the first reading since the last emptying
        self.risen: list[float] = [0.0] if hours else []  # all that was thrown in since the first reading
        self.open_rate = 0.0  # fill per hour while the sensor could see it
        self.slots: list[float] = [0.0] * SLOTS  # fill per hour in each three hours of the day, the first from now on
        self._walk()

    def _walk(self) -> None:
        came, open_h = [0.0] * SLOTS, [0.0] * SLOTS
        total, hour, fill = 0.0, 0.0, 0.0
        for k, (now_h, now) in enumerate(zip(self.hours, self.fills, strict=True)):
            if k:
                if fill - now > EMPTIED_DROP:
                    self.emptied_at.append((hour + now_h) / 2)
                    self.before.append(fill)
                    self.last = k
                else:
                    # falls of noise count against rises, else a flickering sensor would fill a bin
                    total += now - fill
                    if fill < OPEN and now_h - hour < GAP_H:
                        slot = int((hour + now_h) / 2 % 24 / SLOT_H) % SLOTS
                        came[slot] += now - fill
                        open_h[slot] += now_h - hour
                self.risen.append(total)
            hour, fill = now_h, now
        if sum(open_h) >= 6:
            self.open_rate = max(sum(came) / sum(open_h), 0.0)
        calm = CALM_H * self.open_rate
        rates = [max((rise + calm) / (span + CALM_H), 0.0) for rise, span in zip(came, open_h, strict=True)]
        # what noise took from one hour it gave to another: together they come to the whole day's rate
        whole = sum(rates) / SLOTS
        self.slots = [rate * self.open_rate / whole if whole > 0 else 0.0 for rate in rates]

    def at_hour(self, values: Sequence[float], hour: float) -> float:
        """Return a value at some hour, on the straight line between the readings, level outside them."""
        k = bisect_right(self.hours, hour)
        if k == 0 or k == len(self.hours):
            return values[0] if k == 0 else values[-1]
        share = (hour - self.hours[k - 1]) / (self.hours[k] - self.hours[k - 1])
        return values[k - 1] + share * (values[k] - values[k - 1])

    @property
    def span_h(self) -> float:
        """How far back the history goes."""
        return -self.hours[0] if self.hours else 0.0

    @property
    def rate(self) -> float:
        """Fill per hour over all the history; 0 while it is shorter than 6 h."""
        return max(self.risen[-1] / self.span_h, 0.0) if self.span_h >= 6 else 0.0

    @property
    def still_h(self) -> float:
        """For how long the sensor has said the very same."""
        k = len(self.fills) - 1
        while k > 0 and self.fills[k - 1] == self.fills[-1]:
            k -= 1
        return -self.hours[k]

    def hours_by_rate(self, times: float = 1.0) -> float:
        """Return the hours from now until 80 % at so many times the mean rate."""
        left, rate = FULL - self.fills[-1], times * self.rate
        if left <= 0:
            return 0.0
        return min(max(left / rate + self.hours[-1], 0.0), HOURS_MOST) if rate > 0 else HOURS_MOST

    def hours_by_slot(self) -> float:
        """Return the hours from now until 80 % if each day goes as the days of these weeks on average."""
        left, daily = FULL - self.fills[-1], SLOT_H * sum(self.slots)
        if left <= 0:
            return 0.0
        if left >= daily * HOURS_MOST / 24:
            return HOURS_MOST
        days = math.floor(left / daily)
        left -= days * daily
        hours = 24.0 * days
        for rate in self.slots:
            if left <= SLOT_H * rate:
                return min(hours + (left / rate if rate > 0 else 0.0), HOURS_MOST)
            left -= SLOT_H * rate
            hours += SLOT_H
        return min(hours, HOURS_MOST)

    def rise_by_slot(self, ahead_h: int) -> float:
        """Return the rise over some whole slots from now, by the time of day."""
        return SLOT_H * sum(self.slots[k % SLOTS] for k in range(ahead_h // SLOT_H))


def _readings(history: Sequence[tuple[datetime, float]], at: datetime) -> tuple[list[float], list[float]]:
    """Return hours and fills of the last four weeks, no closer than a quarter of an hour; the newest is one of them."""
    hours: list[float] = []
    fills: list[float] = []
    last = -HISTORY_H - STEP_LEAST_H
    now = at.timestamp()
    newest = None
    for when, fill in history:
        hour = (when.timestamp() - now) / 3600
        if not -HISTORY_H <= hour <= 0 or not math.isfinite(fill):
            continue
        if hour < last + STEP_LEAST_H:
            newest = (hour, fill) if hour > last else newest
            continue
        hours.append(hour)
        fills.append(min(max(fill, 0.0), 1.0))
        last, newest = hour, None
    if newest is not None:
        hours[-1], fills[-1] = newest[0], min(max(newest[1], 0.0), 1.0)
    return hours, fills
