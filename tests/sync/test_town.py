"""However nodes stand next to one another and whatever the network does, what they say of one who comes dies out."""

import random
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clocks import HandClock

from lampyre.decide.light.moving import LONGEST_S, Beyond, Expected, Moving
from lampyre.policy_settings import beyond
from lampyre.sync.coming import HOPS_MOST, Coming, coarse
from lampyre.sync.neighbours import PAIR_AT_ONCE, PAIR_EACH_S, Neighbours


class Town:
    """Nodes next to one another: their moving light and what they believe, with a network that is wicked."""

    def __init__(self, links: Iterable[tuple[str, str]], most: int, trusted: list[bool], chance: random.Random) -> None:
        graphs: dict[str, dict[str, dict[str, None]]] = {f"n{k}": {} for k in range(len(trusted))}
        for one, other in links:
            for here, there in ((one, other), (other, one)):
                (node, lamp), (next_node, next_lamp) = here.split("/"), there.split("/")
                graphs[node].setdefault(lamp, {})[next_lamp if node == next_node else there] = None
        self.chance = chance
        self.clocks = {name: HandClock(trusted=trusted[k]) for k, name in enumerate(graphs)}
        near = {node: {lamp: tuple(others) for lamp, others in graph.items()} for node, graph in graphs.items()}
        self.lamps = [(node, lamp) for node, graph in near.items() for lamp in graph]
        self.moving = {node: Moving(graph, most) for node, graph in near.items()}
        self.trust = {node: Neighbours("dijon", node, beyond(near[node]), self.clocks[node]) for node in near}
        self.pairs = sum(len(lamps) for node in near for lamps in beyond(near[node]).values())
        self.bag: list[tuple[str, str, bytes, int]] = []  # to, from, body, how often it went on
        self.sent = 0
        self.longest_s = 0.0
        self.generations = 0

    def pass_s(self, seconds: float) -> None:
        for clock in self.clocks.values():
            clock.pass_s(seconds)

    def comes(self, node: str, lamp: str) -> None:
        self.spread(node, self.moving[node].came(lamp, self.clocks[node].monotonic()), 1)

    def deliver(self) -> None:
        """One of those under way arrives, and perhaps stays under way too."""
        at = self.chance.randrange(len(self.bag))
        to, sender, body, generation = self.bag[at]
        if self.chance.random() < 0.7:
            self.bag.pop(at)
        if not self.trust[to].may_knock(sender):
            return
        coming = self.trust[to].believe(sender, body, timed=False)
        if coming is not None:
            now_s = self.clocks[to].monotonic()
            _, lamp = coming.receiver
            found = self.moving[to].heard(lamp, coming.lamp, coming.pace_s, coming.hop, coming.left, now_s)
            self.spread(to, found, generation + 1)

    def spread(self, node: str, found: Iterable[Expected | Beyond], generation: int) -> None:
        now_s = self.clocks[node].monotonic()
        for one in found:
            if isinstance(one, Expected):
                self.longest_s = max(self.longest_s, one.until_s - now_s)
            elif self.trust[node].may_say(f"{node}/{one.via}", one.lamp):
                to = one.lamp.split("/")[0]
                coming = Coming(
                    site="dijon", lamp=f"{node}/{one.via}", ahead=one.lamp, pace_s=coarse(one.pace_s), hop=one.hop,
                    left=one.left, time=self.trust[node].stamp(),
                )  # fmt: skip
                self.sent += 1
                self.generations = max(self.generations, generation)
                self.bag.append((to, node, coming.body(), generation))


LAMPS = [f"n{node}/lamp-{lamp}" for node in range(4) for lamp in range(3)]
LINKS = st.lists(
    st.tuples(st.sampled_from(LAMPS), st.sampled_from(LAMPS)).filter(lambda two: two[0] != two[1]),
    min_size=1,
    max_size=24,
)
EVENTS = st.lists(st.tuples(st.integers(0, 11), st.floats(0.1, 10.0)), min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(LINKS, EVENTS, st.integers(1, HOPS_MOST), st.lists(st.booleans(), min_size=4, max_size=4), st.integers(0, 999))
def test_however_nodes_stand_and_the_network_behaves_words_are_bounded_and_die_out(
    links: list[tuple[str, str]], events: list[tuple[int, float]], most: int, trusted: list[bool], seed: int
) -> None:
    town = Town(links, most, trusted, random.Random(seed))
    lived_s = 0.0
    for number, then_s in events:
        town.pass_s(then_s)
        lived_s += then_s
        town.comes(*town.lamps[number % len(town.lamps)])
        for _ in range(town.chance.randrange(4)):
            if town.bag:
                town.deliver()
    left = 20 * (len(town.bag) + 1) * (HOPS_MOST + 1) * (town.pairs + 1)  # nobody comes any more
    while town.bag:
        town.deliver()
        left -= 1
        assert left > 0, "they go in circles"
    assert town.generations <= most, "each goes on at most as often as it has lamps left"
    assert town.sent <= town.pairs * (PAIR_AT_ONCE + lived_s / PAIR_EACH_S), "no pair of lamps is told more often"
    assert town.longest_s <= LONGEST_S
