"""Recorded fill levels: what a container's level was at any hour, when it was emptied, how fast it filled."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from lampyre.decide.bins.forecast import EMPTIED_DROP, FULL, HOURS_MOST
from lampyre.decide.bins.score import GAP_S, HOUR_S, NEAR_S, STEP_S
from lampyre.errors import ConfigError
from lampyre_sim.score.grid import SPAN_MOST_S, TWICE, Ints
from lampyre_sim.score.measures import Bools, Floats
from lampyre_sim.score.rows import Rows

GAP_H, NEAR_H = GAP_S / HOUR_S, NEAR_S / HOUR_S  # a level is known as far as a node knows it of its own bin
LOST_H = 24.0  # after such a gap nobody knows whether the container was emptied
CLOSE = "less than a quarter of an hour after the one before"
NO_STREAM = ""


@dataclass(frozen=True, slots=True)
class Levels:
    """One container's readings: hours since 1970 (UTC), fills 0..1, at least a quarter of an hour apart."""

    name: str
    stream: str
    hours: Floats
    fills: Floats

    def emptied(self) -> Ints:
        """Return the numbers of the first readings after each emptying."""
        found: Ints = np.flatnonzero(np.diff(self.fills) < -EMPTIED_DROP) + 1
        return found

    def risen(self) -> Floats:
        """Return all that was thrown in up to each reading; falls that are no emptying count against it."""
        steps = np.diff(self.fills)
        found: Floats = np.concatenate([[0.0], np.cumsum(np.where(steps < -EMPTIED_DROP, 0.0, steps))])
        return found

    def at(self, hours: Floats) -> Floats:
        """Return the level at some hours, NaN where nobody knows it."""
        after = np.searchsorted(self.hours, hours)
        inside = (after > 0) & (after < len(self.hours))
        after = np.clip(after, 1, len(self.hours) - 1)
        before = after - 1
        step = self.hours[after] - self.hours[before]
        share = (hours - self.hours[before]) / step
        straight = self.fills[before] + share * (self.fills[after] - self.fills[before])
        near = np.where(share > 0.5, after, before)
        across = np.where(np.abs(self.hours[near] - hours) <= NEAR_H, self.fills[near], np.nan)
        found = np.where(self.fills[before] - self.fills[after] > EMPTIED_DROP, across, straight)
        known: Floats = np.where(inside & (step <= GAP_H), found, np.nan)
        return known


@dataclass(frozen=True, slots=True)
class ToFull:
    """For each reading the hours until 80 %, or those after which an emptying or a gap hid it."""

    hours: Floats  # NaN: full already
    reached: Bools
    emptied: Bools  # an emptying came first; neither reached nor emptied: not known after `hours`


def to_full(levels: Levels) -> ToFull:
    """Return when each reading's container came to 80 %; more than two weeks count as two weeks, reached."""
    found = [_to_full(levels, levels.emptied(), k) for k in range(len(levels.hours))]
    hours, reached, emptied = zip(*found, strict=True)
    return ToFull(np.array(hours), np.array(reached), np.array(emptied))


def levels_of(rows: Rows, name: str, zone: ZoneInfo | None, left_out: Counter[str]) -> Levels | None:
    """Return one container's readings in order, or None with nothing to judge; counts what is left out."""
    raw = rows.sensors[name]
    times, first = np.unique(np.array(raw.times, np.int64), return_index=True)
    left_out[TWICE] += len(raw.times) - len(times)
    if len(times) < 2:
        left_out["the only one of its container"] += len(times)
        return None
    if times[-1] - times[0] > SPAN_MOST_S:
        days = [datetime.fromtimestamp(int(at), UTC).date() for at in (times[0], times[-1])]
        raise ConfigError(f"{rows.path}: container {name!r} goes from {days[0]} to {days[1]}; mend the wrong year")
    fills = np.array(raw.values, np.float64)[first] / 100
    if not rows.utc:
        assert zone is not None  # whoever calls has asked for it
        times = np.array([_utc_s(int(at), zone) for at in times], np.int64)
    keep, last = [], -STEP_S
    for k, at_s in enumerate((times - times[0]).tolist()):
        if at_s - last >= STEP_S:  # as a node looks ahead
            keep.append(k)
            last = at_s
    left_out[CLOSE] += len(times) - len(keep)
    return Levels(name, raw.stream, times[keep] / 3600, fills[keep]) if len(keep) > 1 else None


def _utc_s(wall_s: int, zone: ZoneInfo) -> int:
    return round(datetime.fromtimestamp(wall_s, UTC).replace(tzinfo=zone).timestamp())


def _to_full(levels: Levels, emptied: Ints, k: int) -> tuple[float, bool, bool]:
    hours, fills = levels.hours, levels.fills
    if fills[k] >= FULL:
        return float("nan"), False, False
    place = int(np.searchsorted(emptied, k + 1))
    by_emptying = place < len(emptied)
    end = int(emptied[place]) if by_emptying else len(fills)
    gaps = np.flatnonzero(np.diff(hours[k : end + 1]) > LOST_H)
    if len(gaps) and k + int(gaps[0]) + 1 <= end:
        end, by_emptying = k + int(gaps[0]) + 1, False
    full = np.flatnonzero(fills[k:end] >= FULL)
    if not len(full):
        known = float(hours[end - 1] - hours[k])
        return min(known, HOURS_MOST), known >= HOURS_MOST, by_emptying and known < HOURS_MOST
    j = k + int(full[0])
    share = (FULL - fills[j - 1]) / (fills[j] - fills[j - 1])
    reached = float(hours[j - 1] + share * (hours[j] - hours[j - 1]) - hours[k])
    return min(reached, HOURS_MOST), True, False
