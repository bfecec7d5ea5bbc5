"""One container's past played in order, as its node would have lived it, and each forecast held against what came."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

import numpy as np

from lampyre.bin import KEEP
from lampyre.decide.bins.fill import HISTORY, remember
from lampyre.decide.bins.forecast import (
    CHANCES_H,
    FULL,
    HORIZONS_H,
    HOURS_MOST,
    Forecaster,
    Outlook,
    outlook_of,
    rule_of,
)
from lampyre.decide.bins.past import Past
from lampyre.decide.bins.score import FillScore
from lampyre_sim.score.levels import Levels, ToFull, to_full
from lampyre_sim.score.measures import Book, Bools, Floats, covered, pinball

RULES = ("model", "rule", "spoke", "persistence", "week_ago", "last_rate", "mean_rate", "slot_rate")
HOURS_RULES = ("model", "rule", "spoke", "last_rate", "mean_rate", "slot_rate")  # one that stands still never fills
WITHIN_S = tuple(3600.0 * hours for hours in CHANCES_H)
SLACK = 0.5  # points: sensors send whole per cents, so the truth is known to within half of one
LAST_RATE_H, MEAN_RATE_H = 24.0, 28 * 24.0
RATE_LEAST_H = 6.0  # a rate over less is noise
NO_TRUTH = "no reading near enough to that hour"
NO_MODEL = "the model had no answer"
NO_WEEK = "not a week of readings before"
NO_RATE = f"not {RATE_LEAST_H:.0f} h of readings before"
FULL_NOW = "80 % full already"
NOT_KNOWN = "a gap or the end hides what came"


class Said:
    """What one of them foresaw at each reading, NaN where nothing was; fills 0..1 and hours as p10, p50, p90."""

    __slots__ = ("fills", "hours", "soon")

    def __init__(self, readings: int) -> None:
        self.fills = np.full((readings, len(HORIZONS_H), 3), np.nan)
        self.hours = np.full((readings, 3), np.nan)
        self.soon = np.zeros((readings, len(CHANCES_H)), np.bool_)  # 80 % is to be expected, before an emptying

    def take(self, k: int, outlook: Outlook) -> None:
        """Write down what was foreseen at reading k; hours that nobody knows are the most there are."""
        of = outlook.fill
        self.fills[k] = np.array([of.p10, of.p50, of.p90]).T
        self.hours[k] = HOURS_MOST if outlook.hours is None else outlook.hours
        self.soon[k] = _expected(outlook, self.hours[k, 1])


@dataclass(frozen=True, slots=True)
class Told:
    """All that was foreseen at each reading."""

    model: Said
    rule: Said
    spoke: Said  # the one of both that the node would have believed
    by_model: Bools  # it was the model's
    slot: Floats  # fills by reading and horizon if the days go as they did on average; NaN: no rate yet
    slot_hours: Floats


def judge(levels: Levels, zone: tzinfo, model: Forecaster, since_h: float) -> Book:
    """Return the sums of one container's measures for forecasts made from `since_h` (hours since 1970) on."""
    told = play(levels, zone, model, since_h)
    naive, naive_hours = rates(levels)
    naive["slot_rate"], naive_hours["slot_rate"] = told.slot, told.slot_hours
    there = levels.hours >= since_h
    book = Book()
    for place in range(len(HORIZONS_H)):
        _judge_fill(book, levels, told, naive, place, there)
    _judge_hours(book, to_full(levels), told, naive_hours, there)
    return book


def play(levels: Levels, zone: tzinfo, model: Forecaster, since_h: float) -> Told:
    """Return what a node would have foreseen at each reading with the readings up to it."""
    number = len(levels.hours)
    nan = np.full((number, len(HORIZONS_H)), np.nan), np.full(number, np.nan)
    told = Told(Said(number), Said(number), Said(number), np.zeros(number, np.bool_), *nan)
    score = FillScore()
    history: deque[tuple[datetime, float]] = deque(maxlen=HISTORY)
    for k, (hour, fill) in enumerate(zip(levels.hours.tolist(), levels.fills.tolist(), strict=True)):
        at = datetime.fromtimestamp(round(hour * 3600), UTC)
        remember(history, at, fill)
        while at - history[0][0] > KEEP:
            history.popleft()
        score.see(at, fill)
        past = Past(history, at)
        by_rule = _fitted(score, Outlook(*rule_of(past), None))
        answer = _fitted(score, outlook_of(model, past, at, levels.stream, zone))
        found = None if answer.fill.source == by_rule.fill.source else answer
        if found is not None:
            score.compare(at, found.fill, by_rule.fill)
        told.by_model[k] = found is not None and score.contest.model_speaks
        if hour >= since_h:
            told.rule.take(k, by_rule)
            if found is not None:
                told.model.take(k, found)
            told.spoke.take(k, found if found is not None and told.by_model[k] else by_rule)
            if past.span_h >= RATE_LEAST_H:
                told.slot[k] = [min(fill + past.rise_by_slot(ahead), 1.0) for ahead in HORIZONS_H]
                told.slot_hours[k] = past.hours_by_slot()
    return told


