"""How likely something is, and how well it was foreseen so far."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely an event is within some horizons, 0..1, and from which chance on it is to be expected.

    `horizons_s`, `chances`, `expected_from` have the same length; `source` is as in Forecast.
    """

    of: str
    horizons_s: tuple[float, ...]
    chances: tuple[float, ...]
    expected_from: tuple[float, ...]
    source: str

    @property
    def expected(self) -> tuple[bool, ...]:
        """Whether the event is to be expected within each horizon."""
        return tuple(chance >= least for chance, least in zip(self.chances, self.expected_from, strict=True))


@dataclass(frozen=True, slots=True)
class Skill:
    """How a model's forecasts did beside the rule's over the last weeks, on the same truths."""

    value: float | None  # 1 - its mean absolute error / the rule's; below 0 the rule is better; None: too few so far
    scored: int  # forecasts compared so far, at the horizon with the most of them
    coverage: float | None  # share of truths between p10 and p90 of who speaks; 0.8 is what those mean
