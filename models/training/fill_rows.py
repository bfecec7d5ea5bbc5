"""The moments `fill` is trained and judged on: inputs and rule by the node's own code, and what came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lampyre.decide.bins import forecast as node
from lampyre.decide.bins.faults import faulty
from lampyre.decide.bins.past import Past
from lampyre.decide.bins.score import GAP_S, HOUR_S, NEAR_S, STEP_S
from lampyre.decide.card import Input
from training import data
from training.net import SEED, Array

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

YOUNG_SHARE = 0.2  # of the moments are trained on once more with only part of the four weeks, as in a new bin
LATER_SHARE = 0.3  # of each container's own time: some were put up only when the others' later time began
TUNING_WEEKS = 10  # each tenth week of the training time chooses thresholds and is not trained on: all seasons have one
TRUTH_H = 48.0  # a row's truth reaches so far; rows nearer to what they must not know are left out
OTHER_SHARE = 0.2  # of the rows do not say their stream, so that a bin of another kind gets sense
GAP_H, NEAR_H = GAP_S / HOUR_S, NEAR_S / HOUR_S  # as a node judges its own forecasts
LOST_H = 24.0  # after such a gap nobody knows whether the bin was emptied
ZONE = ZoneInfo(data.FILL.zone or "UTC")
HORIZONS = len(node.HORIZONS_H)


@dataclass(frozen=True)
class Rows:
    """One container's moments, one a reading."""

    name: str
    stream: str
    later: Bools  # in the part of its time that is never trained on
    tuning: Bools  # in a week that chooses thresholds
    training: Bools  # may be trained on if the container is known
    when: NDArray[np.datetime64]  # local time
    inputs: Array
    young: Array  # inputs of some training moments as a new bin would have them
    young_at: NDArray[np.int64]  # which moments these are
    rule: Floats  # fills at the horizons, then hours
    fill: Floats  # NaN: not known
    hours: Floats  # to 80 %, or to where knowledge ends; NaN: full already
    above: Bools  # True: only known to be more than `hours`
    emptied: Bools  # True: because somebody emptied it
    faulty: Bools  # the reading is a fault by what came later; such rows are judged like all others

    @property
    def base(self) -> Floats:
        """What the net's numbers are added to: the fill now at each horizon, then the hours by the time of day."""
        return base_of(self.inputs)

    def soon(self) -> tuple[Floats, Bools]:
        """Return whether 80 % came within CHANCES_H before an emptying (1, 0), and where that is known."""
        within = np.array(node.CHANCES_H)
        came = (self.hours[:, None] <= within) & ~self.above[:, None]
        known = ~np.isnan(self.hours)[:, None] & (
            ~self.above[:, None] | self.emptied[:, None] | (self.hours[:, None] >= within)
        )
        return came.astype(np.float64), known


BASE = [node.NAMES.index("fill")] * HORIZONS + [node.NAMES.index("hours_by_slot")]


def base_of(inputs: Array) -> Floats:
    """Return `Rows.base` of such inputs."""
    return inputs[:, BASE].astype(np.float64)


def fold_of(name: str) -> int:
    """Return the split in which a container is new: by a hash of its name, so that nobody chose it."""
    return data.fold_of(data.FILL.folder, name)


def read_rows(data_dir: Path, jobs: int) -> Iterator[Rows]:
    """Yield the rows of each container as they are ready."""
    table = pd.read_csv(data_dir / data.FILL.folder / data.FILL.file, parse_dates=["time_utc"])
    tasks = [(str(name), rows) for name, rows in table.groupby("container")]
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(container_rows, tasks)


