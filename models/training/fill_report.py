"""What the report of `fill` shows: fills as parts, hours and chances as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lampyre.decide.bins import forecast as node
from training.bundle import Metrics
from training.fill_judge import ALL, LABELS, Judged
from training.fill_rows import fold_of
from training.fill_splits import Split
from training.fill_tree import FILLS
from training.judged import Part
from training.on_site import coverage_on_site

POINTS = 100.0  # fills in per cent: a point is one
A_DAY = 9  # readings, one every two to three hours


def parts(shipped: Split) -> list[Part]:
    """Return the shipped model's later moments by stream, new containers first."""
    found = []
    for stream in node.STREAMS:
        for new in (True, False):
            told = [
                one
                for one in shipped.told
                if one.rows.stream == stream and (fold_of(one.rows.name) == shipped.new) == new
            ]
            if not told:
                continue
            judged = [Judged(shipped, one) for one in told]

            def column(name: str, judged: Sequence[Judged] = judged) -> np.ndarray:
                return POINTS * np.concatenate([getattr(one, name) for one in judged])

            tree = np.full_like(column("fill"), np.nan)
            tree[:, :FILLS] = column("tree")[:, :FILLS]
            found.append(
                Part(
                    name=stream,
                    new=new,
                    site=np.concatenate([np.full(int(one.rows.later.sum()), one.rows.name) for one in told]),
                    when=np.concatenate([one.rows.when[one.rows.later] for one in told]),
                    horizons=LABELS,
                    truth=column("fill"),
                    quantiles=column("model")[:, : len(LABELS)],
                    real=column("real")[:, : len(LABELS)],
                    others={
                        "persistence": column("persistence"),
                        "mean rate": column("rule")[:, : len(LABELS)],
                        "slot rate": column("slot_rate"),
                        "tree": tree,
                    },
                    ahead_h=tuple(map(float, node.HORIZONS_H)),
                )
            )
    return [replace(part, on_site=tuple(coverage_on_site(part, part.ahead_h, A_DAY, POINTS))) for part in found]


def facts(metrics: Sequence[Metrics], training: Mapping[str, object], purpose: str) -> dict[str, object]:
    """Return the report's texts, made of the card's own figures."""
    return {
        "What it is for": purpose,
        "Hours until 80 %": [_line(row) for row in metrics if row["of"] == "hours to 80 %"],
        "80 % before an emptying": [_line(row) for row in metrics if str(row["of"]).startswith("reaches")],
        "Fill, all streams": [_line(row) for row in metrics if row["of"] == "fill" and row["stream"] == ALL],
        "What was held out": [str(training["held_out"]), str(training["chosen_on"])],
        "To make it again": "`python -m training fill --data DIR`: the same data give the same file.",
    }


def _line(row: Metrics) -> str:
    figures = ", ".join(
        f"{key.removeprefix('mae_').removeprefix('f1_').replace('_', ' ')} {value:g}"
        for key, value in row.items()
        if isinstance(value, (int, float))
    )
    kind = "F1" if any(key.startswith("f1_") for key in row) else "mean absolute error"
    what = f"{row['of']}, {row['horizon']}" if "horizon" in row else str(row["of"])
    return f"{row['stream']}, {row['containers']}: {what}, {kind}: {figures}"
