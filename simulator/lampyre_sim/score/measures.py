"""The measures of a forecast, kept as sums, so that sensors can be judged one by one and told together."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Key = tuple[str | int, ...]  # what is measured, where and of whom

QUANTILES = (0.1, 0.5, 0.9)
BUSY_SHARE = 0.1  # of a sensor's scored periods are busy: those where a street should have its full light


@dataclass(slots=True)
class Book:
    """Sums by key: totals with their numbers, hits, and what was left out."""

    totals: dict[Key, float] = field(default_factory=dict)
    numbers: Counter[Key] = field(default_factory=Counter)
    hits: dict[Key, tuple[int, int, int]] = field(default_factory=dict)  # right, called in vain, missed
    left_out: Counter[Key] = field(default_factory=Counter)

    def add(self, key: Key, values: Floats) -> None:
        """Take in values whose mean is wanted; none of them NaN."""
        self.totals[key] = self.totals.get(key, 0.0) + float(values.sum())
        self.numbers[key] += len(values)

    def call(self, key: Key, called: Bools, true: Bools) -> None:
        """Take in what was called and what was true."""
        found = (int((called & true).sum()), int((called & ~true).sum()), int((~called & true).sum()))
        self._hits(key, found)

    def take(self, other: "Book") -> None:
        """Take in another book."""
        for key, total in other.totals.items():
            self.totals[key] = self.totals.get(key, 0.0) + total
        self.numbers.update(other.numbers)
        self.left_out.update(other.left_out)
        for key, found in other.hits.items():
            self._hits(key, found)

    def mean(self, key: Key) -> float | None:
        """Return the mean under a key, None if nothing was taken in."""
        number = self.numbers[key]
        return self.totals[key] / number if number else None

    def f1(self, key: Key) -> float | None:
        """Return 2 x right / (2 x right + in vain + missed); None where nothing was called and nothing was true."""
        right, vain, missed = self.hits.get(key, (0, 0, 0))
        return 2 * right / (2 * right + vain + missed) if right + vain + missed else None

    def precision(self, key: Key) -> float | None:
        """Return which share of what was called came true; None where nothing was called."""
        right, vain, _ = self.hits.get(key, (0, 0, 0))
        return right / (right + vain) if right + vain else None

    def recall(self, key: Key) -> float | None:
        """Return which share of what came true had been called; None where nothing came."""
        right, _, missed = self.hits.get(key, (0, 0, 0))
        return right / (right + missed) if right + missed else None

    def _hits(self, key: Key, found: tuple[int, int, int]) -> None:
        before = self.hits.get(key, (0, 0, 0))
        self.hits[key] = (before[0] + found[0], before[1] + found[1], before[2] + found[2])


def pinball(truth: Floats, p10: Floats, p50: Floats, p90: Floats) -> Floats:
    """Return each row's pinball loss, the mean over the three quantiles, in the unit of the truth."""
    losses = [
        np.maximum(q * (truth - p), (q - 1) * (truth - p)) for q, p in zip(QUANTILES, (p10, p50, p90), strict=True)
    ]
    mean: Floats = (losses[0] + losses[1] + losses[2]) / 3
    return mean


def covered(truth: Floats, p10: Floats, p90: Floats, slack: float = 0.0) -> Floats:
    """Return 1.0 where the truth lies in p10..p90, ends included, widened by `slack` on both sides; else 0.0."""
    return ((p10 - slack <= truth) & (truth <= p90 + slack)).astype(np.float64)


def busy_from(truth: Floats) -> float:
    """Return the least count of a sensor's busiest tenth: its 90th percentile, at least 1."""
    return max(float(np.quantile(truth, 1 - BUSY_SHARE, method="higher")), 1.0)
