"""The picture of a report: one A4 page for print, readable without colours too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.judged import NIGHT, Part, below, by_hour, by_site, known_horizons, ranked, scores, shown

A4 = (8.27, 11.69)  # inches
# Okabe and Ito's colours, which all kinds of colour vision tell apart; without yellow, too pale for paper
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
MARKS = ("o", "s", "^", "D", "v", "P", "X")  # the same told without colour
LINES = ("--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)))  # of the others: the best five at most
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 8, "axes.titlesize": 9, "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd",
    "grid.linewidth": 0.5, "axes.axisbelow": True, "legend.frameon": False, "legend.fontsize": 7,
    "lines.linewidth": 1.2, "svg.hashsalt": "lampyre", "svg.fonttype": "path", "path.simplify": False,
}  # fmt: skip


def draw(file: Path, title: str, unit: str, parts: Sequence[Part]) -> None:
    """Write the picture as SVG; the same parts give the same bytes."""
    import matplotlib as mpl  # noqa: PLC0415  (only to draw; the tables and the tests do without)
    from matplotlib.figure import Figure  # noqa: PLC0415

    parts = [part for part in parts if not np.isnan(part.truth).all()]
    first = next((part for part in parts if part.new), parts[0])
    with mpl.rc_context(STYLE):
        page = Figure(A4, layout="constrained")
        page.get_layout_engine().set(rect=(0.03, 0.02, 0.94, 0.945), h_pad=0.06, w_pad=0.06)
        page.suptitle(title, x=0.04, y=0.985, ha="left", fontsize=12)
        grid = page.add_gridspec(5, 2, height_ratios=(1, 1, 1.15, 1.15, 0.1 * (len(parts) + 2)))
        near, far = known_horizons(first)[0], known_horizons(first)[-1]
        _week(page.add_subplot(grid[0, :]), first, near, unit)
        _week(page.add_subplot(grid[1, :]), first, far, unit)
        _calibration(page.add_subplot(grid[2, 0]), parts)
        _sites(page.add_subplot(grid[2, 1]), parts, unit)
        _hours(page.add_subplot(grid[3, 0]), first, near, unit)
        _hours(page.add_subplot(grid[3, 1]), first, far, unit)
        _losses(page.add_subplot(grid[4, :]), parts)
        page.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _week(axes: Any, part: Part, k: int, unit: str) -> None:
    rows = shown(part, known_horizons(part)[0])  # the same at each horizon
    order = np.argsort(part.when[rows], kind="stable")
    ahead = np.timedelta64(round(60 * part.ahead_h[k]) if part.ahead_h else 0, "m")
    when, truth, quantiles = part.when[rows][order] + ahead, part.truth[rows, k][order], part.quantiles[rows, k][order]
    axes.fill_between(when, quantiles[:, 0], quantiles[:, 2], color="#9ecae1", lw=0, label="p10 to p90")
    axes.plot(when, quantiles[:, 1], color=COLOURS[0], label="median")
    axes.plot(when, truth, ".", ms=3, color="#000000", label="what came")
    axes.set_title(f"{part.horizons[k]} ahead: {part.name}, {part.side} site {part.site[rows][0]}")
    axes.set_ylabel(unit)
    axes.margins(x=0.01)
    axes.set_ylim(0, 1.2 * axes.dataLim.ymax)  # room for the legend
    days = np.unique(when.astype("datetime64[D]"))
    axes.set_xticks(
        days,
        [f"{day.astype(object):%a %d %b %Y}" if day == days[0] else f"{day.astype(object):%a %d}" for day in days],
        ha="left",
    )
    axes.legend(ncols=3, loc="upper right")


def _look(parts: Sequence[Part], part: Part) -> dict[str, Any]:
    names = list(dict.fromkeys(one.name for one in parts))
    k = names.index(part.name) % len(COLOURS)
    return {"color": COLOURS[k], "marker": MARKS[k], "mfc": COLOURS[k] if part.new else "none", "ms": 4, "mew": 0.8}


def _calibration(axes: Any, parts: Sequence[Part]) -> None:
    axes.plot([0, 100], [0, 100], color="#888888", lw=0.8)
    for part in parts:
        axes.plot([10, 50, 90], 100 * below(part), lw=0.7, label=part.name, **_look(parts, part))
    axes.set(title="Share of truths below each quantile", xlim=(0, 100), ylim=(0, 100))
    axes.set_xticks([10, 50, 90], ["p10", "p50", "p90"])
    axes.set_yticks([10, 50, 90], ["10 %", "50 %", "90 %"])
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    axes.legend(once.values(), once.keys(), fontsize=6, loc="upper left", labelspacing=0.3)
    axes.set_xlabel("filled: new sites, hollow: known sites")


def _sites(axes: Any, parts: Sequence[Part], unit: str) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter  # noqa: PLC0415

    ends = []
    for part in parts:
        k = known_horizons(part)[0]
        naive = ranked(part, k, naive=True)
        if naive:
            pair = by_site(part, k, part.others[naive[0]][:, k]), by_site(part, k, part.quantiles[:, k, 1])
            axes.plot(*pair, ls="", **{**_look(parts, part), "ms": 3})
            ends += [value for one in pair for value in one if value > 0]
    if ends:
        low, high = min(ends) / 1.2, max(ends) * 1.2
        axes.plot([low, high], [low, high], color="#888888", lw=0.8)
        axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
        for side in (axes.xaxis, axes.yaxis):
            side.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 50 else (1,)))
            side.set_major_formatter("{x:g}")
            side.set_minor_formatter(NullFormatter())
    axes.set(title="MAE of each site, nearest horizon: below the line\nthe model is better", ylabel=f"model, {unit}")
    axes.set_xlabel(f"best naive forecast of its set, {unit}")


def _hours(axes: Any, part: Part, k: int, unit: str) -> None:
    hours = np.arange(24)
    for start, end in ((0, NIGHT[1]), (NIGHT[0], 24)):
        axes.axvspan(start - 0.5, end - 0.5, color="#eeeeee", lw=0)
    axes.plot(hours, by_hour(part, k, part.quantiles[:, k, 1]), color=COLOURS[0], lw=1.8, label="model")
    for name in ranked(part, k)[: len(LINES)]:
        place = list(part.others).index(name)
        look = {"ls": LINES[place % len(LINES)], "color": COLOURS[1 + place % (len(COLOURS) - 1)]}
        axes.plot(hours, by_hour(part, k, part.others[name][:, k]), label=name, **look)
    axes.set_title(f"MAE by hour, {part.horizons[k]} ahead:\n{part.name}, {part.side} sites")
    axes.set(ylabel=unit, xlim=(-0.5, 23.5))
    axes.set_xticks(range(0, 24, 3))
    axes.set_xlabel("local hour that is foreseen; grey: night")
    axes.set_ylim(0, 1.3 * axes.dataLim.ymax)
    axes.legend(loc="upper left", ncols=3)


def _losses(axes: Any, parts: Sequence[Part]) -> None:
    horizons = list(dict.fromkeys(horizon for part in parts for horizon in part.horizons))
    axes.axis("off")
    axes.set_title("int8 against float: what it costs, in per cent of MAE")
    step = 1 / (len(parts) + 1)
    column = {horizon: 0.5 + 0.5 * (k + 1) / len(horizons) for k, horizon in enumerate(horizons)}
    for horizon, x in column.items():
        axes.text(x, 1, horizon, ha="right", va="top", weight="bold", transform=axes.transAxes)
    for row, part in enumerate(parts, start=1):
        y = 1 - row * step
        axes.text(0, y, f"{part.name}, {part.side}", va="top", transform=axes.transAxes)
        for score in scores(part):
            axes.text(
                column[score.horizon], y, f"{100 * score.loss:+.2f}", ha="right", va="top", transform=axes.transAxes
            )
