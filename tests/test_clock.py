"""The steady clock: once believed it goes on, whatever happens to the clock of the machine."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from lampyre.clock import EARLIEST, STANDS_S, SteadyClock

BEGIN = datetime(2026, 12, 1, 21, tzinfo=UTC)


@dataclass
class Wall:
    """A machine's clock in the test's hand."""

    mono_s: float = 0.0
    off: timedelta = timedelta(0)
    set_by_ntp: bool = True

    @property
    def trusted(self) -> bool:
        return self.set_by_ntp and self.now() >= EARLIEST

    @property
    def time_quality(self) -> str:
        return "ntp" if self.set_by_ntp else "unsynced"

    def true(self) -> datetime:
        return BEGIN + timedelta(seconds=self.mono_s)

    def now(self) -> datetime:
        return self.true() + self.off

    def monotonic(self) -> float:
        return self.mono_s


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> SteadyClock:
    clock = SteadyClock(wall)
    assert (clock.now(), clock.trusted, clock.time_quality) == (BEGIN, True, "ntp")
    return clock


def test_before_the_first_trust_it_is_the_clock_itself(wall: Wall) -> None:
    wall.set_by_ntp, wall.off = False, timedelta(hours=-3)
    clock = SteadyClock(wall)
    assert (clock.now(), clock.trusted, clock.time_quality) == (wall.now(), False, "unsynced")
    wall.set_by_ntp, wall.off = True, timedelta(0)
    assert (clock.now(), clock.trusted) == (BEGIN, True), "the first trust is believed at once"


@pytest.mark.parametrize("lost", ["1970", "trust"])
def test_a_clock_that_is_lost_goes_on_by_its_own_count(wall: Wall, clock: SteadyClock, lost: str) -> None:
    if lost == "1970":
        wall.off = datetime(1970, 1, 1, tzinfo=UTC) - BEGIN
    else:
        wall.set_by_ntp = False
    for _ in range(100):
        wall.mono_s += 3600.0
        assert (clock.now(), clock.trusted, clock.time_quality) == (wall.true(), True, "rtc")
    wall.off, wall.set_by_ntp = timedelta(0), True
    assert (clock.now(), clock.time_quality) == (wall.true(), "ntp")


@pytest.mark.parametrize("by", [timedelta(hours=12), timedelta(hours=-1), timedelta(seconds=5)])
def test_a_jump_is_believed_when_it_has_stood_for_ten_minutes(wall: Wall, clock: SteadyClock, by: timedelta) -> None:
    wall.off = by
    while wall.mono_s < STANDS_S:
        assert clock.now() == wall.true()
        wall.mono_s += 20.0
    assert clock.now() == wall.true() + by


def test_a_clock_that_jumps_about_is_not_believed(wall: Wall, clock: SteadyClock) -> None:
    for minute in range(60):
        wall.mono_s = 60.0 * minute
        wall.off = timedelta(hours=minute % 2 + 1)
        assert clock.now() == wall.true()


def test_a_clock_that_is_slewed_is_followed_at_once(wall: Wall, clock: SteadyClock) -> None:
    for _ in range(100):
        wall.mono_s += 60.0
        wall.off += timedelta(milliseconds=30)
        assert clock.now() == wall.now()
