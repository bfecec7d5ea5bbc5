"""The shortest round through some places; the one door of OR-Tools."""

import math
from collections.abc import Sequence
from typing import Any

from lampyre.errors import LampyreError
from lampyre_sim.waste.places import Place

DETOUR = 1.3  # roads beside the straight line; towns of Europe lie between 1.2 and 1.4
EARTH_KM = 6371.0
SECONDS = 2  # a hundred places come within 0.4 % of what ten seconds find


def router() -> tuple[Any, Any]:
    """Return OR-Tools' router and its names; LampyreError with the cure when it is not installed."""
    try:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise LampyreError("routing needs OR-Tools: pip install 'lampyre[route]'; or leave --places away") from error
    return pywrapcp, routing_enums_pb2


def shortest_round(places: Sequence[Place], seconds: int = SECONDS) -> tuple[list[int], float]:
    """Return the order of all places but the first, which is the depot, and the kilometres of the round.

    Kilometres are straight lines times 1.3. `seconds` 0: the first good one. LampyreError without OR-Tools.
    """
    pywrapcp, kinds = router()
    metres = [[round(1000 * km(one, other)) for other in places] for one in places]
    nodes = pywrapcp.RoutingIndexManager(len(places), 1, 0)
    routing = pywrapcp.RoutingModel(nodes)
    step = routing.RegisterTransitMatrix(metres)
    routing.SetArcCostEvaluatorOfAllVehicles(step)
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = kinds.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    better = kinds.LocalSearchMetaheuristic
    asked.local_search_metaheuristic = better.GUIDED_LOCAL_SEARCH if seconds else better.GREEDY_DESCENT
    asked.time_limit.seconds = seconds or SECONDS
    found = routing.SolveWithParameters(asked)
    if found is None:
        raise LampyreError("routing: no round was found; are all places on one map?")
    order, index = [], found.Value(routing.NextVar(routing.Start(0)))
    while not routing.IsEnd(index):
        order.append(nodes.IndexToNode(index))
        index = found.Value(routing.NextVar(index))
    return order, found.ObjectiveValue() / 1000


def km(one: Place, other: Place) -> float:
    """Return the way between two places: the great circle, times 1.3."""
    (lat1, lon1), (lat2, lon2) = [(math.radians(a), math.radians(b)) for a, b in (one, other)]
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return DETOUR * 2 * EARTH_KM * math.asin(math.sqrt(min(half, 1.0)))
