"""The inputs of `activity` for a whole series at once; a test holds it equal to what the node computes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lampyre.decide import activity, profile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """A profile at every moment of a series: `before` and `after` the count of that period was learned."""

    before: Floats
    after: Floats


@dataclass(frozen=True)
class Series:
    """One sensor on an even grid of local time that starts on a Monday at midnight; NaN: not measured."""

    counts: Floats
    period_s: int

    @property
    def per_day(self) -> int:
        """Periods a day."""
        return 86400 // self.period_s


def learned(counts: Floats, width: int, kept: int) -> Learned:
    """Return what `SiteProfile` knows of each slot, row of `width` slots by row."""
    rows = np.concatenate([counts, np.full(-len(counts) % width, np.nan)]).reshape(-1, width)
    mean, seen = np.full(width, np.nan), np.zeros(width)
    before, after = np.empty_like(rows), np.empty_like(rows)
    for k, row in enumerate(rows):
        before[k] = mean
        cut = np.where(seen >= 2, np.fmin(row, profile.CLIP_TIMES * mean + profile.CLIP_MORE), row)
        there = ~np.isnan(row)
        moved = np.where(seen > 0, mean + (cut - mean) / np.minimum(seen + 1, kept), row)
        mean = np.where(there, moved, mean)
        seen = np.where(there, np.minimum(seen + 1, kept), seen)
        after[k] = mean
    return Learned(before.ravel()[: len(counts)], after.ravel()[: len(counts)])


def levels(counts: Floats, week: Learned, per_day: int) -> Floats:
    """Return the site's level at the start of every period (one more than there are counts)."""
    slots = np.cumsum(~np.isnan(week.after) & np.isnan(week.before))
    total = np.cumsum(np.nan_to_num(week.after) - np.nan_to_num(week.before))
    there = np.concatenate([np.zeros(per_day), ~np.isnan(counts)]).cumsum()
    summed = np.concatenate([np.zeros(per_day), np.nan_to_num(counts)]).cumsum()
    there, summed = (np.concatenate([[0.0], x]) for x in (there, summed))
    day_there, day_sum = there[per_day:] - there[:-per_day], summed[per_day:] - summed[:-per_day]
    first_day = np.where(day_there > 0, day_sum / np.maximum(day_there, 1), 0.0)
    whole = np.concatenate([[False], slots >= per_day])
    usual = np.concatenate([[0.0], total / np.maximum(slots, 1)])
    result: Floats = np.maximum(np.where(whole, usual, first_day), activity.LEVEL_LEAST)
    return result


def features(series: Series, at: Ints) -> tuple[NDArray[np.float32], Floats, Floats]:
    """Return inputs, level and slot-of-week expectation of each horizon for periods `at` (index of the next)."""
    per_day = series.per_day
    counts = np.concatenate([series.counts, np.full(per_day, np.nan)])  # what is expected goes a day past the end
    per_hour = per_day // 24
    week = learned(counts, 7 * per_day, profile.WEEKS_KEPT)
    day = learned(counts, per_day, profile.DAYS_KEPT)
    level = levels(counts, week, per_day)[at][:, None]
    back = at[:, None] + np.arange(-per_day, 0)
    known = _take(counts, back)
    usual = _or(_take(week.after, back), _take(day.after, back), level)
    filled = np.where(np.isnan(known), usual, known)
    quarters = np.repeat(_root(filled, level), 4 // per_hour, axis=1)
    hours = _root(filled.reshape(len(at), 24, per_hour).mean(axis=2), level)
    ahead = at[:, None] + np.array([quarter * per_hour // 4 for quarter in activity.AHEAD])
    lately = np.where(ahead < at[:, None] + per_day - 1, _take(day.before, ahead), np.nan)
    lately[:, -1] = _take(day.after, at - 1)
    hour = at[:, None] + np.arange(-per_hour, 0)
    week_ahead = _or(_take(week.before, ahead), lately, level)
    learned_n = np.concatenate([[0], np.cumsum(~np.isnan(counts))])[at]
    columns = [
        quarters[:, -activity.RECENT :],
        hours[:, : 24 - activity.RECENT // 4],
        quarters[:, :4],
        _root(week_ahead, level),
        _root(_or(lately, level), level),
        _root(usual[:, -per_hour:].mean(axis=1, keepdims=True), level),
        _root(_or(_take(day.after, hour), level).mean(axis=1, keepdims=True), level),
        *(_share(filled, usual, h * per_hour, level) for h in (1, 3, 24)),
        _calendar(at, per_day),
        np.log1p(level),
        np.full((len(at), 1), float(per_hour == 1)),
        np.minimum(learned_n / (7 * per_day) / activity.WEEKS_OLD, 1.0)[:, None],
        (~np.isnan(known[:, -per_hour:])).mean(axis=1, keepdims=True),
        (~np.isnan(known)).mean(axis=1, keepdims=True),
    ]
    slot_mean = np.concatenate([week_ahead[:, :4], week_ahead[:, -1:]], axis=1)
    return np.concatenate(columns, axis=1).astype(np.float32), level[:, 0], slot_mean


def targets(series: Series, at: Ints) -> Floats:
    """Return the counts of each horizon's period; NaN where not measured or where hours have no such period."""
    found = _take(series.counts, at[:, None] + _steps(series))
    if series.per_day == 24:
        found[:, :3] = np.nan
    return found


def four_week_mean(series: Series, at: Ints) -> Floats:
    """Return the plain mean of each horizon's slot in the last four weeks; NaN where none was measured."""
    weeks = [_take(series.counts, at[:, None] + _steps(series) - 7 * series.per_day * week) for week in range(1, 5)]
    there = sum(~np.isnan(week) for week in weeks)
    found: Floats = np.where(there > 0, sum(np.nan_to_num(week) for week in weeks) / np.maximum(there, 1), np.nan)
    return found


def _steps(series: Series) -> Ints:
    return np.array([0, 1, 2, 3, 95] if series.per_day == 96 else [0, 0, 0, 0, 23])


def _take(values: Floats, index: Ints) -> Floats:
    inside = (index >= 0) & (index < len(values))
    found: Floats = np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)
    return found


def _or(*choices: Floats) -> Floats:
    found = choices[0]
    for other in choices[1:]:
        found = np.where(np.isnan(found), other, found)
    return found


def _root(counts: Floats, level: Floats) -> Floats:
    root: Floats = np.minimum(np.sqrt(counts / level), activity.ROOT_MOST)
    return root


def _share(filled: Floats, usual: Floats, periods: int, level: Floats) -> Floats:
    seen = filled[:, -periods:].sum(axis=1, keepdims=True)
    mean = usual[:, -periods:].sum(axis=1, keepdims=True)
    share: Floats = (seen + 0.1 * periods * level) / (seen + mean + 0.2 * periods * level)
    return share


def _calendar(at: Ints, per_day: int) -> Floats:
    turn = 2 * np.pi * (at % per_day)[:, None] / per_day
    weekday = (at // per_day % 7)[:, None] == np.arange(7)
    return np.concatenate([np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn), weekday], axis=1)
