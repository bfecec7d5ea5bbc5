"""One machine: the container's FIWARE status and its events, from what is seen now; silence begins and ends nothing."""

import math
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING

from lampyre.decide.bins.events import LATE_S, Events
from lampyre.decide.bins.measure import Container, Measure
from lampyre.decide.bins.state import LID_S, MOVED_S, SILENT_S, TAMPERED_S, TILT_S, Change, State
from lampyre.records import Quality, Quantity, Reading, Snapshot

BOX = Container("b.distance", "b.temperature", 1.2, 0.2, lid="b.lid", tilt="b.tilt")
OVER = Container("b.distance", None, 1.2, 0.2, fixed=True)
WELL = {"b.distance": 0.7, "b.temperature": 12.0, "b.lid": 0.0, "b.tilt": 0.0}


def seen(values: Mapping[str, float | None], now: float, quality: Quality = Quality.GOOD) -> Snapshot:
    at = EVENING + timedelta(seconds=now)
    readings = {
        name: Reading(name, Quantity.DISTANCE, value, at, quality)
        for name, value in values.items()
        if value is not None
    }
    return Snapshot(at, now, True, MappingProxyType(readings))


class Kerb:
    """A container that is looked at every second."""

    def __init__(self, box: Container = BOX) -> None:
        self.measure = Measure(box)
        self.state = State(box, 65.0, self.measure)
        self.now = 0.0
        self.last: list[Change] = []

    def live(self, seconds: float, **changed: float | None) -> list[tuple[str, bool]]:
        values = WELL | {f"b.{name}": value for name, value in changed.items()}
        told: list[Change] = []
        for _ in range(round(seconds)):
            self.now += 1.0
            told += self.state.step(seen(values, self.now))
        self.last = told
        return [(change.event, change.active) for change in told]


def test_all_is_well() -> None:
    kerb = Kerb()
    assert not kerb.live(5000)
    assert kerb.state.status is None
    assert kerb.state.blind is None


def test_an_open_lid_is_said_at_once_and_told_of_when_it_was_left_open() -> None:
    kerb = Kerb()
    assert not kerb.live(LID_S - 5, lid=1.0)
    assert kerb.state.status == "lidOpen"
    assert kerb.state.blind == "the lid is open"
    assert kerb.live(10, lid=1.0) == [("lidOpen", True)]
    kerb.live(1)
    assert kerb.state.status is None
    assert kerb.live(LID_S) == [("lidOpen", False)]


def test_who_tips_it_to_empty_it_raises_no_alarm_but_is_remembered() -> None:
    kerb = Kerb()
    assert not kerb.live(TILT_S - 10, tilt=1.0)
    assert kerb.state.blind == "the container is being tipped"
    assert not kerb.live(60)
    assert kerb.state.status is None
    assert kerb.state.handled(kerb.now)
    kerb.live(2000)
    assert not kerb.state.handled(kerb.now)


def test_a_container_that_lies_is_dropped_until_it_stands() -> None:
    kerb = Kerb()
    assert kerb.live(TILT_S + 5, tilt=1.0) == [("notInProperPosition", True)]
    assert kerb.state.status == "dropped"
    assert kerb.live(TILT_S + 5) == [("notInProperPosition", False)]
    assert kerb.state.status is None


def test_a_fixed_sensor_that_sees_the_ground_says_that_the_container_is_gone() -> None:
    kerb = Kerb(OVER)
    assert not kerb.live(MOVED_S - 10, distance=1.9), "it is being emptied"
    assert kerb.live(20, distance=1.9) == [("notInProperPosition", True)]
    assert kerb.state.status == "moved"
    assert kerb.live(MOVED_S + 5) == [("notInProperPosition", False)]


def test_a_fire_is_told_within_three_seconds_whatever_else_is_wrong() -> None:
    kerb = Kerb()
    kerb.live(TILT_S + 5, tilt=1.0, distance=None)
    assert kerb.live(4, tilt=1.0, distance=None, temperature=90.0) == [("fireDetected", True)]
    assert kerb.state.status == "burning"


def test_sensors_that_fall_silent_are_named_one_by_one() -> None:
    kerb = Kerb()
    assert not kerb.live(SILENT_S - 10, distance=None, temperature=None)
    told = kerb.live(20, distance=None, temperature=None)
    assert told == [("sensorSilent", True), ("temperatureSilent", True)]
    assert "a fire would not be seen" in kerb.last[1].why
    assert sorted(kerb.live(SILENT_S + 5)) == [("sensorSilent", False), ("temperatureSilent", False)]


