"""Tables in the TOML of what a town must be able to show: luminaires' papers, prices. All may be left out."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from lampyre.strict import Strict

Percent = Annotated[float, Field(ge=0.0, le=100.0)]
Words = Annotated[str, Field(min_length=1, max_length=120)]
Channel = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}\.[a-z0-9_]{1,32}$")]  # board.channel


class LuminaireSettings(Strict):
    """One luminaire's papers. What is missing is said to be missing; nothing is guessed in its place."""

    # the six data that the French decree of 27 December 2018 asks for, with rated_power_w of the lamp
    installed: date | None = None  # another date is another luminaire: its hours, starts and learned power begin anew
    upward_percent: Percent | None = None  # of its light, above the horizontal, as installed
    flux_code_3_percent: Percent | None = None  # CIE flux code number 3
    colour_temperature_k: Annotated[float, Field(ge=1000.0, le=10000.0)] | None = None
    flux_lm: Annotated[float, Field(gt=0.0, le=500_000.0)] | None = None  # at full light
    # for EN 13201-5
    area_m2: Annotated[float, Field(gt=0.0, le=100_000.0)] | None = None  # of the street that it lights
    illuminance_lx: Annotated[float, Field(gt=0.0, le=200.0)] | None = None  # calculated mean at class_level
    # for its health
    warm_up_s: Annotated[float, Field(ge=5.0, le=1800.0)] = 600.0  # until its power says something; LED 30
    life_h: Annotated[float, Field(ge=1000.0, le=1e6)] | None = None  # rated median useful life
    starts: Annotated[float, Field(ge=100.0, le=1e8)] | None = None  # rated
    reference_temperature: Annotated[float, Field(ge=0.0, le=150.0)] | None = None  # degC, for which the life is rated
    temperature: Channel | None = None  # the channel that measures it at the driver
    # degC at the driver, above which the lamp gives no more than its safe level until it is 10 K cooler
    hottest: Annotated[float, Field(ge=30.0, le=150.0)] | None = None

    @model_validator(mode="after")
    def _measures(self) -> Self:
        if self.hottest is not None and self.temperature is None:
            raise ValueError("hottest needs temperature, the channel that measures the driver")
        return self


class EvidenceSettings(Strict):
    """What turns kWh into money and CO2; each figure names where it comes from."""

    euro_per_kwh: Annotated[float, Field(gt=0.0, le=10.0)] | None = None
    euro_from: Words | None = None
    co2_g_per_kwh: Annotated[float, Field(ge=0.0, le=2000.0)] | None = None
    co2_from: Words | None = None

    @model_validator(mode="after")
    def _says_from_where(self) -> Self:
        if (self.euro_per_kwh is None) != (self.euro_from is None):
            raise ValueError("euro_per_kwh and euro_from go together: a price and the contract it stands in")
        if (self.co2_g_per_kwh is None) != (self.co2_from is None):
            raise ValueError("co2_g_per_kwh and co2_from go together: a factor and who published it")
        return self
