"""Parts of messages: the types their fields share, and what a message of a bin is made of."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lampyre.sync.topics import ID

TEXT_LIMIT = 500  # characters of a reason; it is read on a phone

Id = Annotated[str, Field(pattern=f"^{ID.pattern}$")]
Percent = Annotated[float, Field(ge=0, le=100)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
Count = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """Unknown keys are refused, numbers are finite, nothing changes afterwards."""

    # built when first used, parts with their whole: commands that never come cost nothing; 0.3 MB less (November 2026)
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Collect(Strict):
    """By when to collect a bin."""

    collect_by: AwareDatetime | None = Field(
        description="the end of access hours, UTC (FIWARE nextActuationDeadline); null: nobody needs to come yet"
    )
    reason: Literal["FULLNESS", "FORECAST", "ALERT", "AGE"] | None
    why: Text
    waiting_h: float | None = Field(description="hours full that leaving it to the round after that would cost")
    suppressed_because: Text | None = Field(description="not null: its level asks for nobody, for it cannot be trusted")


class Seen(Strict):
    """What somebody saw in a bin, and what its sensor said then."""

    at: AwareDatetime
    fill: Ratio
    sensor: Ratio | None


class ObservedFill(Strict):
    """How a sensor does beside what people saw in its bin."""

    count: Count
    error: Ratio | None = Field(description="running mean of |sensor - seen|")
    bias: float | None = Field(ge=-1, le=1, description="running mean of sensor - seen; above 0 it says too much")
    disputed: Count = Field(description="times that two saw it differently, so that nothing was moved")
    moves: Count = Field(description="times that two agreed and the calibration was moved")
    last: Seen | None


class Emptying(Strict):
    """One emptying (FIWARE dateLastEmptying)."""

    at: AwareDatetime
    fill_before: Ratio
    fill_after: Ratio
    confidence: Ratio
    litres: float | None = Field(ge=0, description="null: the file does not say how large the bin is")


class Partly(Strict):
    """Sums over those periods of a merged stretch that could be told; seconds say how much of it they were."""

    counted_s: float = Field(ge=0, description="in which passages were told")
    passages: Count
    light_s: float = Field(ge=0, description="in which the next four were told")
    energy_wh: float = Field(ge=0)
    mean_level: Percent
    lit_s: float = Field(ge=0)
    switches: Count


class Budget(Strict):
    """What looking into a bin and telling of it has cost this calendar year."""

    year: Count = Field(description="0: the clock has not been set yet")
    looks: Count = Field(description="in whole hundreds: finer, they would tell when somebody opened the lid")
    looks_most: Count | None = Field(description="in any year; null: on mains, as many as the plan likes")
    states: Count
    states_most: Count = Field(description="in any year")
    urgent: Count = Field(description="states told of a fire, beside the budget")
    pace: Literal["hot", "soon", "usual", "night"]
