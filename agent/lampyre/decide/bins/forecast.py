"""How full a bin will be and when it must be emptied: the numbers for the model, and the rule beside it."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Protocol

from lampyre.records import Features, Forecast, Quality

HORIZONS_H = (6, 12, 24, 48)
HORIZONS_S = tuple(3600.0 * hours for hours in HORIZONS_H)
FULL = 0.8  # the fill at which a bin should be emptied
HISTORY_H = 14 * 24.0
STEP_LEAST_H = 0.24  # readings closer than a quarter of an hour add nothing
EMPTIED_DROP = 0.2  # a fall by more is an emptying; settling and noise stay below (Prague containers)
HOURS_MOST = 336.0  # two weeks: beyond the history nothing can be said
STREAMS = ("paper", "plastic", "glass")  # what was trained on; any other is all zeros
BACK_H = (3, 6, 9, 12, 18, 24, 36, 48)
OLD_H = 12.0  # after this long without a reading, 99 % of the steps being under 7 h, the state is a guess

NAMES: tuple[str, ...] = (
    "fill", "median_3", "age_h", "span_days",
    *(f"fill_{back}h_ago" for back in BACK_H),
    *(f"rise_{back}h" for back in BACK_H),
    "rate_14d", "rate_since_emptied", "hours_since_emptied", "fill_after_emptied",
    "hours_by_rate", "hours_by_rate_log",
    "emptied_14d", "fill_when_emptied", "noise",
    *(f"rise_daily_{ahead}h" for ahead in HORIZONS_H),
    *(f"rise_weekly_{ahead}h" for ahead in HORIZONS_H),
    *(f"emptied_daily_{ahead}h" for ahead in HORIZONS_H),
    *(f"emptied_weekly_{ahead}h" for ahead in HORIZONS_H),
    *STREAMS,
    "sin_day", "cos_day", "sin_half_day", "cos_half_day",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip


class Forecaster(Protocol):
    """What we need of a model."""

    def predict_all(self, features: Features) -> tuple[Forecast, ...] | None:
        """Return the forecasts of fill and of the hours to full, or None if they are no good."""


class Past:
    """A bin's last two weeks: hours before now (negative), fills, and what they add up to."""

    __slots__ = ("emptied", "fills", "hours", "risen")

    def __init__(self, history: Sequence[tuple[datetime, float]], at: datetime) -> None:
        self.hours: list[float] = []
        self.fills: list[float] = []
        for when, fill in history:
            hour = (when - at).total_seconds() / 3600
            last = self.hours[-1] if self.hours else -HISTORY_H - STEP_LEAST_H
            if math.isfinite(fill) and last + STEP_LEAST_H <= hour <= 0 and hour >= -HISTORY_H:
                self.hours.append(hour)
                self.fills.append(min(max(fill, 0.0), 1.0))
        self.emptied: list[int] = []  # index of the first reading after each emptying
        self.risen: list[float] = [0.0] if self.hours else []  # all that was thrown in since the first reading
        for k, (before, after) in enumerate(pairwise(self.fills), 1):
            fell = before - after > EMPTIED_DROP
            if fell:
                self.emptied.append(k)
            # falls of noise count against rises, else a flickering sensor would fill a bin
            self.risen.append(self.risen[-1] + (0.0 if fell else after - before))

    def at_hour(self, values: Sequence[float], hour: float) -> float:
        """Return a value at some hour, on the straight line between the readings, level outside them."""
        k = bisect_right(self.hours, hour)
        if k == 0 or k == len(self.hours):
            return values[0] if k == 0 else values[-1]
        share = (hour - self.hours[k - 1]) / (self.hours[k] - self.hours[k - 1])
        return values[k - 1] + share * (values[k] - values[k - 1])

    def rise(self, start: float, end: float) -> float:
        """Return what was thrown in between two hours."""
        return max(self.at_hour(self.risen, end) - self.at_hour(self.risen, start), 0.0)

    @property
    def rate(self) -> float:
        """Fill per hour over all the history; 0 while it is shorter than 6 h."""
        span = -self.hours[0] if self.hours else 0.0
        return max(self.risen[-1] / span, 0.0) if span >= 6 else 0.0


