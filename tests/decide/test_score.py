"""A bin's forecasts meet what its own sensor saw later, or nothing."""

import json
import math
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lampyre.decide.bins.forecast import EMPTIED_DROP, HORIZONS_H, HORIZONS_S
from lampyre.decide.bins.score import GAP_S, HOUR_S, NEAR_S, FillScore, truth_at
from lampyre.decide.skill import LEAST_DAYS
from lampyre.records import Forecast

START = datetime(2026, 10, 20, 6, 7, tzinfo=UTC)
LEAST = LEAST_DAYS * 24


def filling(at: datetime) -> float:
    """Ten days from empty to full."""
    return (at - START).total_seconds() / (10 * 86400) % 1.0


def told(at: datetime, off: float, source: str = "fill 1") -> Forecast:
    """What it will be, wrong by so much."""
    p50 = tuple(min(max(filling(at + timedelta(hours=ahead)) + off, 0.0), 1.0) for ahead in HORIZONS_H)
    return Forecast("fill", HORIZONS_S, p50, p50, p50, source)


def live(score: FillScore, start: datetime, hours: int, *, model: float, rule: float) -> list[bool]:
    """Look every quarter of an hour; return whether the model spoke at the end of each hour."""
    speaks = []
    for quarter in range(4 * hours):
        at = start + timedelta(minutes=15 * quarter)
        score.see(at, filling(at))
        score.compare(at, told(at, model), told(at, rule, "rule"))
        speaks.append(score.contest.model_speaks)
    return speaks[3::4]


def test_a_bad_model_is_silenced_after_a_week_of_scored_hours() -> None:
    speaks = live(FillScore(), START, 9 * 24, model=0.3, rule=0.05)
    silenced = speaks.index(False)
    assert silenced == 6 + LEAST, "the first forecast is scored in the seventh hour"
    assert not any(speaks[silenced:])


def test_a_good_model_speaks_on() -> None:
    score = FillScore()
    assert all(live(score, START, 9 * 24, model=0.0, rule=0.2))
    assert score.contest.skill.value is not None
    assert score.contest.skill.value > 0.5


def test_every_horizon_is_scored_on_its_own_time_across_the_change_of_clocks() -> None:
    score = FillScore()
    live(score, START, 9 * 24, model=0.0, rule=0.0)
    errors = [one.model for one in score.contest.scores]
    assert max(errors) < 1e-9
    assert [one.scored for one in score.contest.scores] == [9 * 24 - 1 - ahead for ahead in HORIZONS_H]


def test_a_silent_sensor_scores_nothing_beyond_eight_hours_and_costs_nothing_after() -> None:
    score = FillScore()
    live(score, START, 60, model=0.0, rule=0.0)
    before = sum(one.scored for one in score.contest.scores)
    later = START + timedelta(hours=60 + 20)
    live(score, later, 2, model=0.0, rule=0.0)
    assert sum(one.scored for one in score.contest.scores) <= before + 1, "what was due lies in the gap"
    live(score, later + timedelta(hours=2), 60, model=0.0, rule=0.0)
    assert max(one.model for one in score.contest.scores) < 1e-9


def test_a_clock_that_is_put_back_makes_pending_forecasts_worthless() -> None:
    score = FillScore()
    live(score, START, 5, model=0.5, rule=0.5)
    live(score, START - timedelta(hours=3), 12, model=0.0, rule=0.0)
    assert score.contest.scores[0].scored == 5
    assert score.contest.scores[0].model < 1e-9


def test_scores_and_pending_forecasts_come_back_after_a_restart() -> None:
    one, other = FillScore(), FillScore()
    live(one, START, 100, model=0.1, rule=0.2)
    other.restore(json.loads(json.dumps(one.to_json(), allow_nan=False)))
    assert other.to_json() == one.to_json()
    for score in (one, other):
        live(score, START + timedelta(hours=100), 100, model=0.1, rule=0.2)
    assert other.contest.scores[3].scored == one.contest.scores[3].scored - 1, "the hour of the restart"


@pytest.mark.parametrize(
    "pending", [None, 7, [7], [[]], [[0]], [[4, *[0.5] * 7]], [[0, *[0.5] * 6]], [[0, 5.0, *[2.0] * 6]], [[None] * 8]]
)
def test_damaged_pending_forecasts_are_refused(pending: object) -> None:
    score = FillScore()
    whole = score.to_json()
    with pytest.raises(ValueError, match="skill"):
        score.restore(whole | {"pending": pending})
    with pytest.raises(ValueError, match="skill"):
        score.restore({"contest": None, "pending": []})
    with pytest.raises(ValueError, match="skill"):
        score.restore({})
    assert score.to_json() == whole


@given(
    st.lists(st.tuples(st.floats(1.0, 3 * GAP_S), st.floats(0.0, 1.0)), max_size=12),
    st.floats(-HOUR_S, 20 * GAP_S),
)
def test_a_truth_lies_between_its_readings_or_is_the_nearest_at_an_emptying(
    steps: list[tuple[float, float]], at_s: float
) -> None:
    points = deque[tuple[float, float]]()
    for step_s, fill in steps:
        points.append(((points[-1][0] if points else 0.0) + step_s, fill))
    assume(all(at_s != point_s for point_s, _ in points))
    found = truth_at(points, at_s)
    before = [point for point in points if point[0] <= at_s]
    after = [point for point in points if point[0] >= at_s]
    if not before or not after or after[0][0] - before[-1][0] > GAP_S:
        assert found is None
        return
    last, first = before[-1][1], after[0][1]
    if last - first > EMPTIED_DROP:
        near = min(at_s - before[-1][0], after[0][0] - at_s)
        assert found in {last, first, None}
        assert (found is None) == (near > NEAR_S)
    else:
        assert found is not None
        assert min(last, first) - 1e-9 <= found <= max(last, first) + 1e-9
    assert found is None or math.isfinite(found)
