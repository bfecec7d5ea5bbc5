"""`fill`: how full a container will be in 6 to 48 hours, when it reaches 80 %, and how likely that is."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from lampyre.decide.bins import forecast as node
from lampyre.decide.card import Output
from training import data, fill_net, fill_report, fill_rows
from training.bundle import Int8, write_bundle
from training.fill_judge import faults, judge
from training.fill_splits import Split, train_splits
from training.report import write_report

VERSION = "1.1"


def train(data_dir: Path, out: Path, fold: int = 0, jobs: int = 2) -> None:
    """Train, judge and write fill_v1; `fold`: the split it is made for, of those by hash of the containers' names."""
    rows = list(tqdm(fill_rows.read_rows(data_dir, jobs), desc="inputs of containers", unit=""))
    write(rows, train_splits(rows, jobs), out, fold)


def write(rows: list[fill_rows.Rows], splits: list[Split], out: Path, fold: int) -> None:
    """Judge all splits and write the bundle of one."""
    shipped = next(split for split in splits if split.new == fold)
    metrics = judge(splits, shipped)
    for row in metrics:
        print(row)
    origins = [{"set": data.FILL.folder, "licence": data.FILL.licence, "attribution": data.FILL.attribution,
        "sensors_held_out": [one.name for one in rows if fill_rows.fold_of(one.name) == fold]}]  # fmt: skip
    about = {
        "purpose": "Quantiles (p10, p50, p90) of a bin's fill at each horizon, emptyings included, and of the hours"
        " until 80 % if nobody empties it; the chance that it reaches 80 % before somebody does.",
        "licence": "Apache-2.0",
        "limits": "Trained on recycling containers read every 2 to 3 hours; for other bins trust the rule first.",
    }
    training = _training(rows, shipped)
    samples = fill_net.SCALER.int8(np.concatenate([one.inputs[one.later][::20] for one in rows]))
    write_bundle(out / "fill_v1", VERSION, about, training, origins, metrics, fill_net.SCALER,
        _outputs(shipped), Int8(shipped.model), samples)  # fmt: skip
    write_report(out / "fill_v1", "fill: how full bins will be", "points of fill", fill_report.parts(shipped),
        fill_report.facts(metrics, training, about["purpose"]))  # fmt: skip


def _outputs(shipped: Split) -> list[Output]:
    within = tuple(3600.0 * hours for hours in node.CHANCES_H)
    return [
        Output("fill", "/", node.HORIZONS_S, "from-base", 1.0, "fill", 0.0, 1.0),
        Output("hours to 80 %", "h", (0.0,), "from-base", node.HOURS_MOST, "hours_by_slot", 0.0, node.HOURS_MOST),
        Output("80 % before an emptying", "/", within, "logistic", fill_net.LOGIT, "", 0.0, 1.0, shipped.expected_from),
    ]


def _training(rows: list[fill_rows.Rows], shipped: Split) -> dict[str, object]:
    return {
        "rows": shipped.rows, "hidden": list(fill_net.HIDDEN), "teachers": fill_net.TEACHERS,
        "epochs": fill_net.STUDENT_EPOCHS, "weight_of_hours_cut_short": fill_net.CENSORED,
        "held_out": "a container is new where the first byte of sha256('set/name') leaves "
        f"{shipped.new} when divided by {data.NEW_ONE_IN}; later is the last {fill_rows.LATER_SHARE:.0%} of each"
        " container's time; all are judged in it, on readings as they came, faults included. 'New, each in its own"
        " split' is every container judged by a model of the same making that has not seen it",
        "chosen_on": f"thresholds of chances: each {fill_rows.TUNING_WEEKS}th week of the known containers' training"
        " time, which the net was not trained on; the tree's likewise. Four weeks of history, no dropout: by exploring"
        " on later time, before there were such weeks; what counts as a fault and as an emptying: by looking at all"
        " containers",
        "f1_threshold_tree": list(shipped.tree_expected_from),
        **faults(rows),
    }  # fmt: skip
