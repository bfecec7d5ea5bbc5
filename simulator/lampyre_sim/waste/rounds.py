"""The kilometres that a policy drives: each day one round from the depot through the containers of that day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lampyre_sim.waste.places import DEPOT, Place
from lampyre_sim.waste.route import QUICK, shortest_round


@dataclass(frozen=True, slots=True)
class Driven:
    """What one policy drives in one draw of chance."""

    policy: str
    at: float
    km_per_week: float
    rounds_per_week: float


def driven(
    policy: str, at: float, days: Mapping[str, Iterable[int]], places: Mapping[str, Place], weeks: float
) -> Driven:
    """Return the kilometres for the days on which each container is collected."""
    stops: defaultdict[int, set[str]] = defaultdict(set)
    for name, on in days.items():
        for day in on:
            stops[day].add(name)
    rounds = Counter(frozenset(names) for names in stops.values())
    km = 0.0
    for names, times in rounds.items():
        km += times * shortest_round([places[DEPOT], *(places[name] for name in sorted(names))], QUICK)[1]
    return Driven(policy, at, km / weeks, len(stops) / weeks)
