"""Periods add up to what happened, and a lost one costs one."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING

from lampyre.bin_records import Emptying
from lampyre.records import Cause, Drawn, Fill, Intent, Order, Quality, Quantity, Reading, Snapshot, Step
from lampyre.summarise.bins import BinPeriod
from lampyre.summarise.lamps import GAP_S, LampPeriod
from lampyre.summarise.period import PERIOD_S, Periods


def step(second: float, *, passages: float | None = None, target: float = 0.5) -> Step:
    at = EVENING + timedelta(seconds=second)
    readings = {}
    if passages is not None:
        readings["b1.passages"] = Reading("b1.passages", Quantity.PASSAGES, passages, at)
    intent = Intent(target, Cause.PROGRAM, "nobody here")
    order = Order(target, 0.0, 60.0, Cause.PROGRAM, "nobody here")
    return Step("lamp-1", Snapshot(at, second, True, MappingProxyType(readings)), True, "sun", None, intent, order)


MODELLED = Drawn(20.0, metered=False, full_w=40.0)


def period() -> LampPeriod:
    return LampPeriod("lamp-1", "b1.passages")


def test_an_hour_at_half_light_is_half_the_energy_of_full_light() -> None:
    lamp = period()
    for second in range(3601):
        lamp.add(step(second), 0.5, MODELLED)
    summary = lamp.close(EVENING, EVENING + timedelta(hours=1))
    assert summary.energy_wh == pytest.approx(20.0)
    assert summary.full_light_wh == pytest.approx(40.0)
    assert summary.mean_level == pytest.approx(0.5)
    assert summary.lit_s == pytest.approx(3600.0)
    assert not summary.measured


def test_energy_by_meter_is_told_as_measured() -> None:
    lamp = period()
    for second in range(3601):
        lamp.add(step(second), 0.5, Drawn(23.0, metered=True, full_w=40.0))
    summary = lamp.close(EVENING, EVENING + timedelta(hours=1))
    assert summary.measured
    assert summary.energy_wh == pytest.approx(23.0)


def test_passages_are_differences_and_nothing_counted_is_not_nought() -> None:
    lamp = period()
    lamp.add(step(0), 0.5, MODELLED)
    assert lamp.close(EVENING, EVENING).passages is None
    for second, count in enumerate([10.0, 12.0, 12.0, 15.0]):
        lamp.add(step(second + 1, passages=count), 0.5, MODELLED)
    assert lamp.close(EVENING, EVENING).passages == 5


def test_a_gap_in_time_is_not_an_hour_of_light() -> None:
    lamp = period()
    lamp.add(step(0), 1.0, MODELLED)
    lamp.add(step(3600), 1.0, MODELLED)
    assert lamp.close(EVENING, EVENING).lit_s == GAP_S


def minute(number: float) -> datetime:
    return EVENING + timedelta(minutes=number)


def test_periods_end_on_the_quarter() -> None:
    periods = Periods(minute(7), 7 * 60)
    assert periods.over(minute(14), 14 * 60) is None
    assert periods.over(minute(15) + timedelta(seconds=1), 901) == (minute(7), minute(15))
    assert periods.over(minute(29), 29 * 60) is None
    assert periods.over(minute(30), 30 * 60) == (minute(15), minute(30))


WRONG = [timedelta(days=-20000), timedelta(hours=-9), timedelta(minutes=3), timedelta(days=3)]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_clock_that_is_set_ends_a_period_and_both_its_ends_are_by_the_new_time(wrong: timedelta) -> None:
    periods = Periods(EVENING + wrong, 1000.0)
    ended = []
    for second in range(3 * PERIOD_S):
        at = EVENING + timedelta(seconds=second)
        over = periods.over(at if second >= 700 else at + wrong, 1000.0 + second)
        if over is not None and second >= 700:
            ended.append(over)
    assert all(start < end <= start + timedelta(seconds=PERIOD_S + 1) for start, end in ended)
    assert all(after[0] == before[1] for before, after in itertools.pairwise(ended))
    assert ended[-1][1] == minute(30)
    assert ended[0][0] in {EVENING, EVENING + timedelta(seconds=700)}, "by the new time, wherever the old one began it"


def test_a_clock_that_is_slewed_moves_no_period() -> None:
    periods = Periods(EVENING, 0.0)
    assert periods.over(minute(15), 899.6) == (EVENING, minute(15))
    assert periods.over(minute(30), 1800.3) == (minute(15), minute(30))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2038, 2, 1)))  # noqa: DTZ001 - made aware below
def test_a_period_lasts_at_most_its_length(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    periods = Periods(at, 0.0)
    assert periods.over(at, 0.0) is None
    assert periods.over(at + timedelta(seconds=PERIOD_S), PERIOD_S) is not None


EMPTYING = Emptying(EVENING, 0.9, 0.1, 0.98, 192.0)


def test_a_bin_period_keeps_the_last_look_the_greatest_heat_the_emptyings_and_every_fault() -> None:
    bin_ = BinPeriod("bin-1")
    for minute, (fill, heat) in enumerate([(0.2, 10.0), (0.9, 35.0), (0.1, 12.0)]):
        faults = ("sensorDirty",) if minute == 1 else ()
        look = Fill("bin-1", EVENING + timedelta(minutes=minute), fill, Quality.GOOD, "ok", "", temperature=heat)
        bin_.add(replace(look, faults=faults), EMPTYING if minute == 2 else None)
    summary = bin_.close(EVENING, EVENING + timedelta(minutes=15))
    assert (summary.fill, summary.temperature_max, summary.emptied) == (0.1, 35.0, 1)
    assert (summary.emptyings, summary.faults) == ((EMPTYING,), ("sensorDirty",))
    after = bin_.close(EVENING, EVENING + timedelta(minutes=30))
    assert (after.emptied, after.emptyings, after.faults) == (0, (), ())
