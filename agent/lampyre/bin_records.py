"""The nouns of bins: by when to collect, what was emptied, what people saw, and what knowing it has cost."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Due:
    """By when to collect a bin, and why."""

    by: datetime | None  # UTC, the end of access hours of its; None: nobody needs to come within two weeks
    reason: str | None  # FULLNESS, FORECAST, ALERT, AGE
    why: str
    waiting_h: float | None = None  # what leaving it to the round after that costs, in hours full
    suppressed_because: str | None = None  # its level asks for nobody, because its sensor cannot be trusted


@dataclass(frozen=True, slots=True)
class Seeing:
    """What somebody saw in a bin (fill 0..1), and what its sensor said then; who it was is nobody's business."""

    at: datetime
    fill: float
    sensor: float | None


@dataclass(frozen=True, slots=True)
class Observed:
    """How a bin's sensor does beside what people saw: running means of the last five or so, in fill."""

    count: int
    error: float | None  # mean of |sensor - seen|
    bias: float | None  # mean of sensor - seen
    disputed: int  # times that two saw it differently
    moves: int  # times that two agreed and its calibration was moved
    last: Seeing | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What looking into one bin and telling of it has cost this calendar year, and may cost; None: no limit."""

    year: int
    looks: int
    looks_most: int | None
    states: int
    states_most: int
    urgent: int  # states told of a fire, beside the budget
    pace: str  # hot, soon, usual, night


@dataclass(frozen=True, slots=True)
class Emptying:
    """One emptying (UTC) from fill to fill, how sure it is (0..1), and what was taken out where that is known."""

    at: datetime
    before: float
    after: float
    sure: float
    litres: float | None
