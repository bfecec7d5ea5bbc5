"""Skill: a model and the rule beside it, scored on the same truths; the better one of the last weeks speaks."""

import math
from array import array
from collections.abc import Iterator, Sequence

from lampyre.chance import Skill
from lampyre.decide.band import LEAST, MOST, Band
from lampyre.records import Forecast

HALF_LIFE_DAYS = 14.0  # each weekday twice: long enough for its noise, and holidays or road works are soon believed
LEAST_DAYS = 7  # before every weekday was judged once the model speaks: it was judged on places it had never seen
BETTER_BY = 0.05  # who speaks goes on until the other is this share better: nobody can tell smaller differences apart
SCORED_MOST = 1_000_000  # more tells nothing; keeps the file's numbers short
SKILL_LEAST = -9.99  # ten times the rule's error and worse read the same
DIGITS = 5  # significant digits kept on disk, a hundred times finer than BETTER_BY
ROW = 7  # numbers of a pending forecast: what it is of, the model's three quantiles, the rule's three
FORMAT = 1  # of `Contest.to_json`

Row = tuple[float, ...]


class Pending:
    """Forecasts whose truth is not known yet: a ring for each horizon, 56 bytes a place."""

    __slots__ = ("_places", "_rings")

    def __init__(self, places: Sequence[int]) -> None:
        self._places = tuple(places)
        self._rings = [array("d", (math.nan,) * (ROW * count)) for count in places]

    def swap(self, horizon: int, place: int, row: Row | None) -> Row | None:
        """Put a row at a place (taken round the ring), and return what stood there; None: nothing."""
        ring, start = self._rings[horizon], place % self._places[horizon] * ROW
        old = tuple(ring[start : start + ROW])
        ring[start : start + ROW] = array("d", (math.nan,) * ROW if row is None else row)
        return None if math.isnan(old[0]) else old

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield each row that waits, with the number of its horizon."""
        for horizon, ring in enumerate(self._rings):
            for start in range(0, len(ring), ROW):
                if not math.isnan(ring[start]):
                    yield horizon, tuple(ring[start : start + ROW])

    def clear(self) -> None:
        """Forget them all."""
        self._rings = [array("d", (math.nan,) * (ROW * count)) for count in self._places]


class Score:
    """One horizon: mean absolute errors, and the shares of truths between p10 and p90, of model and rule."""

    __slots__ = ("model", "model_inside", "rule", "rule_inside", "scored")

    def __init__(self) -> None:
        self.scored = 0
        self.model = self.rule = self.model_inside = self.rule_inside = 0.0

    def take(self, truth: float, row: Row, kept: float) -> None:
        """Score both on one truth: plain means at first, then `kept` rows old ones weigh 1/e."""
        _, low, mid, high, rule_low, rule_mid, rule_high = row
        self.scored = min(self.scored + 1, SCORED_MOST)
        share = 1.0 / min(self.scored, kept)
        self.model += (abs(truth - mid) - self.model) * share
        self.rule += (abs(truth - rule_mid) - self.rule) * share
        self.model_inside += ((low <= truth <= high) - self.model_inside) * share
        self.rule_inside += ((rule_low <= truth <= rule_high) - self.rule_inside) * share

    def numbers(self) -> list[float]:
        """Return what `Contest.to_json` keeps of it."""
        means = (self.model, self.rule, self.model_inside, self.rule_inside)
        return [self.scored, *map(_short, means)]


class Contest:
    """One model against the rule at one place, over all horizons together; errors are in the forecast's unit.

    Whole forecasts are compared, not horizons, so that what is said has one author.
    """

    __slots__ = ("_kept", "_least", "_per_day", "bands", "horizons_s", "model_speaks", "of", "scores")

    def __init__(self, horizons_s: Sequence[float], per_day: int) -> None:
        self.horizons_s = tuple(horizons_s)
        self._kept = per_day * HALF_LIFE_DAYS / math.log(2.0)
        self._least = per_day * LEAST_DAYS
        self._per_day = per_day
        self._anew("")

    def begin(self, source: str) -> bool:
        """Say which model competes; a new one starts from nought; return whether it is new."""
        if source == self.of:
            return False
        self._anew(source)
        return True

    def _anew(self, source: str) -> None:
        self.of = source  # the model, by name and version: another one begins anew
        self.model_speaks = True
        self.scores = [Score() for _ in self.horizons_s]
        self.bands = tuple(Band(len(self.horizons_s), self._per_day) for _ in range(2))  # of the model, of the rule

    def take(self, horizon: int, truth: float, row: Row) -> None:
        """Score a row of `Pending` once its truth is known; what is not finite scores nothing."""
        if not math.isfinite(truth) or not all(map(math.isfinite, row)):
            return
        self.scores[horizon].take(truth, row, self._kept)
        for band, three in zip(self.bands, (row[1:4], row[4:]), strict=True):
            band.take(horizon, truth, three)
        model, rule = self._errors()
        if self.model_speaks:
            self.model_speaks = model * (1.0 - BETTER_BY) <= rule
        else:
            self.model_speaks = model < rule * (1.0 - BETTER_BY)

    def fit(self, said: Forecast, low: float, high: float) -> Forecast:
        """Return the model's or the rule's forecast with its band as this place has taught it, in `low`..`high`."""
        return self.bands[said.source != self.of].fit(said, low, high)

    @property
    def judged(self) -> bool:
        """Whether enough was scored at any horizon for the better one to speak."""
        return bool(self._judged())

    @property
    def skill(self) -> Skill:
        """How the model does; rounded, and None until enough was scored, so that nothing tells of one passage."""
        judged = self._judged()
        model, rule = self._errors()
        inside = [score.model_inside if self.model_speaks else score.rule_inside for score in judged]
        return Skill(
            value=max(SKILL_LEAST, round(1.0 - model / rule, 2)) if rule > 0.0 else None,
            scored=max(score.scored for score in self.scores),
            coverage=round(sum(inside) / len(inside), 2) if inside else None,
        )

    def to_json(self) -> dict[str, object]:
        """Return all that was scored as plain data."""
        return {
            "format": FORMAT,
            "of": self.of,
            "model_speaks": self.model_speaks,
            "horizons_s": list(self.horizons_s),
            "scores": [score.numbers() for score in self.scores],
            "bands": [[list(map(_short, reach)) for reach in band.reach] for band in self.bands],
        }

    def restore(self, data: object) -> None:
        """Take up what `to_json` wrote; ValueError on anything else. Other horizons: another contest, begun anew."""
        try:
            of, speaks, horizons, rows, bands = _read(data)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"skill: not one of ours ({error!r})") from error
        if horizons != self.horizons_s:
            return
        self.of, self.model_speaks = of, speaks
        for score, numbers in zip(self.scores, rows, strict=True):
            scored, score.model, score.rule, score.model_inside, score.rule_inside = numbers
            score.scored = int(scored)
        for band, reach in zip(self.bands, bands, strict=True):
            band.reach = reach

    def _judged(self) -> list[Score]:
        return [score for score in self.scores if score.scored >= self._least]

    def _errors(self) -> tuple[float, float]:
        """Return the sums of the mean errors of model and rule over the horizons that were scored often enough."""
        judged = self._judged()
        return sum(score.model for score in judged), sum(score.rule for score in judged)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _read(data: object) -> tuple[str, bool, Row, list[Row], list[list[tuple[float, float]]]]:
    if not isinstance(data, dict) or data["format"] != FORMAT:
        raise ValueError(f"format is not {FORMAT}")
    of, speaks = data["of"], data["model_speaks"]
    if not isinstance(of, str) or not isinstance(speaks, bool):
        raise TypeError("of or model_speaks")
    horizons = tuple(number(one) for one in data["horizons_s"])
    rows = [tuple(number(one) for one in row) for row in data["scores"]]
    if len(rows) != len(horizons):
        raise ValueError(f"{len(rows)} scores for {len(horizons)} horizons")
    for scored, model, rule, *inside in rows:
        sound = scored == int(scored) <= SCORED_MOST and min(scored, model, rule, *inside) >= 0.0
        if not sound or len(inside) != 2 or max(inside) > 1.0:
            raise ValueError(f"a score holds {[scored, model, rule, *inside]}")
    bands = [[(number(down), number(up)) for down, up in band] for band in data["bands"]]
    if [len(band) for band in bands] != [len(horizons)] * 2 or not all(
        LEAST <= min(reach) <= max(reach) <= MOST for band in bands for reach in band
    ):
        raise ValueError(f"bands are {bands}")
    return of, speaks, horizons, rows, bands


def row_of(of: float, horizon: int, model: Forecast | None, rule: Forecast) -> Row | None:
    """Return what is scored later; None for no answer, and for one that is not over the rule's horizons."""
    if model is None or not len(model.p10) == len(model.p50) == len(model.p90) == len(rule.p50):
        return None
    three, three_by_rule = ((one.p10[horizon], one.p50[horizon], one.p90[horizon]) for one in (model, rule))
    return (of, *three, *three_by_rule)


def number(value: object) -> float:
    """Return a finite number read from JSON; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
