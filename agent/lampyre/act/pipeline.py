"""The output pipeline: what a level 0..1 becomes on its way to the driver, in the order of TALQ 2.7.1.

level → minimum → virtual output → constant light output by hours lit → maintenance factor → dimming curve → signal
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from lampyre.act.curve import LINEAR, Curve


@dataclass(frozen=True, slots=True)
class Luminaire:
    """One luminaire's way from level to signal; without arguments both are the same."""

    minimum: float = 0.0
    virtual: float = 1.0
    depreciation: tuple[tuple[float, float], ...] = ()  # hours lit, share; from 0 h to 1.0, rising hours
    maintenance_factor: float = 1.0  # just after `cleaned`; 1 again `maintenance_h` later
    cleaned: datetime | None = None  # UTC
    maintenance_h: float = 26280.0
    curve: Curve = LINEAR

    @property
    def straight(self) -> bool:
        """Whether equal steps of the signal are equal steps of the level."""
        return self.curve is LINEAR and self.minimum == 0.0

    @property
    def ages(self) -> bool:
        """Whether `factor` is ever anything but 1."""
        return bool(self.depreciation) or self.cleaned is not None

    def factor(self, operating_h: float, at: datetime) -> float:
        """Return the share of the drive, above 0 to 1, that yields full light after these hours lit and at `at`."""
        return self._constant_light(operating_h) * self._maintenance(at)

    def signal(self, level: float, factor: float = 1.0) -> float:
        """Return the driver's signal 0..1 for a level 0..1; rises with the level, and 0 stays 0."""
        return self.curve.signal(self.drive(level, factor)) if level > 0.0 else 0.0

    def drive(self, level: float, factor: float = 1.0) -> float:
        """Return the share of full drive 0..1 for a level 0..1."""
        return max(self.minimum, level) * self.virtual * factor if level > 0.0 else 0.0

    def level(self, signal: float, factor: float = 1.0) -> float:
        """Return the level 0..1 that a signal 0..1 shows; the way back of `signal`."""
        return min(1.0, self.curve.share(signal) / (self.virtual * factor))

    def _constant_light(self, operating_h: float) -> float:
        for (from_h, from_share), (to_h, to_share) in pairwise(self.depreciation):
            if operating_h < to_h:
                return from_share + (to_share - from_share) * (operating_h - from_h) / (to_h - from_h)
        return 1.0  # none, or at its end

    def _maintenance(self, at: datetime) -> float:
        if self.cleaned is None:
            return 1.0
        since_h = (at.astimezone(UTC) - self.cleaned).total_seconds() / 3600
        dirt = min(1.0, max(0.0, since_h / self.maintenance_h))
        return self.maintenance_factor + (1.0 - self.maintenance_factor) * dirt
