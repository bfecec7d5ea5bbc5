"""What was found out about a set: numbers with their units, as a table's rows and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from lampyre.decide.bins.forecast import CHANCES_H, HORIZONS_H
from lampyre_sim.score import activity, fill
from lampyre_sim.score.measures import Book

SCHEMA = "lampyre-score-1"
DIGITS = 4  # significant ones; more would be noise
Numbers = dict[str, float | None]  # by who foresaw: model, rule, persistence ...


@dataclass(frozen=True, slots=True)
class Row:
    """One measure at one horizon: who foresaw how well over n forecasts; None: nothing to say."""

    measure: str
    horizon: str
    n: int
    unit: str
    values: Numbers


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows or forecasts that are not judged, and why."""

    what: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class SetScore:
    """All about one set, or about one stream or sensor of it."""

    name: str
    group: str  # a stream or one sensor; empty: the whole set
    sensors: int
    rows: int
    period_min: int | None  # None: readings as they came
    first: str
    last: str
    clock: str
    mean: float | None  # count a period over the scored rows of the first horizon
    taught: bool  # the model learned from this set
    held_out: tuple[str, ...]  # sensors that it was kept from, if so
    learned_from: int  # of the sensors judged here
    table: list[Row]
    left_out: list[LeftOut]


@dataclass(frozen=True, slots=True)
class Score:
    """The whole answer."""

    of: str
    model: str
    since: str | None
    rows: int
    seconds: float
    jobs: int
    sets: list[SetScore]

    def to_json(self) -> dict[str, Any]:
        """Return what score.schema.json describes: finite numbers or null."""
        return {"schema": SCHEMA, **asdict(self), "rows_per_s": short(self.rows / max(self.seconds, 1e-3))}


def counts_table(book: Book, period_s: int) -> list[Row]:
    """Return the rows for a set of counts."""
    unit = f"count per {period_s // 60} min"
    ahead = [seconds for _, seconds in activity.horizons(period_s)]
    found = []
    for measure, name, of_whom, its_unit in (
        ("mae", "mae", activity.RULES, unit),
        ("mae_night", "mae_night", activity.RULES, unit),
        ("pinball", "pinball", activity.RULES[:3], unit),
        ("coverage", "coverage_p10_p90", activity.RULES[:3], "share"),
        ("model_spoke", "model_spoke", activity.RULES[2:3], "share"),
    ):
        found += [_means(book, name, label(s), its_unit, (measure, s), of_whom) for s in ahead]
    for s in ahead:
        values = {who: short(book.f1(("busy", s, who))) for who in activity.RULES}
        found.append(Row("f1_busiest_tenth", label(s), book.numbers["mae", s, "model"], "share", values))
    for age, _ in activity.AGES_DAYS:
        name = f"mae_{age.replace(' ', '_')}"
        found += [_means(book, name, label(s), unit, ("age", s, age), activity.RULES[:4]) for s in ahead]
    return found


def fill_table(book: Book) -> list[Row]:
    """Return the rows for a set of fill levels."""
    found = []
    for measure, name, of_whom, unit in (
        ("mae", "mae_fill", fill.RULES, "points"),
        ("pinball", "pinball_fill", fill.RULES[:3], "points"),
        ("coverage", "coverage_p10_p90_fill", fill.RULES[:3], "share"),
        ("model_spoke", "model_spoke", fill.RULES[2:3], "share"),
    ):
        found += [_means(book, name, f"{h} h", unit, (measure, h), of_whom) for h in HORIZONS_H]
    found.append(_means(book, "mae_hours_to_80", "", "h", ("hours",), fill.HOURS_RULES))
    found.append(_means(book, "coverage_p10_p90_hours", "", "share", ("hours_coverage",), fill.HOURS_RULES[:3]))
    for name, of in (("f1", book.f1), ("precision", book.precision), ("recall", book.recall)):
        for within in CHANCES_H:
            values = {who: short(of(("within", within, who))) for who in fill.HOURS_RULES}
            number = book.numbers["came", within, "truth"]
            found.append(Row(f"{name}_80_within", f"{within} h", number, "share", values))
    found += [_means(book, "came_80_within", f"{h} h", "share", ("came", h), ("truth",)) for h in CHANCES_H]
    return found


def label(ahead_s: int) -> str:
    """Return a horizon in words."""
    return f"{ahead_s // 60} min" if ahead_s < 3600 else f"{ahead_s // 3600} h"


def _means(book: Book, name: str, horizon: str, unit: str, key: tuple[str | int, ...], of_whom: tuple[str, ...]) -> Row:
    values = {who: short(book.mean((*key, who))) for who in of_whom}
    return Row(name, horizon, book.numbers[(*key, of_whom[0])], unit, values)


def short(value: float | None) -> float | None:
    """Return a number with as many digits as mean something."""
    return None if value is None else float(f"{value:.{DIGITS}g}")
