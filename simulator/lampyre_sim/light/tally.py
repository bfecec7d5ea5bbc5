"""What a night of light comes to: energy, switchings, and road users who met less light than was asked for."""

from collections.abc import Callable
from dataclasses import dataclass

SLACK = 0.005  # levels nearer than half a per cent are one: no eye tells them apart


@dataclass(slots=True)
class Tally:
    """Sums over nights; levels are 0..1, so `light_s / night_s` is the energy beside full light all night.

    Power is taken as proportional to the level: losses of the driver and standby, alike for all, are left out.
    """

    nights: int = 0
    night_s: float = 0.0
    light_s: float = 0.0
    asked_s: float = 0.0  # the same had it always been just what is asked for
    switchings: int = 0  # orders to another level
    users: int = 0
    under: int = 0  # users who met less than was asked for, for any time
    under_s: float = 0.0

    def take(self, other: "Tally") -> None:
        """Add another tally."""
        self.nights += other.nights
        self.night_s += other.night_s
        self.light_s += other.light_s
        self.asked_s += other.asked_s
        self.switchings += other.switchings
        self.users += other.users
        self.under += other.under
        self.under_s += other.under_s

    def figures(self) -> dict[str, float | None]:
        """Return the measures; None where nothing was there to measure."""
        return {
            "energy": self.light_s / self.night_s if self.night_s else None,
            "asked_energy": self.asked_s / self.night_s if self.night_s else None,
            "switchings": self.switchings / self.nights if self.nights else None,
            "under_share": self.under / self.users if self.users else None,
            "under_s": self.under_s / self.users if self.users else None,
        }


class Meter:
    """Follows one lamp's light through a night, piece by piece."""

    def __init__(self, asks: Callable[[float], float]) -> None:
        self._asks = asks
        self.tally = Tally()
        self._dark_s = 0.0  # seconds so far in which the light was less than asked for
        self._begun: dict[int, float] = {}

    def shone(self, begin_s: float, begin: float, end_s: float, end: float) -> None:
        """Take a piece in which the level went straight from one to the other; what is asked is that of its begin."""
        passed_s = end_s - begin_s
        self.tally.light_s += (begin + end) / 2 * passed_s
        asked = self._asks(begin_s)
        self.tally.asked_s += asked * passed_s
        least = asked - SLACK
        if begin < least and end < least:
            self._dark_s += passed_s
        elif begin < least or end < least:
            self._dark_s += passed_s * (least - min(begin, end)) / abs(end - begin)

    def came(self, who: int) -> None:
        """Let a user come under the lamp."""
        self._begun[who] = self._dark_s

    def left(self, who: int) -> None:
        """Let him leave; one who came before the night counts for nothing."""
        begun_s = self._begun.pop(who, None)
        if begun_s is None:
            return
        missed_s = self._dark_s - begun_s
        self.tally.users += 1
        self.tally.under += missed_s > 0.0
        self.tally.under_s += missed_s
