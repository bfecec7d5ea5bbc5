"""What the card of `fill` says of it: on rows never trained on, beside rules and trees on the same rows."""

from collections.abc import Sequence

import numpy as np

from lampyre.decide.bins import forecast as node
from training import data
from training.bundle import Metrics
from training.fill_rows import Bools, Floats, Rows, fold_of
from training.fill_splits import Split, Told, f1
from training.fill_tree import FILLS, HOURS

STEP = 0.005  # half of the sensors' whole per cents: what rounding adds to a range
LABELS = tuple(f"{ahead} h" for ahead in node.HORIZONS_H)
ALL = "all"
NEW, KNOWN, EACH = "new", "known", "new, each in its own split"


def judge(splits: Sequence[Split], shipped: Split) -> list[Metrics]:
    """Return the card's metrics: the shipped model's on new and known containers, and all splits' on new ones."""
    groups = [
        (NEW, shipped, [told for told in shipped.told if fold_of(told.rows.name) == shipped.new]),
        (KNOWN, shipped, [told for told in shipped.told if fold_of(told.rows.name) != shipped.new]),
    ]
    groups += [(EACH, split, [told for told in split.told if fold_of(told.rows.name) == split.new]) for split in splits]
    found: list[Metrics] = []
    for containers in (NEW, KNOWN, EACH):
        if containers == EACH and len(splits) == 1:
            continue
        for stream in (ALL, *node.STREAMS):
            chosen = [
                Judged(split, told)
                for name, split, ones in groups
                if name == containers
                for told in ones
                if stream in {ALL, told.rows.stream}
            ]
            if chosen:
                found += _metrics({"set": data.FILL.folder, "stream": stream, "containers": containers}, chosen)
    return found


class Judged:
    """One container's later moments as columns."""

    def __init__(self, split: Split, told: Told) -> None:
        rows, at = told.rows, told.rows.later
        self.model, self.real, self.tree = told.values, told.values_float, told.tree
        self.fill, self.hours, self.above = rows.fill[at], rows.hours[at], rows.above[at]
        self.rule, self.faulty = rows.rule[at], rows.faulty[at]
        came, self.known = (part[at] for part in rows.soon())
        self.came = came > 0
        self.said = told.chances >= np.array(split.expected_from)
        self.tree_said = told.tree[:, HOURS + 1 :] >= np.array(split.tree_expected_from)
        now = rows.inputs[at][:, [node.NAMES.index("fill")]]
        last = rows.inputs[at][:, [node.NAMES.index("rise_24h")]]
        slot = rows.inputs[at][:, [node.NAMES.index(f"rise_daily_{ahead}h") for ahead in node.HORIZONS_H]]
        self.persistence = np.repeat(now, len(LABELS), axis=1)
        self.last_rate = np.minimum(now + last * np.array(node.HORIZONS_H) / 24, 1)
        self.slot_rate = np.minimum(now + slot, 1)
        self.slot_hours = rows.inputs[at][:, node.NAMES.index("hours_by_slot")]


def _metrics(where: Metrics, judged: Sequence[Judged]) -> list[Metrics]:
    def all_of(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name) for one in judged])

    return [*_fills(where, all_of), *_hours(where, all_of), *_soon(where, all_of)]


def _fills(where: Metrics, all_of) -> list[Metrics]:  # type: ignore[no-untyped-def]
    fill, model = all_of("fill"), all_of("model")
    guesses = {"model": model[:, :, 1], "float": all_of("real")[:, :, 1], "tree": all_of("tree"),
        "persistence": all_of("persistence"), "last_rate": all_of("last_rate"), "mean_rate": all_of("rule"),
        "slot_rate": all_of("slot_rate")}  # fmt: skip
    found: list[Metrics] = []
    for k, label in enumerate(LABELS):
        there = ~np.isnan(fill[:, k])
        y = fill[there, k]
        found.append({
            **where, "of": "fill", "horizon": label, "n": len(y), "n_faulty": int(all_of("faulty")[there].sum()),
            **{f"mae_{name}": short(np.abs(what[there, k] - y)) for name, what in guesses.items()
               if name != "tree" or k < FILLS},
            "coverage_p10_p90": short((model[there, k, 0] - STEP <= y) & (y <= model[there, k, 2] + STEP)),
        })  # fmt: skip
    return found


def _hours(where: Metrics, all_of) -> list[Metrics]:  # type: ignore[no-untyped-def]
    hours, above, model = all_of("hours"), all_of("above"), all_of("model")[:, -1]
    known = ~np.isnan(hours)
    there = known & ~above
    guesses = {"model": model[:, 1], "float": all_of("real")[:, -1, 1], "tree": all_of("tree")[:, HOURS],
        "mean_rate": all_of("rule")[:, -1], "slot_rate": all_of("slot_hours")}  # fmt: skip
    # an emptying before 80 % only tells a forecast that was too short how wrong it was at least
    missed = {
        name: np.where(above, np.maximum(hours - what, 0), np.abs(hours - what)) for name, what in guesses.items()
    }
    return [{
        **where, "of": "hours to 80 %", "n": int(there.sum()), "n_cut_short": int((known & above).sum()),
        **{f"mae_{name}": short(error[there]) for name, error in missed.items()},
        **{f"mae_{name}_cut_short_too": short(error[known]) for name, error in missed.items()},
        "coverage_p10_p90": short((model[there, 0] <= hours[there]) & (hours[there] <= model[there, 2])),
    }]  # fmt: skip


def _soon(where: Metrics, all_of) -> list[Metrics]:  # type: ignore[no-untyped-def]
    came, known, hours = all_of("came"), all_of("known"), all_of("model")[:, -1, 1]
    found: list[Metrics] = []
    for k, ahead in enumerate(node.CHANCES_H):
        at = known[:, k]
        true = came[at, k]
        guesses = {"model": all_of("said")[:, k], "tree": all_of("tree_said")[:, k], "model_hours": hours <= ahead,
            "mean_rate": all_of("rule")[:, -1] <= ahead, "slot_rate": all_of("slot_hours") <= ahead}  # fmt: skip
        found.append({
            **where, "of": f"reaches 80 % within {ahead} h, before an emptying", "n": int(at.sum()),
            "n_true": int(true.sum()),
            **{f"f1_{name}": float(f"{f1(said[at], true):.3g}") for name, said in guesses.items()},
        })  # fmt: skip
    return found


def short(values: Floats | Bools) -> float:
    """Return the mean to three digits, 0 of nothing."""
    return float(f"{values.mean():.3g}") if len(values) else 0.0


def faults(rows: Sequence[Rows]) -> dict[str, int]:
    """Return how many readings of each stream are faults by what came after them."""
    return {f"faulty_{stream}": sum(int(one.faulty.sum()) for one in rows if one.stream == stream)
        for stream in node.STREAMS}  # fmt: skip
