"""A driver's dimming curve: the signal 0..1 of its range that yields a share 0..1 of its flux, and the way back.

The logarithmic curve is that of IEC 62386-102:2022, 9.3: arc power level n of 1..254 yields 10^((n-1)/(253/3) - 1) %;
0 is off. The signal is n / 254, so that a driver with this curve behind a 0-10 V or PWM input follows it too.
IEC 62386-207 adds the linear curve, n / 254 of the flux: there signal and share are the same.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

LEVELS = 254  # arc power levels; 255 means no change
DECADE = 253 / 3  # arc power levels for ten times the flux
LEAST_SHARE = 0.001  # of level 1


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve and its inverse; both take and give 0..1, rise, and keep 0 and 1."""

    signal: Callable[[float], float]  # of a share of the flux
    share: Callable[[float], float]  # of a signal


def _log_signal(share: float) -> float:
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    return (1.0 + DECADE * (math.log10(max(LEAST_SHARE, share) * 100.0) + 1.0)) / LEVELS


def _log_share(signal: float) -> float:
    if signal <= 0.0:
        return 0.0
    if signal >= 1.0:
        return 1.0
    return float(10.0 ** ((max(1.0, signal * LEVELS) - 1.0) / DECADE - 1.0)) / 100.0


LINEAR = Curve(lambda share: share, lambda signal: signal)
LOG = Curve(_log_signal, _log_share)
