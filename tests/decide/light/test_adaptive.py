"""Adaptive light: up at once, down when two samples agree, and a forecast that can only add."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.decide.light.adaptive import FALL_S, Adaptive
from lampyre.decide.light.programme import Base
from lampyre.decide.light.volume import Volume
from lampyre.records import Cause, Fine, Forecast, Intent, Quality, Quantity, Reading, Snapshot

FULL, ONE_DOWN, TWO_DOWN = 0.8, 0.48, 0.32
STEPPED = Volume(("P4", "P5", "P6"), (FULL, ONE_DOWN, TWO_DOWN), 120.0, (0.5, 0.25))
CONTINUOUS = Volume(("P4", "P5", "P6"), (FULL, ONE_DOWN, TWO_DOWN), 120.0, (0.5, 0.25), continuous=True)
EVENING = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
ODD = [math.nan, math.inf, -math.inf, -1.0, 0.0, 1.0, 5.0, 12.0, 1e300]


class Road:
    """A counter and the policy that looks at it, in steps of ten seconds."""

    def __init__(self, volume: Volume = STEPPED) -> None:
        self.policy = Adaptive(volume, "b1.presence", "b1.passages")
        self.at_s = 0.0
        self.passed = 0.0
        self.quality = Quality.GOOD

    def look(self, forecast: Forecast | None = None, base: Base | None = None) -> Intent:
        at = EVENING + timedelta(seconds=self.at_s)
        reading = Reading("b1.passages", Quantity.PASSAGES, self.passed, at, self.quality)
        seen = Snapshot(at, self.at_s, True, MappingProxyType({"b1.passages": reading}))
        return self.policy.decide(seen, night=True, forecast=forecast, base=base)

    def live(self, minutes: int, each_minute: float, forecast: Forecast | None = None) -> list[float]:
        """Return the level of every look; the passers of a minute come at its beginning."""
        levels = []
        for step in range(minutes * 6):
            self.passed += each_minute if step % 6 == 0 else 0.0
            level = self.look(forecast).level
            assert level is not None
            levels.append(level)
            self.at_s += 10.0
        return levels


def expects(p50: float, p90: float | None = None) -> Forecast:
    return Forecast("count per 15 min", (900.0,), (0.0,), (p50,), (p50 if p90 is None else p90,), "activity_v1")


@pytest.mark.parametrize(
    ("flow_per_h", "stepped", "continuous"),
    [
        (0.0, TWO_DOWN, TWO_DOWN),
        (29.9, TWO_DOWN, TWO_DOWN),
        (30.0, ONE_DOWN, TWO_DOWN),
        (45.0, ONE_DOWN, (ONE_DOWN + TWO_DOWN) / 2),
        (59.9, ONE_DOWN, ONE_DOWN),
        (60.0, FULL, ONE_DOWN),
        (90.0, FULL, (FULL + ONE_DOWN) / 2),
        (120.0, FULL, FULL),
        (1e9, FULL, FULL),
        (math.inf, FULL, FULL),
    ],
)
def test_below_half_the_design_flow_a_class_less_is_enough_below_a_quarter_two(
    flow_per_h: float, stepped: float, continuous: float
) -> None:
    assert STEPPED.level(flow_per_h) == stepped
    assert CONTINUOUS.level(flow_per_h) == pytest.approx(continuous, abs=1e-3)


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4), st.sampled_from([STEPPED, CONTINUOUS]))
def test_more_traffic_never_asks_for_less_light(one: float, other: float, volume: Volume) -> None:
    assert volume.level(min(one, other)) <= volume.level(max(one, other))
    assert TWO_DOWN <= volume.level(one) <= FULL
    assert CONTINUOUS.level(one) <= STEPPED.level(one), "a class is enough up to its threshold, not only below the last"


def test_a_lamp_begins_with_its_full_class_and_falls_when_two_whole_samples_agree() -> None:
    road = Road()
    road.at_s = 100.0  # in the middle of a sample, which therefore says nothing
    levels = road.live(40, 0.0)
    assert levels.index(TWO_DOWN) == (1800 - 100) // 10
    assert set(levels) == {FULL, TWO_DOWN}


def test_more_traffic_raises_at_once_and_one_quiet_sample_lowers_nothing() -> None:
    road = Road()
    road.live(31, 0.0)
    assert road.look().level == TWO_DOWN
    road.passed += 10.0
    assert road.look().level == FULL, "ten in a moment are sixty in an hour"
    road.at_s += 10.0
    levels = road.live(40, 0.0)
    fell = next(k for k, level in enumerate(levels) if level < FULL)
    assert road.at_s - 10.0 * (len(levels) - fell) == 3600.0, "two samples after the one they came in"


def test_a_sample_in_which_the_counter_was_silent_lowers_nothing() -> None:
    road = Road()
    road.live(15, 0.0)
    road.quality = Quality.STALE
    silent = road.look()
    assert (silent.level, silent.why) == (FULL, "traffic counter does not answer")
    road.quality = Quality.GOOD
    road.at_s += 10.0
    levels = road.live(24, 0.0)
    assert set(levels) == {FULL}
    assert road.live(2, 0.0)[-1] == TWO_DOWN


def test_after_a_long_sleep_nothing_is_known_and_nothing_falls() -> None:
    road = Road()
    road.live(35, 8.0)
    road.at_s += 7200.0
    assert set(road.live(20, 0.0)) == {FULL}


def test_after_a_restart_the_level_in_force_stands() -> None:
    for level in (TWO_DOWN, ONE_DOWN, FULL):
        road = Road()
        road.policy.adopt(level, 0.0)
        assert set(road.live(19, 0.0)) == {level}


def test_a_forecast_raises_before_the_peak_and_says_so() -> None:
    road = Road()
    road.live(31, 0.0)
    raised = road.look(expects(20.0))
    assert (raised.level, raised.cause, raised.fine) == (FULL, Cause.SENSOR, Fine.ADAPTIVE)
    assert raised.why == "traffic asks for P6, P4 by activity_v1: more is expected"


def test_without_steps_a_forecast_gives_room_for_more_than_is_likely() -> None:
    road = Road(CONTINUOUS)
    road.live(31, 0.7)
    level = road.look(expects(10.0, 16.0)).level
    assert level is not None
    assert CONTINUOUS.level(4 * 10.0) < level < CONTINUOUS.level(4 * 20.0)


def test_without_steps_what_was_just_counted_corrects_what_was_foreseen() -> None:
    levels = []
    for each_minute in (0.0, 1.0, 2.0):
        road = Road(CONTINUOUS)
        levels.append(road.live(31, each_minute, expects(12.0, 22.0))[-1])
    assert levels[0] < levels[1] < levels[2]


def test_without_steps_light_rises_at_once_and_falls_once_in_five_minutes_when_ten_were_counted() -> None:
    road = Road(CONTINUOUS)
    assert set(road.live(10, 0.0)) == {FULL}
    road.live(20, 0.0)
    road.passed += 15.0
    assert road.look().level == CONTINUOUS.level(90.0)
    began_s = road.at_s
    levels = road.live(12, 0.0)
    fell_s = [began_s + 10.0 * k for k in range(1, len(levels)) if levels[k] < levels[k - 1]]
    assert fell_s == [at_s for at_s in fell_s if at_s % FALL_S == 0.0]
    assert levels[-1] == TWO_DOWN


def test_a_forecast_postpones_the_fall_as_long_as_more_is_possible() -> None:
    road = Road()
    assert set(road.live(60, 0.0, expects(8.0, 20.0))) == {FULL}
    assert road.live(1, 0.0, expects(0.0, 0.0))[-1] == TWO_DOWN


def test_what_a_forecast_raised_stands_for_ten_minutes_at_least() -> None:
    road = Road()
    road.live(31, 0.0)
    road.look(expects(20.0))
    levels = road.live(12, 0.0)
    assert levels[:60] == [FULL] * 60
    assert levels[-1] == TWO_DOWN


def test_its_programme_is_the_least_and_where_it_leaves_no_choice_the_only_level() -> None:
    road = Road()
    road.live(30, 0.0)
    assert road.look(base=Base(0.1, True, "programme")).level == TWO_DOWN
    assert road.look(base=Base(0.5, True, "programme")).level == 0.5
    assert road.look(base=Base(0.1, False, "programme")).level == 0.1
    assert road.look(base=Base(1.0, True, "programme")).level == 1.0


COUNTS = st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 8.0, 30.0]), min_size=20, max_size=90)
NUMBERS = st.one_of(st.sampled_from(ODD), st.floats(0.0, 60.0))
TUPLES = st.lists(NUMBERS, max_size=2).map(tuple)
FORECASTS = st.one_of(
    st.none(), st.builds(lambda p50, p90: Forecast("count", (900.0,), p50, p50, p90, "mad 1"), TUPLES, TUPLES)
)
LOOKS = st.tuples(st.floats(0.5, 120.0), st.sampled_from([0.0, 0.0, 1.0, 5.0]), st.sampled_from(Quality), FORECASTS)


def levels_of(policy: Adaptive, looks: Iterable[tuple[float, float, Quality, Forecast | None]]) -> list[float]:
    found, at_s, passed = [], 0.0, 0.0
    for then_s, came, quality, forecast in looks:
        at_s += then_s
        passed += came
        at = EVENING + timedelta(seconds=at_s)
        reading = Reading("b1.passages", Quantity.PASSAGES, passed, at, quality)
        seen = Snapshot(at, at_s, True, MappingProxyType({"b1.passages": reading}))
        level = policy.decide(seen, night=True, forecast=forecast).level
        assert level is not None
        found.append(level)
    return found


@pytest.mark.parametrize("volume", [STEPPED, CONTINUOUS])
@settings(deadline=None)
@given(COUNTS, st.lists(FORECASTS, min_size=6, max_size=6), st.data())
def test_whatever_is_forecast_there_is_never_less_light_than_without(
    volume: Volume, counts: list[float], forecasts: list[Forecast | None], data: st.DataObject
) -> None:
    """A night in looks of 20 s, a forecast each quarter of an hour."""
    looks = [
        (20.0, count if third == 0 else 0.0, Quality.GOOD, forecasts[minute // 15])
        for minute, count in enumerate(counts)
        for third in range(3)
    ]
    plain = levels_of(Adaptive(volume, "b1.presence", "b1.passages"), [(*look[:3], None) for look in looks])
    helped = levels_of(Adaptive(volume, "b1.presence", "b1.passages"), looks)
    assert all(more >= less for more, less in zip(helped, plain, strict=True))


@pytest.mark.parametrize("volume", [STEPPED, CONTINUOUS])
@settings(deadline=None)
@given(st.lists(LOOKS, min_size=5, max_size=120))
def test_nor_with_any_looks_and_any_sensor_and_never_below_the_least_class(
    volume: Volume, looks: list[tuple[float, float, Quality, Forecast | None]]
) -> None:
    plain = levels_of(Adaptive(volume, "b1.presence", "b1.passages"), [(*look[:3], None) for look in looks])
    helped = levels_of(Adaptive(volume, "b1.presence", "b1.passages"), looks)
    assert all(FULL >= more >= less >= TWO_DOWN for more, less in zip(helped, plain, strict=True))


@settings(deadline=None)
@given(COUNTS)
def test_a_level_stands_for_ten_minutes_before_it_falls_and_never_falls_below_what_is_counted(
    counts: list[float],
) -> None:
    looks = [(20.0, count if third == 0 else 0.0, Quality.GOOD, None) for count in counts for third in range(3)]
    levels = levels_of(Adaptive(STEPPED, "b1.presence", "b1.passages"), looks)
    moved = [k for k in range(1, len(levels)) if levels[k] != levels[k - 1]]
    falls = [k for k in moved if levels[k] < levels[k - 1]]
    assert all((fall - before) * 20.0 >= 600.0 for fall in falls for before in moved if before < fall)
    for fall in falls:
        lately = sum(look[1] for look in looks[fall - 26 : fall + 1])  # surely within ten minutes
        assert levels[fall] >= STEPPED.level(6 * lately)
