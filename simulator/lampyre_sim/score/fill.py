"""One container's past played in order, as its node would have lived it, and each forecast held against what came."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from lampyre.decide.bins.fill import HISTORY
from lampyre.decide.bins.forecast import (
    FULL,
    HISTORY_H,
    HORIZONS_H,
    HOURS_MOST,
    Forecaster,
    bin_forecast,
)
from lampyre.decide.bins.score import FillScore
from lampyre_sim.score.levels import Levels, ToFull, to_full
from lampyre_sim.score.measures import Book, Bools, Floats, covered, pinball

RULES = ("model", "rule", "spoke", "persistence", "week_ago", "last_rate", "mean_rate", "slot_rate")
HOURS_RULES = ("model", "rule", "spoke", "last_rate", "mean_rate", "slot_rate")  # one that stands still never fills
WITHIN_H = (12, 24)
SLACK = 0.5  # points: sensors send whole per cents, so the truth is known to within half of one
LAST_RATE_H, MEAN_RATE_H = 24.0, 28 * 24.0
RATE_LEAST_H = 6.0  # a rate over less is noise
CURVE_H = np.array([0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0])  # of a day's rise, from now
SLOT_DAYS = 28
NO_TRUTH = "no reading near enough to that hour"
NO_MODEL = "the model had no answer"
NO_NAIVE = "not a week of readings before"
FULL_NOW = "80 % full already"
NOT_KNOWN = "a gap or the end hides what came"


@dataclass(frozen=True, slots=True)
class Told:
    """What was foreseen at each reading, NaN where nothing was; fills 0..1 and hours as p10, p50, p90."""

    model: Floats  # reading, horizon, quantile
    rule: Floats
    spoke: Floats  # the one of both that the node would have believed
    model_hours: Floats  # reading, quantile
    rule_hours: Floats
    spoke_hours: Floats
    by_model: Bools  # it was the model's


def judge(levels: Levels, zone: tzinfo, model: Forecaster, since_h: float) -> Book:
    """Return the sums of one container's measures for forecasts made from `since_h` (hours since 1970) on."""
    told = play(levels, zone, model, since_h)
    naive, naive_hours = rates(levels)
    there = levels.hours >= since_h
    book = Book()
    for place in range(len(HORIZONS_H)):
        _judge_fill(book, levels, told, naive, place, there)
    _judge_hours(book, to_full(levels), told, naive_hours, there)
    return book


def play(levels: Levels, zone: tzinfo, model: Forecaster, since_h: float) -> Told:
    """Return what a node would have foreseen at each reading with the readings up to it."""
    number = len(levels.hours)
    shape = (number, len(HORIZONS_H), 3)
    nan = [np.full(of, np.nan) for of in (shape, (number, 3)) for _ in range(3)]
    told = Told(nan[0], nan[1], nan[2], nan[3], nan[4], nan[5], np.zeros(number, np.bool_))
    score = FillScore()
    history: deque[tuple[datetime, float]] = deque(maxlen=HISTORY)
    keep = timedelta(hours=HISTORY_H)
    for k, (hour, fill) in enumerate(zip(levels.hours.tolist(), levels.fills.tolist(), strict=True)):
        at = datetime.fromtimestamp(round(hour * 3600), UTC)
        history.append((at, fill))
        while at - history[0][0] > keep:
            history.popleft()
        score.see(at, fill)
        by_rule = bin_forecast(None, history, at, levels.stream, zone)
        answer = bin_forecast(model, history, at, levels.stream, zone)
        found = None if answer[0].source == by_rule[0].source else answer
        if found is not None and score.due(at):
            score.compare(at, found[0], by_rule[0])
        told.by_model[k] = found is not None and score.contest.model_speaks
        if hour >= since_h:
            spoke = found if told.by_model[k] else by_rule
            for one, fills, to in (
                (found, told.model, told.model_hours),
                (by_rule, told.rule, told.rule_hours),
                (spoke, told.spoke, told.spoke_hours),
            ):
                if one is not None:
                    fills[k] = np.array([one[0].p10, one[0].p50, one[0].p90]).T
                    to[k] = HOURS_MOST if one[1] is None else one[1]
    return told


def rates(levels: Levels) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the naive forecasts from the past alone: fills by reading and horizon, hours to 80 % by reading."""
    hours, fills, risen = levels.hours, levels.fills, levels.risen()
    ahead = np.array(HORIZONS_H, np.float64)
    weeks = np.ceil(ahead / 168)
    left = FULL - fills
    found = {
        "persistence": np.repeat(fills[:, None], len(ahead), axis=1),
        "week_ago": levels.at((hours[:, None] + ahead - 168 * weeks).ravel()).reshape(len(hours), -1),
    }
    to: dict[str, Floats] = {}
    for name, span_h in (("last_rate", LAST_RATE_H), ("mean_rate", MEAN_RATE_H)):
        start = np.maximum(hours - span_h, hours[0])
        span = hours - start
        rate = np.maximum(risen - np.interp(start, hours, risen), 0) / np.maximum(span, RATE_LEAST_H)
        rate = np.where(span >= RATE_LEAST_H, rate, np.nan)
        found[name] = np.minimum(fills[:, None] + rate[:, None] * ahead, 1.0)
        to[name] = _hours_at(left, rate)
    curve = _day_curve(hours, risen)
    days, rest = np.divmod(ahead, 24)
    within = np.array([_along(curve, np.full(len(hours), hour)) for hour in rest]).T
    found["slot_rate"] = np.minimum(fills[:, None] + days * curve[:, -1:] + within, 1.0)
    to["slot_rate"] = _hours_along(left, curve)
    return found, to


def _day_curve(hours: Floats, risen: Floats) -> Floats:
    """Return the mean rise from each reading's time of day on, over the last days, at the hours of CURVE_H."""
    total, number = np.zeros((len(hours), len(CURVE_H))), np.zeros(len(hours))
    for day in range(1, SLOT_DAYS + 1):
        start = hours - 24.0 * day
        there = start >= hours[0]
        rise = np.interp(start[:, None] + CURVE_H, hours, risen) - np.interp(start, hours, risen)[:, None]
        total += np.where(there[:, None], np.maximum(rise, 0), 0)
        number += there
    mean: Floats = np.where(number[:, None] > 0, total / np.maximum(number, 1)[:, None], np.nan)
    return np.maximum.accumulate(mean, axis=1)


