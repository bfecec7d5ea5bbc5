"""Volume: which traffic asks for which level of a lamp, in steps of a class (TAI) or without (FAI).

UNI 11248, annex D: passages of ten minutes give an hourly flow, held against the flow the street was planned for.
"""

import math
from dataclasses import dataclass

SAMPLE_S = 600.0
SAMPLES_PER_HOUR = 6


@dataclass(frozen=True, slots=True)
class Volume:
    """What the flow asks of one lamp: `levels[k]` (0..1, falling) is that of `classes[k]`, k classes down.

    Below `thresholds[k]` (share of the design flow, falling) class k+1 is enough. Continuous: exactly there it is just
    enough, between them the level goes straight, and full class begins at the design flow.
    """

    classes: tuple[str, ...]
    levels: tuple[float, ...]
    design_per_h: float
    thresholds: tuple[float, ...]
    continuous: bool = False

    @property
    def design_count(self) -> float:
        """Return the passages of ten minutes at the design flow."""
        return self.design_per_h / SAMPLES_PER_HOUR

    def level(self, flow_per_h: float) -> float:
        """Return the level that a flow asks for; rises with the flow."""
        share = flow_per_h / self.design_per_h
        if not self.continuous:
            return next(
                (level for level, least in zip(self.levels, self.thresholds, strict=False) if share >= least),
                self.levels[-1],
            )
        low_share, low = self.thresholds[-1], self.levels[-1]
        for high_share, high in zip((*reversed(self.thresholds[:-1]), 1.0), reversed(self.levels[:-1]), strict=True):
            if share < high_share:
                return low + (high - low) * max(0.0, share - low_share) / (high_share - low_share)
            low_share, low = high_share, high
        return low

    def asked(self, count: float) -> float:
        """Return the level that so many passages in ten minutes ask for."""
        return self.level(SAMPLES_PER_HOUR * count)

    def count_for(self, step: int) -> int:
        """Return how many passages in ten minutes ask for `levels[step]` rather than for the next one below."""
        return math.ceil(self.thresholds[step] * self.design_count - 1e-9)

    def name(self, level: float) -> str:
        """Return what a level is called: its class, or per cent where there are no steps."""
        if self.continuous:
            return f"{level:.0%}"
        return next((name for name, one in zip(self.classes, self.levels, strict=True) if one <= level), "no class")
