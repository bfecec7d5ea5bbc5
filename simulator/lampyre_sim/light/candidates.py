"""Which light is judged: a table of what would stand in a node's TOML; another policy is another line."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from lampyre.settings import Settings
from lampyre_sim.light.sites import Place

HOLD_S = 60.0  # a common setting of presence sensors in the field
FORETOLD_S = 15.0  # the least hold where the lamps before it tell a lamp who comes
PROGRAMMES = [
    {"id": "full", "period": [{"from": "dusk", "to": "dawn", "level": 1.0, "presence": False}]},
    {
        "id": "midnight",
        "period": [
            {"from": "23:00", "to": "05:00", "level": 0.5, "presence": False},
            {"from": "dusk", "to": "dawn", "level": 1.0, "presence": False},
        ],
    },
]


class Asks(StrEnum):
    """What a road user may expect."""

    CLASS = "class"  # the lamp's class, whoever comes
    STEPS = "steps"  # the class that the traffic of these ten minutes asks for
    CURVE = "curve"  # the same without steps


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to light: its name, in words, a lamp's table, whether a model foresees, and what it is held against."""

    name: str
    said: str
    lamp: dict[str, Any] = field(default_factory=dict)
    model: bool = False
    asks: Asks = Asks.CLASS
    lamps: int = 1  # in a row, each next to the one before; more than one where they tell one another

    @property
    def learns(self) -> bool:
        """Whether it learns from each passage, and so must live through the nights that are not judged."""
        return self.model and not self.counts

    @property
    def counts(self) -> bool:
        """Whether it follows the traffic, and so must look at its counter every minute."""
        return self.lamp.get("policy") == "adaptive"

    def settings(self, place: Place, design_per_h: float) -> Settings:
        """Return the node that would light so: lamps P4 at 0.8 with quiet class P6, night by the sun."""
        table = dict(self.lamp)
        if self.counts:
            table["adaptive"] = {"design_flow_per_h": design_per_h, "continuous": self.asks is Asks.CURVE}
        numbers = range(1, self.lamps + 1)
        lamps = [{"id": f"lamp-{n}", "board": f"b{n}"} | table for n in numbers]
        for before, lamp in pairwise(lamps):
            lamp["neighbours"] = [before["id"]]
        boards = [{"id": f"b{n}", "kind": "lamp_bin_pico", "link": f"serial:///dev/none-{n}"} for n in numbers]
        node = {"site": "record", "id": "n01", "latitude": place.latitude, "longitude": place.longitude}
        node |= {"time_zone": place.zone.key, "country": place.country}
        tables = {"node": node, "board": boards, "lamp": lamps, "night": {"by": "sun"}, "programme": PROGRAMMES}
        return Settings.model_validate(tables)


def held(seconds: float) -> Candidate:
    """Return light on demand with another fixed hold: a point more on the curve of energy against missing light."""
    return Candidate(f"hold-{seconds:g}", f"on demand, {seconds:g} s hold", {"hold_s": seconds, "hold_most_s": seconds})


ADAPTIVE = {"policy": "adaptive"}
CANDIDATES = (
    Candidate("full", "full light all night", {"policy": "program", "programme": "full"}),
    Candidate("midnight", "full, 50 % from 23 to 5 h", {"policy": "program", "programme": "midnight"}),
    replace(held(HOLD_S), name="fixed-hold"),
    Candidate("learned-hold", "ours: on demand, learned hold", model=True),
    Candidate("moving", "ours: learned hold, moving light", {"hold_s": FORETOLD_S}, model=True, lamps=5),
    Candidate("tai", "by traffic in steps (TAI), reactive", ADAPTIVE, asks=Asks.STEPS),
    Candidate("tai-ahead", "ours: TAI with forecast", ADAPTIVE, model=True, asks=Asks.STEPS),
    Candidate("fai-ahead", "ours: without steps (FAI), forecast", ADAPTIVE, model=True, asks=Asks.CURVE),
)
