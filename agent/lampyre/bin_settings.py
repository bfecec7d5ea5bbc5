"""Keys of a [[bin]] that say how it is measured and watched: its shape, its sensor, its switches."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from lampyre.access import access_of
from lampyre.strict import Id, Ratio, Strict

Channel = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}\.[a-z0-9_]{1,32}$")]  # board.channel
Metres = Annotated[float, Field(gt=0.0, le=20.0)]
DEPTH_LEAST_M = 0.2  # between full and empty: less is a slip of the pen, as in a calibration
LOOKS_LEAST = 8760  # a year: an hour without a look is what forecasts can bear
Curve = Annotated[tuple[tuple[Ratio, Ratio], ...], Field(max_length=32)]  # (height, volume)


class CollectionSettings(Strict):
    """When somebody can come to a bin, and what may be risked before somebody does."""

    access: str = "Mo-Su 06:00-12:00"  # opening hours, local time
    risk_h: Annotated[float, Field(ge=0.0, le=24.0)] | None = (
        None  # hours full that waiting for the next round may cost
    )
    age_most_days: Annotated[float, Field(ge=1.0, le=365.0)] | None = None  # then it is collected however empty it is

    @field_validator("access")
    @classmethod
    def _hours_there_are(cls, said: str) -> str:
        access_of(said)
        return said


class SamplingSettings(Strict):
    """What a year of looking into a bin and telling of it may cost."""

    energy_wh: Annotated[float, Field(gt=0.0, le=100_000.0)] | None = (
        None  # of a battery; None: mains, as often as it likes
    )
    look_j: Annotated[float, Field(gt=0.0, le=1000.0)] = 0.5  # of a look: a ranger's data sheet, and the board's waking
    states: Annotated[int, Field(ge=1460, le=525_600)] = 52_560  # messages of its state: six an hour

    @property
    def looks(self) -> float | None:
        """Looks a year that the energy is enough for; None: no limit."""
        return None if self.energy_wh is None else self.energy_wh * 3600.0 / self.look_j

    @model_validator(mode="after")
    def _looks_once_an_hour(self) -> Self:
        if self.looks is not None and self.looks < LOOKS_LEAST:
            least = LOOKS_LEAST * self.look_j / 3600.0
            raise ValueError(
                f"energy_wh is for less than a look an hour; give {least:.2f} or more, or a smaller look_j"
            )
        return self


class BinMeasures(Strict):
    """What a bin's levels are made from."""

    id: Id
    distance: Channel
    temperature: Channel | None = None  # in the bin: fire, and the speed of sound
    height_m: Metres  # from the sensor to the floor of the empty bin
    dead_zone_m: Annotated[float, Field(ge=0.0, le=5.0)] = 0.25  # nearer than this the sensor is blind: full
    shape: Literal["box", "cone", "underground", "bag"] = (
        "box"  # volume is what counts: cone, underground and bag hold less low down
    )
    curve: Curve = ()  # of the maker's or the town's own, instead of a shape
    compensate: bool = False  # an ultrasonic sensor that reckons with the sound of 20 degC; `temperature` mends it
    mounted: Literal["lid", "fixed"] = "lid"  # in the container, or over it on something that stays
    lid: Channel | None = None  # 1 while it is open
    tilt: Channel | None = None  # 1 while it does not stand upright

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that it asks for."""
        return tuple(filter(None, (self.distance, self.temperature, self.lid, self.tilt)))

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        if self.height_m - self.dead_zone_m < DEPTH_LEAST_M - 1e-9:
            raise ValueError(
                f"dead_zone_m {self.dead_zone_m:g} leaves less than {DEPTH_LEAST_M:g} m in height_m {self.height_m:g}; "
                "take a sensor that sees nearer"
            )
        if self.curve and not _rises(self.curve):
            raise ValueError("curve must go from [0, 0] to [1, 1], upwards: [[0, 0], [0.3, 0.2], [1, 1]]")
        if self.curve and self.shape != "box":
            raise ValueError("curve and shape exclude each other; leave out one")
        if self.compensate and self.temperature is None:
            raise ValueError("compensate needs temperature, the channel that says how warm it is in the bin")
        return self


def _rises(curve: tuple[tuple[float, float], ...]) -> bool:
    ends = len(curve) >= 2 and curve[0] == (0.0, 0.0) and curve[-1] == (1.0, 1.0)
    return ends and all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(curve))
