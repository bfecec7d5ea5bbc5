"""Light by programme alone: whoever comes, the hour decides; without a programme its class all night."""

from lampyre.decide.light.programme import Base
from lampyre.records import Cause, Forecast, Intent, Snapshot

ALL_NIGHT = "class level all night"


class Fixed:
    """One lamp's policy; `class_level` is 0..1 of nominal flux."""

    def __init__(self, class_level: float) -> None:
        self._class_level = class_level

    def adopt(self, level: float, mono_s: float) -> None:
        """After a restart: nothing to remember."""

    def decide(
        self,
        seen: Snapshot,  # noqa: ARG002 - as every policy has it, and the forecasts too
        *,
        night: bool,
        forecast: Forecast | None,  # noqa: ARG002
        base: Base | None = None,
    ) -> Intent:
        """Say what the lamp should do now; `base` is what its programme asks."""
        if base is not None:
            return Intent(base.level, Cause.PROGRAM, base.why)
        level, why = (self._class_level, ALL_NIGHT) if night else (0.0, "day")
        return Intent(level, Cause.PROGRAM, why)

    def held_until_s(self, forecast: Forecast | None) -> float | None:  # noqa: ARG002
        """Return None: nobody is lit for by himself."""
        return None
