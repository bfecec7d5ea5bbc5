"""The policies that need no sensor, or one threshold; and the one that knows the future, which bounds them all."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from lampyre_sim.waste.world import World

WEEKS_APART = (1, 2, 3, 4, 6, 8)  # rarer than a week: on one weekday every so many weeks
FAR_ROUNDS = 120  # a container that lasts four months needs no plan
CLEAR = 2.0  # waiting that costs so many collections' worth is never best


def weekdays(rounds: Sequence[int], days: Sequence[int]) -> list[int]:
    """Return the rounds on some days of seven, the first round's day being 0."""
    return [hour for number, hour in enumerate(rounds) if number % 7 in days]


def best_weekdays(world: World, rounds: Sequence[int], number: int, since: int) -> list[int]:
    """Return the rounds of the `number` weekdays that, in hindsight, leave this container full the least."""
    plans = [weekdays(rounds, days) for days in combinations(range(7), number)]
    return min(plans, key=lambda plan: world.tally(plan, since).full_h)


def every_weeks(rounds: Sequence[int], weeks: int) -> list[int]:
    """Return one round every so many weeks."""
    return list(rounds[7 * weeks :: 7 * weeks])


def rhythms(world: World, rounds: Sequence[int], since: int) -> Iterator[tuple[float, list[int]]]:
    """Yield for each number of collections per week its best fixed plan."""
    for weeks in reversed(WEEKS_APART[1:]):
        yield 1 / weeks, every_weeks(rounds, weeks)
    for number in range(1, 8):
        yield float(number), best_weekdays(world, rounds, number, since)


def foreseen(world: World, rounds: Sequence[int], price_h: float) -> list[int]:
    """Return the rounds that are best if one knows what will come, and a collection is worth so many hours full."""
    nodes = [world.begin, *rounds]
    number, end = len(nodes), world.process.hours
    best, before = [0.0] + [float("inf")] * (number - 1), [0] * number
    last, last_cost = 0, float("inf")
    for i, begin in enumerate(nodes):
        full = world.full_from(begin)
        for j in range(i + 1, min(i + FAR_ROUNDS, number) + 1):
            hour = nodes[j] if j < number else end
            waited = max(0, hour - full)
            cost = best[i] + waited + (price_h if j < number else 0.0)
            if j == number:
                if cost < last_cost:
                    last, last_cost = i, cost
            elif cost < best[j]:
                best[j], before[j] = cost, i
            if waited > 48 + CLEAR * price_h:
                break
    found = []
    while last:
        found.append(nodes[last])
        last = before[last]
    return found[::-1]
