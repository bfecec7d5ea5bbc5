"""`fill` trained once for each split, so that every container is new once; in parallel, each task on one thread.

One thread and fixed seeds: the same data give the same nets, however many tasks run at once.
"""

import os
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from lampyre.decide.bins import forecast as node
from training import data
from training.fill_rows import Floats, Rows, fold_of

SPLITS = data.NEW_ONE_IN
CHANCE_STEPS = np.arange(0.20, 0.601, 0.01)  # thresholds tried; F1 is flat around its best
CHANCE_NEAR = 0.002  # of F1: thresholds this near to the best count as equally good, and their middle is taken
CALIBRATION = 1500  # rows


@dataclass(frozen=True)
class Told:
    """What was foreseen at one container's later moments."""

    rows: Rows
    values: Floats  # by the int8 model: fills and hours, p10 p50 p90 of each
    chances: Floats
    values_float: Floats
    tree: Floats  # fills at 6, 12, 24 h, hours, chances


@dataclass(frozen=True)
class Split:
    """One split's model and all it foresaw."""

    new: int  # containers whose hash says so were not trained on
    model: bytes
    rows: int
    expected_from: tuple[float, ...]
    tree_expected_from: tuple[float, ...]
    told: tuple[Told, ...]


def train_splits(rows: Sequence[Rows], jobs: int, splits: Sequence[int] = tuple(range(SPLITS))) -> list[Split]:
    """Return every split, trained and asked."""
    from training.fill_net import TEACHERS  # noqa: PLC0415  (TensorFlow belongs to the workers)
    from training.fill_tree import COLUMNS  # noqa: PLC0415

    first = [(split, "teacher", k) for split in splits for k in range(TEACHERS)]
    first += [(split, "tree", k) for split in splits for k in range(COLUMNS)]
    found: dict[tuple[int, str, int], Any] = {}
    with _workers(rows, jobs) as pool, tqdm(total=len(first) + len(splits), desc="nets and trees", unit="") as bar:
        for task, result in pool.imap_unordered(_first, first):
            found[task] = result
            bar.update()
        second = [
            (split, [found[split, "teacher", k] for k in range(TEACHERS)],
             [found[split, "tree", k] for k in range(COLUMNS)])
            for split in splits
        ]  # fmt: skip
        trained = []
        for split in pool.imap(_second, second):
            trained.append(split)
            bar.update()
    return trained


_rows: list[Rows] = []  # a worker's own copy


@contextmanager
def _workers(rows: Sequence[Rows], jobs: int) -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        path.write_bytes(pickle.dumps(list(rows)))
        with get_context("spawn").Pool(jobs, _start, (path,)) as pool:
            yield pool


def _start(path: Path) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    import tensorflow as tf  # noqa: PLC0415

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    _rows.extend(pickle.loads(path.read_bytes()))


def _known(split: int) -> list[Rows]:
    return [one for one in _rows if fold_of(one.name) != split]


def _first(task: tuple[int, str, int]) -> tuple[tuple[int, str, int], Any]:
    from training import fill_net  # noqa: PLC0415
    from training.fill_tree import tree_column  # noqa: PLC0415

    split, what, k = task
    if what == "tree":
        return task, tree_column(_known(split), _rows, k)
    inputs, truth = fill_net.training_rows(_known(split))
    return task, fill_net.teach(fill_net.SCALER.unit(inputs), truth, fill_net.SEED + 1 + k)


def _second(task: tuple[int, list[Any], list[list[Floats]]]) -> Split:
    from training import fill_net, net  # noqa: PLC0415
    from training.bundle import Int8  # noqa: PLC0415

    split, teachers, trees = task
    known = _known(split)
    inputs, truth = fill_net.training_rows(known)
    unit = fill_net.SCALER.unit(inputs)
    student = fill_net.learn(unit, truth, teachers)
    int8 = Int8(net.quantise(student, unit[:: max(len(unit) // CALIBRATION, 1)]))
    told = []
    for place, one in enumerate(_rows):
        seen = one.inputs[one.later]
        values, chances = fill_net.results(fill_net.int8_numbers(int8, seen), one.base[one.later])
        real, _ = fill_net.results(fill_net.float_numbers(student, seen), one.base[one.later])
        tree = np.column_stack([column[place] for column in trees])
        told.append(Told(one, values, chances, real, tree[one.later]))
    ours = [
        fill_net.results(fill_net.int8_numbers(int8, one.inputs[one.tuning]), one.base[one.tuning])[1] for one in known
    ]
    trees_said = [
        np.column_stack([column[place] for column in trees[-len(node.CHANCES_H) :]])[one.tuning]
        for place, one in enumerate(_rows)
        if fold_of(one.name) != split
    ]
    return Split(
        split, int8.content, len(inputs), _expected_from(known, ours), _expected_from(known, trees_said), tuple(told)
    )


def _expected_from(rows: Sequence[Rows], chances: Sequence[Floats]) -> tuple[float, ...]:
    """Return for each horizon the chance from which on to say yes: the best F1 in the tuning weeks."""
    found = []
    for k in range(len(node.CHANCES_H)):
        said, came = [], []
        for one, chance in zip(rows, chances, strict=True):
            true, known = (part[one.tuning, k] for part in one.soon())
            said.append(chance[known, k])
            came.append(true[known] > 0)
        score = [f1(np.concatenate(said) >= least, np.concatenate(came)) for least in CHANCE_STEPS]
        good = CHANCE_STEPS[np.array(score) >= max(score) - CHANCE_NEAR]
        found.append(round(float(good.mean()), 3))
    return tuple(found)


def f1(said: np.ndarray, came: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall; 0 where nothing came or was said."""
    return float(2 * (said & came).sum() / max(said.sum() + came.sum(), 1))
