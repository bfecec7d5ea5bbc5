"""Health: what a lamp should draw against what it draws, what a bin should never show; TALQ's event names."""

from dataclasses import dataclass
from typing import Final

from lampyre.records import Snapshot

LIT = 0.2  # above this level a driver draws enough to tell a lamp from none
DEAD_SHARE = 0.1  # of the expected power: electronics on stand-by, no light
BURNING_SHARE = 0.2
AFTER_S: Final = 60.0  # a LED driver settles in 2 s, an old lamp warms up in minutes at rising power


@dataclass(slots=True)
class Alert:
    """One condition with its own patience: it is raised and ended only after it held for a while."""

    event: str
    after_s: float
    active: bool = False
    since_s: float | None = None

    def told(self, holds: bool | None, mono_s: float) -> bool | None:
        """Return True when it starts, False when it ends, None when nothing changed or nothing is known."""
        if holds is None or holds == self.active:
            self.since_s = None
            return None
        if self.since_s is None:
            self.since_s = mono_s
        if mono_s - self.since_s < self.after_s:
            return None
        self.active, self.since_s = holds, None
        return holds


class LampHealth:
    """One lamp's alerts."""

    def __init__(self, power_channel: str, rated_power_w: float) -> None:
        self._power = power_channel
        self._rated_w = rated_power_w
        self._failure = Alert("lampFailure", AFTER_S)
        self._day_burner = Alert("lampUnexpectedOn", AFTER_S)

    def look(self, seen: Snapshot, level: float) -> list[tuple[str, bool, str]]:
        """Return what changed: (event, whether it starts, why)."""
        power_w = seen.value(self._power)
        changes = []
        for alert, holds in (
            (self._failure, self._dead(power_w, level)),
            (self._day_burner, self._burns(power_w, level)),
        ):
            told = alert.told(holds, seen.mono_s)
            if told is not None:
                changes.append((alert.event, told, f"{power_w:.1f} W at level {level:.2f} of {self._rated_w:.0f} W"))
        return changes

    def _dead(self, power_w: float | None, level: float) -> bool | None:
        if power_w is None or level < LIT:
            return None
        return power_w < DEAD_SHARE * level * self._rated_w

    def _burns(self, power_w: float | None, level: float) -> bool | None:
        if power_w is None or level > 0.0:
            return None
        return power_w > BURNING_SHARE * self._rated_w
