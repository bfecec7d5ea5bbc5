"""Which readings of a fill sensor are no fill: the echo of a lid or a label, and the one lost to the floor.

One rule for training and for the node. It needs what came after, so that the newest readings may be
doubted (`believed`), but never left out: a bin that was just emptied looks the same.
"""

from collections.abc import Sequence

JUMP = 0.4  # fill between two readings 2 to 3 h apart; 99 % of true rises stay below (Prague containers, 2023 to 2025)
BACK = 0.1  # who comes back to within this of where he was has not been emptied
TOP, FLOOR = 0.99, 0.01  # false values lie at the ends of the range
FULL_MOST_H = 240.0  # the longest false 100 in those containers lasted nine days
EMPTY_MOST_H = 8.0  # a false 0 lasts a reading or two; after longer a busy bin may have filled again


def faulty(hours: Sequence[float], fills: Sequence[float]) -> list[bool]:
    """Return for each reading whether it is part of an excursion to 0 or 1 that came back to where it began."""
    found = [False] * len(fills)
    for start, end in _excursions(fills):
        if end == len(fills) or abs(fills[end] - fills[start - 1]) > BACK:
            continue
        if hours[end] - hours[start - 1] <= _longest(fills[start]):
            found[start:end] = [True] * (end - start)
    return found


def believed(hours: Sequence[float], fills: Sequence[float]) -> float:
    """Return the fill from before an excursion that has not ended yet and may be a fault, else the newest."""
    for start, end in _excursions(fills):
        if end == len(fills) and hours[-1] - hours[start - 1] <= _longest(fills[start]):
            return fills[start - 1]
    return fills[-1]


def _longest(fill: float) -> float:
    return FULL_MOST_H if fill >= TOP else EMPTY_MOST_H


def _excursions(fills: Sequence[float]) -> list[tuple[int, int]]:
    """Return first index and index behind the last of each stay at an end of the range that began with a jump."""
    found: list[tuple[int, int]] = []
    k, number = 1, len(fills)
    while k < number:
        fill = fills[k]
        if FLOOR < fill < TOP or abs(fill - fills[k - 1]) < JUMP:
            k += 1
            continue
        start = k
        while k < number and (fills[k] >= TOP if fill >= TOP else fills[k] <= FLOOR):
            k += 1
        found.append((start, k))
    return found
