"""What a model said and what came, and the figures a report takes from it; NumPy only."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NIGHT = (22, 6)  # local hours in which lamps live
NIGHTLY = ("four-week mean", "tree")  # others whose nights are told
LEARNED = "tree"  # an other with this in its name was trained too: not a naive forecast
SHOWN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Part:
    """One side of one set: n moments, h horizons.

    `site` (n,), `when` (n,) local time of the forecast, `truth` (n, h) NaN: not known, `quantiles` (n, h, 3) of the
    int8 model, `real` (n, h, 3) of the float net, `others` (n, h) of each baseline, NaN: it has no answer.
    """

    name: str
    new: bool
    site: NDArray[np.str_]
    when: NDArray[np.datetime64]
    horizons: tuple[str, ...]
    truth: Floats
    quantiles: Floats
    real: Floats
    others: Mapping[str, Floats]
    ahead_h: tuple[float, ...] = ()  # hours from `when` to what each horizon speaks of; empty: none
    on_site: tuple[float, ...] = ()  # coverage of each horizon once a node's band has moved it; empty: not asked

    @property
    def side(self) -> str:
        """Whether its sites were kept out of training."""
        return "new" if self.new else "known"

    def hour(self, k: int) -> NDArray[np.int64]:
        """Local hour of the day that horizon `k` of each moment speaks of."""
        minutes = round(60 * self.ahead_h[k]) if self.ahead_h else 0
        then = self.when + np.timedelta64(minutes, "m")
        hours: NDArray[np.int64] = ((then - then.astype("datetime64[D]")) // np.timedelta64(1, "h")).astype(np.int64)
        return hours


@dataclass(frozen=True, slots=True)
class Score:
    """How good a part's forecasts are at one horizon; NaN: not known."""

    horizon: str
    n: int
    mae: float
    mae_night: float
    others_night: Mapping[str, float]
    mae_float: float
    pinball: float
    coverage: float  # of p10..p90
    others: Mapping[str, float]
    on_site: float  # coverage once a node's band has moved it

    @property
    def loss(self) -> float:
        """What int8 costs: share of the float net's MAE."""
        return self.mae / self.mae_float - 1 if self.mae_float > 0 else float("nan")


def scores(part: Part) -> list[Score]:
    """Return the figures of every horizon that has a truth."""
    found = []
    for k in known_horizons(part):
        hour = part.hour(k)
        night = (hour >= NIGHT[0]) | (hour < NIGHT[1])
        truth, quantiles = part.truth[:, k], part.quantiles[:, k]
        known = ~np.isnan(truth)
        error = np.abs(quantiles[:, 1] - truth)
        over = truth[known, None] - quantiles[known]
        tau = np.array([0.1, 0.5, 0.9])
        found.append(
            Score(
                horizon=part.horizons[k],
                n=int(known.sum()),
                mae=mean(error),
                mae_night=mean(error[night]),
                others_night={name: mean(np.abs(guess[:, k] - truth)[night]) for name, guess in part.others.items()},
                mae_float=mean(np.abs(part.real[:, k, 1] - truth)),
                pinball=mean(np.maximum(tau * over, (tau - 1) * over).ravel()),
                coverage=float(np.mean((over[:, 0] >= 0) & (over[:, 2] <= 0))),
                on_site=part.on_site[k] if part.on_site else float("nan"),
                others={name: whole_mae(part, k, guess[:, k]) for name, guess in part.others.items()},
            )
        )
    return found


def below(part: Part) -> Floats:
    """Return the share of truths below each quantile over all horizons; a truth that equals it counts half."""
    known = ~np.isnan(part.truth)
    truth, quantiles = part.truth[known][:, None], part.quantiles[known]
    found: Floats = ((truth < quantiles) + 0.5 * (truth == quantiles)).mean(axis=0)
    return found


def by_hour(part: Part, k: int, guess: Floats) -> Floats:
    """Return the MAE of `guess` (n,) at horizon `k` for each hour of the day; NaN: no moments."""
    error, hours = np.abs(guess - part.truth[:, k]), part.hour(k)
    return np.array([mean(error[hours == hour]) for hour in range(24)])


def by_site(part: Part, k: int, guess: Floats) -> Floats:
    """Return the MAE of `guess` (n,) at horizon `k` for each site, in the order of their names."""
    error = np.abs(guess - part.truth[:, k])
    return np.array([mean(error[part.site == site]) for site in np.unique(part.site)])


def known_horizons(part: Part) -> list[int]:
    """Return the horizons with a truth, the nearest first."""
    return [k for k in range(len(part.horizons)) if not np.isnan(part.truth[:, k]).all()]


def whole_mae(part: Part, k: int, guess: Floats) -> float:
    """Return the MAE of `guess` (n,) at horizon `k`; NaN unless it answers wherever there is a truth."""
    error = np.abs(guess - part.truth[:, k])[~np.isnan(part.truth[:, k])]
    return float(error.mean()) if len(error) else float("nan")


def ranked(part: Part, k: int, naive: bool = False) -> list[str]:
    """Return the names of the others that answer at horizon `k`, the best first; only the naive ones if so asked."""
    error = {name: whole_mae(part, k, guess[:, k]) for name, guess in part.others.items()}
    there = [name for name, mae in error.items() if not np.isnan(mae) and not (naive and LEARNED in name)]
    return sorted(there, key=lambda name: error[name])


def shown(part: Part, k: int) -> Flags:
    """Return the rows of a picture: the site of middling counts, in the seven days most often known; chosen by rule."""
    known = ~np.isnan(part.truth[:, k])
    sites = np.unique(part.site[known])
    level = [mean(part.truth[known & (part.site == site), k]) for site in sites]
    here = known & (part.site == sites[np.argsort(level, kind="stable")[(len(sites) - 1) // 2]])
    week = (part.when.astype("datetime64[D]").astype(np.int64)) // SHOWN_DAYS
    weeks, n = np.unique(week[here], return_counts=True)
    full = weeks[n >= 0.95 * n.max()]
    rows: Flags = here & (week == full[len(full) // 2])
    return rows


def mean(values: Floats) -> float:
    """Return the mean of what is known, NaN if nothing is."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")
