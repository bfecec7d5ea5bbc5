"""The one-page report of a model: report.md with its tables, report.svg with its pictures, nothing typed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from training.judged import NIGHTLY, Part, scores

__all__ = ["Part", "write_report"]


def write_report(
    folder: Path,
    title: str,
    unit: str,
    parts: Sequence[Part],
    facts: Mapping[str, object],
    young: Sequence[Part] = (),
) -> None:
    """Write report.md and report.svg into the bundle's folder.

    `unit` is the truth's. `facts`: heading to text, or to a list of texts; the first stands above the picture, the
    others (what was held out, how to reproduce) below the tables. `young`: the same for sites that were just put up;
    they come into a table of their own.
    """
    from training.picture import draw  # noqa: PLC0415  (needs matplotlib; the tables do not)

    draw(folder / "report.svg", title, unit, parts)
    (folder / "report.md").write_text(report_text(title, unit, parts, facts, young))


def report_text(
    title: str, unit: str, parts: Sequence[Part], facts: Mapping[str, object], young: Sequence[Part] = ()
) -> str:
    """Return report.md."""
    (_, purpose), *others = facts.items()
    lines = [
        f"# {title}",
        _fact(purpose),
        "Written by `models/training` from the forecasts themselves; do not edit.",
        "![Forecast against truth, calibration, error by hour and by site](report.svg)",
        "## Errors",
        f"Mean absolute error of the median (MAE) in {unit}, by the int8 model and by others on the same rows; night"
        " is 22 to 6 h local time. Coverage: share of truths between p10 and p90, 80 % is right; on site: once a node"
        " has moved p10 and p90 by what it saw there, which is what it tells.",
        _errors(parts),
        *(["## Sites that were just put up", _errors(young)] if young else []),
        "## Float against int8",
        "MAE of the float net and of its int8 form; the loss is the part by which int8 is worse.",
        _losses(parts),
    ]
    for heading, fact in others:
        lines += [f"## {heading}", _fact(fact)]
    return "\n\n".join(lines) + "\n"


def _errors(parts: Sequence[Part]) -> str:
    names = list(dict.fromkeys(name for part in parts for name in part.others))
    nights = [name for name in names if name in NIGHTLY]
    head = ["set", "sites", "horizon", "rows", "model", *names, "model, night", *(f"{name}, night" for name in nights),
        "pinball", "coverage", "on site"]  # fmt: skip
    rows = [
        [part.name, part.side, score.horizon, str(score.n), figure(score.mae)]
        + [figure(score.others.get(name, math.nan)) for name in names]
        + [figure(score.mae_night), *(figure(score.others_night.get(name, math.nan)) for name in nights)]
        + [figure(score.pinball), per_cent(score.coverage), per_cent(score.on_site)]
        for part in parts
        for score in scores(part)
    ]
    return _table(head, rows)


def _losses(parts: Sequence[Part]) -> str:
    rows = [
        [part.name, part.side, score.horizon, figure(score.mae_float), figure(score.mae), per_cent(score.loss)]
        for part in parts
        for score in scores(part)
    ]
    return _table(["set", "sites", "horizon", "float", "int8", "loss"], rows)


def figure(value: float) -> str:
    """Return three digits, a dash where nothing is known."""
    if math.isnan(value):
        return "–"
    digits = max(2 - math.floor(math.log10(abs(value))), 0) if value else 2
    return f"{value:.{min(digits, 4)}f}"


def per_cent(share: float) -> str:
    """Return a share in per cent, a dash where nothing is known."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---" if k < 3 else "---:" for k in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def _fact(fact: object) -> str:
    if isinstance(fact, (list, tuple)):
        return "\n".join(f"- {one}" for one in fact)
    return str(fact)
