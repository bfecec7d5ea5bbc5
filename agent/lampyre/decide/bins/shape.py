"""Shapes of containers: how much of the volume lies below the height that a sensor sees."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

Shape = Literal["box", "cone", "underground", "bag"]
Curve = Sequence[tuple[float, float]]  # (share of the height, share of the volume), from (0, 0) to (1, 1)

TAPER = 0.75  # width of the floor to that of the rim: wheeled bins of 120 to 360 l after EN 840-1 are near it
HEAP = 0.25  # of the height: under the one inlet of an underground container lies a heap, at 35 to 40 degrees
SAG = 0.35  # of the height: the round bottom of a bag that hangs from a ring


def volume(shape: Shape, height: float) -> float:
    """Return the share of the volume (0..1) that is taken when the waste is seen at a share of the height (0..1)."""
    h = min(max(height, 0.0), 1.0)
    if shape == "cone":  # width grows from TAPER to 1, area with its square
        return ((TAPER + (1 - TAPER) * h) ** 3 - TAPER**3) / (1 - TAPER**3)
    if shape == "underground":  # the sensor sees the top of a heap; as a cone it holds a third of what it towers over
        below = h - HEAP * 2 / 3 if h > HEAP else (h / HEAP) ** 2 * h / 3
        return below / (1 - HEAP * 2 / 3)
    if shape == "bag":  # half an ellipsoid below, upright above
        below = h - SAG / 3 if h > SAG else h * h / SAG - h**3 / (3 * SAG * SAG)
        return below / (1 - SAG / 3)
    return h


def on_curve(curve: Curve, height: float) -> float:
    """Return the share of the volume at a share of the height on a curve of the maker's or the town's own."""
    h = min(max(height, 0.0), 1.0)
    k = min(max(bisect_right([one for one, _ in curve], h), 1), len(curve) - 1)
    (low, below), (high, above) = curve[k - 1], curve[k]
    return below + (above - below) * (h - low) / (high - low)
