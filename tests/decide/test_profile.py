"""A site's week is learned from its own counts, survives odd nights, and fits on a small disk."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.profile import WEEKS_KEPT, SiteProfile

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 2, tzinfo=PARIS)
QUARTER = timedelta(minutes=15)


def taught(weeks: float, count: float = 10.0, period_s: int = 900) -> SiteProfile:
    profile = SiteProfile(period_s)
    for k in range(int(weeks * 7 * profile.per_day)):
        profile.learn(MONDAY + k * timedelta(seconds=period_s), count, period_s)
    return profile


def test_nothing_is_expected_of_a_site_that_was_never_seen() -> None:
    profile = SiteProfile()
    assert profile.expect(MONDAY) is None
    assert profile.level is None


@pytest.mark.parametrize("period_s", [900, 3600])
def test_a_slot_expects_its_own_mean(period_s: int) -> None:
    profile = taught(1, 0.0, period_s)
    later = MONDAY + timedelta(days=7, hours=8)
    profile.learn(later, 30.0, period_s)
    assert profile.expect(later + timedelta(days=7, minutes=10)) == pytest.approx(15.0)
    assert profile.expect(later + timedelta(days=7, hours=1)) == 0.0


def test_a_new_site_expects_of_tuesday_what_it_saw_on_monday() -> None:
    profile = taught(1 / 7, 7.0)
    assert profile.expect(MONDAY + timedelta(days=1, hours=5)) == 7.0


def test_old_weeks_are_forgotten() -> None:
    profile = taught(20, 100.0)
    for week in range(2 * WEEKS_KEPT):
        profile.learn(MONDAY + timedelta(weeks=30 + week), 10.0, 900)
    expected = profile.expect(MONDAY)
    assert expected is not None
    assert 10.0 < expected < 25.0


def test_one_wild_count_does_not_move_a_slot_far() -> None:
    profile = taught(4, 1.0)
    profile.learn(MONDAY + timedelta(weeks=4), 900_000.0, 900)
    expected = profile.expect(MONDAY)
    assert expected is not None
    assert expected < 10


def test_a_gap_of_months_costs_nothing() -> None:
    profile = taught(3)
    before = profile.to_json()
    assert profile.expect(MONDAY + timedelta(days=300)) == 10.0
    profile.learn(MONDAY + timedelta(weeks=40), 10.0, 900)
    assert SiteProfile.from_json(before).expect(MONDAY) == profile.expect(MONDAY)


@pytest.mark.parametrize("count", [-1.0, float("nan"), float("inf"), 1e9])
def test_an_impossible_count_is_refused_and_counted(count: float) -> None:
    profile = SiteProfile()
    profile.learn(MONDAY, count, 900)
    assert (profile.learned, profile.refused, profile.expect(MONDAY)) == (0, 1, None)


def test_a_count_over_another_period_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="slots of 900 s, the count is over 3600 s"):
        SiteProfile().learn(MONDAY, 1.0, 3600)


@pytest.mark.parametrize("night", [datetime(2026, 3, 29, tzinfo=PARIS), datetime(2026, 10, 25, tzinfo=PARIS)])
def test_the_nights_of_the_clock_change_leave_every_slot_right(night: datetime) -> None:
    paris, utc = night.tzinfo, ZoneInfo("UTC")
    start = (night - timedelta(days=13)).astimezone(utc)
    profile = SiteProfile()
    for k in range(15 * 96):
        local = (start + k * QUARTER).astimezone(paris)
        profile.learn(local, float(local.hour), 900)
    for k in range(7 * 96):
        local = night + timedelta(days=7) + k * QUARTER
        assert profile.expect(local) == local.hour


@given(
    counts=st.lists(st.one_of(st.floats(0, 1e6), st.just(float("nan"))), max_size=300),
    start=st.integers(0, 700),
    period_s=st.sampled_from([900, 3600]),
)
def test_json_brings_back_the_same_profile(counts: list[float], start: int, period_s: int) -> None:
    profile = SiteProfile(period_s)
    for k, count in enumerate(counts):
        profile.learn(MONDAY + (start + k) * timedelta(seconds=period_s), count, period_s)
    text = profile.to_json()
    again = SiteProfile.from_json(text)
    assert len(text) < 16_000
    assert again.to_json() == text
    for slot in range(7 * profile.per_day):
        mean = profile.expect_slot(slot)
        assert again.expect_slot(slot) == (None if mean is None else pytest.approx(mean, rel=1e-3))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 9}, {"period_s": 60}, {"learned": -1}, {"learned": "many"}, {"week": [1.0]},
        {"week": [float("nan")] * 672}, {"week": ["x"] * 672}, {"week": [-1.0] * 672}, {"day": None},
        {"day_seen": [-1] * 96}, {"week_seen": [1] * 672},
    ],
)  # fmt: skip
def test_a_file_that_is_not_ours_is_refused_with_a_cure(change: dict[str, object]) -> None:
    data = json.loads(SiteProfile().to_json()) | change
    with pytest.raises(ValueError, match="delete it to learn anew"):
        SiteProfile.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "3", '"x"'])
def test_text_that_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="site profile"):
        SiteProfile.from_json(text)
