"""The inputs of `activity` for a whole series at once; a test holds it equal to what the node computes."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from lampyre.decide import activity, profile
from lampyre.decide.calendar import Calendar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 8192  # rows at once: their week of quarters fits into 100 MB


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
    monday: date = date(2024, 1, 1)
    dates: Calendar = field(default_factory=Calendar)

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
    result: Floats = np.maximum(np.where(whole | (day_there == 0), usual, first_day), activity.LEVEL_LEAST)
    return result


def features(series: Series, at: Ints, heard: Ints | None = None) -> tuple[NDArray[np.float32], Floats, Floats]:
    """Return inputs, level and slot-of-week expectation of each horizon for periods `at` (index of the next).

    `heard`: how many of the last periods the node has heard since it started; before it knows only the profile.
    """
    per_day = series.per_day
    counts = np.concatenate([series.counts, np.full(per_day + 1, np.nan)])  # expectations go a day past the end
    known = Known(
        counts,
        learned(counts, 7 * per_day, profile.WEEKS_KEPT),
        learned(counts, 7 * per_day, profile.SEASON_KEPT),
        learned(counts, per_day, profile.DAYS_KEPT),
        np.concatenate([[0], np.cumsum(~np.isnan(counts))]),
    )
    level = levels(counts, known.week, per_day)
    by_day = _by_day(series, len(counts) // per_day + 1)
    heard = np.full(len(at), 7 * per_day) if heard is None else heard
    parts = [
        _features(known, per_day, at[k : k + CHUNK], heard[k : k + CHUNK], level[at[k : k + CHUNK]][:, None], by_day)
        for k in range(0, len(at), CHUNK)
    ]
    if not parts:
        return np.zeros((0, len(activity.NAMES)), np.float32), np.zeros(0), np.zeros((0, 5))
    inputs, slot_mean = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return inputs, level[at], slot_mean


def without_sums(counts: Floats, period_s: int) -> Floats:
    """Return a series of quarters without the days on which a counter sent hours: a count at each full hour only.

    One bicycle counter in Münster does so from March 2025 on.
    """
    if period_s != 900:
        return counts
    there = ~np.isnan(np.concatenate([counts, np.full(-len(counts) % 96, np.nan)])).reshape(-1, 24, 4)
    hours = there[:, :, 0].any(axis=1) & ~there[:, :, 1:].any(axis=(1, 2))
    found: Floats = np.where(np.repeat(hours, 96)[: len(counts)], np.nan, counts)
    return found


@dataclass(frozen=True)
class Known:
    """A series with all that is learned from it."""

    counts: Floats
    week: Learned
    season: Learned
    day: Learned
    number: Ints  # how many counts were measured before each period


def _features(
    known: Known, per_day: int, at: Ints, heard: Ints, level: Floats, by_day: Floats
) -> tuple[NDArray[np.float32], Floats]:
    per_hour, width = per_day // 24, 7 * per_day
    back = at[:, None] + np.arange(-width, 0)
    today = at[:, None] + np.arange(-per_day, 0)
    seen = np.where(back < at[:, None] - heard[:, None], np.nan, _take(known.counts, back))
    usual = _or(_take(known.week.after, back), np.tile(_take(known.day.after, today), 7), level)
    counts = np.where(np.isnan(seen), usual, seen)
    of_today, usual_today = counts[:, -per_day:], usual[:, -per_day:]
    quarters = np.repeat(_root(of_today, level), 4 // per_hour, axis=1)
    hours = _root(of_today.reshape(len(at), 24, per_hour).mean(axis=2), level)
    steps = np.array(activity.AHEAD) * per_hour // 4
    lately = _take(known.day.after, at[:, None] + steps - per_day * (steps // per_day + 1))
    week = usual[:, steps]
    season = _or(_take(known.season.after, at[:, None] + steps - width), week)
    sunday = np.array(activity.SUNDAY) * per_hour // 4
    sunday_at = (6 * per_day + (at[:, None] + sunday) % per_day - at[:, None]) % width
    hour = at[:, None] + np.arange(-per_hour, 0)
    busy = [_share(counts[:, -h * per_hour :].sum(axis=1), usual[:, -h * per_hour :].sum(axis=1), h * per_hour * level)
            for h in activity.BUSY_H]  # fmt: skip
    days = counts.reshape(len(at), 7, per_day).sum(axis=2), usual.reshape(len(at), 7, per_day).sum(axis=2)
    weeks = known.number[at] / width
    columns = [
        quarters[:, -activity.RECENT :],
        hours[:, : 24 - activity.RECENT // 4],
        quarters[:, :4],
        _root(week, level),
        _root(_or(lately, level), level),
        _root(season, level),
        _root(counts[:, np.array(activity.LAST_WEEK) * per_hour // 4], level),
        _root(np.take_along_axis(usual, sunday_at, axis=1), level),
        _root(usual_today[:, -per_hour:].mean(axis=1, keepdims=True), level),
        _root(_or(_take(known.day.after, hour), level).mean(axis=1, keepdims=True), level),
        *busy,
        *(_share(days[0][:, k], days[1][:, k], per_day * level) for k in range(6)),
        _share(days[0].sum(axis=1), days[1].sum(axis=1), width * level),
        _calendar(at, per_day, by_day),
        np.log1p(level),
        np.full((len(at), 1), float(per_hour == 1)),
        np.minimum(weeks / activity.WEEKS_OLD, 1.0)[:, None],
        np.minimum(weeks / activity.WEEKS_SEASON, 1.0)[:, None],
        (~np.isnan(seen[:, -per_hour:])).mean(axis=1, keepdims=True),
        (~np.isnan(seen[:, -per_day:])).mean(axis=1, keepdims=True),
    ]
    wanted = [activity.AHEAD.index(ahead) for ahead in (0, 1, 2, 3, 95)]
    return np.concatenate(columns, axis=1).astype(np.float32), week[:, wanted]


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


def _share(seen: Floats, usual: Floats, plain: Floats) -> Floats:
    share: Floats = (seen[:, None] + 0.1 * plain) / (seen[:, None] + usual[:, None] + 0.2 * plain)
    return share


def _by_day(series: Series, days: int) -> Floats:
    """Return what the node's calendar says of each date, without time of day and weekday."""
    midnights = (datetime.combine(series.monday, datetime.min.time()) + timedelta(days=k) for k in range(days))
    return np.array([series.dates.numbers(midnight)[11:] for midnight in midnights])


def _calendar(at: Ints, per_day: int, by_day: Floats) -> Floats:
    turn = 2 * np.pi * (at % per_day)[:, None] / per_day
    weekday = (at // per_day % 7)[:, None] == np.arange(7)
    waves = [np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)]
    return np.concatenate([*waves, weekday, by_day[at // per_day]], axis=1)
