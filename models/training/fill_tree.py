"""What `fill` must beat: gradient-boosted trees with the same inputs on the same rows, one for each number."""

from collections.abc import Sequence

import numpy as np

from lampyre.decide.bins import forecast as node
from training.fill_rows import Array, Bools, Floats, Rows
from training.net import SEED

FILLS = 3  # trees for 6, 12 and 24 h: what the model is held to
HOURS = FILLS
COLUMNS = FILLS + 1 + len(node.CHANCES_H)
ROUNDS, RATE, LEAF_ROWS = 250, 0.06, 60


def tree_column(rows: Sequence[Rows], judged: Sequence[Rows], column: int) -> list[Floats]:
    """Return one tree's fills, hours or chances for each judged container's moments; NaN: it may have seen that one.

    Trained on the training moments of `rows`; the hours' tree on those whose hours are known, which favours it:
    it is judged on such moments only.
    """
    from sklearn.ensemble import (  # noqa: PLC0415  (only here)
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    inputs = np.concatenate([one.inputs[one.training] for one in rows])
    truth, known = (np.concatenate(parts) for parts in zip(*(_truth(one, column) for one in rows), strict=True))
    chances = column > HOURS
    kind = HistGradientBoostingClassifier if chances else HistGradientBoostingRegressor
    more = {"l2_regularization": 5.0} if chances else {"loss": "absolute_error"}
    tree = kind(max_iter=ROUNDS, learning_rate=RATE, min_samples_leaf=LEAF_ROWS, early_stopping=False,
        random_state=SEED, **more)  # fmt: skip
    tree.fit(inputs[known], truth[known])
    found = []
    for one in judged:
        asked = one.later | one.tuning
        said = np.full(len(asked), np.nan)
        said[asked] = _forecast(tree, one.inputs[asked], column)
        found.append(said)
    return found


def _truth(one: Rows, column: int) -> tuple[Floats, Bools]:
    """Return what the tree learns at the training moments, and where that is known."""
    at = one.training
    if column < FILLS:
        change = one.fill[at, column] - one.inputs[at, 0]
        return change, ~np.isnan(change)
    if column == HOURS:
        return one.hours[at], ~np.isnan(one.hours[at]) & ~one.above[at]
    came, known = one.soon()
    return came[at, column - HOURS - 1], known[at, column - HOURS - 1]


def _forecast(tree: object, inputs: Array, column: int) -> Floats:
    if column > HOURS:
        return np.asarray(tree.predict_proba(inputs)[:, 1])  # type: ignore[attr-defined]
    found = tree.predict(inputs)  # type: ignore[attr-defined]
    if column == HOURS:
        return np.clip(found, 0, node.HOURS_MOST)
    return np.clip(found + inputs[:, 0], 0, 1)
