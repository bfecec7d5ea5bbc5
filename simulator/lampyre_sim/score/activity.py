"""One counter's past played in order, as its node would have lived it, and each forecast held against what came."""

import math
from dataclasses import dataclass

import numpy as np

from lampyre.decide.activity import HORIZONS_S, Forecaster, history_length
from lampyre.decide.calendar import Calendar
from lampyre.decide.past import SitePast
from lampyre.records import Forecast
from lampyre_sim.score.grid import Ints, Series
from lampyre_sim.score.measures import Book, Bools, Floats, busy_from, covered, pinball

RULES = ("model", "rule", "spoke", "persistence", "week_ago", "four_weeks")
NIGHT_H = (22, 6)  # local hours in which lamps live
AGES_DAYS = (("day 1", 1.0), ("week 1", 7.0), ("month 1", 28.0), ("later", float("inf")))  # of counts learned
NO_LAST = "the period before was not measured"
NO_MODEL = "the model had no answer"
NO_WEEK = "not measured a week before"


@dataclass(frozen=True, slots=True)
class Told:
    """What was foreseen at each period (row k: at the start of period k); columns: horizon, then p10, p50, p90."""

    model: Floats
    rule: Floats
    spoke: Floats  # the one of both that the node would have believed
    by_model: Bools  # it was the model's
    days: Floats  # of counts that the profile had learned


def horizons(period_s: int) -> list[tuple[int, int]]:
    """Return (place in a forecast, seconds) of the horizons that periods of this length have."""
    return [(k, int(ahead)) for k, ahead in enumerate(HORIZONS_S) if ahead % period_s == 0]


def judge(series: Series, calendar: Calendar, model: Forecaster, since_s: float) -> Book:
    """Return the sums of one sensor's measures for forecasts made from `since_s` (as the series' times) on."""
    told = play(series, calendar, model, since_s)
    walls = series.walls()
    book = Book()
    first = 1 if since_s <= series.start_s else math.ceil((since_s - series.start_s) / series.period_s)
    for place, ahead_s in horizons(series.period_s):
        _judge(book, series, walls, told, place, ahead_s, first)
    return book


def play(series: Series, calendar: Calendar, model: Forecaster, since_s: float) -> Told:
    """Return what a node would have foreseen at the start of each period; NaN before `since_s` and after gaps."""
    past = SitePast(series.period_s, calendar)
    number = len(series.counts)
    shape = (number, len(HORIZONS_S), 3)
    nothing = [np.full(shape, np.nan) for _ in range(3)]
    told = Told(nothing[0], nothing[1], nothing[2], np.zeros(number, np.bool_), np.zeros(number))
    unmeasured, forgotten = 0, history_length(series.period_s)
    at = series.at_local(0)
    for k, count in enumerate(series.counts.tolist()):
        if k and unmeasured <= forgotten:
            spoke = past.speak(model, at)
            if past.said and series.start_s + k * series.period_s >= since_s and unmeasured == 0:
                told.days[k] = 7 * past.profile.weeks
                by_model, by_rule = past.said
                told.model[k], told.rule[k] = _columns(by_model), _columns(by_rule)
                told.spoke[k] = _columns(spoke)
                told.by_model[k] = spoke is not None and spoke is by_model
        measured = not math.isnan(count)
        unmeasured = 0 if measured else unmeasured + 1
        if unmeasured <= forgotten:  # a longer gap changes nothing more
            past.take(at, count if measured else None)
        at = series.at_local(k + 1)
    return told


def _columns(forecast: Forecast | None) -> Floats | float:
    return float("nan") if forecast is None else np.array([forecast.p10, forecast.p50, forecast.p90]).T


def _judge(book: Book, series: Series, walls: Ints, told: Told, place: int, ahead_s: int, first: int) -> None:
    per_day = 86400 // series.period_s
    at = np.arange(first, len(series.counts) - ahead_s // series.period_s + 1)
    target = at + ahead_s // series.period_s - 1
    at, target = (index[~np.isnan(series.counts[target])] for index in (at, target))
    truth, last = series.counts[target], series.counts[at - 1]
    weeks = [_on_clock(series, walls, walls[target] - 7 * per_day * week) for week in range(1, 5)]
    p50 = {
        "model": told.model[at, place, 1],
        "rule": told.rule[at, place, 1],
        "spoke": told.spoke[at, place, 1],
        "persistence": last,
        "week_ago": weeks[0],
        "four_weeks": _mean_of(weeks),
    }
    answered = ~np.isnan(last) & ~np.isnan(p50["model"]) & ~np.isnan(p50["spoke"])
    _ages(book, ahead_s, told.days[at][answered], truth[answered], {who: p50[who][answered] for who in RULES[:4]})
    scored = answered & ~np.isnan(weeks[0])
    for reason, out in (
        (NO_LAST, np.isnan(last)),
        (NO_MODEL, ~np.isnan(last) & ~answered),
        (NO_WEEK, answered & ~scored),
    ):
        book.left_out["left_out", ahead_s, reason] += int(out.sum())
    if not scored.any():
        return
    hour = walls[target][scored] % per_day * 24 // per_day
    night = (hour >= NIGHT_H[0]) | (hour < NIGHT_H[1])
    book.add(("model_spoke", ahead_s, "spoke"), told.by_model[at][scored].astype(np.float64))
    _errors(book, ahead_s, truth[scored], night, {who: values[scored] for who, values in p50.items()})
    for who, quantiles in (("model", told.model), ("rule", told.rule), ("spoke", told.spoke)):
        _spread(book, ahead_s, who, truth[scored], quantiles[at, place][scored])


def _errors(book: Book, ahead_s: int, truth: Floats, night: Bools, p50: dict[str, Floats]) -> None:
    busy = busy_from(truth)
    book.add(("count", ahead_s), truth)
    for who, values in p50.items():
        error = np.abs(values - truth)
        book.add(("mae", ahead_s, who), error)
        book.add(("mae_night", ahead_s, who), error[night])
        book.call(("busy", ahead_s, who), values >= busy, truth >= busy)


def _spread(book: Book, ahead_s: int, who: str, truth: Floats, quantiles: Floats) -> None:
    p10, p50, p90 = quantiles.T
    book.add(("pinball", ahead_s, who), pinball(truth, p10, p50, p90))
    book.add(("coverage", ahead_s, who), covered(truth, p10, p90))


def _ages(book: Book, ahead_s: int, days: Floats, truth: Floats, p50: dict[str, Floats]) -> None:
    least = 0.0
    for age, most in AGES_DAYS:
        there = (days >= least) & (days < most)
        for who, values in p50.items():
            book.add(("age", ahead_s, age, who), np.abs(values - truth)[there])
        least = most


def _on_clock(series: Series, walls: Ints, wanted: Ints) -> Floats:
    """Return the counts at these numbers on the local clock, NaN where not measured; of two the later."""
    counts = np.full(int(walls[-1] - walls[0]) + 1, np.nan)
    counts[walls - walls[0]] = series.counts
    place = wanted - walls[0]
    found: Floats = np.where(place >= 0, counts[np.maximum(place, 0)], np.nan)
    return found


def _mean_of(weeks: list[Floats]) -> Floats:
    there = sum((~np.isnan(week)).astype(np.int64) for week in weeks)
    total = sum(np.nan_to_num(week) for week in weeks)
    found: Floats = np.where(there > 0, total / np.maximum(there, 1), np.nan)
    return found