def _along(curve: Floats, hour: Floats) -> Floats:
    """Return each row's rise within so many hours, 0 to 24."""
    k = np.minimum((hour / CURVE_H[1]).astype(np.int64), len(CURVE_H) - 2)
    row = np.arange(len(curve))
    share = hour / CURVE_H[1] - k
    found: Floats = curve[row, k] + share * (curve[row, k + 1] - curve[row, k])
    return found


def _hours_at(left: Floats, rate: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(rate > 0, left / rate, np.where(np.isnan(rate), np.nan, HOURS_MOST))
    return np.clip(found, 0, HOURS_MOST)


def _hours_along(left: Floats, curve: Floats) -> Floats:
    """Return the hours until a rise of `left` when every day goes like the curve."""
    daily = curve[:, -1]
    found = np.where(np.isnan(daily), np.nan, HOURS_MOST)
    for k in np.flatnonzero(daily > 0):
        days = max(left[k], 0.0) // daily[k]
        rest = max(left[k], 0.0) - days * daily[k]
        found[k] = min(24 * days + float(np.interp(rest, curve[k], CURVE_H)), HOURS_MOST)
    return found


def _judge_fill(book: Book, levels: Levels, told: Told, naive: dict[str, Floats], place: int, there: Bools) -> None:
    ahead_h = HORIZONS_H[place]
    truth = levels.at(levels.hours + ahead_h)
    p50 = {"model": told.model[:, place, 1], "rule": told.rule[:, place, 1], "spoke": told.spoke[:, place, 1]}
    p50 |= {who: values[:, place] for who, values in naive.items()}
    answered = there & ~np.isnan(truth) & ~np.isnan(p50["model"])
    scored = answered & ~np.isnan([p50[who] for who in RULES]).any(axis=0)
    for reason, out in (
        (NO_TRUTH, there & np.isnan(truth)),
        (NO_MODEL, there & ~np.isnan(truth) & ~answered),
        (NO_NAIVE, answered & ~scored),
    ):
        book.left_out["left_out", ahead_h, reason] += int(out.sum())
    y = 100 * truth[scored]
    for who in RULES:
        book.add(("mae", ahead_h, who), np.abs(100 * p50[who][scored] - y))
    book.add(("model_spoke", ahead_h, "spoke"), told.by_model[scored].astype(np.float64))
    for who, quantiles in (("model", told.model), ("rule", told.rule), ("spoke", told.spoke)):
        p10, middle, p90 = 100 * quantiles[scored, place].T
        book.add(("pinball", ahead_h, who), pinball(y, p10, middle, p90))
        book.add(("coverage", ahead_h, who), covered(y, p10, p90, SLACK))


def _judge_hours(book: Book, came: ToFull, told: Told, naive: dict[str, Floats], there: Bools) -> None:
    told_hours = {"model": told.model_hours, "rule": told.rule_hours, "spoke": told.spoke_hours}
    p50 = {who: hours[:, 1] for who, hours in told_hours.items()} | naive
    open_ = there & ~np.isnan(came.hours)
    answered = open_ & ~np.isnan([p50[who] for who in HOURS_RULES]).any(axis=0)
    book.left_out["left_out", "hours", FULL_NOW] += int((there & ~open_).sum())
    book.left_out["left_out", "hours", NO_NAIVE] += int((open_ & ~answered).sum())
    reached = answered & came.reached
    hidden = answered & ~came.reached & ~came.emptied
    book.left_out["left_out", "hours", NOT_KNOWN] += int(hidden.sum())
    book.numbers["emptied_before",] += int((answered & came.emptied).sum())
    for who in HOURS_RULES:
        book.add(("hours", who), np.abs(p50[who] - came.hours)[reached])
    for who, hours in told_hours.items():
        p10, _, p90 = hours[reached].T
        book.add(("hours_coverage", who), covered(came.hours[reached], p10, p90))
    for within in WITHIN_H:
        known = answered & (came.reached | came.emptied | (came.hours >= within))
        true = came.reached & (came.hours <= within)
        book.numbers["within", within] += int(known.sum())
        for who in HOURS_RULES:
            book.call(("within", within, who), (p50[who] <= within)[known], true[known])