def fill_features(history: Sequence[tuple[datetime, float]], at: datetime, stream: str, zone: tzinfo) -> Features:
    """Return the model's inputs: fills 0..1 and rises of fill over the hours each name says.

    `history`: (UTC, fill 0..1), oldest first; what is older than 14 days, later than `at` or closer than a
    quarter of an hour is left out. SUSPECT with less than three days of it or no reading in the last 12 h;
    MISSING without any reading.
    """
    past = Past(history, at)
    if not past.hours:
        return Features(NAMES, (0.0,) * len(NAMES), Quality.MISSING)
    hours, fills = past.hours, past.fills
    last = past.emptied[-1] if past.emptied else 0
    since = -hours[last]
    left = _hours_by_rate(past, 1.0)
    local = at.astimezone(zone)
    weekday = local.weekday()
    turn = 2 * math.pi * (local.hour * 60 + local.minute) / 1440
    values = (
        fills[-1],
        sorted(fills[-3:])[len(fills[-3:]) // 2],
        min(-hours[-1], 24.0),
        min(-hours[0] / 24, 14.0),
        *(past.at_hour(fills, -back) for back in BACK_H),
        *(min(past.rise(-back, 0.0), 2.0) for back in BACK_H),
        min(24 * past.rate, 2.0),
        min(24 * past.rise(hours[last], 0.0) / max(since, 3.0), 2.0),
        min(since, HISTORY_H),
        fills[last],
        left,
        math.log1p(left),
        float(min(len(past.emptied), 20)),
        sum(fills[k - 1] for k in past.emptied) / len(past.emptied) if past.emptied else 0.0,
        _noise(past),
        *_rises(past, range(1, 14)),
        *_rises(past, (7, 14)),
        *_emptyings(past, range(1, 15)),
        *_emptyings(past, (7, 14)),
        *(float(stream == one) for one in STREAMS),
        math.sin(turn), math.cos(turn), math.sin(2 * turn), math.cos(2 * turn),
        *(float(weekday == day) for day in range(7)),
    )  # fmt: skip
    good = hours[0] <= -72 and hours[-1] >= -OLD_H
    return Features(NAMES, values, Quality.GOOD if good else Quality.SUSPECT)


def naive_forecast(
    history: Sequence[tuple[datetime, float]], at: datetime
) -> tuple[Forecast, tuple[float, float, float] | None]:
    """Return the rule's forecast: the bin goes on filling at its mean rate of two weeks, and nobody empties it.

    p10 and p90 stand for half and twice the rate. The hours are None without a rate or a reading.
    """
    past = Past(history, at)
    fill = past.fills[-1] if past.fills else 0.0
    rate, age = past.rate, -past.hours[-1] if past.hours else 0.0
    p10, p50, p90 = (
        tuple(min(fill + times * rate * (age + ahead), 1.0) for ahead in HORIZONS_H) for times in (0.5, 1.0, 2.0)
    )
    forecast = Forecast("fill", HORIZONS_S, p10, p50, p90, "rule: mean rate")
    if not past.fills or (rate <= 0 and fill < FULL):
        return forecast, None
    return forecast, (_hours_by_rate(past, 2.0), _hours_by_rate(past, 1.0), _hours_by_rate(past, 0.5))


def bin_forecast(
    model: Forecaster | None, history: Sequence[tuple[datetime, float]], at: datetime, stream: str, zone: tzinfo
) -> tuple[Forecast, tuple[float, float, float] | None]:
    """Return the fill at +6, 12, 24, 48 h and the hours to 80 % (p10, p50, p90), by the model or the rule.

    The hours count as if nobody emptied the bin before; None if nothing can be said.
    """
    features = fill_features(history, at, stream, zone)
    found = None
    if model is not None and features.quality is not Quality.MISSING:
        found = model.predict_all(features)
    if found is None:
        return naive_forecast(history, at)
    fill, hours = found
    return fill, (0.0, 0.0, 0.0) if features.values[0] >= FULL else (hours.p10[0], hours.p50[0], hours.p90[0])


def _hours_by_rate(past: Past, times: float) -> float:
    """Return the hours from now until 80 % at so many times the mean rate."""
    left, rate = FULL - past.fills[-1], times * past.rate
    if left <= 0:
        return 0.0
    return min(max(left / rate + past.hours[-1], 0.0), HOURS_MOST) if rate > 0 else HOURS_MOST


def _noise(past: Past) -> float:
    """Return the mean fall between readings that is no emptying: settling, or a sensor that flickers."""
    falls = [before - after for before, after in pairwise(past.fills)]
    small = [fall for fall in falls if 0 < fall <= EMPTIED_DROP]
    return sum(small) / len(falls) if falls else 0.0


def _rises(past: Past, days: Sequence[int]) -> list[float]:
    """Return the mean rise over each horizon at this time of day some days ago, else the mean rate's."""
    found = []
    for ahead in HORIZONS_H:
        starts = [-24.0 * day for day in days if past.hours[0] <= -24.0 * day <= -ahead]
        rises = [past.rise(start, start + ahead) for start in starts]
        found.append(min(sum(rises) / len(rises) if rises else past.rate * ahead, 2.0))
    return found


def _emptyings(past: Past, days: Sequence[int]) -> list[float]:
    """Return the share of those days on which the bin was emptied within each horizon after this hour."""
    emptied = [past.hours[k] for k in past.emptied]
    found = []
    for ahead in HORIZONS_H:
        starts = [-24.0 * day for day in days if past.hours[0] <= -24.0 * day <= -ahead]
        hits = sum(any(start < hour <= start + ahead for hour in emptied) for start in starts)
        found.append(hits / len(starts) if starts else 0.0)
    return found
