"""The trees that the model must beat see the past only, and stand on the site's own level."""

import numpy as np
import pytest

from training import tree
from training.vector import Series

WEEKS = 6


def street(per_day: int) -> Series:
    counts = np.random.default_rng(1).poisson(20, WEEKS * 7 * per_day).astype(float)
    counts[::50] = np.nan
    return Series(counts, 86400 // per_day)


@pytest.mark.parametrize(("per_day", "step"), [(96, 0), (96, 3), (96, 95), (24, 0), (24, 23)])
def test_a_trees_inputs_ask_nothing_of_the_future(per_day: int, step: int) -> None:
    series = street(per_day)
    at = np.array([0, 1, per_day // 2, per_day, 10 * per_day + 3, 29 * per_day + 7])
    for moment in at:
        known = series.counts.copy()
        known[moment:] = 1e6
        changed, level = tree._inputs(Series(known, series.period_s), at[at == moment], step)
        inputs, usual = tree._inputs(series, at[at == moment], step)
        assert np.array_equal(inputs, changed, equal_nan=True)
        assert np.array_equal(usual, level)


def test_a_tree_sees_the_same_of_a_street_with_ten_times_the_traffic() -> None:
    series = street(24)
    at = np.array([30 * 24, 35 * 24 + 5])
    inputs, level = tree._inputs(series, at, 0)
    more, higher = tree._inputs(Series(10 * series.counts, 3600), at, 0)
    assert more[:, :-1] == pytest.approx(inputs[:, :-1], rel=1e-6, nan_ok=True)  # the last is the level itself
    assert higher == pytest.approx(10 * level)


def test_a_trees_inputs_are_what_they_are_called() -> None:
    series = Series(np.arange(WEEKS * 7 * 24, dtype=float), 3600)
    at = np.array([35 * 24 + 5])
    inputs, level = tree._inputs(series, at, 0)
    counts = inputs[0] * level[0]
    assert level[0] == pytest.approx(series.counts[at[0] - 28 * 24 : at[0]].mean())
    assert counts[: tree.LAST] == pytest.approx(series.counts[at[0] - np.arange(1, tree.LAST + 1)])
    yesterday = at[0] - 24
    assert counts[tree.LAST : tree.LAST + 3] == pytest.approx(series.counts[yesterday - 1 : yesterday + 2])
    assert inputs[0, -3:-1].tolist() == [5.0, 0.0]  # 5 h on a Monday
