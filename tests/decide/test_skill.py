"""The better one of the last weeks speaks; what is damaged is refused; nothing grows."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.skill import BETTER_BY, HALF_LIFE_DAYS, LEAST_DAYS, SCORED_MOST, SKILL_LEAST, Contest, Pending, Row

PER_DAY = 24
LEAST = LEAST_DAYS * PER_DAY
HORIZONS_S = (3600.0, 86400.0)
ERRORS = st.floats(0.0, 1e6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def contest(source: str = "model 1.0") -> Contest:
    made = Contest(HORIZONS_S, PER_DAY)
    made.begin(source)
    return made


def row(model: float, rule: float, spread: float = 0.0) -> Row:
    return (0.0, model - spread, model, model + spread, rule - spread, rule, rule + spread)


def play(one: Contest, rows: int, model: float, rule: float) -> Contest:
    """Score rows at both horizons with these errors."""
    for _ in range(rows):
        for horizon in range(len(HORIZONS_S)):
            one.take(horizon, 0.0, row(model, rule))
    return one


def test_until_a_week_was_scored_the_model_speaks_however_bad_it_is() -> None:
    one = play(contest(), LEAST - 1, 9.0, 1.0)
    assert one.model_speaks
    assert (one.skill.value, one.skill.coverage, one.skill.scored) == (None, None, LEAST - 1)
    play(one, 1, 9.0, 1.0)
    assert not one.model_speaks
    assert one.skill.value == -8.0


def test_the_better_one_speaks_and_a_model_that_recovers_speaks_again() -> None:
    one = play(contest(), LEAST, 2.0, 1.0)
    assert not one.model_speaks
    days = 0
    while not one.model_speaks:
        play(one, PER_DAY, 0.5, 1.0)
        days += 1
    assert 2 <= days <= 1.5 * HALF_LIFE_DAYS


@given(share=st.floats(1.0 - BETTER_BY + 1e-6, 1.0 + BETTER_BY / 2), first=st.booleans())
def test_who_speaks_goes_on_while_the_other_is_hardly_better(share: float, first: bool) -> None:
    one = play(contest(), LEAST, 0.5 if first else 2.0, 1.0)
    assert one.model_speaks is first
    heard = set()
    for _ in range(30):
        play(one, PER_DAY, share, 1.0)
        heard.add(one.model_speaks)
    assert len(heard) <= 2
    speaks = one.model_speaks
    play(one, 10 * PER_DAY, 1.0, 1.0)
    assert one.model_speaks is speaks


def test_errors_on_both_sides_of_the_same_never_flap() -> None:
    one = play(contest(), LEAST, 1.0, 1.0)
    heard = []
    for day in range(60):
        play(one, PER_DAY, 1.3 if day % 2 else 0.7, 1.0)
        heard.append(one.model_speaks)
    assert all(heard)


@given(st.lists(st.tuples(ERRORS, ERRORS), min_size=1, max_size=300))
def test_a_mean_error_lies_between_the_least_and_the_greatest(rows: list[tuple[float, float]]) -> None:
    one = contest()
    for model, rule in rows:
        one.take(0, 0.0, row(model, rule))
    score = one.scores[0]
    for mean, errors in ((score.model, [m for m, _ in rows]), (score.rule, [r for _, r in rows])):
        assert min(errors) * (1 - 1e-9) <= mean <= max(errors) * (1 + 1e-9)
    assert 0.0 <= score.model_inside <= 1.0
    assert score.scored == len(rows)


def test_after_the_half_life_an_old_error_weighs_half() -> None:
    one = contest()
    for _ in range(5000):
        one.take(0, 0.0, row(1.0, 1.0))
    for _ in range(round(HALF_LIFE_DAYS * PER_DAY)):
        one.take(0, 0.0, row(0.0, 1.0))
    assert one.scores[0].model == pytest.approx(0.5, abs=0.01)


def test_coverage_is_of_who_speaks() -> None:
    one = contest()
    for k in range(LEAST):
        one.take(0, float(k % 10 == 0), (0.0, -0.5, 0.0, 0.5, -5.0, 4.0, 5.0))
    assert one.model_speaks
    assert one.skill.coverage == pytest.approx(0.9, abs=0.01)
    play(one, 90 * PER_DAY, 9.0, 4.0)
    assert not one.model_speaks


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_scores_nothing(bad: float) -> None:
    one = contest()
    one.take(0, bad, row(1.0, 1.0))
    one.take(0, 1.0, row(bad, 1.0))
    one.take(0, 1.0, row(1.0, bad))
    assert [score.scored for score in one.scores] == [0, 0]


def test_another_model_begins_anew() -> None:
    one = play(contest(), 2 * LEAST, 9.0, 1.0)
    assert not one.begin("model 1.0")
    assert not one.model_speaks
    assert one.begin("model 1.1")
    assert (one.model_speaks, one.skill.scored) == (True, 0)


def test_a_rule_without_error_leaves_the_skill_unsaid_and_a_hopeless_model_is_bounded() -> None:
    perfect = play(contest(), LEAST, 0.5, 0.0)
    assert not perfect.model_speaks
    assert perfect.skill.value is None
    quiet = play(contest(), LEAST, 0.0, 0.0)
    assert quiet.model_speaks, "on an empty street nobody is better"
    assert play(contest(), LEAST, 1e9, 1e-9).skill.value == SKILL_LEAST


@given(model=ERRORS, rule=ERRORS, rows=st.integers(0, 3 * LEAST))
def test_what_was_scored_comes_back(model: float, rule: float, rows: int) -> None:
    one = play(contest(), rows, model, rule)
    again = Contest(HORIZONS_S, PER_DAY)
    again.restore(json.loads(json.dumps(one.to_json(), allow_nan=False)))
    assert again.to_json() == one.to_json()
    assert again.skill.scored == one.skill.scored


def test_other_horizons_are_another_contest() -> None:
    other = Contest((900.0,), PER_DAY)
    other.restore(play(contest(), LEAST, 9.0, 1.0).to_json())
    assert (other.of, other.model_speaks, len(other.scores)) == ("", True, 1)


@given(JSON)
def test_what_is_none_of_ours_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="skill"):
        contest().restore(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 9), ("of", 7), ("model_speaks", 1), ("horizons_s", "x"), ("horizons_s", [math.nan, 1.0]),
        ("scores", []), ("scores", [[1], [1]]), ("scores", [[1.5, 0, 0, 0, 0]] * 2), ("scores", [[1, -1, 0, 0, 0]] * 2),
        ("scores", [[1, 0, 0, 2, 0]] * 2), ("scores", [[1, 0, 0, 0, True]] * 2), ("scores", [[math.inf] * 5] * 2),
        ("scores", [[SCORED_MOST + 1, 0, 0, 0, 0]] * 2), ("scores", None), ("scores", [[10**400, 0, 0, 0, 0]] * 2),
    ],
)  # fmt: skip
def test_a_damaged_skill_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match="skill"):
        contest().restore(contest().to_json() | {key: value})


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-50, 50)), max_size=200))
def test_a_place_in_the_ring_gives_back_what_was_last_put_there(puts: list[tuple[int, int]]) -> None:
    places = (1, 4, 7)
    pending, stands = Pending(places), dict[tuple[int, int], Row | None]()
    for number, (ring, place) in enumerate(puts):
        given_row = None if number % 5 == 0 else (float(number), *(1.0,) * 6)
        assert pending.swap(ring, place, given_row) == stands.get((ring, place % places[ring]))
        stands[ring, place % places[ring]] = given_row
    pending.clear()
    assert all(pending.swap(ring, place, None) is None for ring in range(3) for place in range(7))
