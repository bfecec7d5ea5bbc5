"""Worth: how much light a forecast pays for. More light is wasted where fewer come; less fails those who do.

More is given where those whom it spares, at what each may cost, outweigh its light for fewer. So a likely peak is lit
for, a mere chance is not, and a forecast that is sure of a quiet street costs nothing.
"""

import math
from dataclasses import dataclass

from lampyre.decide.light.volume import SAMPLE_S, Volume
from lampyre.records import Forecast

IN_SAMPLE = SAMPLE_S / 900.0  # of the model's quarter of an hour
P90_SIGMAS = 1.2816  # so many standard deviations p90 lies above p50 (normal distribution)
LEAST_EXTRA = 1e-3  # no rate is known exactly; and nothing is divided by nought
LEAST_VARIANCE = 0.05
# To spare all who pass in ten minutes at the design flow may cost so many seconds of full light. Where a step is
# missing a class is missing, without steps only a little. Chosen on bicycles of spring 2025 (docs/evaluate.md).
STEPS_S, CURVE_S = 1800.0, 480.0
ONE_S = 60.0  # one of them never more: where the design flow is small, each would cost minutes of light for nobody
FINE, MOST = 0.125, 4.0  # step and end of the search without steps, in standard deviations
COUNT_MOST = 1e6  # more in a quarter of an hour is no forecast


@dataclass(frozen=True, slots=True)
class Rate:
    """Passages to expect in ten minutes: the mean, and how much more than by chance they vary."""

    mean: float
    extra: float

    def given(self, count: float) -> "Rate":
        """Return the same after `count` passages in the last ten minutes: the rate is Gamma, what comes is Poisson."""
        if self.mean <= 0.0:
            return self
        tight = self.mean / self.extra
        mean = (self.mean * tight + count) / (tight + 1.0)
        return Rate(mean, mean / (tight + 1.0))

    @property
    def variance(self) -> float:
        """Return that of the count."""
        return max(LEAST_VARIANCE, self.mean + self.extra)


def rate_of(forecast: Forecast | None) -> Rate | None:
    """Return what is expected of the next ten minutes; None where the forecast has no such numbers."""
    if forecast is None or not forecast.p50 or not forecast.p90:
        return None
    likely, high = forecast.p50[0], forecast.p90[0]
    if not (0.0 <= likely <= COUNT_MOST and 0.0 <= high <= COUNT_MOST):  # NaN is neither
        return None
    sigma = max(0.0, high - likely) / P90_SIGMAS
    return Rate(likely * IN_SAMPLE, max(LEAST_EXTRA, (sigma * sigma - likely) * IN_SAMPLE * IN_SAMPLE))


def worth(volume: Volume, rate: Rate) -> float:
    """Return the level that is worth giving for what is expected; the least one at least."""
    return _without_steps(volume, rate) if volume.continuous else _in_steps(volume, rate)


def _in_steps(volume: Volume, rate: Rate) -> float:
    price_s = min(ONE_S, STEPS_S / volume.design_count)
    best = volume.levels[-1]
    for step in range(len(volume.levels) - 2, -1, -1):
        count = volume.count_for(step)
        chance = _at_most((rate.mean - count + 0.5) / math.sqrt(rate.variance))
        spared_s = price_s * count * chance  # without a forecast the rule is up when the last of them comes
        if spared_s < (volume.levels[step] - volume.levels[step + 1]) * SAMPLE_S * (1.0 - chance):
            break
        best = volume.levels[step]
    return best


def _without_steps(volume: Volume, rate: Rate) -> float:
    """Return the level of the largest count of which one more would spare too few."""
    price_s, sigma = min(ONE_S, CURVE_S / volume.design_count), math.sqrt(rate.variance)
    at = 0.0
    while at < MOST:
        count = rate.mean + at * sigma
        spared_s = price_s * count * math.exp(-at * at / 2.0) / math.sqrt(2.0 * math.pi) / sigma
        if spared_s < (volume.asked(count + 1.0) - volume.asked(count)) * SAMPLE_S * _at_most(at):
            break
        at += FINE
    return volume.asked(rate.mean + at * sigma)


def _at_most(sigmas: float) -> float:
    """Return the share of a normal distribution below so many standard deviations."""
    return 0.5 * (1.0 + math.erf(sigmas / math.sqrt(2.0)))