def test_a_sensor_that_dies_after_the_container_fell_was_tampered_with() -> None:
    kerb = Kerb()
    kerb.live(TILT_S + 5, tilt=1.0)
    assert kerb.live(TAMPERED_S + 5, tilt=1.0, distance=None) == [("containerTampered", True)]
    assert kerb.state.status == "vandalized"
    assert ("containerTampered", False) in kerb.live(TAMPERED_S + 5, tilt=1.0)


def test_silence_begins_and_ends_no_fire_no_fall_and_no_open_lid() -> None:
    kerb = Kerb()
    kerb.live(TILT_S + 5, tilt=1.0, lid=1.0, temperature=90.0)
    told = kerb.live(2 * LID_S, tilt=None, lid=None, temperature=None, distance=None)
    assert not [event for event, active in told if not active]
    assert kerb.state.blind is not None


LEVELS = st.one_of(st.none(), st.floats(allow_nan=True), st.sampled_from([0.0, 1.0, 0.5, 90.0, 3.0]))


@given(st.lists(st.tuples(LEVELS, LEVELS, LEVELS, LEVELS, st.sampled_from(list(Quality))), max_size=60))
def test_whatever_the_sensors_say_the_status_is_a_word_of_fiware_and_events_begin_before_they_end(
    looks: list[tuple[float | None, float | None, float | None, float | None, Quality]],
) -> None:
    state = State(BOX, 65.0, Measure(BOX))
    active: set[str] = set()
    for k, (metres, cel, lid, tilt, quality) in enumerate(looks):
        values = {"b.distance": metres, "b.temperature": cel, "b.lid": lid, "b.tilt": tilt}
        for change in state.step(seen(values, 120.0 * k, quality)):
            assert change.why
            assert (change.event in active) is not change.active
            (active.add if change.active else active.discard)(change.event)
        assert state.status in {None, "burning", "vandalized", "dropped", "moved", "lidOpen"}
        if lid is not None and math.isfinite(lid) and lid >= 0.5 and quality is Quality.GOOD:
            assert state.blind is not None, "an open lid is never looked through"


def test_what_held_before_a_restart_is_told_again_or_told_to_be_over() -> None:
    before, after = Events(), Events()
    before.note([Change("lidOpen", True, "x"), Change("sensorDirty", True, "y")], 0.0)
    after.restore(before.saved())
    again = [Change("sensorDirty", True, "z")]
    assert after.note(again, 10.0) == again
    assert after.saved() == ["lidOpen", "sensorDirty"]
    (over,) = after.note([], 11.0 + LATE_S)
    assert (over.event, over.active) == ("lidOpen", False)
    assert list(after.now) == ["sensorDirty"]


@pytest.mark.parametrize("damaged", [{}, "x", [1], ["x"] * 100, None])
def test_a_damaged_list_of_events_is_refused(damaged: object) -> None:
    with pytest.raises(ValueError, match="events"):
        Events().restore(damaged)


def test_the_floor_is_where_it_was_shown_not_where_the_file_had_it() -> None:
    for box in (BOX, OVER):
        deeper = Kerb(box)
        deeper.measure.calibrate(empty_m=1.5)
        assert not deeper.live(2 * MOVED_S, distance=1.5), "the empty bin, as a technician showed it"
    shallower = Kerb()
    shallower.measure.calibrate(empty_m=0.9)
    assert ("sensorBeyond", True) in shallower.live(2 * MOVED_S, distance=1.2)


def test_in_the_frost_the_floor_of_a_sensor_that_reckons_with_20_degrees_does_not_go_away() -> None:
    kerb = Kerb(Container("b.distance", "b.temperature", 1.2, 0.2, compensate=True))
    assert not kerb.live(2 * MOVED_S, distance=1.33, temperature=-35.0)


def test_a_memory_that_is_read_late_takes_back_nothing_that_holds() -> None:
    events = Events()
    events.note([Change("sensorSilent", True, "not heard")], 0.0)
    events.note([], 2 * LATE_S)
    events.restore(["sensorSilent", "lidOpen"])
    assert events.note([], 2 * LATE_S + 1.0) == [], "nobody has looked for half an hour yet"
    assert [change.event for change in events.note([], 4 * LATE_S)] == ["lidOpen"]
    assert events.saved() == ["sensorSilent"]
