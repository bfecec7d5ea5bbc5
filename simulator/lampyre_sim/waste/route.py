"""The shortest round through some places; the one door of VROOM."""

import math
from collections.abc import Sequence
from typing import Any

from lampyre.errors import LampyreError
from lampyre_sim.waste.places import Place

DETOUR = 1.3  # roads beside the straight line; towns of Europe lie between 1.2 and 1.4
EARTH_KM = 6371.0
THOROUGH, QUICK = 5, 0  # VROOM's levels of search: for the plan that is driven, and for thousands of rounds of a record


def router() -> Any:
    """Return VROOM; LampyreError with the cure when it is not installed."""
    try:
        import vroom  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise LampyreError("routing needs VROOM: pip install 'lampyre[route]'; or leave --places away") from error
    return vroom


def shortest_round(places: Sequence[Place], search: int = THOROUGH) -> tuple[list[int], float]:
    """Return the order of all places but the first, which is the depot, and the kilometres of the round.

    Kilometres are straight lines times 1.3. LampyreError without VROOM.
    """
    vroom = router()
    if len(places) < 2:
        return [], 0.0
    metres = [[round(1000 * km(one, other)) for other in places] for one in places]
    asked = vroom.Input()
    asked.set_durations_matrix("car", metres)
    asked.add_vehicle(vroom.Vehicle(0, start=0, end=0))
    for number in range(1, len(places)):
        asked.add_job(vroom.Job(number, location=number))
    found = asked.solve(exploration_level=search, nb_threads=1)
    order = [int(place) for place in found.routes["location_index"]][1:-1]
    if len(order) != len(places) - 1:
        raise LampyreError("routing: no round was found; are all places on one map?")
    return order, found.summary.cost / 1000


def km(one: Place, other: Place) -> float:
    """Return the way between two places: the great circle, times 1.3."""
    (lat1, lon1), (lat2, lon2) = [(math.radians(a), math.radians(b)) for a, b in (one, other)]
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return DETOUR * 2 * EARTH_KM * math.asin(math.sqrt(min(half, 1.0)))
