"""Tables of a node's TOML for what moves a lamp's light within its class and floor: traffic, and those who come."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lampyre.strict import Strict

PolicyName = Literal["on_demand", "adaptive", "program"]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class AdaptiveSettings(Strict):
    """How much traffic asks for which class; shares are of the design flow."""

    design_flow_per_h: Annotated[float, Field(ge=1.0, le=10000.0)]  # passages an hour for which the class was chosen
    # below 50 % one class less, below 25 % two (UNI 11248, annex D); never below quiet_class
    thresholds: Annotated[tuple[Share, ...], Field(min_length=1, max_length=3)] = (0.5, 0.25)
    continuous: bool = False  # without steps (FAI) instead of class by class (TAI)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if any(after >= before for before, after in pairwise(self.thresholds)):
            raise ValueError("thresholds: each must be below the one before: [0.5, 0.25]")
        return self


def agree(policy: PolicyName, adaptive: AdaptiveSettings | None) -> None:
    """Raise ValueError where a lamp's policy lacks its table, or a table its policy."""
    if policy == "adaptive" and adaptive is None:
        raise ValueError('policy "adaptive" needs design_flow_per_h in [lamp.adaptive]: passages in the busiest hour')
    if policy != "adaptive" and adaptive is not None:
        raise ValueError(f'[lamp.adaptive] is for policy = "adaptive", this one is {policy!r}; take one of them out')
