"""How full a bin will be and when it must be emptied: the numbers for the model, and the rule beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import accumulate, pairwise
from typing import Protocol

from lampyre.chance import Chance
from lampyre.decide.bins import rhythm
from lampyre.decide.bins.past import EMPTIED_DROP, FULL, HISTORY_H, HOURS_MOST, Past
from lampyre.records import Features, Forecast, Quality

__all__ = [
    "CHANCES_H", "EMPTIED_DROP", "FULL", "HISTORY_H", "HORIZONS_H", "HORIZONS_S", "HOURS_MOST", "NAMES", "STREAMS",
    "Forecaster", "Outlook", "features_of", "fill_features", "outlook_of", "rule_of",
]  # fmt: skip

HORIZONS_H = (6, 12, 24, 48)
HORIZONS_S = tuple(3600.0 * hours for hours in HORIZONS_H)
CHANCES_H = (12, 24)  # within which a round can still be planned
STREAMS = ("paper", "plastic", "glass")  # what was trained on; any other is all zeros
BACK_H = (3, 6, 9, 12, 18, 24, 36, 48)
OLD_H = 12.0  # after this long without a reading, 99 % of the steps being under 7 h, the state is a guess
RISE_MOST = 2.0  # bins in two days; more is a fault

NAMES: tuple[str, ...] = (
    "fill", "believed", "median_3", "age_h", "still_log", "span_days", "noise",
    *(f"fill_{back}h_ago" for back in BACK_H),
    *(f"rise_{back}h" for back in BACK_H),
    "rate_28d", "rate_7d", "rate_open", "rate_since_emptied", "since_emptied_log", "fill_after_emptied",
    "hours_by_rate_log", "hours_by_slot", "hours_by_slot_log",
    *(f"rise_daily_{ahead}h" for ahead in HORIZONS_H),
    *(f"rise_weekly_{ahead}h" for ahead in HORIZONS_H),
    *(f"rise_last_week_{ahead}h" for ahead in HORIZONS_H),
    *rhythm.NAMES,
    *STREAMS,
    "sin_day", "cos_day", "sin_half_day", "cos_half_day",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip


class Forecaster(Protocol):
    """What we need of a model."""

    def predict_all(self, features: Features) -> tuple[Forecast | Chance, ...] | None:
        """Return the forecasts of fill and of the hours to full and the chances, or None if they are no good."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that is foreseen of one bin."""

    fill: Forecast
    hours: tuple[float, float, float] | None  # until 80 % if nobody empties it: p10, p50, p90; None: not known
    soon: Chance | None  # of 80 % within CHANCES_H, before anybody empties it; None: not known, the rule knows none


def fill_features(history: Sequence[tuple[datetime, float]], at: datetime, stream: str, zone: tzinfo) -> Features:
    """Return the model's inputs: fills 0..1 and rises of fill over the hours each name says.

    `history`: (UTC, fill 0..1), oldest first; what is older than 28 days, later than `at` or closer than a
    quarter of an hour is left out. SUSPECT with less than three days of it or no reading in the last 12 h;
    MISSING without any reading.
    """
    return features_of(Past(history, at), at, stream, zone)


