"""`fill`: how full a container will be in 6 to 48 hours, and the hours until 80 %, as quantiles."""

from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import Pool
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from lampyre.decide.bins import forecast as node
from lampyre.decide.card import Input, Output
from training import data, net
from training.bundle import Int8, Metrics, Scaler, write_bundle

VERSION = "1.0"
HIDDEN, EPOCHS = (96, 64, 48), 12
CALIBRATION = 1500  # rows
YOUNG_SHARE = 0.2  # of the rows see only part of the two weeks, as a new bin does
LATER_SHARE = 0.3  # of each container's own time: some were put up only when the others' later time began
OTHER_SHARE = 0.2  # of the rows do not say their stream, so that a bin of another kind gets sense
GAP_H = 8.0  # a fill between two readings further apart is not known (99 % of the steps are under 7 h)
NEAR_H = 3.0  # across an emptying the nearest reading within this time is the truth
LOST_H = 24.0  # after such a gap nobody knows whether the bin was emptied
STEP = 0.005  # half of the sensors' whole per cents: what rounding adds to a range
ZONE = ZoneInfo(data.FILL.zone or "UTC")
TOP = np.array([1.0] * len(node.HORIZONS_H) + [node.HOURS_MOST])  # of each output
LABELS = tuple(f"{ahead} h" for ahead in node.HORIZONS_H)


@dataclass(frozen=True)
class Rows:
    """One container's moments: inputs, naive forecasts, and what came."""

    stream: str
    new: bool
    later: np.ndarray
    inputs: net.Array
    naive: np.ndarray  # fills at the horizons, then hours
    fill: np.ndarray  # NaN: not known
    hours: np.ndarray  # to 80 %, or to where knowledge ends; NaN: full already
    above: np.ndarray  # True: only known to be more than `hours`


