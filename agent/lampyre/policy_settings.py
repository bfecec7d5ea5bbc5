"""Tables of a node's TOML for what moves a lamp's light within its class and floor: traffic, and those who come."""

from collections.abc import Iterable, Sequence
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


class MovingSettings(Strict):
    """Light that goes ahead of who comes, where lamps name their neighbours."""

    lamps_most: Annotated[int, Field(ge=1, le=8)] = 4  # ahead of the quickest; of a walker one


def next_to(lamps: Iterable[tuple[str, Sequence[str]]]) -> dict[str, tuple[str, ...]]:
    """Return each lamp's neighbours, both ways; `lamps` are (id, those it names); ValueError for a wrong name."""
    named = dict(lamps)
    found: dict[str, dict[str, None]] = {lamp: {} for lamp in named}
    for lamp, others in named.items():
        for other in others:
            if other == lamp:
                raise ValueError(f"lamp {lamp}: neighbours names the lamp itself; take it out")
            if other not in found:
                raise ValueError(
                    f"lamp {lamp}: neighbour {other!r} is no lamp of this file; there are {', '.join(named)}"
                )
            found[lamp][other] = found[other][lamp] = None
    return {lamp: tuple(others) for lamp, others in found.items()}


def agree(policy: PolicyName, adaptive: AdaptiveSettings | None) -> None:
    """Raise ValueError where a lamp's policy lacks its table, or a table its policy."""
    if policy == "adaptive" and adaptive is None:
        raise ValueError('policy "adaptive" needs design_flow_per_h in [lamp.adaptive]: passages in the busiest hour')
    if policy != "adaptive" and adaptive is not None:
        raise ValueError(f'[lamp.adaptive] is for policy = "adaptive", this one is {policy!r}; take one of them out')
