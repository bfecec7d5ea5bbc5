"""The lamps of one node next to one another: whoever comes at one, the next rise in the same step."""

from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.streets.lane import DEFINITION
from tests.test_settings import GOOD, written

from lampyre.between import FAULTS
from lampyre.board import LampReport
from lampyre.check import explain
from lampyre.errors import ConfigError
from lampyre.node import Node
from lampyre.policy_settings import address_of
from lampyre.settings import load_settings
from lampyre.sync.coming import Coming

HEAD = GOOD[: GOOD.index("[[board]]")]
BOARD = '[[board]]\nid = "b{n}"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/tty{n}"\n'
LAMP = '[[lamp]]\nid = "lamp-{n}"\nboard = "b{n}"\nneighbours = [{others}]\n{more}'
SEEN = {"presence": 0.0, "passages": 0.0, "lux": 0.5, "distance": 0.8, "temperature": 9.0}


class Place:
    """A production node, stepped by hand; its boards follow every order."""

    def __init__(self, folder: Path, neighbours: dict[int, str], more: str = "", end: str = "") -> None:
        self.clock = HandClock()
        self.node = Node(load_settings(written(folder, place_file(neighbours, more) + end)), self.clock)
        for n in neighbours:
            self.see(n, 0.0)
            self.node.lamps[f"lamp-{n}"].told(LampReport(ordered=True, level=0.32, target=0.32, left_s=50.0))
        self.step()

    def see(self, n: int, presence: float, lux: float = 0.5) -> None:
        values = SEEN | {"presence": presence, "lux": lux}
        names = [f"b{n}.{channel.name}" for channel in DEFINITION.channels]
        self.node.latest.put(names, [values.get(channel.name, 15.0) for channel in DEFINITION.channels])

    def step(self) -> None:
        for lamp in self.node.lamps.values():
            list(self.node.row.step(lamp))

    def comes(self, n: int) -> list[str]:
        """Somebody is at a lamp: return which lamps decide, in their order."""
        self.see(n, 1.0)
        return [lamp.id for lamp, _ in self.node.row.step(self.node.lamps[f"lamp-{n}"])]

    def lit(self) -> list[str]:
        last = {name: lamp.last for name, lamp in self.node.lamps.items()}
        return [name for name, step in last.items() if step is not None and step.order.level == 0.8]


def place_file(neighbours: dict[int, str], more: str = "") -> str:
    boards = "".join(BOARD.format(n=n) for n in neighbours)
    return HEAD + boards + "".join(LAMP.format(n=n, others=others, more=more) for n, others in neighbours.items())