def features_of(past: Past, at: datetime, stream: str, zone: tzinfo) -> Features:
    """Return `fill_features` of a past that is known already."""
    if not past.hours:
        return Features(NAMES, (0.0,) * len(NAMES), Quality.MISSING)
    hours, fills = past.hours, past.fills
    since = -hours[past.last]
    by_slot = past.hours_by_slot()
    local = at.astimezone(zone)
    weekday = local.weekday()
    turn = 2 * math.pi * (local.hour * 60 + local.minute) / 1440
    now = past.risen[-1]
    values = (
        fills[-1],
        past.believed,
        sorted(fills[-3:])[len(fills[-3:]) // 2],
        min(-hours[-1], 24.0),
        math.log1p(past.still_h),
        past.span_h / 24,
        _noise(past),
        *(past.at_hour(fills, -back) for back in BACK_H),
        *(min(max(now - past.at_hour(past.risen, -back), 0.0), RISE_MOST) for back in BACK_H),
        min(24 * past.rate, RISE_MOST),
        min(max(now - past.at_hour(past.risen, -rhythm.WEEK_H), 0.0) / min(max(past.span_h / 24, 1.0), 7.0), RISE_MOST),
        min(24 * past.open_rate, RISE_MOST),
        min(24 * max(now - past.risen[past.last], 0.0) / max(since, 3.0), RISE_MOST),
        math.log1p(since),
        fills[past.last],
        math.log1p(past.hours_by_rate()),
        by_slot,
        math.log1p(by_slot),
        *(min(past.rise_by_slot(ahead), RISE_MOST) for ahead in HORIZONS_H),
        *_rises(past),
        *rhythm.rhythm(past),
        *(float(stream == one) for one in STREAMS),
        math.sin(turn), math.cos(turn), math.sin(2 * turn), math.cos(2 * turn),
        *(float(weekday == day) for day in range(7)),
    )  # fmt: skip
    good = hours[0] <= -72 and hours[-1] >= -OLD_H
    return Features(NAMES, values, Quality.GOOD if good else Quality.SUSPECT)


def rule_of(past: Past) -> tuple[Forecast, tuple[float, float, float] | None]:
    """Return the rule's forecast: the bin goes on filling at its mean rate of four weeks, and nobody empties it.

    p10 and p90 stand for half and twice the rate. The hours are None without a rate or a reading.
    """
    fill = past.fills[-1] if past.fills else 0.0
    rate, age = past.rate, -past.hours[-1] if past.hours else 0.0
    p10, p50, p90 = (
        tuple(min(fill + times * rate * (age + ahead), 1.0) for ahead in HORIZONS_H) for times in (0.5, 1.0, 2.0)
    )
    forecast = Forecast("fill", HORIZONS_S, p10, p50, p90, "rule: mean rate")
    if not past.fills or (rate <= 0 and fill < FULL):
        return forecast, None
    return forecast, (past.hours_by_rate(2.0), past.hours_by_rate(1.0), past.hours_by_rate(0.5))


def outlook_of(model: Forecaster | None, past: Past, at: datetime, stream: str, zone: tzinfo) -> Outlook:
    """Return the fill at +6, 12, 24, 48 h, the hours to 80 % and the chance of it, by the model or the rule.

    The hours count as if nobody emptied the bin before; None if nothing can be said.
    """
    features = features_of(past, at, stream, zone)
    found = None
    if model is not None and features.quality is not Quality.MISSING:
        found = model.predict_all(features)
    if found is None:
        return Outlook(*rule_of(past), None)
    fill, hours, *others = (*found, None, None)  # a bundle of the town's own may hold one output alone
    if not (isinstance(fill, Forecast) and isinstance(hours, Forecast)):
        return Outlook(*rule_of(past), None)
    full = features.values[0] >= FULL
    to = (0.0, 0.0, 0.0) if full else (hours.p10[0], hours.p50[0], hours.p90[0])
    return Outlook(fill, to, next((_soon(one, full) for one in others if isinstance(one, Chance)), None))


def _soon(chance: Chance, full: bool) -> Chance:
    """Return a chance that is 1 in a full bin, and in a longer time never less."""
    return replace(chance, chances=tuple(1.0 if full else one for one in accumulate(chance.chances, max)))


def _noise(past: Past) -> float:
    """Return the mean fall between readings that is no emptying: settling, or a sensor that flickers."""
    falls = [before - after for before, after in pairwise(past.fills)]
    small = sum(fall for fall in falls if 0 < fall <= EMPTIED_DROP)
    return small / len(falls) if falls else 0.0


def _rises(past: Past) -> list[float]:
    """Return the rise over each horizon at this hour of the last weeks on average, then of the last one.

    A bin younger than a week: what the time of day says.
    """
    total = [0.0] * len(HORIZONS_H)
    lately = [past.rise_by_slot(ahead) for ahead in HORIZONS_H]
    weeks = 0
    for week in range(1, rhythm.WEEKS + 1):
        start = -rhythm.WEEK_H * week
        if past.hours[0] > start:
            break
        risen = past.at_hour(past.risen, start)
        rises = [past.at_hour(past.risen, start + ahead) - risen for ahead in HORIZONS_H]
        total = [sum(pair) for pair in zip(total, rises, strict=True)]
        lately = lately if weeks else rises
        weeks += 1
    mean = [rise / weeks for rise in total] if weeks else lately
    return [min(max(rise, 0.0), RISE_MOST) for rise in (*mean, *lately)]
