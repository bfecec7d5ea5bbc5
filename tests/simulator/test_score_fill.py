"""A container's past in order: levels between readings, hours to 80 % hidden by emptyings, and what was foreseen."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import lampyre_models
from lampyre.chance import Chance
from lampyre.decide.bins.forecast import CHANCES_H, HORIZONS_S, outlook_of
from lampyre.decide.bins.past import Past
from lampyre.decide.inference import Model, load_model
from lampyre.records import Features, Forecast
from lampyre_sim.score.fill import judge, play, rates
from lampyre_sim.score.levels import Levels, levels_of, to_full
from lampyre_sim.score.rows import Rows
from lampyre_sim.score.sets import LAYOUTS

PRAGUE = ZoneInfo("Europe/Prague")
MONDAY = datetime(2024, 3, 4, tzinfo=UTC)
MONDAY_H = MONDAY.timestamp() / 3600
EVER = -math.inf


class Steady:
    """A model that always says the same fills and hours, and the same chances if it has any."""

    def __init__(self, fill: float, hours: float, *chances: float) -> None:
        of = len(HORIZONS_S)
        fills = Forecast("fill", HORIZONS_S, (fill - 0.1,) * of, (fill,) * of, (fill + 0.1,) * of, "steady 1")
        to = Forecast("hours to 80 %", (0.0,), (hours / 2,), (hours,), (2 * hours,), "steady 1")
        within = tuple(3600.0 * one for one in CHANCES_H)
        soon = Chance("80 % before an emptying", within, chances, (0.4, 0.5), "steady 1")
        self._said: tuple[Forecast | Chance, ...] = (fills, to, soon) if chances else (fills, to)

    def predict_all(self, features: Features) -> tuple[Forecast | Chance, ...] | None:
        return self._said


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(Path(lampyre_models.__file__).parent / "fill_v1")


def levels(hours: list[float], fills: list[float]) -> Levels:
    return Levels("1", "paper", MONDAY_H + np.array(hours, float), np.array(fills, float))


def filling(days: int) -> Levels:
    """Return readings every 2 h of a container that gains 2 points an hour and is emptied every second midnight."""
    hours = [2.0 * k for k in range(12 * days)]
    return levels(hours, [0.02 * (hour % 48) for hour in hours])


def test_the_level_between_readings_is_on_the_line_and_unknown_in_gaps() -> None:
    found = levels([0, 2, 4, 14, 16], [0.1, 0.2, 0.3, 0.9, 0.0])
    asked = np.array([-1, 0, 1, 3.5, 10, 14.9, 15.1, 16, 17])
    known = [np.nan, np.nan, 0.15, 0.275, np.nan, 0.9, 0.0, 0.0, np.nan]
    np.testing.assert_allclose(found.at(MONDAY_H + asked), known, atol=1e-6)


def test_hours_to_80_are_reached_hidden_by_an_emptying_or_not_known() -> None:
    came = to_full(levels([0, 2, 4, 6, 8, 10, 40, 42], [0.6, 0.7, 0.9, 0.1, 0.5, 0.0, 0.3, 0.4]))
    np.testing.assert_allclose(came.hours, [3, 1, np.nan, 2, 0, 0, 2, 0], atol=1e-6)
    assert came.reached.tolist() == [True, True, False, False, False, False, False, False]
    assert came.emptied.tolist() == [False, False, False, True, True, False, False, False]


def test_the_measures_of_a_steady_forecast_are_those_worked_out_by_hand() -> None:
    book = judge(filling(20), PRAGUE, Steady(0.5, 11.0), EVER)
    fills = [2 * hour for hour in range(0, 48, 2)]  # the truth at any horizon, in points, over one turn
    assert book.mean(("mae", 24, "model")) == pytest.approx(np.mean([abs(fill - 50) for fill in fills]), rel=0.03)
    assert book.mean(("coverage", 24, "model")) == pytest.approx(6 / 24, abs=0.01)  # 40 to 60
    assert book.mean(("mae", 48, "week_ago")) == pytest.approx(48)  # 168 h are three and a half turns
    assert book.mean(("mae", 48, "persistence")) == pytest.approx(0)
    late = [abs(left - 11) for left in range(2, 42, 2)]
    # full 40 h after an emptying: from each of 20 readings a turn 40, 38 ... 2 h ahead
    assert book.mean(("hours", "model")) == pytest.approx(np.mean(late), rel=0.03)
    assert book.mean(("hours", "mean_rate")) == pytest.approx(0.8, abs=0.1)  # the step of the emptying hides 2 of 48 h
    assert book.f1(("within", 12, "mean_rate")) == pytest.approx(10 / 11, abs=0.02)  # 12 h ahead it says 12.5
    right, vain, missed = book.hits["within", 12, "model"]  # it always says yes
    assert right / (right + vain) == pytest.approx(6 / 20, abs=0.03)
    assert missed == 0
    assert book.hits["within", 24, "model"][0] == pytest.approx(2 * right, abs=6)


def test_chances_say_whether_80_is_expected_and_without_them_the_hours_do() -> None:
    # full 40 h after an emptying, emptied 8 h later: of 20 readings a turn 6 come to 80 % within 12 h, 12 within 24 h
    one = filling(20)
    by_chance = judge(one, PRAGUE, Steady(0.5, 100.0, 0.41, 0.49), EVER)  # says 12 h; 24 h is below its threshold
    by_hours = judge(one, PRAGUE, Steady(0.5, 100.0), EVER)
    rows = by_chance.numbers["came", 12, "truth"]
    came = by_chance.mean(("came", 12, "truth"))
    assert came is not None
    assert came == pytest.approx(6 / 20, abs=0.03)
    assert by_chance.mean(("came", 24, "truth")) == pytest.approx(12 / 20, abs=0.03)
    assert by_chance.hits["within", 12, "model"] == (round(rows * came), rows - round(rows * came), 0)
    assert by_chance.precision(("within", 12, "model")) == pytest.approx(came)
    assert by_chance.recall(("within", 12, "model")) == 1
    assert by_chance.f1(("within", 12, "model")) == pytest.approx(2 * came / (1 + came))
    assert by_chance.hits["within", 24, "model"][:2] == (0, 0)
    assert by_chance.precision(("within", 24, "model")) is None
    assert by_hours.hits["within", 12, "model"][:2] == (0, 0)
    assert by_hours.hits["within", 24, "rule"] == by_chance.hits["within", 24, "rule"]


def test_the_node_takes_the_warnings_of_the_one_it_believes() -> None:
    told = play(filling(60), PRAGUE, Steady(0.0, 100.0, 0.1, 0.1), EVER)  # always empty, always wrong
    late = ~told.by_model
    assert told.by_model[: 12 * 7].all()
    assert late.any()
    full = filling(60).fills >= 0.8
    np.testing.assert_equal(told.model.soon, np.column_stack([full, full]))
    np.testing.assert_equal(told.spoke.soon[~late], told.model.soon[~late])
    np.testing.assert_equal(told.spoke.soon[late], told.rule.soon[late])
    assert told.spoke.soon[late & ~full].any()


def test_every_naive_forecast_of_an_even_street_is_right_until_the_emptying() -> None:
    one = filling(40)
    naive, to = rates(one)
    told = play(one, PRAGUE, Steady(0.5, 11.0), EVER)
    naive["slot_rate"], to["slot_rate"] = told.slot, told.slot_hours
    k = 12 * 33 + 1  # 2 h after an emptying, in the fifth week
    assert one.fills[k - 1] > one.fills[k] or one.fills[k] < 0.6
    for who in ("last_rate", "mean_rate", "slot_rate"):
        assert naive[who][k, 0] == pytest.approx(one.fills[k] + 0.12, abs=0.02)
        assert to[who][k] == pytest.approx((0.8 - one.fills[k]) / 0.02, rel=0.1)
        assert np.isnan(naive[who][:3]).all(), "not 6 h of readings yet"
        assert not np.isnan(naive[who][3:]).any()


def test_what_is_foreseen_is_what_a_node_would_say(model: Model) -> None:
    one = filling(20)
    told = play(one, PRAGUE, model, EVER)
    history = [(MONDAY + timedelta(hours=2 * k), fill) for k, fill in enumerate(one.fills.tolist())]
    for k in (1, 5, 100, 200):
        outlook = outlook_of(model, Past(history[: k + 1], history[k][0]), history[k][0], "paper", PRAGUE)
        assert outlook.hours is not None
        assert outlook.soon is not None
        assert told.model.fills[k, :, 1].tolist() == list(outlook.fill.p50)
        assert told.model.hours[k].tolist() == list(outlook.hours)
        assert told.model.soon[k].tolist() == list(outlook.soon.expected)


def test_a_node_remembers_an_hour_apart_and_always_the_newest(model: Model) -> None:
    hours = [0.5 * k for k in range(96)]
    one = levels(hours, [0.01 * hour for hour in hours])
    told = play(one, PRAGUE, model, EVER)
    at = [MONDAY + timedelta(hours=hour) for hour in hours]
    kept = [(at[k], one.fills[k]) for k in (*range(0, 95, 2), 95)]
    outlook = outlook_of(model, Past(kept, at[95]), at[95], "paper", PRAGUE)
    assert told.model.fills[95, :, 1].tolist() == list(outlook.fill.p50)


def test_another_future_changes_no_forecast_of_the_past(model: Model) -> None:
    one, now = filling(16), 150
    fills = one.fills.copy()
    fills[now + 1 :] = 0.33
    other = Levels(one.name, one.stream, one.hours, fills)
    here, there = (play(each, PRAGUE, model, EVER) for each in (one, other))
    for before, after in (
        *((getattr(here, who), getattr(there, who)) for who in ("by_model", "slot", "slot_hours")),
        *(
            (getattr(getattr(here, who), what), getattr(getattr(there, who), what))
            for who in ("model", "rule", "spoke")
            for what in ("fills", "hours", "soon")
        ),
        *((rates(one)[0][who], rates(other)[0][who]) for who in ("week_ago", "last_rate", "mean_rate")),
        *((rates(one)[1][who], rates(other)[1][who]) for who in ("last_rate", "mean_rate")),
    ):
        np.testing.assert_equal(before[: now + 1], after[: now + 1])


def test_a_long_gap_before_an_emptying_hides_whether_80_came_first() -> None:
    came = to_full(levels([0, 2, 32, 34], [0.5, 0.6, 0.1, 0.2]))
    np.testing.assert_allclose(came.hours[:2], [2, 0])
    assert not came.reached[:2].any()
    assert not came.emptied[:2].any()


def test_readings_are_sorted_thinned_and_turned_into_utc() -> None:
    rows = Rows(Path("fill_levels.csv"), LAYOUTS["fill"], utc=False)
    wall_s = int(MONDAY.timestamp())
    for minute, percent in ((120, 30.0), (0, 10.0), (10, 11.0), (0, 12.0), (130, 31.0)):
        rows.add("", "1", wall_s + 60 * minute, percent, "glass")
    left_out: Counter[str] = Counter()
    found = levels_of(rows, "1", PRAGUE, left_out)
    assert found is not None
    np.testing.assert_allclose(found.hours, [MONDAY_H - 1, MONDAY_H + 1])  # Prague is an hour ahead in winter
    np.testing.assert_allclose(found.fills, [0.1, 0.3])
    assert left_out == {"its time was there already": 1, "less than a quarter of an hour after the one before": 2}


def test_rows_whose_truth_a_gap_hides_are_counted() -> None:
    one = filling(20)
    keep = np.r_[0:150, 170:240]
    gappy = Levels(one.name, one.stream, one.hours[keep], one.fills[keep])
    book = judge(gappy, PRAGUE, Steady(0.5, 11.0), EVER)
    assert book.left_out["left_out", 6, "no reading near enough to that hour"] > 0
    assert book.left_out["left_out", "hours", "a gap or the end hides what came"] > 0
    assert book.left_out["left_out", "hours", "80 % full already"] > 0
