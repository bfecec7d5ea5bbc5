"""What the model must beat: gradient-boosted trees with the same past, one for each set and horizon.

They see counts divided by the site's own mean of the last four weeks, so that one tree serves sites it has never
seen; the loss is the absolute error of these shares. Trained on the known sensors' rows before the later time.
Tried and no better on the whole (November 2026): errors weighted by the site's level, counts in
square-root scale, the month, the usual means of whole days.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lampyre.decide import activity as node
from training import vector

if TYPE_CHECKING:
    from training.data import Sensor

HORIZONS_S = (900.0, 3600.0, 86400.0)  # 30 and 45 min lie between: not worth two more trees
SEED = 20261123  # the rows drawn, and the sample that sets the trees' steps
ROWS = 275_000  # of a set: one in four of the bicycles', all of Melbourne's
ROUNDS, RATE, LEAF_ROWS = 400, 0.06, 60  # half as many faster rounds lose about 0.5 % (bicycles, November 2026)
LAST = 8  # counts that go in one by one
DAYS_BACK = (1, 2, 7, 14, 21, 28)  # same time of these days, with its neighbours
LEVEL_DAYS = 28
LEVEL_LEAST = 0.05  # counts per period; an empty street's shares stay finite


def tree_forecasts(sensors: Sequence["Sensor"], moments: Sequence[vector.Ints]) -> list[vector.Floats]:
    """Return for each sensor the trees' counts at its moments: rows x the node's horizons; NaN: no such tree.

    `moments`: indices of the next period, for each sensor. The trees grow from the sensors that are not new.
    """
    period_s = sensors[0].series.period_s
    found = [np.full((len(at), len(node.HORIZONS_S)), np.nan) for at in moments]
    for column, horizon_s in enumerate(node.HORIZONS_S):
        if horizon_s not in HORIZONS_S or horizon_s < period_s:
            continue
        step = int(horizon_s) // period_s - 1
        grown = _grow([sensor for sensor in sensors if not sensor.new], column, step)
        for sensor, at, forecasts in zip(sensors, moments, found, strict=True):
            if len(at):
                inputs, level = _inputs(sensor.series, at, step)
                forecasts[:, column] = np.maximum(grown.predict(inputs), 0) * level  # type: ignore[attr-defined]
    return found


def _grow(sensors: Sequence["Sensor"], column: int, step: int) -> object:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415  (only here, and not in the tests)
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    rng = np.random.default_rng(SEED)
    parts = []
    for sensor in sensors:
        per_day = sensor.series.per_day
        at = np.arange(sensor.first + per_day, sensor.later - per_day)
        truth = vector.targets(sensor.series, at)[:, column]
        at = at[~np.isnan(truth) & ~np.isnan(sensor.series.counts[at - 1])]
        at = rng.choice(at, min(ROWS // len(sensors), len(at)), replace=False)
        parts.append((*_inputs(sensor.series, at, step), vector.targets(sensor.series, at)[:, column]))
    inputs, level, truth = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    tree = HistGradientBoostingRegressor(
        loss="absolute_error",
        max_iter=ROUNDS,
        learning_rate=RATE,
        min_samples_leaf=LEAF_ROWS,
        early_stopping=False,
        random_state=SEED,
    )
    with threadpool_limits(1):  # the same sums everywhere; two threads on a busy machine take twenty times as long
        return tree.fit(inputs, truth / level)


def _inputs(series: vector.Series, at: vector.Ints, step: int) -> tuple[np.ndarray, vector.Floats]:
    """Return the tree's inputs and the site's level; NaN: not measured, which the trees understand."""
    per_day, per_hour = series.per_day, series.per_day // 24
    then = at + step  # the period that is forecast

    def before(index: vector.Ints) -> vector.Floats:
        inside = (index >= 0) & (index < at[:, None])
        return np.where(inside, series.counts[np.where(inside, index, 0)], np.nan)

    def usual(index: vector.Ints) -> vector.Floats:
        return _mean(np.stack([before(index - 7 * week * per_day) for week in range(1, 5)]))

    near = np.arange(-2, 3) if per_hour > 1 else np.arange(-1, 2)
    alike = [then[:, None] + near[near + step < days * per_day] - days * per_day for days in DAYS_BACK]
    level = np.maximum(np.nan_to_num(_means(series.counts, at, (LEVEL_DAYS * per_day,))), LEVEL_LEAST)
    shares = [
        before(at[:, None] - np.arange(1, LAST + 1)),
        *(before(index) for index in alike),
        usual(then[:, None] + near),
        usual(at[:, None] - np.arange(1, LAST // 2 + 1)),
        _mean(np.stack([before(then[:, None] - days * per_day) for days in range(1, 8)])),
        _means(series.counts, at, [h * per_hour for h in (1, 3, 6, 24, 48, 7 * 24, 14 * 24)]),
    ]
    calendar = np.column_stack([then % per_day / per_hour, then // per_day % 7, np.log(level)])
    return np.concatenate([*(share / level for share in shares), calendar], axis=1).astype(np.float32), level[:, 0]


def _means(counts: vector.Floats, at: vector.Ints, lengths: Sequence[int]) -> vector.Floats:
    """Return the means of the last `lengths` periods; NaN where none was measured."""
    there = np.concatenate([[0], np.cumsum(~np.isnan(counts))])
    summed = np.concatenate([[0.0], np.cumsum(np.nan_to_num(counts))])
    start = np.maximum(at[:, None] - np.array(lengths), 0)
    n = there[at][:, None] - there[start]
    return np.where(n > 0, (summed[at][:, None] - summed[start]) / np.maximum(n, 1), np.nan)


def _mean(stack: vector.Floats) -> vector.Floats:
    n = (~np.isnan(stack)).sum(axis=0)
    return np.where(n > 0, np.nansum(stack, axis=0) / np.maximum(n, 1), np.nan)
