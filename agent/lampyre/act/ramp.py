"""Ramps: where a lamp is on its way between two signals. The same two shapes as in the board's firmware."""

from collections.abc import Callable

Shape = Callable[[float, float, float], float]
"""(from, to, share of the time that has passed 0..1) → signal 0..1."""


def linear(begin: float, end: float, share: float) -> float:
    """Return equal steps of the signal in equal times."""
    return begin + (end - begin) * share


def even(least: float) -> Shape:
    """Return the shape with equal ratios in equal times, which an eye sees as equal steps.

    `least` is the lowest signal above 0 that the board gives: from off a ramp begins there, to off it ends there.
    """

    def shape(begin: float, end: float, share: float) -> float:
        if share >= 1.0 or begin == end:
            return end
        low, high = max(least, begin), max(least, end)
        return min(1.0, float(high * (low / high) ** (1.0 - share)))

    return shape
