"""The envelope: whatever is wanted, by whomever and whenever, the level lies inside; floors stand above caps."""

import math
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lampyre.act.envelope import Envelope
from lampyre.curfew import Curfew
from lampyre.records import Fine

PARIS = ZoneInfo("Europe/Paris")
NIGHT = Curfew(time(23), time(5), 0.5, PARIS)
NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 1, 22, 0, tzinfo=UTC)  # in Paris

wanted = st.one_of(st.none(), st.floats(), st.floats(0.0, 1.0), st.sampled_from([math.nan, math.inf, -math.inf, -0.0]))
moments = st.one_of(st.none(), st.integers(0, 500_000).map(lambda minutes: NOON + timedelta(minutes=minutes)))
ratio = st.floats(0.0, 1.0)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    """Any floor, safe level and caps, as the settings allow them."""
    floor, safe, most = sorted(draw(st.tuples(ratio, ratio, ratio)))
    curfew = draw(st.none() | st.builds(Curfew, st.times(), st.times(), st.floats(floor, 1.0), st.just(PARIS)))
    return Envelope(floor, safe, 1.0, 12.0, "b.presence", most, curfew)


@given(envelopes(), wanted, st.sampled_from(Fine), moments, st.booleans(), st.booleans())
@example(Envelope(0.3, 0.6, 1, 12, None, 0.7, NIGHT), math.nan, Fine.ADAPTIVE, MIDNIGHT, True, True)
def test_no_wish_leaves_the_envelope(
    envelope: Envelope, wish: float | None, fine: Fine, at: datetime | None, night: bool, blind: bool
) -> None:
    level, clamps = envelope.bound(wish, fine, at, night=night, blind=blind)
    assert 0.0 <= level <= 1.0
    back = blind and len(clamps) == 2  # lowered by a cap, and raised again for want of a presence sensor
    assert bool(clamps) == (wish is None or level != wish or back)
    if fine is Fine.TECHNICIAN:
        return
    assert level <= envelope.most
    if wish is None or not math.isfinite(wish):
        assert (
            level == (max(envelope.floor, min(envelope.safe_level, envelope.cap(fine, at))) if night else 0.0) or blind
        )
    if night:
        assert level >= envelope.floor
        if blind:
            assert level >= envelope.safe_level
    if not (night and blind):
        assert level <= max(envelope.cap(fine, at), envelope.floor)


@given(envelopes(), ratio, ratio, st.sampled_from(Fine), moments, st.booleans(), st.booleans())
def test_who_wants_more_never_gets_less(
    envelope: Envelope, one: float, other: float, fine: Fine, at: datetime | None, night: bool, blind: bool
) -> None:
    low, high = (envelope.bound(w, fine, at, night=night, blind=blind)[0] for w in sorted((one, other)))
    assert low <= high


@pytest.mark.parametrize(
    ("fine", "at", "level"),
    [
        (Fine.PRESENCE, MIDNIGHT, 0.5),
        (Fine.ADAPTIVE, MIDNIGHT, 0.5),
        (Fine.PROGRAM, MIDNIGHT, 0.5),
        (Fine.PRESENCE, NOON, 0.8),
        (Fine.PRESENCE, None, 0.8),  # nobody knows the hour: lit rather than dark
        (Fine.REMOTE, MIDNIGHT, 0.8),  # an accident: the city may have light
        (Fine.TECHNICIAN, MIDNIGHT, 1.0),
    ],
)
def test_the_curfew_binds_all_but_commands(fine: Fine, at: datetime | None, level: float) -> None:
    envelope = Envelope(0.3, 0.6, 1.0, 12.0, None, 0.8, NIGHT)
    assert envelope.bound(1.0, fine, at, night=True, blind=False)[0] == level


def test_a_blind_lamp_is_at_its_safe_level_in_the_curfew_too() -> None:
    envelope = Envelope(0.3, 0.6, 1.0, 12.0, "b.presence", 0.8, NIGHT)
    level, clamps = envelope.bound(0.8, Fine.PRESENCE, MIDNIGHT, night=True, blind=True)
    assert level == 0.6
    assert clamps == ("lowered for the curfew", "raised: presence sensor not heard")


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 28), 5.0), ((2026, 6, 1), 6.0), ((2026, 10, 24), 7.0)])
def test_a_curfew_follows_the_clock_on_the_wall_through_the_changes_of_time(
    day: tuple[int, int, int], hours: float
) -> None:
    begin = datetime(*day, 12, 0, tzinfo=UTC)
    minutes = sum(NIGHT.holds(begin + timedelta(minutes=minute)) for minute in range(24 * 60))
    assert minutes / 60 == hours


def test_a_curfew_before_midnight_does_not_go_over_it() -> None:
    evening = Curfew(time(20), time(22), 0.5, PARIS)
    assert not evening.holds(MIDNIGHT)
    assert evening.holds(MIDNIGHT - timedelta(hours=3))


@pytest.mark.parametrize(
    ("floor", "wish", "fine", "level"),
    [
        (0.3, 0.1, Fine.PROGRAM, 0.4),  # its floor is below what the driver can
        (0.0, 0.1, Fine.PROGRAM, 0.4),
        (0.0, 0.1, Fine.TECHNICIAN, 0.4),
        (0.0, 0.0, Fine.PROGRAM, 0.0),  # off is off
        (0.3, 0.9, Fine.PROGRAM, 0.5),
        (0.3, 0.45, Fine.PROGRAM, 0.45),
    ],
)
def test_what_is_lit_is_told_as_no_less_than_its_driver_gives(
    floor: float, wish: float, fine: Fine, level: float
) -> None:
    envelope = Envelope(floor, 0.6, 1.0, 12.0, None, 1.0, NIGHT, least=0.4)
    given, clamps = envelope.bound(wish, fine, MIDNIGHT, night=True, blind=False)
    assert given == level
    assert bool(clamps) == (given != wish)
