"""`activity`: counts of the next hour and of tomorrow at any site, as quantiles."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lampyre.decide import activity as node
from lampyre.decide.card import Input, Output
from training import data, net, vector
from training.bundle import Int8, Metrics, Scaler, write_bundle

VERSION = "1.0"
HIDDEN, EPOCHS = (128, 96, 64), 30
YOUNG_SHARE = 0.3  # of the rows come from the first four weeks after a new start
ROOT_TOP = 4.0  # net outputs above are not worth int8 steps: 16 times the site's mean
CALIBRATION = 1500  # rows
LEVEL_LOG_MOST = 9.0  # 8100 counts a period: the busiest hour-mean of the data is 3000
NIGHT = (22, 6)  # local hours in which lamps live
LABELS = ("15 min", "30 min", "45 min", "1 h", "24 h")


@dataclass(frozen=True)
class Rows:
    """What one sensor is judged on."""

    source: data.Source
    new: bool
    inputs: net.Array
    level: vector.Floats
    slot_mean: vector.Floats  # by the site profile
    four_weeks: vector.Floats
    last: vector.Floats
    truth: vector.Floats
    night: np.ndarray


def train(data_dir: Path, out: Path) -> None:
    """Train, judge and write activity_v1."""
    scaler = Scaler(tuple(map(_input, node.NAMES)))
    parts, judged, held = [], [], {}
    for source in data.COUNTS:
        print(f"reading {source.folder}")
        sensors = data.read_counts(data_dir, source)
        parts += _training_rows(source, [sensor for sensor in sensors if not sensor.new])
        judged += [rows for sensor in sensors if (rows := _judged_rows(source, sensor)) is not None]
        held[source.folder] = [sensor.name for sensor in sensors if sensor.new]
    inputs, truth = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    unit = scaler.unit(inputs)
    model = net.train(unit, truth, len(LABELS), HIDDEN, EPOCHS)
    samples = unit[:: max(len(unit) // (2 * CALIBRATION), 1)]
    calm = samples[model.predict(samples, verbose=0).max(axis=1) < ROOT_TOP][:CALIBRATION]
    int8 = Int8(net.quantise(model, calm))
    metrics: list[Metrics] = []
    for source in data.COUNTS:
        for new in (True, False):
            rows = [one for one in judged if one.source is source and one.new == new]
            metrics += _metrics(source, new, rows, scaler, int8, model)
    for row in metrics:
        print(row)
    origins = [{"set": one.folder, "licence": one.licence, "attribution": one.attribution,
        "sensors_held_out": held[one.folder]} for one in data.COUNTS]  # fmt: skip
    output = Output("count per 15 min", "count", node.HORIZONS_S, "level-square", 1.0, "", 0.0, node.COUNT_MOST)
    about = {
        "purpose": "Quantiles (p10, p50, p90) of a site's counts in the periods that end at each horizon.",
        "licence": "Apache-2.0",
        "limits": "Not a count of persons, no safety function. With hourly periods only 1 h and 24 h mean something.",
    }
    training = {
        "rows": len(inputs), "hidden": list(HIDDEN), "epochs": EPOCHS,
        "held_out": "a sensor is new where the first byte of sha256('set/name') is divisible by "
        f"{data.NEW_ONE_IN}; later is the last {data.LATER_SHARE:.0%} of each set's time; all are judged in it",
    }  # fmt: skip
    judged_int8 = scaler.int8(np.concatenate([rows.inputs[::50] for rows in judged]))
    write_bundle(out / "activity_v1", VERSION, about, training, origins, metrics, scaler, [output], int8, judged_int8)


def _input(name: str) -> Input:
    kind = name.split("_", maxsplit=1)[0]
    if kind in {"quarter", "hour", "yesterday", "week", "day"}:
        return Input(name, "sqrt(count/level)", 0.0, node.ROOT_MOST)
    if kind in {"sin", "cos"}:
        return Input(name, "/", -1.0, 1.0)
    if name == "level_log":
        return Input(name, "ln(1 + count per period)", 0.0, LEVEL_LOG_MOST)
    return Input(name, "/", 0.0, 1.0)


def _training_rows(source: data.Source, sensors: list[data.Sensor]) -> list[tuple[net.Array, net.Array]]:
    rng = np.random.default_rng(net.SEED)
    fresh = [data.young(sensor, rng) for sensor in sensors for _ in range(3)]
    found = []
    for group, rows in ((sensors, source.rows * (1 - YOUNG_SHARE)), (fresh, source.rows * YOUNG_SHARE)):
        for sensor in group:
            places = np.arange(sensor.first + 1, sensor.later - sensor.series.per_day)
            if not len(places):
                continue
            at = rng.choice(places, min(int(rows / len(group)), len(places)), replace=False)
            truth = vector.targets(sensor.series, at)
            at, truth = at[~np.isnan(truth).all(axis=1)], truth[~np.isnan(truth).all(axis=1)]
            inputs, level, slot_mean = vector.features(sensor.series, at)
            root = np.sqrt(truth / level[:, None]).clip(0, 1.25 * node.ROOT_MOST)
            # errors are wanted in counts: a step in the root weighs twice the root, taken from what was expected
            weight = (0.3 + np.sqrt(slot_mean / level[:, None]).clip(0, node.ROOT_MOST)) * ~np.isnan(root)
            found.append((inputs, np.concatenate([np.nan_to_num(root), weight], axis=1).astype(np.float32)))
    return found


def _judged_rows(source: data.Source, sensor: data.Sensor) -> Rows | None:
    per_day = sensor.series.per_day
    at = np.arange(max(sensor.later, sensor.first + 7 * per_day), len(sensor.series.counts), 5 if per_day == 96 else 1)
    last = sensor.series.counts[at - 1]
    truth = vector.targets(sensor.series, at)
    rows = ~np.isnan(last) & ~np.isnan(truth[:, 3:]).any(axis=1)
    at, last, truth = at[rows], last[rows], truth[rows]
    if not len(at):
        return None
    inputs, level, slot_mean = vector.features(sensor.series, at)
    four_weeks = vector.four_week_mean(sensor.series, at)
    four_weeks = np.where(np.isnan(four_weeks), slot_mean, four_weeks)
    hour = at % per_day * 24 // per_day
    night = (hour >= NIGHT[0]) | (hour < NIGHT[1])
    return Rows(source, sensor.new, inputs, level, slot_mean, four_weeks, last, truth, night)


def _metrics(
    source: data.Source, new: bool, judged: list[Rows], scaler: Scaler, int8: Int8, model: object
) -> list[Metrics]:
    inputs = np.concatenate([rows.inputs for rows in judged])
    level, last, night = (
        np.concatenate([getattr(rows, name) for rows in judged]) for name in ("level", "last", "night")
    )
    truth, slot_mean, four_weeks = (
        np.concatenate([getattr(rows, name) for rows in judged]) for name in ("truth", "slot_mean", "four_weeks")
    )
    guess = np.maximum(int8.numbers(scaler.int8(inputs)), 0) ** 2 * level[:, None, None]
    real = model.predict(scaler.unit(inputs), batch_size=8192, verbose=0).reshape(len(inputs), -1, 3)  # type: ignore[attr-defined]
    median = np.maximum(np.sort(real, axis=2)[:, :, 1], 0) ** 2 * level[:, None]
    found: list[Metrics] = []
    for k, label in enumerate(LABELS):
        there = ~np.isnan(truth[:, k])
        if not there.any():
            continue
        y = truth[there, k]
        q = guess[there, k]
        error = np.abs(q[:, 1] - y)
        found.append({
            "set": source.folder, "sensors": "new" if new else "known", "horizon": label, "n": len(y),
            "mae": _short(error), "mae_night": _short(error[night[there]]),
            "mae_float": _short(np.abs(median[there, k] - y)),
            "mae_persistence": _short(np.abs(last[there] - y)),
            "mae_slot_mean": _short(np.abs(slot_mean[there, k] - y)),
            "mae_four_week_mean": _short(np.abs(four_weeks[there, k] - y)),
            "mae_night_slot_mean": _short(np.abs(slot_mean[there, k] - y)[night[there]]),
            "coverage_p10_p90": _short((q[:, 0] <= y) & (y <= q[:, 2])),
        })  # fmt: skip
    return found


def _short(values: np.ndarray) -> float:
    return float(f"{values.mean():.3g}")
