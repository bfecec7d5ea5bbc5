"""The nouns, in the order in which they flow.

Reading → Snapshot → Features → Forecast → Intent → Order → Step → Summary → Parcel
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType

from lampyre.bin_records import Due, Emptying, Observed, Spent
from lampyre.chance import Chance, Skill


class Quantity(Enum):
    """What a channel measures; `unit` is its one unit (names of RFC 8428, SenML)."""

    ILLUMINANCE = ("illuminance", "lx")
    TEMPERATURE = ("temperature", "Cel")
    DISTANCE = ("distance", "m")
    PRESENCE = ("presence", "/")  # 1: somebody is there now, 0: nobody
    PASSAGES = ("passages", "count")  # counted since the driver started, never falls
    POWER = ("power", "W")
    ENERGY = ("energy", "Wh")  # counted since the meter was made; RFC 8798 has the name
    VOLTAGE = ("voltage", "V")
    CURRENT = ("current", "A")
    FREQUENCY = ("frequency", "Hz")
    POWER_FACTOR = ("power factor", "/")
    OPEN = ("open", "/")  # 1: the lid is open, 0: it is shut
    TILT = ("tilt", "/")  # 1: the container does not stand upright
    LATITUDE = ("latitude", "lat")  # degrees north
    LONGITUDE = ("longitude", "lon")  # degrees east
    TIME = ("time", "s")  # UTC, since 1970
    LEVEL = ("level", "/")  # ratio of nominal luminous flux

    @property
    def unit(self) -> str:
        """The SenML unit of every value of this quantity."""
        return self.value[1]


class Quality(IntEnum):
    """How far a value can be believed; the worst that went in comes out."""

    GOOD = 0
    SUSPECT = 1  # out of its range, or a sensor that disagrees with itself
    STALE = 2  # too old
    MISSING = 3  # never spoke


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one channel, in the unit of its quantity, `at` in UTC."""

    channel: str
    quantity: Quantity
    value: float
    at: datetime
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest of some channels at one moment, aged; `mono_s` is the same moment for durations."""

    at: datetime
    mono_s: float
    clock_trusted: bool
    readings: Mapping[str, Reading] = field(default_factory=lambda: MappingProxyType({}))

    def reading(self, channel: str | None) -> Reading | None:
        """Return what the channel last said unless it is MISSING or there is no such channel."""
        found = self.readings.get(channel) if channel is not None else None
        return None if found is None or found.quality is Quality.MISSING else found

    def value(self, channel: str | None, worst: Quality = Quality.GOOD) -> float | None:
        """Return the channel's value if it is no worse than `worst`, else None."""
        found = self.reading(channel)
        return found.value if found is not None and found.quality <= worst else None


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers that go into a model, in the order and units of its card."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Forecast:
    """Quantiles of one quantity at some horizons; `source` is the model's name and version, or the rule's.

    `horizons_s`, `p10`, `p50`, `p90` have the same length; values are in the unit the card states.
    """

    of: str
    horizons_s: tuple[float, ...]
    p10: tuple[float, ...]
    p50: tuple[float, ...]
    p90: tuple[float, ...]
    source: str


class Cause(StrEnum):
    """Why a lamp has its level: TALQ's four values."""

    DEFAULT = "default"
    OVERRIDE = "override"
    SENSOR = "sensor"
    PROGRAM = "program"


