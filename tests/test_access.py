"""Access hours are read strictly, and a round is by local time on every day of the year."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.access import DAYS, ROUNDS_MOST, access_of, rounds

PARIS = ZoneInfo("Europe/Paris")


def test_a_round_ends_with_the_access_hours_by_local_time_over_the_change_of_clocks() -> None:
    found = rounds(access_of("Mo-Su 06:00-10:00"), datetime(2026, 10, 24, 7, 30, tzinfo=UTC), PARIS)
    assert [f"{at:%d %H:%M}" for at in found[:3]] == ["24 08:00", "25 09:00", "26 09:00"]


def test_days_may_be_listed_wrap_over_the_week_and_have_hours_of_their_own() -> None:
    hours = access_of("Sa-Mo 07:00-09:00; We,Fr 13:00-15:30")
    found = rounds(hours, datetime(2026, 11, 23, 12, tzinfo=UTC), PARIS)  # a Monday, after its round
    assert [f"{at:%a %H:%M}" for at in found[:5]] == ["Wed 14:30", "Fri 14:30", "Sat 08:00", "Sun 08:00", "Mon 08:00"]


def test_a_day_may_end_at_24_hours() -> None:
    (found, *_) = rounds(access_of("Mo-Su 00:00-24:00"), datetime(2026, 11, 23, 12, tzinfo=UTC), PARIS)
    assert f"{found:%a %H:%M}" == "Mon 22:59"


@given(
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone follows
)
def test_two_rounds_at_least_are_always_ahead_in_order(days: list[str], at: datetime) -> None:
    found = rounds(access_of(f"{','.join(days)} 06:00-12:00"), at, PARIS)
    assert 2 <= len(found) <= ROUNDS_MOST
    assert at < found[0] <= at + timedelta(days=8)
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    "said",
    ["", "always", "Mo-Fr", "Mo-Fr 6-12", "Xx 06:00-12:00", "Mo 12:00-06:00", "Mo 25:00-26:00", "Mo-Fr 06:00-12:00;",
     "; ".join(["Mo 06:00-07:00"] * 8)],
)  # fmt: skip
def test_what_are_no_access_hours_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"write it as|two parts"):
        access_of(said)
