"""What a lamp's TOML says of its policy becomes the policy that decides."""

from dataclasses import replace
from typing import Protocol

from lampyre.bounds import quiet_level
from lampyre.decide.light.adaptive import Adaptive, Volume
from lampyre.decide.light.classes import level_for
from lampyre.decide.light.fixed import ALL_NIGHT, Fixed
from lampyre.decide.light.on_demand import Demand, OnDemand
from lampyre.decide.light.programme import Base
from lampyre.policy_settings import AdaptiveSettings
from lampyre.records import Forecast, Intent, Snapshot
from lampyre.settings import LampSettings


class Policy(Protocol):
    """Whoever decides over a lamp where nobody commands it."""

    def adopt(self, level: float, mono_s: float) -> None:
        """Start from the level 0..1 that is in force after a restart."""

    def decide(self, seen: Snapshot, *, night: bool, forecast: Forecast | None, base: Base | None = None) -> Intent:
        """Say what the lamp should do now; touches nothing."""

    def held_until_s(self, forecast: Forecast | None) -> float | None:
        """Return until when somebody is lit for if nobody else comes, in monotonic seconds; None: for nobody."""


def policy_of(lamp: LampSettings, presence: str, passages: str, passages_least: int) -> Policy:
    """Return the lamp's policy; `passages_least` is the least count that may leave the node."""
    if lamp.policy == "program":
        return Fixed(lamp.class_level)
    if lamp.adaptive is not None:
        return Adaptive(volume_of(lamp, lamp.adaptive, passages_least), passages)
    return OnDemand(Demand(quiet_level(lamp), lamp.class_level, lamp.hold_s, lamp.hold_most_s, presence, passages))


def resting(lamp: LampSettings, base: Base | None) -> Base:
    """Return what the lamp gives at night while nobody comes, and whether somebody raises it; `base`: its programme."""
    if lamp.policy == "program":
        return Base(lamp.class_level, False, ALL_NIGHT) if base is None else replace(base, presence=False)
    if lamp.adaptive is None:
        return base or Base(quiet_level(lamp), True, "nobody here")
    least = volume_of(lamp, lamp.adaptive).levels[-1]
    if base is None:
        return Base(least, True, "no traffic")
    return replace(base, level=max(base.level, least)) if base.presence else base


def volume_of(lamp: LampSettings, adaptive: AdaptiveSettings, passages_least: int = 0) -> Volume:
    """Return which traffic asks for which level of the lamp."""
    letter, normal, quiet = lamp.lighting_class[0], int(lamp.lighting_class[1]), int(lamp.quiet_class[1])
    classes = tuple(f"{letter}{min(normal + down, quiet)}" for down in range(len(adaptive.thresholds) + 1))
    return Volume(
        classes,
        tuple(level_for(one, lamp.lighting_class, lamp.class_level) for one in classes),
        adaptive.design_flow_per_h,
        adaptive.thresholds,
        adaptive.continuous,
        passages_least if adaptive.continuous else 0,
    )