def test_at_a_crossing_its_own_lamp_rises_first_and_three_others_in_the_same_step(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"lamp-2", "lamp-3", "lamp-4"', 2: "", 3: "", 4: ""})
    assert place.comes(1) == ["lamp-1", "lamp-2", "lamp-3", "lamp-4"]
    assert place.lit() == ["lamp-1", "lamp-2", "lamp-3", "lamp-4"]


def test_who_does_not_come_on_is_not_waited_for(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"lamp-2"', 2: ""})
    place.comes(1)
    for _ in range(40):
        place.clock.pass_s(1.0)
        place.see(1, 1.0)
        place.see(2, 0.0)
        place.step()
    assert place.lit() == ["lamp-1"], "he stays where he is, and that is no news"


def test_in_a_ring_where_somebody_is_at_every_lamp_each_decides_once(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"lamp-2"', 2: '"lamp-3"', 3: '"lamp-1"'})
    place.see(2, 1.0)
    place.see(3, 1.0)
    assert sorted(place.comes(1)) == ["lamp-1", "lamp-2", "lamp-3"]


def test_a_lamp_by_programme_tells_its_neighbours_and_does_not_rise_itself(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"lamp-2"', 2: ""}, 'policy = "program"\nclass_level = 0.7\n')
    assert place.comes(1) == ["lamp-1", "lamp-2"]
    assert {step.order.why for lamp in place.node.lamps.values() if (step := lamp.last)} == {"class level all night"}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ('"lamp-1"', "lamp lamp-1: neighbours names the lamp itself"),
        ('"lamp-9"', "lamp lamp-1: neighbour 'lamp-9' is no lamp of this file; there are lamp-1, lamp-2"),
    ],
)
def test_a_neighbour_that_cannot_be_is_refused(tmp_path: Path, others: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(written(tmp_path, place_file({1: others, 2: ""})))
    assert said in str(refused.value)


BROKER = '[moving]\nbetween_nodes = "broker"\n'
DATAGRAMS = """[moving]
between_nodes = "datagrams"
[moving.datagrams]
listen = "127.0.0.1:4873"
key_file = "row.key"
peers = {n02 = "127.0.0.2:4873"}
"""


@pytest.mark.parametrize(
    ("others", "moving", "said"),
    [
        ('"n02/lamp-1"', "", "neighbour 'n02/lamp-1' stands at another node, and between_nodes is off; write"),
        ('"n01/lamp-2"', BROKER, "neighbour 'n01/lamp-2' stands at this node; write 'lamp-2'"),
        ('"n02/+"', BROKER, "lamp.0.neighbours.0"),
        ('"n02/lamp-1/x"', BROKER, "lamp.0.neighbours.0"),
        ('"n02/lamp-1"', BROKER.replace("broker", "anyhow"), "moving.between_nodes"),
        ('"n02/lamp-1"', BROKER.replace("broker", "datagrams"), "needs listen, key_file and peers"),
        ('"n02/lamp-1"', DATAGRAMS.replace('"datagrams"', '"broker"'), "it is 'broker'; take one out"),
        ('"n03/lamp-1"', DATAGRAMS, "give the address of n03 in moving.datagrams.peers"),
        ('"lamp-2"', DATAGRAMS, "moving.datagrams.peers: no lamp names a neighbour at n02"),
        ('"n02/lamp-1"', DATAGRAMS.replace("127.0.0.1:4873", "0.0.0.0:4873"), "not all of them"),
        ('"n02/lamp-1"', DATAGRAMS.replace("127.0.0.1:4873", "node.example:4873"), "give an address and a port"),
        ('"n02/lamp-1"', DATAGRAMS.replace("127.0.0.2:4873", "127.0.0.2:65536"), "give an address and a port"),
        ('"n02/lamp-1"', DATAGRAMS.replace("127.0.0.2:4873", "fe80::1:4873"), "give an address and a port"),
    ],
)
def test_a_neighbour_at_another_node_is_refused_unless_the_file_says_how(
    tmp_path: Path, others: str, moving: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(written(tmp_path, place_file({1: others, 2: ""}) + moving))
    assert said in str(refused.value)


def test_addresses_of_both_kinds_are_understood(tmp_path: Path) -> None:
    text = DATAGRAMS.replace("127.0.0.1:4873", "[::1]:4873")
    found = load_settings(written(tmp_path, place_file({1: '"n02/lamp-1"'}) + text)).moving.datagrams
    assert found is not None
    assert (address_of(found.listen), address_of(found.peers["n02"])) == (("::1", 4873), ("127.0.0.2", 4873))


def coming(place: Place, **changes: object) -> bytes:
    said = {
        "site": "rue-des-lilas", "lamp": "n02/lamp-9", "ahead": "n01/lamp-1", "pace_s": 2.5, "hop": 1, "left": 1,
        "time": place.clock.now(),
    }  # fmt: skip
    return Coming.model_validate(said | changes).body()


def told(place: Place, body: bytes, *, sender: str = "n02", retained: bool = False) -> None:
    place.node.between._from_broker(f"lampyre-row/v1/rue-des-lilas/{sender}/n01", body, retained)


def test_at_the_word_of_another_node_the_lamps_ahead_rise_at_once_and_fall_by_themselves(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"n02/lamp-9", "lamp-2"', 2: '"lamp-3"', 3: ""}, end=BROKER)
    place.clock.pass_s(1.0)
    told(place, coming(place))
    assert place.lit() == ["lamp-1", "lamp-2"]
    last = place.node.lamps["lamp-1"].last
    assert last is not None
    assert last.order.why == "somebody comes along the street"
    for _ in range(11):
        place.clock.pass_s(1.0)
        for n in (1, 2, 3):
            place.see(n, 0.0)
        place.step()
    assert place.lit() == []


def test_what_is_not_believed_moves_no_lamp(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"n02/lamp-9"', 2: ""}, end=BROKER)
    place.clock.pass_s(1.0)
    for body in (b"", coming(place, ahead="n01/lamp-2"), coming(place, site="elsewhere")):
        told(place, body)
    told(place, coming(place), sender="n03")
    told(place, coming(place), retained=True)
    place.node.between._from_broker("lampyre-row/v1/rue-des-lilas/n02/n03", coming(place), False)
    assert place.lit() == []
    counters = place.node.between.told()
    assert (counters["row_broken"], counters["row_strange"], counters["row_heard"]) == (1, 5, 0)


def test_no_flood_of_good_words_makes_a_lamp_dark_or_brighter_than_it_may_be(tmp_path: Path) -> None:
    limited = 'policy = "on_demand"\nlimits = {most = 0.7}\n'
    place = Place(tmp_path, {1: '"n02/lamp-9"'}, limited, end=BROKER)
    levels = set()
    for _ in range(300):
        place.clock.pass_s(0.1)
        place.see(1, 0.0)
        told(place, coming(place))
        last = place.node.lamps["lamp-1"].last
        assert last is not None
        levels.add(last.order.level)
    assert max(levels) == 0.7
    assert min(levels) > 0.0
    assert place.node.between.counters() == dict.fromkeys(FAULTS, 0) | {"row_flooded": 200}, "no single passer is told"


def test_a_lamp_that_is_not_on_demand_does_not_rise_at_the_word_of_another_node(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"n02/lamp-9"'}, 'policy = "program"\nclass_level = 0.7\n', end=BROKER)
    place.clock.pass_s(1.0)
    told(place, coming(place))
    last = place.node.lamps["lamp-1"].last
    assert last is not None
    assert last.order.why == "class level all night"


def test_other_nodes_are_told_at_night_and_not_by_day(tmp_path: Path) -> None:
    place = Place(tmp_path, {1: '"n02/lamp-9"'}, end=BROKER)
    place.comes(1)
    assert place.node.between.told()["row_unsaid"] == 1, "it was to be told; there is no session"
    place.clock.pass_s(15 * 3600.0)
    for lux in (20000.0, 20000.0):
        place.see(1, 0.0, lux)
        place.step()
        place.clock.pass_s(600.0)
    place.see(1, 1.0, 20000.0)
    list(place.node.row.step(place.node.lamps["lamp-1"]))
    assert place.lit() == []
    assert place.node.between.told()["row_unsaid"] == 1


def test_check_says_how_other_nodes_are_told(tmp_path: Path) -> None:
    said = list(explain(load_settings(written(tmp_path, place_file({1: '"n02/lamp-1"'}) + BROKER))))
    assert "moving light: n02/lamp-1 hears of who comes, by the broker; it must name ours in its file too" in said
    said = list(explain(load_settings(written(tmp_path, place_file({1: '"n02/lamp-1"'}) + DATAGRAMS))))
    assert "moving light: signed datagrams at 127.0.0.1:4873, the one network socket that listens" in said
    assert any(line.startswith("! moving.datagrams.key_file row.key: No such file") for line in said)


def test_check_names_the_neighbours_both_ways(tmp_path: Path) -> None:
    said = list(explain(load_settings(written(tmp_path, place_file({1: '"lamp-2"', 2: ""})))))
    assert "lamp lamp-1: next to lamp-2; who comes at one is expected at the next" in said
    assert "lamp lamp-2: next to lamp-1; who comes at one is expected at the next" in said
    text = place_file({1: '"lamp-2"', 2: ""}).replace('id = "lamp-2"', 'id = "lamp-2"\npolicy = "program"')
    said = list(explain(load_settings(written(tmp_path, text))))
    assert any(line.endswith('at the next; policy = "program" itself never rises for it') for line in said)