class Fine(StrEnum):
    """The finer cause beside TALQ's: who decides, from the highest to the lowest."""

    PROTECTION = "protection"
    TECHNICIAN = "technician"
    REMOTE = "remote"
    PRESENCE = "presence"
    ADAPTIVE = "adaptive"
    PROGRAM = "program"
    DEFAULT = "default"
    FAILSAFE = "failsafe"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a duty wants: a level (0..1 of nominal flux) and how fast; None: it has no opinion."""

    level: float | None
    cause: Cause
    why: str
    fine: Fine | None = None  # None: what the cause commonly is


@dataclass(frozen=True, slots=True)
class Order:
    """What is allowed: level (0..1), seconds to get there, seconds it stays valid. Only the governor makes one."""

    level: float
    ramp_s: float
    valid_s: float
    cause: Cause
    why: str
    clamps: tuple[str, ...] = ()  # what the governor changed, in plain words
    fine: Fine = Fine.DEFAULT


@dataclass(frozen=True, slots=True)
class Step:
    """One decision for one lamp, whole: the trace, the answer to `why`, the golden record of a test."""

    asset: str
    seen: Snapshot
    night: bool
    night_why: str
    forecast: Forecast | None
    intent: Intent
    order: Order


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a lamp draws from the mains at one moment, in W."""

    power_w: float
    metered: bool  # False: what it is known to draw at its level
    full_w: float  # what it would draw at full light


@dataclass(frozen=True, slots=True)
class Fill:
    """What we believe of one bin: fill 0..1, its forecast, and how far to trust it."""

    asset: str
    at: datetime
    fill: float | None
    quality: Quality
    status: str  # FIWARE: ok, lidOpen, dropped, moved, vandalized, burning, unknown
    why: str
    rate_per_day: float | None = None
    hours_to_full: tuple[float, float, float] | None = None  # p10, p50, p90
    soon: Chance | None = None  # of 80 % before anybody empties it; the rule knows none
    forecast: Forecast | None = None
    temperature: float | None = None  # degC
    emptied_at: datetime | None = None
    emptied_sure: float | None = None  # 0..1, of that emptying
    faults: tuple[str, ...] = ()  # events that hold now, by name
    full_at: float = 0.8  # its threshold: hours_to_full are those until there
    reliability: float = 0.0  # of the forecast, 0..1
    due: Due | None = None  # None: not known yet


class Priority(IntEnum):
    """Which parcel goes first, and which is never evicted by which."""

    ALARM = 0
    REPLY = 1
    SUMMARY = 2


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a city should know now; `event` is a TALQ event name where TALQ has one."""

    asset: str
    event: str
    active: bool  # True: it starts, False: it is over
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LampSummary:
    """What one lamp did in one period; None where nothing was measured, so that it cannot be taken for zero."""

    asset: str
    start: datetime
    end: datetime
    energy_wh: float | None  # this, the level, its time and switches: None too where too few passed to tell of them
    full_light_wh: float  # what the same night hours at full light would have cost
    measured: bool  # energy by meter (True) or by what the lamp is known to draw at its level (False)
    mean_level: float | None
    lit_s: float | None
    switches: int | None
    passages: int | None  # None: nothing counted; suppressed below the privacy threshold at the edge
    quality: Quality
    operating_h: float | None = None  # lit since it was installed; this and the next two: None: nobody counts
    starts: int | None = None
    energy_total_wh: float | None = None
    follows: bool = False  # its light could follow who passes: it was night, and its policy looks
    forecast_by: str | None = None  # the model and its version, or the rule; None: nobody foresees
    skill: Skill | None = None  # None: no model


@dataclass(frozen=True, slots=True)
class BinSummary:
    """What one bin did in one period."""

    asset: str
    start: datetime
    end: datetime
    fill: float | None
    rate_per_day: float | None
    hours_to_full: tuple[float, float, float] | None
    soon: Chance | None
    emptied: int
    temperature_max: float | None
    quality: Quality
    forecast_by: str | None = None  # the model and its version, or the rule; None: nobody foresees
    skill: Skill | None = None  # None: no model
    discrepancies: Mapping[str, int] = field(default_factory=dict)  # kind → since the start of the node
    full_at: float = 0.8
    reliability: float = 0.0
    due: Due | None = None
    faults: tuple[str, ...] = ()  # events that held at any time of the period, by name
    emptyings: tuple[Emptying, ...] = ()  # found in the period
    observed: Observed | None = None
    spent: Spent | None = None


Summary = LampSummary | BinSummary


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that must arrive: numbered by a counter, never by the clock."""

    seq: int
    topic: str
    body: bytes
    priority: Priority
    correlation: bytes = b""  # of a reply: what the sender of the command wants to see again (MQTT 5)