def container_rows(task: tuple[str, pd.DataFrame]) -> Rows:
    """Return all of one container's moments."""
    name, rows = task
    history: list[tuple[datetime, float]] = []
    for when, percent in zip(rows.time_utc, rows.fill_percent, strict=True):
        at = when.to_pydatetime().replace(tzinfo=UTC)
        if not history or (at - history[-1][0]).total_seconds() >= STEP_S:
            history.append((at, percent / 100))
    start = history[0][0]
    hours = np.array([(at - start).total_seconds() / 3600 for at, _ in history])
    fills = np.array([fill for _, fill in history])
    later_h = (1 - LATER_SHARE) * hours[-1]
    monday = datetime.combine(start.date() - timedelta(start.weekday()), datetime.min.time(), UTC)
    week = ((hours + (start - monday).total_seconds() / 3600) // 168).astype(int)
    later = hours >= later_h
    tuning = ~later & (week % TUNING_WEEKS == TUNING_WEEKS - 1)
    soon = np.minimum(np.searchsorted(hours, hours + TRUTH_H), len(hours) - 1)
    training = ~later & ~tuning & ~later[soon] & ~tuning[soon]
    stream = str(rows.stream.iloc[0])
    inputs, rule = _seen(history, hours, stream)
    young, young_at = _young(history, hours, training, stream, int(name))
    ahead = np.array([[_fill_at(hours, fills, hour + more) for more in node.HORIZONS_H] for hour in hours])
    emptied = np.flatnonzero(np.diff(fills) < -node.EMPTIED_DROP) + 1
    came = [_to_full(hours, fills, emptied, k) for k in range(len(hours))]
    to, above, before = (np.array(column) for column in zip(*came, strict=True))
    # what is trained on ends where the weeks begin that judge
    start = np.minimum.accumulate(np.where(later | tuning, hours, np.inf)[::-1])[::-1]
    cut = training & (hours + to > start)
    to, above, before = np.where(cut, start - hours, to), above | cut, before & ~cut
    local = np.array([at.astimezone(ZONE).replace(tzinfo=None) for at, _ in history], "datetime64[s]")
    wrong = np.array(faulty(hours.tolist(), fills.tolist()))
    return Rows(
        name, stream, later, tuning, training, local, inputs, young, young_at, rule, ahead, to, above, before, wrong
    )


def _seen(history: list[tuple[datetime, float]], hours: Floats, stream: str) -> tuple[Array, Floats]:
    """Return inputs and rule at each reading."""
    inputs, rule = [], []
    for k, (at, _) in enumerate(history):
        past = Past(history[int(np.searchsorted(hours, hours[k] - node.HISTORY_H)) : k + 1], at)
        inputs.append(node.features_of(past, at, stream, ZONE).values)
        fill, to = node.rule_of(past)
        rule.append([*fill.p50, node.HOURS_MOST if to is None else to[1]])
    return np.array(inputs, np.float32), np.array(rule)


def _young(
    history: list[tuple[datetime, float]], hours: Floats, training: Bools, stream: str, seed: int
) -> tuple[Array, NDArray[np.int64]]:
    rng = np.random.default_rng([SEED, seed])
    chosen = np.flatnonzero(training & (rng.random(len(training)) < YOUNG_SHARE))
    inputs = np.empty((len(chosen), len(node.NAMES)), np.float32)
    for row, k in enumerate(chosen):
        first = int(rng.integers(np.searchsorted(hours, hours[k] - node.HISTORY_H), k + 1))
        inputs[row] = node.fill_features(history[first : k + 1], history[k][0], stream, ZONE).values
    return inputs, chosen


def _fill_at(hours: Floats, fills: Floats, hour: float) -> float:
    """Return the fill at some hour, NaN where nobody knows."""
    k = int(np.searchsorted(hours, hour))
    if k in {0, len(hours)} or hours[k] - hours[k - 1] > GAP_H:
        return float("nan")
    share = (hour - hours[k - 1]) / (hours[k] - hours[k - 1])
    if fills[k - 1] - fills[k] > node.EMPTIED_DROP:
        near = k if share > 0.5 else k - 1
        return float(fills[near]) if abs(hours[near] - hour) <= NEAR_H else float("nan")
    return float(fills[k - 1] + share * (fills[k] - fills[k - 1]))


def _to_full(hours: Floats, fills: Floats, emptied: NDArray[np.int64], k: int) -> tuple[float, bool, bool]:
    """Return the hours from reading k to 80 %, whether something cut them short, and whether that was an emptying."""
    if fills[k] >= node.FULL:
        return float("nan"), False, False
    after = emptied[np.searchsorted(emptied, k + 1) :]
    end = int(after[0]) if len(after) else len(fills)
    gaps = np.flatnonzero(np.diff(hours[k : end + 1]) > LOST_H)  # nor is it known what came before an emptying
    gap = len(gaps) > 0
    end = k + int(gaps[0]) + 1 if gap else end
    full = np.flatnonzero(fills[k:end] >= node.FULL)
    if not len(full):
        known = hours[end - 1] - hours[k]
        return min(known, node.HOURS_MOST), known < node.HOURS_MOST, len(after) > 0 and not gap
    j = k + int(full[0])
    share = (node.FULL - fills[j - 1]) / (fills[j] - fills[j - 1])
    return min(hours[j - 1] + share * (hours[j] - hours[j - 1]) - hours[k], node.HOURS_MOST), False, False


def card_input(name: str) -> Input:
    """Return what the card says of one input."""
    if name in node.STREAMS or (name.endswith("day") and "_" not in name):
        return Input(name, "/", 0.0, 1.0)
    if name.startswith(("sin_", "cos_")):
        return Input(name, "/", -1.0, 1.0)
    if name.endswith("_log"):
        return Input(name, "ln(1 + h)", 0.0, 6.6)  # 28 days
    special = {
        "age_h": ("h", 12.0), "span_days": ("d", 28.0), "noise": ("/", 0.1), "hours_by_slot": ("h", node.HOURS_MOST),
        "rate_28d": ("1/d", 0.8), "rate_7d": ("1/d", 1.0), "rate_open": ("1/d", 1.2),
        "rate_since_emptied": ("1/d", 1.5), "emptied_daily": ("1/d", 1.0), "next_day": ("h", 24.0),
    }  # fmt: skip
    if name.startswith("next_") and name.endswith("w"):
        return Input(name, "h", 0.0, 72.0)
    unit, high = special.get(name, ("/", 1.5 if name.startswith("rise") else 1.0))
    return Input(name, unit, 0.0, high)
