"""Tables of a lamp in the TOML: how a level becomes the driver's signal, and what the town allows; ratios 0..1."""

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lampyre.strict import Ratio, Strict

Share = Annotated[float, Field(gt=0.0, le=1.0)]
Hours = Annotated[float, Field(ge=0.0, le=1e6)]


class OutputSettings(Strict):
    """From a level to the signal for the driver, in the order in which TALQ 2.7.1 applies it."""

    minimum: Ratio = 0.0  # minLightOutput: what is lit is lit at least so much
    virtual: Share = 1.0  # virtualLightOutput: the share of the nominal flux that counts as full light
    # lumenDepreciationCurve as [hours lit, share]; leave it out where the driver keeps the flux constant by itself
    depreciation: Annotated[tuple[tuple[Hours, Share], ...], Field(max_length=32)] = ()
    maintenance_factor: Share = 1.0  # of a luminaire that has just been cleaned; it rises to 1 with the dirt
    cleaned_on: date | None = None  # lastMaintenanceDate
    maintenance_h: Annotated[float, Field(ge=24.0, le=1e6)] = 26280.0  # maintenancePeriod: hours of the clock; 3 years
    curve: Literal["linear", "log"] = "linear"  # of the driver: DALI's logarithmic curve, or none
    ramp: Literal["linear", "even"] = "linear"  # in the signal, or in equal steps to the eye

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        hours = [at_h for at_h, _ in self.depreciation]
        if hours and (hours[0] != 0.0 or any(after <= before for before, after in pairwise(hours))):
            raise ValueError("depreciation: give [hours, share] from 0 hours on, each later than the one before")
        if self.depreciation and self.depreciation[-1][1] != 1.0:
            raise ValueError("depreciation: its last share must be 1.0, what an old lamp needs")
        if self.maintenance_factor < 1.0 and self.cleaned_on is None:
            raise ValueError("maintenance_factor needs cleaned_on, the date of the last cleaning")
        if self.curve == "log" and self.ramp == "even":
            raise ValueError('ramp: a driver with curve = "log" moves evenly to the eye already; leave ramp out')
        return self


class CurfewSettings(Strict):
    """Hours of the clock on the wall in which the town wants less light."""

    begin: time  # 23:00
    end: time  # 05:00
    most: Share

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.begin == self.end:
            raise ValueError(f"begin and end are both {self.begin:%H:%M}; for the whole night say limits.most")
        if self.begin.tzinfo is not None or self.end.tzinfo is not None:
            raise ValueError("begin and end are local times such as 23:00, without a zone")
        if any(wall.second or wall.microsecond for wall in (self.begin, self.end)):
            raise ValueError("begin and end are whole minutes, such as 23:00")
        return self


class LimitSettings(Strict):
    """Above this no programme, model, passer or command of the city lights the lamp; a technician at the mast may."""

    most: Share = 1.0
    curfew: CurfewSettings | None = None  # does not bind what the city commands: it may need light for an accident
