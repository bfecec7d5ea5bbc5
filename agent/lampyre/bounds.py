"""What a lamp's tables in the TOML mean for its governor and its driver; a cap below the floor is refused here."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from lampyre.act.curve import LINEAR, LOG
from lampyre.act.envelope import Envelope
from lampyre.act.pipeline import Luminaire
from lampyre.curfew import Curfew
from lampyre.decide.light.classes import level_for
from lampyre.errors import ConfigError
from lampyre.settings import LampSettings, NodeSettings


def quiet_level(lamp: LampSettings) -> float:
    """Return the lamp's floor at night, 0..1: the level of its quiet class."""
    return level_for(lamp.quiet_class, lamp.lighting_class, lamp.class_level)


def envelope_of(lamp: LampSettings, node: NodeSettings, presence: str | None = None) -> Envelope:
    """Return what the lamp may do; raises ConfigError where the town allows less than its class or its driver can."""
    floor = quiet_level(lamp)
    safe_level = max(lamp.safe_level, floor)
    limits = lamp.limits
    if limits.most < safe_level:
        raise ConfigError(
            f"lamp {lamp.id}: limits.most {limits.most:g} is below its safe level {safe_level:g}; "
            "the lamp is safe before it is saving: lower safe_level or the quiet class first"
        )
    least = lamp.output.minimum
    lowest = min(limits.most, limits.curfew.most if limits.curfew else 1.0)
    if lowest < least:
        raise ConfigError(
            f"lamp {lamp.id}: output.minimum {least:g} is above {lowest:g}, the most that its limits allow; "
            "what is lit is lit at least so much: give a lower minimum or allow more"
        )
    curfew = None
    if limits.curfew is not None:
        if limits.curfew.most < floor:
            raise ConfigError(
                f"lamp {lamp.id}: limits.curfew.most {limits.curfew.most:g} is below {floor:g}, what its quiet class "
                f"{lamp.quiet_class} asks; give a lower quiet_class or allow more"
            )
        curfew = Curfew(limits.curfew.begin, limits.curfew.end, limits.curfew.most, ZoneInfo(node.time_zone))
    return Envelope(floor, safe_level, lamp.ramp_up_s, lamp.ramp_down_s, presence, limits.most, curfew, least)


def luminaire_of(lamp: LampSettings) -> Luminaire:
    """Return the lamp's way from level to signal."""
    output = lamp.output
    cleaned = None if output.cleaned_on is None else datetime.combine(output.cleaned_on, time(12), UTC)
    return Luminaire(
        output.minimum,
        output.virtual,
        output.depreciation,
        output.maintenance_factor,
        cleaned,
        output.maintenance_h,
        LOG if output.curve == "log" else LINEAR,
    )


def safe_signal(lamp: LampSettings, envelope: Envelope, built_in: float) -> float:
    """Return the signal (0..1) that a lamp's board gives by itself in the dark: never below what it was built with."""
    return max(built_in, luminaire_of(lamp).signal(envelope.safe_level))
