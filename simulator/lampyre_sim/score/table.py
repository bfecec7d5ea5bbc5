"""The answer for people: a few small tables for each set."""

from collections.abc import Iterator
from itertools import groupby

from lampyre_sim.score.result import Row, Score, SetScore

HEADS = {
    "mae": "mean error of the median (MAE)",
    "mae_night": "the same at night, 22 to 6 h",
    "pinball": "pinball loss, mean over p10, p50, p90",
    "coverage_p10_p90": "share of counts within p10 to p90 (aim: 0.80)",
    "model_spoke": "share of forecasts in which the node would have believed its model, not the rule",
    "f1_busiest_tenth": "F1 of each sensor's busiest tenth",
    "mae_day_1": "MAE on a site's first day of counts",
    "mae_week_1": "MAE in the rest of its first week",
    "mae_month_1": "MAE in the rest of its first month",
    "mae_later": "MAE later",
    "mae_fill": "mean error of the median fill (MAE)",
    "pinball_fill": "pinball loss of the fill",
    "coverage_p10_p90_fill": "share of fills within p10 to p90 (aim: 0.80)",
    "mae_hours_to_80": "hours to 80 %, two weeks at most: mean error (MAE) where 80 % was reached",
    "coverage_p10_p90_hours": "share of those hours within p10 to p90 (aim: 0.80)",
    "f1_80_within": "F1 of reaching 80 % within so many hours, before an emptying",
    "precision_80_within": "share of those warnings that came true (precision)",
    "recall_80_within": "share of what came that had been warned of (recall)",
    "came_80_within": "how often 80 % came within so many hours",
}
NAMES = {
    "model": "model",
    "rule": "rule",
    "spoke": "spoke",
    "persistence": "as now",
    "week_ago": "a week ago",
    "four_weeks": "four weeks",
    "last_rate": "last rate",
    "mean_rate": "mean rate",
    "slot_rate": "slot rate",
    "truth": "truth",
}
HELD_OUT_MOST = 6  # names in a line
WIDTH = 11  # of a column


def lines(score: Score) -> Iterator[str]:
    """Yield the answer line by line."""
    yield f"{score.model}, forecasts from {score.since or 'the first row'} on"
    for one in score.sets:
        yield ""
        yield from _set_lines(one)
    rate = score.rows / max(score.seconds, 0.1)
    yield ""
    yield f"{_whole(score.rows)} rows in {score.seconds:.0f} s, {_whole(round(rate))} a second, {_jobs(score.jobs)}"


def _set_lines(one: SetScore) -> Iterator[str]:
    step = "" if one.period_min is None else f" · every {one.period_min} min"
    of_fill = one.period_min is None
    group = one.group or ("all streams" if of_fill else "")
    kind = "containers" if of_fill else "sensors"
    yield (
        f"{one.name}{' · ' if group else ''}{group} · {kind}: {one.sensors} · rows: {_whole(one.rows)}{step}"
        f" · {one.first} to {one.last} · clock: {one.clock}"
    )
    if one.learned_from:
        kept = ", ".join(one.held_out[:HELD_OUT_MOST]) + (" …" if len(one.held_out) > HELD_OUT_MOST else "")
        yield f"  the model learned from {one.learned_from} of these {kind}, which flatters it"
        if not one.group:
            yield f"  --held-out judges only those that it never saw: {kept or 'none'}"
    elif one.taught and not one.group:
        yield f"  the model learned from this set, but from none of these {kind}"
    if one.mean is not None:
        yield f"  mean of the counts judged: {_number(one.mean)}"
    for _, rows in groupby(one.table, key=lambda row: row.measure):
        yield from _block(list(rows))
    for what, reasons in groupby(one.left_out, key=lambda out: out.what):
        said = "; ".join(f"{_whole(out.number)} {out.reason}" for out in reasons)
        yield f"  left out: {what}: {said}"


def _block(rows: list[Row]) -> Iterator[str]:
    rows = [row for row in rows if row.n]
    if not rows:
        return
    first = rows[0]
    unit = "" if first.unit == "share" else f", {first.unit}"
    yield f"  {HEADS[first.measure]}{unit}"
    yield f"  {'':>8}{'n':>{WIDTH}}" + "".join(f"{NAMES[who]:>{WIDTH}}" for who in first.values)
    for row in rows:
        cells = "".join(f"{_number(value):>{WIDTH}}" for value in row.values.values())
        yield f"  {row.horizon:>8}{_whole(row.n):>{WIDTH}}{cells}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _jobs(number: int) -> str:
    return "1 process" if number == 1 else f"{number} processes"


def _whole(number: int) -> str:
    return f"{number:,}".replace(",", " ")
