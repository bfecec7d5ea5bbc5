"""Evidence: the sums of many days, EN 13201-5's two indicators, and what was saved against all-night full light."""

from collections.abc import Sequence
from dataclasses import dataclass

from lampyre.summarise.days import CLASSES, Day

YEAR_DAYS = 360  # from so many days on, sums are a year's; a week of a stopped node is within its uncertainty


@dataclass(frozen=True, slots=True)
class Sums:
    """What one lamp did over its recorded days; hours and Wh."""

    days: int
    energy_wh: float
    full_light_wh: float
    metered_share: float  # of the time; the rest is by what the lamp is known to draw
    seen_h: float
    lit_h: float
    starts: int
    at_class_h: tuple[float, ...]  # hours at each of CLASSES
    curfew_h: float
    curfew_lit_h: float
    curfew_above_h: float
    curfew_override_h: float

    @property
    def saved_wh(self) -> float:
        """Less than all-night full light; negative where it burnt by day."""
        return self.full_light_wh - self.energy_wh

    @property
    def saved_share(self) -> float | None:
        """Of all-night full light; None where there was no night."""
        return self.saved_wh / self.full_light_wh if self.full_light_wh > 0.0 else None


def added(days: Sequence[Day]) -> Sums:
    """Add days up."""
    seen_s = sum(day.seen_s for day in days)
    return Sums(
        days=len(days),
        energy_wh=sum(day.energy_wh for day in days),
        full_light_wh=sum(day.full_light_wh for day in days),
        metered_share=sum(day.metered_s for day in days) / seen_s if seen_s else 0.0,
        seen_h=seen_s / 3600,
        lit_h=sum(day.lit_s for day in days) / 3600,
        starts=sum(day.starts for day in days),
        at_class_h=tuple(sum(day.at_class_s[n] for day in days) / 3600 for n in range(len(CLASSES))),
        curfew_h=sum(day.curfew_s for day in days) / 3600,
        curfew_lit_h=sum(day.curfew_lit_s for day in days) / 3600,
        curfew_above_h=sum(day.curfew_above_s for day in days) / 3600,
        curfew_override_h=sum(day.curfew_override_s for day in days) / 3600,
    )


def power_density(power_w: float, illuminance_lx: float, area_m2: float) -> float:
    """Return EN 13201-5's power density indicator, W/(lx m2): D_P = P / (E x A).

    P is the system power in the state in which the street has the calculated mean illuminance E on its area A. With
    one area for each lamp the standard's sum over areas has one term.
    """
    return power_w / (illuminance_lx * area_m2)


def consumption(energy_wh: float, area_m2: float) -> float:
    """Return EN 13201-5's energy consumption indicator over the recorded days, Wh/m2: D_E = sum(P_j x t_j) / A.

    The standard means a whole year; the sum of power times hours of each operating period is what was metered.
    """
    return energy_wh / area_m2