def train(data_dir: Path, out: Path) -> None:
    """Train, judge and write fill_v1."""
    table = pd.read_csv(data_dir / data.FILL.folder / data.FILL.file, parse_dates=["time_utc"])
    tasks = [(str(name), rows) for name, rows in table.groupby("container")]
    print(f"computing the inputs of {len(tasks)} containers")
    with Pool(2) as pool:
        containers = pool.starmap(_container, tasks)
    scaler = Scaler(tuple(map(_input, node.NAMES)))
    inputs, truth = (np.concatenate(parts) for parts in zip(*map(_training_rows, containers), strict=True))
    unit = scaler.unit(inputs)
    model = net.train(unit, truth, len(LABELS) + 1, HIDDEN, EPOCHS, censored=True)
    int8 = Int8(net.quantise(model, unit[:: max(len(unit) // CALIBRATION, 1)]))
    metrics: list[Metrics] = []
    for stream in node.STREAMS:
        for new in (True, False):
            judged = [one for one in containers if one.stream == stream and one.new == new]
            metrics += _metrics(stream, new, judged, scaler, int8, model)
    for row in metrics:
        print(row)
    outputs = [
        Output("fill", "/", node.HORIZONS_S, "from-base", 1.0, "fill", 0.0, 1.0),
        Output("hours to 80 %", "h", (0.0,), "from-base", node.HOURS_MOST, "hours_by_rate", 0.0, node.HOURS_MOST),
    ]
    origins = [{"set": data.FILL.folder, "licence": data.FILL.licence, "attribution": data.FILL.attribution,
        "sensors_held_out": [name for (name, _), c in zip(tasks, containers, strict=True) if c.new]}]  # fmt: skip
    about = {
        "purpose": "Quantiles (p10, p50, p90) of a bin's fill at each horizon, emptyings included, and of the hours"
        " until 80 % if nobody empties it.",
        "licence": "Apache-2.0",
        "limits": "Trained on recycling containers read every 2 to 3 hours; for other bins trust the rule first.",
    }
    training = {
        "rows": len(inputs), "hidden": list(HIDDEN), "epochs": EPOCHS,
        "held_out": "a container is new where the first byte of sha256('set/name') is divisible by "
        f"{data.NEW_ONE_IN}; later is the last {LATER_SHARE:.0%} of each container's time; all are judged in it",
    }  # fmt: skip
    samples = scaler.int8(np.concatenate([c.inputs[c.later][::20] for c in containers]))
    write_bundle(out / "fill_v1", VERSION, about, training, origins, metrics, scaler, outputs, int8, samples)


def _input(name: str) -> Input:
    if name in node.STREAMS or (name.endswith("day") and "_" not in name):
        return Input(name, "/", 0.0, 1.0)
    if name.startswith(("sin", "cos")):
        return Input(name, "/", -1.0, 1.0)
    special = {
        "age_h": ("h", 24.0),
        "span_days": ("d", 14.0),
        "hours_since_emptied": ("h", node.HISTORY_H),
        "hours_by_rate": ("h", node.HOURS_MOST),
        "hours_by_rate_log": ("ln(1 + h)", 6.0),
        "emptied_14d": ("/", 20.0),
        "noise": ("/", 0.1),
        "rate_14d": ("1/d", 1.2),
        "rate_since_emptied": ("1/d", 1.2),
    }
    unit, high = special.get(name, ("/", 1.5 if name.startswith("rise") else 1.0))
    return Input(name, unit, 0.0, high)


def _container(name: str, rows: pd.DataFrame) -> Rows:
    start, end = rows.time_utc.min(), rows.time_utc.max()
    later = (start + (1 - LATER_SHARE) * (end - start)).tz_localize("UTC").to_pydatetime()
    stream = str(rows.stream.iloc[0])
    history: list[tuple[datetime, float]] = []
    for when, percent in zip(rows.time_utc, rows.fill_percent, strict=True):
        at = when.to_pydatetime().replace(tzinfo=UTC)
        if not history or (at - history[-1][0]).total_seconds() >= 900:
            history.append((at, percent / 100))
    hours = np.array([(at - history[0][0]).total_seconds() / 3600 for at, _ in history])
    fills = np.array([fill for _, fill in history])
    emptied = np.flatnonzero(np.diff(fills) < -node.EMPTIED_DROP) + 1
    rng = np.random.default_rng([net.SEED, int(name)])
    inputs, naive, to_full = [], [], []
    for k, (at, _) in enumerate(history):
        first = int(np.searchsorted(hours, hours[k] - node.HISTORY_H))
        if at < later and rng.random() < YOUNG_SHARE:
            first = int(rng.integers(first, k + 1))
        seen = history[first : k + 1]
        inputs.append(node.fill_features(seen, at, stream, ZONE).values)
        fill, to = node.naive_forecast(seen, at)
        naive.append([*fill.p50, node.HOURS_MOST if to is None else to[1]])
        to_full.append(_to_full(hours, fills, emptied, k))
    ahead = np.array([[_fill_at(hours, fills, hour + more) for more in node.HORIZONS_H] for hour in hours])
    new = data.is_new(data.FILL.folder, name)
    when_later = np.array([at >= later for at, _ in history])
    value, above = (np.array(column) for column in zip(*to_full, strict=True))
    return Rows(stream, new, when_later, np.array(inputs, np.float32), np.array(naive), ahead, value, above)


def _fill_at(hours: np.ndarray, fills: np.ndarray, hour: float) -> float:
    """Return the fill at some hour, NaN where nobody knows."""
    k = int(np.searchsorted(hours, hour))
    if k in {0, len(hours)} or hours[k] - hours[k - 1] > GAP_H:
        return float("nan")
    share = (hour - hours[k - 1]) / (hours[k] - hours[k - 1])
    if fills[k - 1] - fills[k] > node.EMPTIED_DROP:
        near = k if share > 0.5 else k - 1
        return float(fills[near]) if abs(hours[near] - hour) <= NEAR_H else float("nan")
    return float(fills[k - 1] + share * (fills[k] - fills[k - 1]))


def _to_full(hours: np.ndarray, fills: np.ndarray, emptied: np.ndarray, k: int) -> tuple[float, bool]:
    """Return the hours from reading k to 80 %, and whether an emptying or a gap cut them short."""
    if fills[k] >= node.FULL:
        return float("nan"), False
    after = emptied[np.searchsorted(emptied, k + 1) :]
    end = int(after[0]) if len(after) else len(fills)
    gaps = np.flatnonzero(np.diff(hours[k:end]) > LOST_H)
    end = k + int(gaps[0]) + 1 if len(gaps) else end
    full = np.flatnonzero(fills[k:end] >= node.FULL)
    if not len(full):
        return min(hours[end - 1] - hours[k], node.HOURS_MOST), hours[end - 1] - hours[k] < node.HOURS_MOST
    j = k + int(full[0])
    share = (node.FULL - fills[j - 1]) / (fills[j] - fills[j - 1])
    return min(hours[j - 1] + share * (hours[j] - hours[j - 1]) - hours[k], node.HOURS_MOST), False


def _training_rows(one: Rows) -> tuple[net.Array, net.Array]:
    """Return inputs and truth of what may be trained on; nothing whose truth lies in the later time."""
    rows = ~one.later
    if one.new or not rows.any():
        return one.inputs[:0], np.zeros((0, 3 * (len(LABELS) + 1)), np.float32)
    rows &= np.arange(len(rows)) < rows.sum() - 20  # two days before the later time begins
    inputs = one.inputs[rows]
    value = _root(np.column_stack([one.fill, one.hours])[rows] - _base(inputs))
    unsaid = np.random.default_rng(net.SEED).random(len(inputs)) < OTHER_SHARE
    inputs[np.ix_(unsaid, [node.NAMES.index(stream) for stream in node.STREAMS])] = 0
    known = ~np.isnan(value)
    above = np.zeros_like(value)
    above[:, -1] = one.above[rows]
    return inputs, np.concatenate([np.nan_to_num(value), known, above], axis=1).astype(np.float32)


def _base(inputs: net.Array) -> net.Array:
    """Return what the net's numbers are added to: the fill now, and the hours by the mean rate."""
    return inputs[:, [node.NAMES.index("fill")] * len(LABELS) + [node.NAMES.index("hours_by_rate")]]


def _root(change: np.ndarray) -> np.ndarray:
    """Return the net's numbers for changes of fill and hours."""
    share = change / TOP
    return np.sign(share) * np.sqrt(np.abs(share))


def _results(numbers: np.ndarray, inputs: net.Array) -> np.ndarray:
    """Return fills and hours from the net's numbers, as the node does."""
    values = _base(inputs)[:, :, None] + TOP[:, None] * numbers * np.abs(numbers)
    return np.clip(values, 0, TOP[:, None])


def _metrics(stream: str, new: bool, judged: list[Rows], scaler: Scaler, int8: Int8, model: object) -> list[Metrics]:
    inputs, naive, fill, hours, above = (
        np.concatenate([getattr(one, name)[one.later] for one in judged])
        for name in ("inputs", "naive", "fill", "hours", "above")
    )
    guess = int8.numbers(scaler.int8(inputs))
    real = np.sort(model.predict(scaler.unit(inputs), batch_size=8192, verbose=0).reshape(guess.shape), axis=2)  # type: ignore[attr-defined]
    guess, real = _results(guess, inputs), _results(real, inputs)
    to_full, real_to = guess[:, -1], real[:, -1]
    slot = np.minimum(inputs[:, [node.NAMES.index("fill")]] + inputs[:, _columns("rise_daily")], 1)
    last = np.minimum(inputs[:, [0]] + inputs[:, [node.NAMES.index("rise_24h")]] * np.array(node.HORIZONS_H) / 24, 1)
    where = {"set": data.FILL.folder, "stream": stream, "containers": "new" if new else "known"}
    found: list[Metrics] = []
    for k, label in enumerate(LABELS):
        there = ~np.isnan(fill[:, k])
        y, q = fill[there, k], guess[there, k]
        found.append({
            **where, "of": "fill", "horizon": label, "n": len(y),
            **{f"mae_{name}": _mean(np.abs(what[there, k] - y)) for name, what in
               {"model": guess[:, :, 1], "float": real[:, :, 1],
                "persistence": inputs[:, [0] * 4], "last_rate": last, "mean_rate": naive, "slot_rate": slot}.items()},
            "coverage_p10_p90": _mean((q[:, 0] - STEP <= y) & (y <= q[:, 2] + STEP)),
        })  # fmt: skip
    known = ~np.isnan(hours)
    there = known & ~above
    # an emptying before 80 % only tells a forecast that was too short how wrong it was at least
    guesses = {"model": to_full[:, 1], "float": real_to[:, 1], "mean_rate": naive[:, -1]}
    missed = {
        name: np.where(above, np.maximum(hours - what, 0), np.abs(hours - what)) for name, what in guesses.items()
    }
    found.append({
        **where, "of": "hours to 80 %", "n": int(there.sum()), "n_emptied_before": int((known & above).sum()),
        **{f"mae_{name}": _mean(error[there]) for name, error in missed.items()},
        **{f"mae_{name}_emptied_too": _mean(error[known]) for name, error in missed.items()},
        "coverage_p10_p90": _mean((to_full[there, 0] <= hours[there]) & (hours[there] <= to_full[there, 2])),
    })  # fmt: skip
    for ahead in (12, 24):
        truth = (hours <= ahead) & ~above & known
        found.append({
            **where, "of": f"reaches 80 % within {ahead} h, before an emptying", "n": int(known.sum()),
            "f1_model": _f1(to_full[known, 1] <= ahead, truth[known]),
            "f1_mean_rate": _f1(naive[known, -1] <= ahead, truth[known]),
        })  # fmt: skip
    return found


def _columns(start: str) -> list[int]:
    return [k for k, name in enumerate(node.NAMES) if name.startswith(start)]


def _mean(values: np.ndarray) -> float:
    return float(f"{values.mean():.3g}") if len(values) else 0.0


def _f1(guess: np.ndarray, truth: np.ndarray) -> float:
    both = float((guess & truth).sum())
    return float(f"{2 * both / max(guess.sum() + truth.sum(), 1):.3g}")
