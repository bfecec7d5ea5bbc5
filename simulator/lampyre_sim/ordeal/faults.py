"""Faults of bins and their sensors: what each does to the readings, how long it lasts, and what it must be called."""

from dataclasses import dataclass
from random import Random

DAY_S = 86400.0
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: `event` must begin within `named_s` of its start; None: it must not be an alarm at all."""

    name: str
    event: str | None
    lasts_s: float
    named_s: float = 0.0
    after_s: float = 2 * DAY_S  # until what it left behind in the levels is forgotten
    also: tuple[str, ...] = ()  # events that may come with it, and mean the same trouble
    empty: bool = False  # begins when the bin has just been emptied
    fixed: bool = False  # only where the sensor hangs over the bin


KINDS: tuple[Kind, ...] = (
    Kind("fire, flaming", "fireDetected", 900.0, 120.0, HOUR_S),
    Kind("fire, smouldering", "fireDetected", 2 * HOUR_S, HOUR_S, HOUR_S),
    Kind("lid left open", "lidOpen", 4 * HOUR_S, HOUR_S),
    Kind("lid opened for a minute", None, 60.0),
    Kind("tipped over", "notInProperPosition", 6 * HOUR_S, HOUR_S, also=("containerTampered",)),
    Kind("taken away", "notInProperPosition", 8 * HOUR_S, HOUR_S, fixed=True),
    Kind("vandalised", "containerTampered", 6 * HOUR_S, HOUR_S, also=("notInProperPosition", "sensorSilent")),
    Kind("unplugged", "sensorSilent", 12 * HOUR_S, HOUR_S),
    Kind("thermometer unplugged", "temperatureSilent", 12 * HOUR_S, HOUR_S),
    Kind("stuck", "sensorStuck", 14 * DAY_S, 13 * DAY_S, also=("sensorBlocked",), empty=True),
    Kind("bag in front", "sensorBlocked", 9 * DAY_S, 8 * DAY_S, also=("containerFull", "sensorDirty"), empty=True),
    Kind("cobweb", "sensorDirty", 3 * DAY_S, 1.5 * DAY_S, 4 * DAY_S, also=("containerFull", "sensorBlocked")),
    Kind("echoes at random", "sensorDirty", 2 * DAY_S, DAY_S, 4 * DAY_S, also=("containerFull", "sensorBlocked")),
    Kind("sees past the floor", "sensorBeyond", 5 * HOUR_S, HOUR_S),
    Kind("single wrong echo", None, 60.0, also=("containerFull",)),
    Kind("no clock", None, 6 * HOUR_S),
    Kind("round missed for days", None, 6 * DAY_S, also=("containerFull",)),
)


@dataclass(slots=True)
class Fault:
    """One fault at its time (seconds from the start of the year)."""

    kind: Kind
    start_s: float

    @property
    def event_of_fire(self) -> bool:
        """Whether seconds count."""
        return self.kind.event == "fireDetected"

    @property
    def end_s(self) -> float:
        """When it is mended."""
        return self.start_s + self.kind.lasts_s

    @property
    def forgotten_s(self) -> float:
        """When nothing may be left of it."""
        return self.end_s + self.kind.after_s


def plan(chance: Random, days: float, *, fixed: bool, kinds: tuple[Kind, ...] = KINDS) -> list[Fault]:
    """Return every kind once, in an order and at times of chance, none before the other is forgotten.

    Two weeks come first, in which the node learns the bin; raises ValueError for too few days.
    """
    mine = [kind for kind in kinds if fixed or not kind.fixed]
    if fixed:  # over the bin: no lid, and nothing to see past
        mine = [kind for kind in mine if "lid" not in kind.name and kind.event != "sensorBeyond"]
    chance.shuffle(mine)
    free_s = (days - 14) * DAY_S - sum(kind.lasts_s + kind.after_s + DAY_S for kind in mine)
    if free_s < 0:
        raise ValueError(f"{days} days are too few for {len(mine)} faults")
    at_s, found = 14 * DAY_S, []
    for kind in mine:
        at_s += chance.uniform(0.0, free_s / len(mine)) + DAY_S
        found.append(Fault(kind, at_s))
        at_s = found[-1].forgotten_s
    return found
