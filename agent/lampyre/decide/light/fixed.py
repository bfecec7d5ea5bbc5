"""Light by programme alone: whoever comes, the hour decides; without a programme its class all night."""

from lampyre.decide.light.passers import Passers
from lampyre.decide.light.policy import Policy
from lampyre.decide.light.programme import Base
from lampyre.records import Cause, Forecast, Intent, Snapshot

ALL_NIGHT = "class level all night"


class Fixed(Policy):
    """One lamp's policy; `class_level` is 0..1 of nominal flux. Others may still hear from it of who comes."""

    def __init__(self, class_level: float, passers: Passers) -> None:
        self._class_level = class_level
        self._passers = passers

    def decide(
        self,
        seen: Snapshot,
        *,
        night: bool,
        forecast: Forecast | None,  # noqa: ARG002 - as every policy has it
        base: Base | None = None,
    ) -> Intent:
        """Say what the lamp should do now; `base` is what its programme asks."""
        self._passers.look(seen)
        self.arrived = self._passers.arrived
        if base is not None:
            return Intent(base.level, Cause.PROGRAM, base.why)
        level, why = (self._class_level, ALL_NIGHT) if night else (0.0, "day")
        return Intent(level, Cause.PROGRAM, why)
