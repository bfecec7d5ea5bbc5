"""What is known of a set's place, and that what is asked for goes before it."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from lampyre.errors import ConfigError
from lampyre_sim.score.place import KNOWN, country_named, place_of, zone_named


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_place_has_its_new_year_and_its_sun(name: str) -> None:
    place = KNOWN[name]
    calendar = place.calendar()
    assert calendar.holiday(date(2024, 1, 1))
    assert not calendar.holiday(date(2024, 3, 12))
    assert place.latitude != 0
    assert place.zone is not None


def test_what_is_asked_for_goes_before_what_is_known() -> None:
    place = place_of("paris_bicycles_1h", zone_named("Europe/Vienna"), -10.0, country_named("AT"))
    assert (place.zone, place.latitude, place.country) == (ZoneInfo("Europe/Vienna"), -10.0, "AT")
    assert place_of("paris_bicycles_1h", None, None, None) == KNOWN["paris_bicycles_1h"]


def test_an_unknown_place_has_no_holidays() -> None:
    assert not place_of("quay", None, None, None).calendar().holiday(date(2024, 1, 1))


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "/etc/passwd", "Europe", ""])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="no such time zone; give one such as Europe/Paris"):
        zone_named(name)
