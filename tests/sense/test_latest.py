"""Values age and are doubted in one place; counters never fall."""

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING, HandClock

from lampyre.records import Quality, Quantity
from lampyre.sense.counter import Counter
from lampyre.sense.latest import ChannelRule, Latest

LUX = ChannelRule("b1.lux", Quantity.ILLUMINANCE, 0.0, 100_000.0, stale_s=5.0)
SKY = ChannelRule("b2.lux", Quantity.ILLUMINANCE, 0.0, 100_000.0, stale_s=5.0)


def test_a_channel_that_never_spoke_is_missing() -> None:
    seen = Latest([LUX], HandClock()).snapshot(["b1.lux"])
    assert seen.readings["b1.lux"].quality is Quality.MISSING
    assert seen.value("b1.lux", worst=Quality.MISSING) is None


def test_a_value_is_good_then_stale() -> None:
    clock = HandClock()
    latest = Latest([LUX], clock)
    latest.put(["b1.lux"], [12.5])
    assert latest.snapshot(["b1.lux"]).value("b1.lux") == 12.5
    clock.pass_s(5.1)
    assert latest.snapshot(["b1.lux"]).readings["b1.lux"].quality is Quality.STALE


def test_the_wall_clock_may_jump_without_ageing_anything() -> None:
    clock = HandClock()
    latest = Latest([LUX], clock)
    latest.put(["b1.lux"], [12.5])
    clock.set_wall(clock.now().replace(year=2040))
    assert latest.snapshot(["b1.lux"]).readings["b1.lux"].quality is Quality.GOOD


def test_when_the_clock_gets_set_what_was_heard_before_is_dated_by_it_and_its_age_stays() -> None:
    clock = HandClock(datetime(1970, 1, 1, 0, 10, tzinfo=UTC), trusted=False)
    latest = Latest([LUX, SKY], clock)
    latest.put(["b1.lux"], [12.5])
    clock.pass_s(2.0)
    clock.set_wall(EVENING)
    latest.put(["b2.lux"], [3.0])
    clock.pass_s(1.0)
    for _ in range(2):
        seen = latest.snapshot(["b1.lux", "b2.lux"])
        assert seen.readings["b1.lux"].at == EVENING - timedelta(seconds=2)
        assert seen.readings["b2.lux"].at == EVENING
        assert seen.readings["b1.lux"].quality is Quality.GOOD


def test_a_sensor_that_does_not_answer_lets_the_old_value_age() -> None:
    clock = HandClock()
    latest = Latest([LUX], clock)
    latest.put(["b1.lux"], [12.5])
    clock.pass_s(6.0)
    latest.put(["b1.lux"], [math.nan])
    assert latest.snapshot(["b1.lux"]).readings["b1.lux"].quality is Quality.STALE


def test_a_value_outside_its_range_is_suspect() -> None:
    latest = Latest([LUX], HandClock())
    latest.put(["b1.lux"], [-3.0])
    assert latest.snapshot(["b1.lux"]).readings["b1.lux"].quality is Quality.SUSPECT
    latest.put(["b1.lux"], [math.inf])
    assert latest.snapshot(["b1.lux"]).readings["b1.lux"].quality is Quality.SUSPECT


@given(st.lists(st.one_of(st.just(math.nan), st.integers(-5, 2**24).map(float))))
def test_a_counter_never_falls_whatever_the_board_says(counts: list[float]) -> None:
    counter = Counter()
    totals = [total for total in map(counter.total, counts) if not math.isnan(total)]
    assert totals == sorted(totals)


def test_a_counter_goes_on_over_a_restart_of_the_board() -> None:
    counter = Counter()
    assert [counter.total(count) for count in (7.0, 9.0, 0.0, 2.0)] == [0.0, 2.0, 2.0, 4.0]
