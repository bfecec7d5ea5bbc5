"""The band of a forecast, held to its promise at each place: one truth in ten below p10, one in ten above p90.

A model's band is right over the sites it was judged on; one street is steadier, another wilder. So each place moves
p10 and p90 until its own truths lie as they should. Method: quantile tracking, the online form of conformal
prediction (Gibbs and Candès, Adaptive Conformal Inference Under Distribution Shift, 2021), here in the logarithm.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from lampyre.records import Forecast

BEYOND = 0.1  # the share of truths that may lie below p10, and above p90
STEP_A_DAY = 0.5  # a band that holds 70 % instead of 80 % becomes right within a month, and a wild day moves it by 2 %
LEAST, MOST = 0.4, 3.0  # times the distance to the median: farther off, the forecast itself is wrong, not its band


class Band:
    """How far p10 and p90 of each horizon lie from the median at one place, as multiples of what the model says."""

    __slots__ = ("_step", "reach")

    def __init__(self, horizons: int, per_day: int) -> None:
        self._step = STEP_A_DAY / per_day
        self.reach = [(1.0, 1.0)] * horizons  # of p10, of p90

    def fit(self, said: Forecast, low: float, high: float) -> Forecast:
        """Return the forecast with its band moved, kept within `low`..`high`; its median is left alone."""
        if len(said.p50) != len(self.reach):
            return said
        rows = list(zip(said.p10, said.p50, said.p90, self.reach, strict=True))
        return replace(
            said,
            p10=tuple(max(mid - down * (mid - p10), low) for p10, mid, _, (down, _) in rows),
            p90=tuple(min(mid + up * (p90 - mid), high) for _, mid, p90, (_, up) in rows),
        )

    def take(self, horizon: int, truth: float, three: Sequence[float]) -> None:
        """Learn from one truth where it lay; a side without any distance has nothing to move."""
        p10, mid, p90 = three
        down, up = self.reach[horizon]
        if p10 < mid:
            down *= math.exp(self._step * ((truth < p10) - BEYOND))
        if p90 > mid:
            up *= math.exp(self._step * ((truth > p90) - BEYOND))
        self.reach[horizon] = min(max(down, LEAST), MOST), min(max(up, LEAST), MOST)
