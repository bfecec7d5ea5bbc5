"""Recorded counts on an even grid of periods, as a node sees them pass: none missing, none twice."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from lampyre.decide.profile import PERIODS_S
from lampyre.errors import ConfigError
from lampyre_sim.score.measures import Bools, Floats
from lampyre_sim.score.rows import Raw, Rows

Ints = NDArray[np.int64]
SPAN_MOST_S = 30 * 366 * 86400  # a longer series has a wrong year in it: counters do not last so long
ODD_MOST = 0.1  # of the steps may be of another length; more is another period
RUN_LEAST = 24  # so many steps of the other period in a row are no outages: the counter was set to it (Münster 2025)
TWICE = "its time was there already"
OFF_GRID = "not at the start of a period"
STRANGER = "sums over another period (hours among quarters, or quarters among hours)"
ALONE = "the only one of its sensor"


@dataclass(frozen=True, slots=True)
class Series:
    """One sensor's counts, one a period, NaN: not measured. Times are seconds since 1970.

    With a zone `start_s` is UTC; without one it is the clock on the wall.
    """

    name: str
    start_s: int
    period_s: int
    counts: Floats
    zone: ZoneInfo | None

    @property
    def measured(self) -> int:
        """How many periods were measured."""
        return int((~np.isnan(self.counts)).sum())

    def at_local(self, index: int) -> datetime:
        """Return when a period begins, in local time; without a zone the clock's time is said to be UTC."""
        at = datetime.fromtimestamp(self.start_s + index * self.period_s, UTC)
        return at if self.zone is None else at.astimezone(self.zone)

    def walls(self) -> Ints:
        """Return for each period its number on the local clock: two periods share one where clocks go back."""
        index = self.start_s // self.period_s + np.arange(len(self.counts), dtype=np.int64)
        if self.zone is None:
            return index
        per_hour = 3600 // self.period_s
        hours = index // per_hour
        offsets = [self._offset_s(int(hour)) for hour in range(hours[0], hours[-1] + 1)]
        found: Ints = index + np.array(offsets, np.int64)[hours - hours[0]] // self.period_s
        return found

    def _offset_s(self, hour: int) -> int:
        offset = datetime.fromtimestamp(hour * 3600, UTC).astimezone(self.zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())


def period_of(rows: Rows) -> int:
    """Return the length of all sensors' periods, 900 or 3600 s; ConfigError that says what was found instead."""
    seen: dict[int, str] = {}
    for name, raw in rows.sensors.items():
        period_s = _period(rows, name, raw)
        if period_s is not None:
            seen.setdefault(period_s, name)
    if not seen:
        raise ConfigError(f"{rows.path}: no sensor has two periods in a row; give at least a few weeks")
    if len(seen) > 1:
        mixed = " and ".join(f"{period_s // 60} min ({name!r})" for period_s, name in seen.items())
        raise ConfigError(f"{rows.path}: periods of {mixed}; make two files, or sum the quarters up to hours")
    return next(iter(seen))


def series_of(rows: Rows, name: str, period_s: int, zone: ZoneInfo | None, left_out: Counter[str]) -> Series | None:
    """Return one sensor's series, or None with nothing to judge; what is left out is counted by reason."""
    raw = rows.sensors[name]
    times, values = np.array(raw.times, np.int64), np.array(raw.values, np.float64)
    on = times % period_s == 0
    times, first = np.unique(times, return_index=True)  # the first of two at the same time counts
    left_out[TWICE] += len(on) - len(times)
    strange = _strangers(times, period_s)
    left_out[STRANGER] += int(strange.sum())
    left_out[OFF_GRID] += int((~on[first] & ~strange).sum())
    good = on[first] & ~strange
    times, first = times[good], first[good]
    if len(times) < 2:
        left_out[ALONE] += len(times)
        return None
    _check_span(rows, name, times)
    counts = np.full(int(times[-1] - times[0]) // period_s + 1, np.nan)
    counts[(times - times[0]) // period_s] = values[first]
    return Series(name, int(times[0]), period_s, counts, zone if rows.utc else None)


def _period(rows: Rows, name: str, raw: Raw) -> int | None:
    steps: Ints = np.diff(np.unique(np.array(raw.times, np.int64))).astype(np.int64)
    steps = steps[steps <= max(PERIODS_S)]
    if not len(steps):
        return None
    lengths, numbers = np.unique(steps, return_counts=True)
    usual = int(lengths[numbers.argmax()])
    if usual not in PERIODS_S:
        raise ConfigError(
            f"{rows.path}: sensor {name!r} has a value every {usual / 60:g} min;"
            " sum them up to quarters of an hour or to hours"
        )
    odd = steps[~np.isin(steps % usual, [0, *PERIODS_S])]  # multiples are outages
    if len(odd) > ODD_MOST * len(steps):
        raise ConfigError(
            f"{rows.path}: sensor {name!r} has steps of {usual // 60} and of {int(odd[0]) / 60:g} min;"
            " sum them up to quarters of an hour or to hours"
        )
    return usual


def _strangers(times: Ints, period_s: int) -> Bools:
    """Return which rows stand in a long run of the other period's steps: their values are no counts of ours."""
    (other,) = set(PERIODS_S) - {period_s}
    strange = np.zeros(len(times), np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.diff(times) == other, [0]])))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start >= RUN_LEAST:
            strange[start : end + 1] = True
    return strange


def _check_span(rows: Rows, name: str, times: Ints) -> None:
    if times[-1] - times[0] > SPAN_MOST_S:
        first, last = (
            datetime(1970, 1, 1, tzinfo=UTC).fromtimestamp(int(at), UTC).date() for at in (times[0], times[-1])
        )
        raise ConfigError(f"{rows.path}: sensor {name!r} goes from {first} to {last}; mend the wrong year")
