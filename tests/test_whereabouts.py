"""A receiver on the mast: the hour where nothing else tells it, and a word where the file names another place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock
from tests.test_city import LAMP, written

from lampyre.clock import HINT_STANDS_S, HINTS, HintedClock
from lampyre.driver import Sample
from lampyre.drivers import driver_of
from lampyre.errors import ConfigError
from lampyre.node import Node
from lampyre.records import Alarm, Quality
from lampyre.settings import load_settings
from lampyre.whereabouts import AFTER_S, Whereabouts

CHANNELS = driver_of("nmea").channels
DIJON = (47.322, 5.041)


@pytest.fixture
def machine() -> HandClock:
    return HandClock(datetime(2026, 11, 2, tzinfo=UTC), trusted=False)


def fed(clock: HintedClock, machine: HandClock, times: int, *, off_s: float = 0.0) -> None:
    for _ in range(times):
        machine.pass_s(1.0)
        clock.hint(EVENING + timedelta(seconds=machine.monotonic() - 1000.0 + off_s))


def test_a_receiver_tells_the_hour_where_nothing_else_has_set_the_clock(machine: HandClock) -> None:
    clock = HintedClock(machine)
    fed(clock, machine, HINTS)
    assert (clock.trusted, clock.time_quality, clock.now()) == (False, "unsynced", machine.now())
    fed(clock, machine, 1)
    assert (clock.trusted, clock.time_quality) == (True, "gnss")
    machine.pass_s(3600.0)
    assert clock.now() == EVENING + timedelta(seconds=machine.monotonic() - 1000.0)
    machine.trusted, machine.time_quality = True, "ntp"
    assert (clock.now(), clock.time_quality) == (machine.now(), "ntp"), "a clock that is set comes first"


def test_a_receiver_that_jumps_is_not_believed_until_it_stands(machine: HandClock) -> None:
    clock = HintedClock(machine)
    fed(clock, machine, HINTS + 1)
    fed(clock, machine, 1, off_s=7000.0)
    assert not clock.trusted
    fed(clock, machine, HINTS, off_s=7000.0)
    assert clock.trusted


def test_a_receiver_that_fell_silent_is_believed_for_a_day(machine: HandClock) -> None:
    clock = HintedClock(machine)
    fed(clock, machine, HINTS + 1)
    machine.pass_s(HINT_STANDS_S)
    assert clock.trusted
    machine.pass_s(1.0)
    assert not clock.trusted


def test_a_receiver_whose_weeks_ran_over_is_not_believed(machine: HandClock) -> None:
    clock = HintedClock(machine)
    fed(clock, machine, HINTS + 1, off_s=-1024 * 7 * 86400.0)
    assert not clock.trusted


def test_a_node_that_stands_elsewhere_than_its_file_says_raises_an_alarm(tmp_path: Path) -> None:
    clock = HandClock()
    settings = load_settings(written(tmp_path, LAMP.format(1))).node
    here = (settings.latitude, settings.longitude)
    found: list[Alarm] = []
    seen = Whereabouts(settings, clock, None)

    def tell(place: tuple[float, float], quality: Quality = Quality.GOOD) -> None:
        for _ in range(round(AFTER_S) + 2):
            clock.pass_s(1.0)
            alarm = seen.hear(CHANNELS, Sample((*place, EVENING.timestamp()), quality))
            found.extend([alarm] if alarm else [])

    tell((here[0] + 0.005, here[1]))
    tell((here[0] + 1.0, here[1]), Quality.SUSPECT)
    assert found == []
    tell((here[0] + 1.0, here[1]))
    tell(here)
    assert [(one.event, one.active) for one in found] == [("placeDiffers", True), ("placeDiffers", False)]
    assert "111 km from node.latitude and node.longitude" in found[0].why


RADAR = '\n[[board]]\nid = "radar-1"\nkind = "ld2410"\nlink = "serial:///dev/ttyAMA3?baud=256000"\n'


def with_radar(tmp_path: Path, channel: str) -> Path:
    lamp = LAMP.format(1).replace("[[lamp]]\n", f'[[lamp]]\npresence = "{channel}"\n')
    return written(tmp_path, lamp + RADAR)


async def test_whoever_a_radar_sees_raises_the_lamp_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(load_settings(with_radar(tmp_path, "radar-1.presence")), HandClock())
    lamp = next(iter(node.lamps.values()))
    assert lamp.channels[0] == "radar-1.presence"
    steps: list[str] = []
    monkeypatch.setattr(node.street, "_come", lambda one: steps.append(one.id))
    place = node.sensors["radar-1"]._place  # type: ignore[attr-defined]
    for presence in (0.0, 1.0, 1.0, 0.0, 1.0):
        place.heard(Sample((presence, 2.0)))
    assert steps == [lamp.id] * 2


def test_a_presence_that_no_sensor_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"presence 'radar-1\.distance': board radar-1 has no such channel of presence"
    ):
        Node(load_settings(with_radar(tmp_path, "radar-1.distance")), HandClock())
