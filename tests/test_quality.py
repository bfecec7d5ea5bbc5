"""How well a line carries: gaps, noise on either side, frames nobody read, a crystal that is off."""

import random

import pytest

from lampyre.console.phrases import PHRASES
from lampyre.quality import ADVICE, BoardClock, LineQuality, LinkCounts, There

WRAP = 1 << 30


def clock_after(hours: float, ppm: float, *, start_ms: int = 0, late_s: float = 0.02) -> BoardClock:
    """A board's clock heard once a second, each frame a little late and never early."""
    chance = random.Random(4)
    clock = BoardClock()
    for second in range(round(hours * 3600)):
        ticks_ms = (start_ms + round(second * 1000 * (1 + ppm / 1e6))) % WRAP
        clock.hear(ticks_ms, 50.0 + second + chance.expovariate(1 / late_s))
    return clock


@pytest.mark.parametrize("ppm", [-400.0, -30.0, 0.0, 30.0, 400.0])
def test_the_drift_is_found_within_a_crystal_s_own_error(ppm: float) -> None:
    assert clock_after(2.0, ppm).drift_ppm == pytest.approx(ppm, abs=2.0)


def test_the_wrap_of_the_ticks_is_no_jump() -> None:
    assert clock_after(2.0, 30.0, start_ms=WRAP - 1_000_000).drift_ppm == pytest.approx(30.0, abs=2.0)


def test_in_the_first_twenty_minutes_nobody_knows_the_drift() -> None:
    assert clock_after(0.3, 30.0).drift_ppm is None


def test_a_frame_that_waited_is_that_late() -> None:
    clock = clock_after(0.1, 0.0)
    assert clock.hear(400_000, 50.0 + 400.0 + 2.5) == pytest.approx(2.5, abs=0.01)


def test_a_board_that_starts_anew_begins_anew() -> None:
    clock = clock_after(2.0, 30.0)
    clock.hear(5, 20_000.0)
    assert clock.drift_ppm is None
    assert clock.hear(1005, 20_001.0) == pytest.approx(0.0, abs=1e-6)


def advised(counts: LinkCounts, facts: dict[str, str] | None = None) -> list[str]:
    quality = LineQuality()
    quality.look(LinkCounts(), 0.0)
    quality.look(counts, 600.0)
    return quality.advice(counts, facts or {"test": "ok"})


@pytest.mark.parametrize(
    ("counts", "names"),
    [
        (LinkCounts(frames=720, there=There(heard=200)), []),
        (LinkCounts(frames=700, broken=20, missed=20), ["line_noise"]),
        (LinkCounts(frames=700, missed=20), ["line_gaps"]),
        (LinkCounts(frames=700, missed=2), []),
        (LinkCounts(frames=700, there=There(heard=200, broken=9)), ["line_noise_there"]),
        (LinkCounts(frames=700, missed=30, there=There(dropped=30)), ["line_unread"]),
    ],
)
def test_what_was_lost_becomes_advice(counts: LinkCounts, names: list[str]) -> None:
    assert advised(counts) == names


def test_a_self_test_that_failed_is_advice_and_a_part_that_we_do_not_know_is_none() -> None:
    assert advised(LinkCounts(), {"test": "settings+inputs+warp"}) == ["test_settings", "test_inputs"]


def test_what_was_lost_an_hour_ago_is_forgotten() -> None:
    quality = LineQuality()
    bad = LinkCounts(frames=700, broken=50)
    quality.look(LinkCounts(), 0.0)
    for minute in range(1, 40):
        quality.look(bad, 60.0 * minute)
    assert quality.advice(bad, {}) == []


def test_the_console_has_words_for_every_advice() -> None:
    assert {f"advice_{name}" for name in ADVICE} <= PHRASES.keys()
