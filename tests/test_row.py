"""The lamps of one node next to one another: whoever comes at one, the next rise in the same step."""

from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.streets.lane import DEFINITION
from tests.test_settings import GOOD, written

from lampyre.board import LampReport
from lampyre.check import explain
from lampyre.errors import ConfigError
from lampyre.node import Node
from lampyre.settings import load_settings

HEAD = GOOD[: GOOD.index("[[board]]")]
BOARD = '[[board]]\nid = "b{n}"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/tty{n}"\n'
LAMP = '[[lamp]]\nid = "lamp-{n}"\nboard = "b{n}"\nneighbours = [{others}]\n{more}'
SEEN = {"presence": 0.0, "passages": 0.0, "lux": 0.5, "distance": 0.8, "temperature": 9.0}


class Place:
    """A production node, stepped by hand; its boards follow every order."""

    def __init__(self, folder: Path, neighbours: dict[int, str], more: str = "") -> None:
        self.clock = HandClock()
        self.node = Node(load_settings(written(folder, place_file(neighbours, more))), self.clock)
        for n in neighbours:
            self.see(n, 0.0)
            self.node.lamps[f"lamp-{n}"].told(LampReport(ordered=True, level=0.32, target=0.32, left_s=50.0))
        self.step()

    def see(self, n: int, presence: float) -> None:
        values = SEEN | {"presence": presence}
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


def test_check_names_the_neighbours_both_ways(tmp_path: Path) -> None:
    said = list(explain(load_settings(written(tmp_path, place_file({1: '"lamp-2"', 2: ""})))))
    assert "lamp lamp-1: next to lamp-2; who comes at one is expected at the next" in said
    assert "lamp lamp-2: next to lamp-1; who comes at one is expected at the next" in said
