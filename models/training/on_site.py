"""The bands as a node tells them: moved by what each site has seen, from the first judged moment on."""

from collections.abc import Sequence

import numpy as np

from lampyre.decide.band import Band
from lampyre.records import Forecast
from training.judged import Floats, Part


def coverage_on_site(part: Part, ends_h: Sequence[float], per_day: int, high: float) -> list[float]:
    """Return for each horizon the share of truths between p10 and p90 once the node's `Band` has moved them.

    `ends_h`: hours from a moment until its truth is known; `per_day`: moments a day at one site; `high`: the most
    that can be foreseen. NaN: no truth.
    """
    inside = np.full(part.truth.shape, np.nan)
    for site in np.unique(part.site):
        rows = np.flatnonzero(part.site == site)
        rows = rows[np.argsort(part.when[rows], kind="stable")]
        for k, end_h in enumerate(ends_h):
            inside[rows, k] = _inside(part, rows, k, np.timedelta64(round(3600 * end_h), "s"), per_day, high)
    return [float(np.nanmean(column)) if not np.isnan(column).all() else float("nan") for column in inside.T]


def _inside(part: Part, rows: np.ndarray, k: int, end: np.timedelta64, per_day: int, high: float) -> Floats:
    """Return 1 where the truth lay in the band, 0 where not; a truth moves the bands that were told after it."""
    band, told, learned = Band(1, per_day), [], 0
    found = np.full(len(rows), np.nan)
    whens, truths, said = part.when[rows], part.truth[rows, k].tolist(), part.quantiles[rows, k].tolist()
    for place, when in enumerate(whens):
        while whens[learned] + end <= when and learned < place:
            if not np.isnan(truths[learned]):
                band.take(0, truths[learned], told[learned])
            learned += 1
        fitted = band.fit(Forecast("", (0.0,), *((one,) for one in said[place]), ""), 0.0, high)
        told.append((fitted.p10[0], fitted.p50[0], fitted.p90[0]))
        if not np.isnan(truths[place]):
            found[place] = fitted.p10[0] <= truths[place] <= fitted.p90[0]
    return found