def _fitted(score: FillScore, outlook: Outlook) -> Outlook:
    return replace(outlook, fill=score.contest.fit(outlook.fill, 0.0, 1.0))


def _expected(outlook: Outlook, hours: float) -> tuple[bool, ...]:
    """Return whether 80 % is to be expected within CHANCES_H: by the chance, where there is none by the hours."""
    if outlook.soon is not None and outlook.soon.horizons_s == WITHIN_S:
        return outlook.soon.expected
    return tuple(hours <= within for within in CHANCES_H)


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
    return found, to


def _hours_at(left: Floats, rate: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(rate > 0, left / rate, np.where(np.isnan(rate), np.nan, HOURS_MOST))
    return np.clip(found, 0, HOURS_MOST)


def _judge_fill(book: Book, levels: Levels, told: Told, naive: dict[str, Floats], place: int, there: Bools) -> None:
    ahead_h = HORIZONS_H[place]
    truth = levels.at(levels.hours + ahead_h)
    said = {"model": told.model, "rule": told.rule, "spoke": told.spoke}
    p50 = {who: one.fills[:, place, 1] for who, one in said.items()}
    p50 |= {who: values[:, place] for who, values in naive.items()}
    answered = there & ~np.isnan(truth) & ~np.isnan(p50["model"])
    scored = answered & ~np.isnan([p50[who] for who in RULES]).any(axis=0)
    for reason, out in (
        (NO_TRUTH, there & np.isnan(truth)),
        (NO_MODEL, there & ~np.isnan(truth) & ~answered),
        (NO_WEEK, answered & ~scored),
    ):
        book.left_out["left_out", ahead_h, reason] += int(out.sum())
    y = 100 * truth[scored]
    for who in RULES:
        book.add(("mae", ahead_h, who), np.abs(100 * p50[who][scored] - y))
    book.add(("model_spoke", ahead_h, "spoke"), told.by_model[scored].astype(np.float64))
    for who, one in said.items():
        p10, middle, p90 = 100 * one.fills[scored, place].T
        book.add(("pinball", ahead_h, who), pinball(y, p10, middle, p90))
        book.add(("coverage", ahead_h, who), covered(y, p10, p90, SLACK))


def _judge_hours(book: Book, came: ToFull, told: Told, naive: dict[str, Floats], there: Bools) -> None:
    said = {"model": told.model, "rule": told.rule, "spoke": told.spoke}
    p50 = {who: one.hours[:, 1] for who, one in said.items()} | naive
    open_ = there & ~np.isnan(came.hours)
    answered = open_ & ~np.isnan([p50[who] for who in HOURS_RULES]).any(axis=0)
    book.left_out["left_out", "hours", FULL_NOW] += int((there & ~open_).sum())
    book.left_out["left_out", "hours", NO_RATE] += int((open_ & ~answered).sum())
    reached = answered & came.reached
    hidden = answered & ~came.reached & ~came.emptied
    book.left_out["left_out", "hours", NOT_KNOWN] += int(hidden.sum())
    for who in HOURS_RULES:
        book.add(("hours", who), np.abs(p50[who] - came.hours)[reached])
    for who, one in said.items():
        p10, _, p90 = one.hours[reached].T
        book.add(("hours_coverage", who), covered(came.hours[reached], p10, p90))
    for place, within in enumerate(CHANCES_H):
        known = answered & (came.reached | came.emptied | (came.hours >= within))
        true = came.reached & (came.hours <= within)
        book.add(("came", within, "truth"), true[known].astype(np.float64))
        for who in HOURS_RULES:
            calls = said[who].soon[:, place] if who in said else p50[who] <= within
            book.call(("within", within, who), calls[known], true[known])
