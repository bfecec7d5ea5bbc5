"""Gaps: how long it commonly takes until the next one comes, learned for each part of the day; no passer is kept.

What is kept is a histogram: how many gaps of which length, in eight parts of the day. From it no evening can be read.
"""

from bisect import bisect_left

EDGES_S = (10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 360.0, 600.0)  # the last bin is open
SHORTEST_S = 5.0  # shorter ones are one person whom the sensor lost for a moment
PART_H = 3  # hours that share a histogram; finer ones take weeks to fill in a quiet street
PARTS = 24 // PART_H
KEPT = 400  # gaps of a part; then all are halved: a month of a quiet street, a week of a busy one
LEAST = 30  # fewer say nothing
# One passer who finds his light is worth as many seconds of light for nobody. Where they come at random the hold then
# grows in streets with a mean gap below it, and stays at its least in quieter ones.
WORTH_S = 90.0


class Gaps:
    """One lamp's histograms of gaps in seconds between the end of a presence and the next one."""

    def __init__(self) -> None:
        self._seen = [[0] * (len(EDGES_S) + 1) for _ in range(PARTS)]
        self._best: dict[tuple[int, float, float], float | None] = {}

    def learn(self, hour: int, gap_s: float) -> None:
        """Take in a gap that began in this local hour, 0..23."""
        if gap_s < SHORTEST_S:
            return
        seen = self._seen[hour // PART_H]
        seen[bisect_left(EDGES_S, gap_s)] += 1
        if sum(seen) > KEPT:
            seen[:] = [count // 2 for count in seen]
        self._best.clear()

    def hold(self, hour: int, least_s: float, most_s: float) -> float | None:
        """Return the hold within these bounds that spares most rises for its light; None: too few gaps were seen."""
        key = hour // PART_H, least_s, most_s
        if key not in self._best:
            self._best[key] = self._choose(self._seen[key[0]], least_s, most_s)
        return self._best[key]

    def to_json(self) -> list[list[int]]:
        """Return the histograms, below 1 kB."""
        return [seen.copy() for seen in self._seen]

    def restore(self, kept: object) -> None:
        """Take up what `to_json` gave; ValueError, and nothing taken up, where it is damaged."""
        if not isinstance(kept, list) or len(kept) != PARTS:
            raise ValueError(f"gaps: not {PARTS} parts of the day")
        for seen in kept:
            if not isinstance(seen, list) or len(seen) != len(EDGES_S) + 1:
                raise ValueError(f"gaps: a part has not {len(EDGES_S) + 1} bins")
            if any(type(count) is not int or not 0 <= count <= KEPT for count in seen) or sum(seen) > KEPT:
                raise ValueError("gaps: no counts")
        self._seen = [list(seen) for seen in kept]
        self._best.clear()

    @staticmethod
    def _choose(seen: list[int], least_s: float, most_s: float) -> float | None:
        total = sum(seen)
        if total < LEAST:
            return None
        best_s, best = least_s, 0.0
        worth = 0.0  # of holding longer than `least_s`: passers served, less the light that it takes
        for begin_s, end_s in zip(cuts := _cuts(least_s, most_s), cuts[1:], strict=False):
            before, after = _longer(seen, begin_s), _longer(seen, end_s)
            worth += WORTH_S * (before - after) - (end_s - begin_s) * (before + after) / 2
            if worth > best:
                best_s, best = end_s, worth
        return best_s


def _cuts(least_s: float, most_s: float) -> list[float]:
    return [least_s, *(edge for edge in EDGES_S if least_s < edge < most_s), most_s]


def _longer(seen: list[int], than_s: float) -> float:
    """Return how many gaps were longer; within a bin they lie evenly."""
    at = bisect_left(EDGES_S, than_s)
    longer = float(sum(seen[at + 1 :]))
    if at == len(EDGES_S):
        return float(seen[-1])  # nobody knows how much longer: none is served
    low = EDGES_S[at - 1] if at else 0.0
    return longer + seen[at] * (EDGES_S[at] - than_s) / (EDGES_S[at] - low)
