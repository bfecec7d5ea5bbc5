"""A fill is believed, doubted or absent; it is never invented."""

import math
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING

from lampyre.decide.bins.fill import HISTORY, Container, FillWatch, remember
from lampyre.decide.health import Alert
from lampyre.errors import CommandRefused
from lampyre.records import Quality, Quantity, Reading, Snapshot

BOX = Container("r1.distance", None, height_m=1.2, dead_zone_m=0.2)


def seen(metres: float, minute: float = 0.0, quality: Quality = Quality.GOOD) -> Snapshot:
    at = EVENING + timedelta(minutes=minute)
    reading = Reading("r1.distance", Quantity.DISTANCE, metres, at, quality)
    return Snapshot(at, minute * 60.0, True, MappingProxyType({"r1.distance": reading}))


@pytest.mark.parametrize(("metres", "fill"), [(1.2, 0.0), (0.7, 0.5), (0.2, 1.0)])
def test_fill_goes_from_the_floor_to_the_dead_zone(metres: float, fill: float) -> None:
    level = FillWatch(BOX).look(seen(metres))
    assert level.fill == pytest.approx(fill)
    assert level.quality is Quality.GOOD


def test_nearer_than_the_sensor_sees_is_full_and_doubtful() -> None:
    level = FillWatch(BOX).look(seen(0.1))
    assert (level.fill, level.quality) == (1.0, Quality.SUSPECT)


def test_beyond_the_floor_is_no_fill() -> None:
    assert FillWatch(BOX).look(seen(2.5)).fill is None


@given(st.lists(st.tuples(st.floats(allow_nan=True), st.sampled_from(list(Quality))), max_size=40))
def test_whatever_is_heard_a_fill_is_a_ratio_or_nothing(heard: list[tuple[float, Quality]]) -> None:
    watch = FillWatch(BOX)
    for minute, (metres, quality) in enumerate(heard):
        level = watch.look(seen(metres, minute, quality))
        assert level.fill is None or 0.0 <= level.fill <= 1.0
        if quality >= Quality.STALE:
            assert level.fill is None
    assert all(math.isfinite(fill) for _, fill in watch.history)


def test_an_emptying_is_found_once_and_a_single_wrong_echo_is_none() -> None:
    watch = FillWatch(BOX)
    found = [watch.look(seen(0.4, minute)).emptied for minute in range(10)]
    found += [watch.look(seen(1.2, 10)).emptied]
    found += [watch.look(seen(0.4, minute)).emptied for minute in range(11, 20)]
    assert not any(found), "one echo from the floor is outvoted"
    found = [watch.look(seen(1.15, minute)).emptied for minute in range(20, 90)]
    assert found.count(True) == 1
    assert watch.emptied_at is not None


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_nobody_looks_through_an_open_lid_and_without_a_clock_a_fill_is_doubtful(
    looks: list[tuple[float, bool, bool]],
) -> None:
    watch = FillWatch(BOX)
    for minute, (metres, is_open, trusted) in enumerate(looks):
        now = replace(seen(metres, minute), clock_trusted=trusted)
        level = watch.look(now, blind="the lid is open" if is_open else None)
        assert not is_open or (level.fill is None and level.quality > Quality.SUSPECT)
        assert trusted or level.quality > Quality.GOOD
        assert trusted or not level.emptied


def test_a_technician_calibrates_by_what_is_measured_now() -> None:
    watch = FillWatch(BOX)
    with pytest.raises(CommandRefused, match="five minutes"):
        watch.calibrate("empty")
    for minute in range(5):
        watch.look(seen(1.1, minute))
    assert watch.calibrate("empty").empty_m == pytest.approx(1.1)
    assert watch.look(seen(1.1, 6)).fill == pytest.approx(0.0)
    assert watch.calibrate("full", 0.3).full_m == pytest.approx(0.3)
    with pytest.raises(CommandRefused, match="empty or full"):
        watch.calibrate("half")


def test_history_is_a_point_an_hour_and_the_newest() -> None:
    watch = FillWatch(BOX)
    for minute in range(200):
        watch.look(seen(0.7, minute))
    assert [round((at - EVENING).total_seconds() / 60) for at, _ in watch.history] == [0, 59, 118, 177, 199]
    for minute in (*range(201, 210), 300, 301):
        watch.look(seen(0.7, minute))
    assert [round((at - EVENING).total_seconds() / 60) for at, _ in watch.history][3:] == [177, 209, 300, 301]


def test_history_is_bounded() -> None:
    history: deque[tuple[datetime, float]] = deque(maxlen=HISTORY)
    for hour in range(2 * HISTORY):
        remember(history, EVENING + timedelta(hours=hour), 0.5)
    assert len(history) == HISTORY
    assert history[-1][0] - history[0][0] == timedelta(hours=HISTORY - 1)


def test_an_alert_is_raised_after_its_patience_and_ended_the_same_way() -> None:
    alert = Alert("lampFailure", 60.0)
    assert alert.told(True, 0.0) is None
    assert alert.told(True, 59.0) is None
    assert alert.told(True, 60.0) is True
    assert alert.told(None, 61.0) is None
    assert alert.told(False, 62.0) is None
    assert alert.told(False, 122.0) is False


def test_a_clock_that_was_ahead_does_not_stop_the_history() -> None:
    watch = FillWatch(BOX)
    for minute in (0.0, 15.0, 60.0 * 24 * 300, 30.0, 45.0):
        watch.look(seen(0.7, minute))
    assert [at for at, _ in watch.history] == [EVENING + timedelta(minutes=m) for m in (0, 45)]


def test_what_is_seen_without_a_clock_has_no_place_in_the_history() -> None:
    watch = FillWatch(BOX)
    watch.look(seen(0.7))
    watch.look(replace(seen(0.7, -1e6), clock_trusted=False))
    assert len(watch.history) == 1
