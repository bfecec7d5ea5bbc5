"""`activity`: counts of the next hour and of tomorrow at any site, as quantiles."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lampyre.decide import activity as node
from lampyre.decide import calendar
from lampyre.decide.card import Input, Output
from training import data, ensemble, net, tree, vector
from training.bundle import Int8, Metrics, Scaler, quantised, write_bundle
from training.judged import NIGHTLY, Part, scores
from training.on_site import coverage_on_site
from training.polish import polish
from training.report import write_report
from training.rows import JUDGED_EVERY, Rows, judged_rows, judged_young, training_rows

VERSION = "1.1"
HIDDEN = (240, 144, 96)  # 77,000 weights: what 100 kB hold, scales and all
TEACHER_EPOCHS, STUDENT_EPOCHS, POLISH_EPOCHS, TRIAL_EPOCHS = 8, 14, 4, 8
VALIDATION_SHARE = 0.15  # of a known sensor's training time, its end, on which the spread is found
ROOT_TOP = 4.0  # net outputs above are not worth int8 steps: 16 times the site's mean
CALIBRATION = 1500  # rows
LEVEL_LOG_MOST = 9.0  # 8100 counts a period: the busiest hour-mean of the data is 3000
JUDGED_A_DAY = 96 // JUDGED_EVERY
LABELS = ("15 min", "30 min", "45 min", "1 h", "24 h")
AHEAD_H = {900: (0.0, 0.25, 0.5, 0.75, 23.75), 3600: (0.0, 0.0, 0.0, 0.0, 23.0)}  # to the start of what is foreseen
Sets = Mapping[data.Source, list[data.Sensor]]


def train(data_dir: Path, out: Path, fold: int = 0) -> None:
    """Train, judge and write activity_v1; the sensors of `fold` are new."""
    scaler = Scaler(tuple(map(_input, node.NAMES)))
    sets = {source: data.read_counts(data_dir, source, fold) for source in data.COUNTS}
    stretch = _stretch(sets, scaler, fold)
    unit, truth = _rows(sets, scaler)
    both = ensemble.joined(truth, ensemble.teach(unit, truth, len(LABELS), HIDDEN, TEACHER_EPOCHS, stretch))
    print("the net itself")
    loss = ensemble.loss_of(len(LABELS))
    model = net.train(unit, both, len(LABELS), HIDDEN, STUDENT_EPOCHS, loss=loss)
    samples = unit[:: max(len(unit) // (2 * CALIBRATION), 1)]
    calm = samples[model.predict(samples, verbose=0).max(axis=1) < ROOT_TOP][:CALIBRATION]
    int8 = Int8(net.quantise(polish(model, unit, both, calm, loss, POLISH_EPOCHS), calm))
    parts, young = _judge(sets, scaler, int8, model)
    metrics = [row for part in parts + young for row in _metrics(part)]
    origins = [
        {
            "set": source.folder,
            "licence": source.licence,
            "attribution": source.attribution,
            "sensors_held_out": [sensor.name for sensor in sensors if sensor.new],
        }
        for source, sensors in sets.items()
    ]
    output = Output("count per period", "count", node.HORIZONS_S, "level-square", 1.0, "", 0.0, node.COUNT_MOST)
    about = {
        "purpose": "Quantiles (p10, p50, p90) of a site's counts in the periods that end at each horizon.",
        "licence": "Apache-2.0",
        "limits": "Not a count of persons, no safety function. With hourly periods only 1 h and 24 h mean something.",
    }
    held_out = (
        f"a sensor is new where the first byte of sha256('set/name') leaves {fold} when divided by {data.NEW_ONE_IN};"
        f" later is the last {data.LATER_SHARE:.0%} of each set's time; all are judged in it, nothing of it was trained"
        " on or chosen by"
    )
    training = {
        "rows": len(unit), "hidden": list(HIDDEN), "epochs": STUDENT_EPOCHS + POLISH_EPOCHS,
        "teachers": ensemble.TEACHERS, "stretch": np.round(stretch, 3).ravel().tolist(), "held_out": held_out,
    }  # fmt: skip
    folder = out / "activity_v1"
    write_bundle(folder, VERSION, about, training, origins, metrics, scaler, [output], int8, quantised(calm))
    facts = {"Purpose": about["purpose"], "Held out": held_out, "Limits": about["limits"],
        "Again": "`python -m training activity --data DIR`, see models/training/README.md"}  # fmt: skip
    write_report(folder, "activity_v1", "counts per period", parts, facts, young)


def _input(name: str) -> Input:
    if name.startswith(("sin", "cos")):
        return Input(name, "/", -1.0, 1.0)
    if name == "day_length_to_come":
        return Input(name, "/", -0.25, 0.25)
    if name == "level_log":
        return Input(name, "ln(1 + count per period)", 0.0, LEVEL_LOG_MOST)
    if name.startswith(("busy", "weeks", "known")) or name in {*calendar.NAMES, "hourly"}:
        return Input(name, "/", 0.0, 1.0)
    return Input(name, "sqrt(count/level)", 0.0, node.ROOT_MOST)


def _rows(sets: Sets, scaler: Scaler) -> tuple[net.Array, net.Array]:
    parts = []
    for source, sensors in sets.items():
        print(f"rows of {source.folder}")
        parts += training_rows(source, [sensor for sensor in sensors if not sensor.new])
    return (
        np.concatenate([scaler.stepped(inputs) for inputs, _ in parts]),
        np.concatenate([truth for _, truth in parts]),
    )


def _stretch(sets: Sets, scaler: Scaler, fold: int) -> net.Array:
    """Return by how much p10 and p90 of each horizon must lie further out than a net says, to hold 80 %.

    Found on sensors and times that a trial net has not seen, all of them inside the training time; every set has
    the same say.
    """
    trial: dict[data.Source, list[data.Sensor]] = {}
    for source, sensors in sets.items():
        known = [data.earlier(sensor, VALIDATION_SHARE) for sensor in sensors if not sensor.new]
        following = (fold + 1) % data.NEW_ONE_IN
        trial[source] = [replace(sensor, new=data.fold_of(source.folder, sensor.name) == following) for sensor in known]
    print("a trial net, for the spread")
    unit, truth = _rows(trial, scaler)
    model = net.train(unit, truth, len(LABELS), HIDDEN, TRIAL_EPOCHS)
    found = []
    for sensors in trial.values():
        rows = [row for sensor in sensors if (row := judged_rows(sensor)) is not None]
        level = np.concatenate([row.level for row in rows])[:, None]
        root = np.sqrt(np.concatenate([row.truth for row in rows]) / level)
        guess = ensemble.quantiles(model, scaler.unit(np.concatenate([row.inputs for row in rows])))
        found.append([[_reach(root[:, k], guess[:, k], side) for side in (0, 2)] for k in range(len(LABELS))])
    stretch: net.Array = np.nanmean(np.array(found), axis=0).astype(np.float32)
    print(f"stretch of p10 and p90: {np.round(stretch, 2).tolist()}")
    return stretch


def _reach(root: vector.Floats, guess: net.Array, side: int) -> float:
    """Return the multiple of the distance from the median to p10 (side 0) or p90 (2) beyond which a tenth lies."""
    there = ~np.isnan(root)
    if not there.any():
        return float("nan")
    distance = guess[there, side] - guess[there, 1]
    share = (root[there] - guess[there, 1]) / np.where(np.abs(distance) < 1e-3, np.copysign(1e-3, side - 1), distance)
    return float(np.quantile(share, 0.9))


def _judge(sets: Sets, scaler: Scaler, int8: Int8, model: object) -> tuple[list[Part], list[Part]]:
    parts, young = [], []
    for source, sensors in sets.items():
        print(f"judging {source.folder}")
        rows = [judged_rows(sensor) for sensor in sensors]
        empty = np.zeros(0, np.int64)
        trees = tree.tree_forecasts(sensors, [empty if row is None else row.at for row in rows])
        for new in (True, False):
            mine = [(row, guess) for sensor, row, guess in zip(sensors, rows, trees, strict=True)
                    if sensor.new == new and row is not None]  # fmt: skip
            others = {"tree": np.concatenate([guess for _, guess in mine])}
            parts.append(_part(source.folder, new, [row for row, _ in mine], others, scaler, int8, model))
        fresh: dict[str, list[Rows]] = {}
        for sensor in sensors:
            for age, row in judged_young(sensor) if sensor.new else ():
                fresh.setdefault(age, []).append(row)
        young += [_part(f"{source.folder}, {age}", True, some, {}, scaler, int8, model) for age, some in fresh.items()]
    return parts, young


def _part(
    name: str,
    new: bool,
    rows: Sequence[Rows],
    others: dict[str, vector.Floats],
    scaler: Scaler,
    int8: Int8,
    model: object,
) -> Part:
    level, when, truth, slot_mean, four_weeks, last, last_week = (
        np.concatenate([getattr(row, what) for row in rows])
        for what in ("level", "when", "truth", "slot_mean", "four_weeks", "last", "last_week")
    )
    inputs = np.concatenate([row.inputs for row in rows])
    real = ensemble.quantiles(model, scaler.unit(inputs))
    part = Part(
        name, new, np.concatenate([[row.site] * len(row.at) for row in rows]), when, LABELS, truth,
        np.maximum(int8.numbers(scaler.int8(inputs)), 0) ** 2 * level[:, None, None],
        np.maximum(real.astype(float), 0) ** 2 * level[:, None, None],
        {"persistence": np.repeat(last[:, None], len(LABELS), axis=1), "last week": last_week,
         "site profile": slot_mean, "four-week mean": four_weeks, **others},
        AHEAD_H[rows[0].period_s],
    )  # fmt: skip
    per_day = JUDGED_A_DAY if rows[0].period_s == 900 else 24
    ends_h = [horizon_s / 3600 for horizon_s in node.HORIZONS_S]
    return replace(part, on_site=tuple(coverage_on_site(part, ends_h, per_day, node.COUNT_MOST)))


def _metrics(part: Part) -> list[Metrics]:
    found: list[Metrics] = []
    for score in scores(part):
        others = {f"mae_{_key(name)}": mae for name, mae in score.others.items()}
        figures = {
            "mae": score.mae, "mae_night": score.mae_night, "mae_float": score.mae_float, "pinball": score.pinball,
            "coverage_p10_p90": score.coverage, "coverage_on_site": score.on_site, **others,
            **{f"mae_night_{_key(name)}": mae for name, mae in score.others_night.items() if name in NIGHTLY},
        }  # fmt: skip
        found.append({
            "set": part.name, "sensors": part.side, "horizon": score.horizon, "n": score.n,
            **{name: float(f"{value:.3g}") for name, value in figures.items() if not np.isnan(value)},
        })  # fmt: skip
    return found


def _key(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")
