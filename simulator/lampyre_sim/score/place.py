"""Where a set was measured: what its clock and its calendar are."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from lampyre.decide.calendar import Calendar
from lampyre.decide.holidays import RULES, holidays_of
from lampyre.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its time zone (None: not known), latitude in degrees, the code of its holidays (None: not known)."""

    zone: ZoneInfo | None = None
    latitude: float = 0.0
    country: str | None = None

    def calendar(self) -> Calendar:
        """Return the calendar that a node there would have."""
        return Calendar(self.latitude, holidays_of(self.country))


KNOWN = {  # folders whose README says where they come from
    "muenster_bicycles_15min": Place(ZoneInfo("Europe/Berlin"), 51.96, "DE-NW"),
    "muenster_vehicles_1h": Place(ZoneInfo("Europe/Berlin"), 51.96, "DE-NW"),
    "auckland_pedestrians_1h": Place(ZoneInfo("Pacific/Auckland"), -36.85, "NZ-AUK"),
    "melbourne_pedestrians_1h": Place(ZoneInfo("Australia/Melbourne"), -37.81, "AU-VIC"),
    "paris_bicycles_1h": Place(ZoneInfo("Europe/Paris"), 48.86, "FR"),
    "prague_waste_containers": Place(ZoneInfo("Europe/Prague"), 50.08, "CZ"),
}


def place_of(name: str, zone: ZoneInfo | None, latitude: float | None, country: str | None) -> Place:
    """Return the place of a set: what was asked for goes before what is known of the folder."""
    place = KNOWN.get(name, Place())
    if zone is not None:
        place = replace(place, zone=zone)
    if latitude is not None:
        place = replace(place, latitude=latitude)
    return place if country is None else replace(place, country=country)


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone; ConfigError for one that does not exist."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:  # a folder's name, an absolute path, nothing of that name
        raise ConfigError(f"--zone {name!r}: no such time zone; give one such as Europe/Paris") from error


def country_named(code: str) -> str:
    """Return a code whose holidays are known; ConfigError with the ones there are."""
    if code not in RULES:
        raise ConfigError(f"--country {code!r}: no holidays are known for it; give one of {', '.join(RULES)}")
    return code
