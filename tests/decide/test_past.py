"""A counter's past: every forecast meets its own truth or none, and who was better for weeks speaks."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.activity import HORIZONS_S, LAST_WEEK
from lampyre.decide.calendar import Calendar
from lampyre.decide.past import SitePast
from lampyre.decide.skill import LEAST_DAYS
from lampyre.records import Features, Forecast

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 30, tzinfo=PARIS)
LEAST = LEAST_DAYS * 96
STEP = 1 / 32  # by which numbered periods differ: days of them stay below what is cut as an event
SPRING, AUTUMN = datetime(2027, 3, 27, 20, 0, tzinfo=UTC), datetime(2026, 10, 24, 20, 0, tzinfo=UTC)


def street(local: datetime) -> float:
    """A street that wakes at 7, is busy at 17, and sleeps; quieter at the weekend."""
    hour = local.hour + local.minute / 60
    return (40.0 if local.weekday() < 5 else 10.0) * math.exp(-((hour - 17) ** 2) / 16) + 1.0


class Oracle:
    """A model that says for each horizon whatever `truth` says of (now, horizon)."""

    def __init__(self, truth: Callable[[datetime, float], float], name: str = "oracle 1") -> None:
        self.now = MONDAY
        self.name = name
        self._truth = truth

    def predict(self, features: Features) -> Forecast | None:
        p50 = tuple(self._truth(self.now, horizon_s) for horizon_s in HORIZONS_S)
        return Forecast("count", HORIZONS_S, tuple(p - 1 for p in p50), p50, tuple(p + 1 for p in p50), self.name)


def wall_ahead(now: datetime, horizon_s: float, period_s: int) -> datetime:
    """The wall time at which the period that ends at the horizon begins."""
    return now + timedelta(seconds=horizon_s - period_s)  # aware, one zone: Python counts on the wall


def good(factor: float = 1.0, name: str = "oracle 1") -> Oracle:
    return Oracle(lambda now, horizon_s: factor * street(wall_ahead(now, horizon_s, 900)), name)


def live(past: SitePast, model: Oracle, start: datetime, periods: int) -> list[Forecast | None]:
    """Let so many periods pass, in even steps of real time; return what spoke at the end of each."""
    said = []
    period_s = past.profile.period_s
    for k in range(periods):
        began = (start.astimezone(UTC) + k * timedelta(seconds=period_s)).astimezone(PARIS)
        past.take(began, street(began))
        model.now = (began.astimezone(UTC) + timedelta(seconds=period_s)).astimezone(PARIS)
        said.append(past.speak(model, model.now))
    return said


def test_a_bad_model_is_silenced_after_a_week_of_scores_and_not_before() -> None:
    past, model = SitePast(900, Calendar()), good(3.0)
    said = live(past, model, MONDAY, 28 * 96)
    sources = [one.source for one in said if one is not None]
    first_rule = sources.index("rule: slot of the week")
    assert first_rule == LEAST, "the first period was foreseen by nobody"
    assert set(sources[:LEAST]) == {"oracle 1"}
    assert set(sources[LEAST:]) == {"rule: slot of the week"}
    assert past.contest.skill.value is not None
    assert past.contest.skill.value < 0.0


def test_a_good_model_speaks_all_month() -> None:
    past = SitePast(900, Calendar())
    said = live(past, good(), MONDAY, 28 * 96)
    assert {one.source for one in said if one is not None} == {"oracle 1"}
    skill = past.contest.skill
    assert (skill.value, skill.coverage, skill.scored) == (1.0, 1.0, 28 * 96 - 1)


def test_a_restart_keeps_what_was_scored_and_loses_a_day_of_pending_forecasts_at_most() -> None:
    past, model = SitePast(900, Calendar()), good(3.0)
    live(past, model, MONDAY, 14 * 96)
    again = SitePast(900, Calendar())
    again.restore(past.text())
    assert again.text() == past.text()
    assert not again.contest.model_speaks
    said = live(again, model, MONDAY + timedelta(days=14), 96)
    assert {one.source for one in said if one is not None} == {"rule: slot of the week"}
    lost = [b.scored - a.scored for a, b in zip(past.contest.scores, again.contest.scores, strict=True)]
    assert lost == [95, 94, 93, 92, 0], "those made before the restart are not scored"


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_when_clocks_change_every_forecast_of_the_hour_meets_its_own_truth(night: datetime) -> None:
    def ordinal(at: datetime) -> float:
        return STEP * (at.astimezone(UTC) - night).total_seconds() / 900

    def truth(now: datetime, horizon_s: float) -> float:
        return ordinal(now) + STEP * (horizon_s / 900 - 1)

    past, model = SitePast(900, Calendar()), Oracle(truth)
    for k in range(96 * 3):
        began = (night + k * timedelta(minutes=15)).astimezone(PARIS)
        past.take(began, STEP * k)
        model.now = (night + (k + 1) * timedelta(minutes=15)).astimezone(PARIS)
        past.speak(model, model.now)
    errors = [score.model for score in past.contest.scores]
    assert errors[:4] == [0.0] * 4
    assert errors[4] <= STEP * 4, "the same time tomorrow is an hour off once"
    assert past.contest.scores[0].scored >= 96 * 3 - 1 - 4


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_the_same_time_tomorrow_is_the_same_time_on_the_wall(night: datetime) -> None:
    past = SitePast(900, Calendar())
    live(past, good(), night - timedelta(days=1), 96 * 4)
    assert [score.model for score in past.contest.scores] == [0.0] * 5


class Silent:
    """A model that says nothing and keeps what it was asked with."""

    def __init__(self) -> None:
        self.asked: dict[str, float] = {}

    def predict(self, features: Features) -> Forecast | None:
        self.asked = dict(zip(features.names, features.values, strict=True))
        return None


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_in_the_days_after_clocks_change_a_steady_street_is_as_busy_as_ever(night: datetime) -> None:
    past, model = SitePast(900, Calendar()), Silent()
    live(past, good(), night - timedelta(days=28), 96 * 31)
    past.foresee(model, (night + timedelta(days=3)).astimezone(PARIS))
    asked = model.asked
    assert [value for name, value in asked.items() if name.startswith("busy")] == pytest.approx([0.5] * 13)
    assert [asked[f"last_week_{ahead}"] for ahead in LAST_WEEK] == pytest.approx(
        [asked[f"week_{ahead}"] for ahead in LAST_WEEK]
    )


def test_a_clock_that_was_years_ahead_leaves_no_history_of_the_future() -> None:
    past, model = SitePast(900, Calendar()), Silent()
    live(past, good(), MONDAY + timedelta(days=1000), 96)
    live(past, good(), MONDAY, 2)
    past.foresee(model, MONDAY + timedelta(minutes=30))
    assert model.asked["known_24h"] == 2 / 96


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["count", "gap", "silent", "sleep"]), st.integers(1, 40)), max_size=12),
    st.sampled_from([900, 3600]),
)
def test_no_forecast_is_scored_on_another_periods_count(story: list[tuple[str, int]], period_s: int) -> None:
    past = SitePast(period_s, Calendar())
    step = timedelta(seconds=period_s)

    def number(at: datetime) -> float:
        return STEP * ((at - MONDAY) / step)

    model = Oracle(lambda now, horizon_s: number(wall_ahead(now, horizon_s, period_s)))
    at, scored = MONDAY, 0
    for what, times in story:
        for _ in range(times):
            if what != "sleep":
                past.take(at, number(at) if what != "gap" else None)
            at += step
            if what in {"count", "gap"}:
                model.now = at
                past.speak(model, at)
            scored += what in {"count", "silent"}
    for score in past.contest.scores:
        assert score.model == 0.0
        assert score.scored <= scored


def test_an_hourly_counter_is_scored_an_hour_and_a_day_ahead() -> None:
    past = SitePast(3600, Calendar())
    model = Oracle(lambda now, horizon_s: street(wall_ahead(now, horizon_s, 3600)))
    live(past, model, MONDAY, 48)
    assert [score.scored for score in past.contest.scores] == [0, 0, 0, 47, 24]
    assert [score.model for score in past.contest.scores] == [0.0] * 5


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_model_that_says_no_number_is_neither_scored_nor_heard(bad: float) -> None:
    past = SitePast(900, Calendar())
    said = live(past, Oracle(lambda now, horizon_s: bad), MONDAY, 96)
    assert said == [None] * 96
    assert past.contest.skill.scored == 0


def test_a_restart_on_the_first_day_does_not_make_a_street_empty() -> None:
    past, again, model = SitePast(900, Calendar()), SitePast(900, Calendar()), Silent()
    for k in range(60):
        past.take(MONDAY + k * timedelta(minutes=15), 40.0)
    again.restore(past.text())
    again.foresee(model, MONDAY + timedelta(hours=15))
    assert model.asked["level_log"] == pytest.approx(math.log1p(40.0))


def test_the_first_monday_after_a_quiet_weekend_is_no_event() -> None:
    def office(local: datetime) -> float:
        return 900.0 if local.weekday() < 5 else 10.0

    past, model = SitePast(3600, Calendar()), Oracle(lambda now, horizon_s: office(wall_ahead(now, horizon_s, 3600)))
    for k in range(24 * 4):
        began = MONDAY + timedelta(days=5, hours=k)
        past.take(began, office(began))
        model.now = began + timedelta(hours=1)
        past.speak(model, model.now)
    assert [score.model for score in past.contest.scores if score.scored] == [0.0, 0.0], "the model was right"


def test_impossible_counts_score_nobody() -> None:
    past, model = SitePast(900, Calendar()), good()
    live(past, model, MONDAY, 10)
    before = past.contest.to_json()
    for count in (-1.0, 1e9, math.nan, math.inf):
        past.take(model.now, count)
        past.speak(model, model.now)
    assert past.contest.to_json() == before


def test_one_counter_gone_mad_does_not_judge_for_weeks() -> None:
    past, model = SitePast(900, Calendar()), good(1.1)
    live(past, model, MONDAY, 14 * 96)
    before = past.contest.skill.value
    past.take(model.now, 900_000.0)
    assert past.contest.skill.value == pytest.approx(before, abs=0.05)


def test_another_model_begins_anew_and_is_not_judged_by_what_the_old_one_said() -> None:
    past = SitePast(900, Calendar())
    live(past, good(3.0), MONDAY, 14 * 96)
    said = live(past, good(1.0, "oracle 2"), MONDAY + timedelta(days=14), 96)
    assert {one.source for one in said if one is not None} == {"oracle 2"}
    assert past.contest.scores[0].model == 0.0


def test_a_week_that_was_learned_before_there_were_scores_is_taken_up() -> None:
    past = SitePast(900, Calendar())
    live(past, good(), MONDAY, 96)
    again = SitePast(900, Calendar())
    again.restore(json.dumps(past.profile.to_json()))
    assert again.profile.learned == 96
    assert again.contest.skill.scored == 0


def test_the_memory_is_one_object_below_seventeen_kilobytes() -> None:
    past = SitePast(900, Calendar())
    live(past, good(1.1), MONDAY, 14 * 96)
    said = json.loads(past.text())
    assert set(said) == {"format", "profile", "skill"}
    assert isinstance(said["profile"], dict)
    assert len(past.text()) < 17_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: {},
        lambda whole: 7,
        lambda whole: whole | {"format": 3},
        lambda whole: whole | {"profile": None},
        lambda whole: whole | {"skill": None},
        lambda whole: whole | {"skill": whole["skill"] | {"scores": [[1]]}},
        lambda whole: whole | {"profile": whole["profile"] | {"period_s": 3600}},
    ],
)
def test_a_damaged_memory_is_refused_and_nothing_of_it_taken_up(damage: Callable[[object], object]) -> None:
    past = SitePast(900, Calendar())
    live(past, good(), MONDAY, 96)
    again = SitePast(900, Calendar())
    before = again.text()
    with pytest.raises(ValueError, match=r"."):
        again.restore(json.dumps(damage(json.loads(past.text()))))
    assert again.text() == before
