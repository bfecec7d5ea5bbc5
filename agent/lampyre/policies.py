"""What a lamp's TOML says of its policy becomes the policy that decides."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from lampyre.bounds import quiet_level
from lampyre.decide.light.adaptive import Adaptive
from lampyre.decide.light.classes import level_for
from lampyre.decide.light.fixed import ALL_NIGHT, Fixed
from lampyre.decide.light.on_demand import Demand, OnDemand
from lampyre.decide.light.passers import Passers
from lampyre.decide.light.policy import Policy
from lampyre.decide.light.programme import Base
from lampyre.decide.light.volume import Volume
from lampyre.policy_settings import AdaptiveSettings
from lampyre.settings import LampSettings, NodeSettings


def policy_of(lamp: LampSettings, node: NodeSettings, presence: str, passages: str) -> Policy:
    """Return the lamp's policy; it looks at these channels of its board."""
    if lamp.policy == "program":
        return Fixed(lamp.class_level, Passers(presence, passages))
    if lamp.adaptive is not None:
        return Adaptive(volume_of(lamp, lamp.adaptive), presence, passages)
    zone, hold_s = ZoneInfo(node.time_zone), lamp.hold_s
    return OnDemand(Demand(quiet_level(lamp), lamp.class_level, hold_s, lamp.hold_most_s, presence, passages, zone))


def resting(lamp: LampSettings, base: Base | None) -> Base:
    """Return what the lamp gives at night while nobody comes, and whether it is raised; `base`: its programme."""
    if lamp.policy == "program":
        return Base(lamp.class_level, False, ALL_NIGHT) if base is None else replace(base, presence=False)
    if lamp.adaptive is None:
        return base or Base(quiet_level(lamp), True, "nobody here")
    least = volume_of(lamp, lamp.adaptive).levels[-1]
    if base is None:
        return Base(least, True, "no traffic")
    return replace(base, level=max(base.level, least)) if base.presence else base


def raised_by(lamp: LampSettings) -> str:
    """Return how a lamp's policy raises it, in words around a level."""
    return "{} when somebody is there" if lamp.adaptive is None else "up to {} as the traffic grows"


def volume_of(lamp: LampSettings, adaptive: AdaptiveSettings) -> Volume:
    """Return which traffic asks for which level of the lamp."""
    letter, normal, quiet = lamp.lighting_class[0], int(lamp.lighting_class[1]), int(lamp.quiet_class[1])
    classes = tuple(f"{letter}{min(normal + down, quiet)}" for down in range(len(adaptive.thresholds) + 1))
    return Volume(
        classes,
        tuple(level_for(one, lamp.lighting_class, lamp.class_level) for one in classes),
        adaptive.design_flow_per_h,
        adaptive.thresholds,
        adaptive.continuous,
    )
