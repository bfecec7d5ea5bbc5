"""The rows of `activity`: moments of recorded counts with inputs and truth, drawn to train on or kept to judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lampyre.decide import activity as node
from training import data, net, vector
from training.judged import NIGHT

YOUNG_SHARE = 0.3  # of the rows come from the first four weeks after a new start
YOUNG_STARTS = 4  # of each sensor, anywhere in its training time
RESTARTED_SHARE = 0.1  # of the rows come from a node that restarted within the last week: the counts are not kept
LEVEL_POWER = 0.25  # busier sites weigh more, as their errors do in counts; the whole level would leave quiet ones out
NIGHT_WEIGHT = 1.5  # lamps live in the night
ROOT_LEAST = 0.3  # no slot is without weight
JUDGED_EVERY = 5  # quarters; hours are all judged
AGES = (("first day", (0, 1)), ("first week", (1, 7)), ("first month", (7, 28)))  # from day, to day


@dataclass(frozen=True)
class Rows:
    """What one sensor is judged on; counts are in its periods."""

    site: str
    period_s: int
    at: vector.Ints
    inputs: net.Array
    level: vector.Floats
    when: np.ndarray  # local time
    truth: vector.Floats
    slot_mean: vector.Floats  # by the site profile
    four_weeks: vector.Floats
    last: vector.Floats
    last_week: vector.Floats


def training_rows(source: data.Source, sensors: Sequence[data.Sensor]) -> list[tuple[net.Array, net.Array]]:
    """Return inputs and truth (roots of shares, then weights) of what may be trained on, sensor by sensor."""
    rng = np.random.default_rng(net.SEED)
    fresh = [data.young(sensor, rng) for sensor in sensors for _ in range(YOUNG_STARTS)]
    found = []
    for group, share in ((sensors, 1 - YOUNG_SHARE), (fresh, YOUNG_SHARE)):
        for sensor in group:
            places = np.arange(sensor.first + 1, sensor.later - sensor.series.per_day)
            if len(places):
                at = rng.choice(places, min(int(source.rows * share / len(group)), len(places)), replace=False)
                found.append(_to_train_on(sensor, np.sort(at), rng))
    return found


def _to_train_on(sensor: data.Sensor, at: vector.Ints, rng: np.random.Generator) -> tuple[net.Array, net.Array]:
    series = sensor.series
    truth = vector.targets(series, at)
    at, truth = at[~np.isnan(truth).all(axis=1)], truth[~np.isnan(truth).all(axis=1)]
    week = 7 * series.per_day
    restarted = (rng.random(len(at)) < RESTARTED_SHARE) & (at - sensor.first > 2 * week)
    heard = np.where(restarted, rng.integers(1, week, len(at)), week)
    inputs, level, slot_mean = vector.features(series, at, heard)
    root = np.sqrt(truth / level[:, None]).clip(0, 1.25 * node.ROOT_MOST)
    # errors are wanted in counts: a step in the root weighs twice the root, taken from what was expected
    weight = (ROOT_LEAST + np.sqrt(slot_mean / level[:, None]).clip(0, node.ROOT_MOST)) * ~np.isnan(root)
    weight *= (1 + level[:, None]) ** LEVEL_POWER
    hour = at % series.per_day * 24 // series.per_day
    weight[(hour >= NIGHT[0]) | (hour < NIGHT[1])] *= NIGHT_WEIGHT
    return inputs, np.concatenate([np.nan_to_num(root), weight], axis=1).astype(np.float32)


def judged_rows(sensor: data.Sensor) -> Rows | None:
    """Return the moments of a sensor's later time, from its second week on, that can judge."""
    series = sensor.series
    start = max(sensor.later, sensor.first + 7 * series.per_day)
    return _judged(sensor, np.arange(start, len(series.counts), JUDGED_EVERY if series.per_day == 96 else 1))


def judged_young(sensor: data.Sensor) -> list[tuple[str, Rows]]:
    """Return the same with the sensor put up anew every four weeks of its later time, by its age."""
    per_day = sensor.series.per_day
    weeks = data.YOUNG_WEEKS * 7 * per_day
    found = []
    for first in range(max(sensor.later, sensor.first), len(sensor.series.counts) - weeks, weeks):
        fresh = data.started(sensor, first + per_day // 2, len(sensor.series.counts))
        for age, days in AGES:
            at = np.arange(fresh.first + days[0] * per_day + 1, fresh.first + days[1] * per_day)
            rows = _judged(fresh, at[at < len(fresh.series.counts)])
            if rows is not None:
                found.append((age, rows))
    return found


def _judged(sensor: data.Sensor, at: vector.Ints) -> Rows | None:
    """Return the moments at which the last count, the next hour's and tomorrow's are known."""
    series = sensor.series
    last = series.counts[at - 1]
    truth = vector.targets(series, at)
    rows = ~np.isnan(last) & ~np.isnan(truth[:, 3:]).any(axis=1)
    at, last, truth = at[rows], last[rows], truth[rows]
    if not len(at):
        return None
    inputs, level, slot_mean = vector.features(series, at)
    four_weeks = vector.four_week_mean(series, at)
    last_week = vector.targets(series, at - 7 * series.per_day)
    monday = np.datetime64(datetime.combine(series.monday, datetime.min.time()), "s")
    when = monday + at * np.timedelta64(series.period_s, "s")
    return Rows(sensor.name, series.period_s, at, inputs, level, when, truth, slot_mean,
        np.where(np.isnan(four_weeks), slot_mean, four_weeks), last,
        np.where(np.isnan(last_week), slot_mean, last_week))  # fmt: skip
