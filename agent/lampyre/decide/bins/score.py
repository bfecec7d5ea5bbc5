"""How well a bin's fill was foreseen: model and rule against what its own sensor saw later."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from lampyre.decide.bins.forecast import EMPTIED_DROP, HORIZONS_H, HORIZONS_S
from lampyre.decide.skill import ROW, Contest, Pending, Row, number, row_of
from lampyre.records import Forecast

HOUR_S = 3600.0
STEP_S = 900.0  # between two points of truth: waste rises by a point a quarter at most
POINTS = 12  # of them, three hours: what was foreseen is scored at most two hours after its time
GAP_S = 8 * HOUR_S  # a fill between two readings further apart is not known; training holds it the same
NEAR_S = 3 * HOUR_S  # across an emptying the nearest reading within this time is the truth; likewise


class FillScore:
    """One bin's model against the rule: forecasts once an hour, for more say the same of a bin that changes by the day.

    Truths come only from readings that are GOOD; a forecast made on a doubtful one is not scored.
    """

    def __init__(self) -> None:
        self.contest = Contest(HORIZONS_S, 24)
        # one place more than hours ahead: what gives way to a forecast was due in the hour before it
        self._pending = Pending([ahead + 1 for ahead in HORIZONS_H])
        self._points: deque[tuple[float, float]] = deque(maxlen=POINTS)
        self._hour: int | None = None  # since 1970, of the newest forecast

    def see(self, at: datetime, fill: float) -> None:
        """Take a good reading of the fill (0..1); a clock that went back makes pending forecasts worthless."""
        at_s = at.timestamp()
        if self._points and self._points[-1][0] > at_s:
            self._points.clear()
            self._pending.clear()
        if not self._points or at_s - self._points[-1][0] >= STEP_S:
            self._points.append((at_s, fill))

    def due(self, at: datetime) -> bool:
        """Whether no forecasts were compared in this hour yet."""
        return int(at.timestamp() // HOUR_S) != self._hour

    def compare(self, at: datetime, model: Forecast, rule: Forecast) -> None:
        """Remember the first two forecasts of each hour, and score those that were due in the hour before."""
        if not self.due(at):
            return
        at_s = at.timestamp()
        self._hour = hour = int(at_s // HOUR_S)
        if self.contest.begin(model.source):
            self._pending.clear()
        for ring, horizon_s in enumerate(HORIZONS_S):
            due = self._pending.swap(ring, hour, row_of(at_s + horizon_s, ring, model, rule))
            truth = None if due is None else truth_at(self._points, due[0])
            if due is not None and truth is not None:
                self.contest.take(ring, truth, due)

    def to_json(self) -> dict[str, object]:
        """Return scores and pending forecasts as plain data; fills are of no person."""
        pending = [[ring, *(round(one, 4) for one in row)] for ring, row in self._pending.rows()]
        return {"contest": self.contest.to_json(), "pending": pending}

    def restore(self, data: Mapping[str, object]) -> None:
        """Take up what `to_json` wrote; ValueError, and nothing taken up, on anything else."""
        try:
            rows = [_read(*waiting) for waiting in data["pending"]]  # type: ignore[attr-defined] # TypeError says so
            contest = data["contest"]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"skill: no pending forecasts of ours ({error!r})") from error
        self.contest.restore(contest)
        for ring, row in rows:
            self._pending.swap(ring, int((row[0] - HORIZONS_S[ring]) // HOUR_S), row)


def truth_at(points: deque[tuple[float, float]], at_s: float) -> float | None:
    """Return the fill at some second, on the straight line between two readings; None where nobody knows."""
    found = next((pair for pair in pairwise(points) if pair[0][0] <= at_s <= pair[1][0]), None)
    if found is None:
        return None
    (before_s, before), (after_s, after) = found
    if after_s - before_s > GAP_S:
        return None
    if before - after > EMPTIED_DROP:
        near_s, near = (after_s, after) if at_s - before_s > after_s - at_s else (before_s, before)
        return near if abs(near_s - at_s) <= NEAR_S else None
    return before + (after - before) * (at_s - before_s) / (after_s - before_s)


def _read(ring: object, *numbers: object) -> tuple[int, Row]:
    """Return one waiting forecast; raises what is wrong with it."""
    row = tuple(number(one) for one in numbers)
    if not isinstance(ring, int) or not 0 <= ring < len(HORIZONS_S) or len(row) != ROW:
        raise ValueError(f"{ring!r} with {len(row)} numbers")
    if not all(0.0 <= one <= 1.0 for one in row[1:]):
        raise ValueError(f"{row} are no fills")
    return ring, row
