"""The curfew: hours of the clock on the wall in which a town wants less light; the same for order and evidence."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Curfew:
    """Hours of local time in which nothing but a command lights the lamp above `most` (0..1)."""

    begin: time
    end: time
    most: float
    zone: ZoneInfo

    def holds(self, at: datetime) -> bool:
        """Whether `at` (UTC) lies in it; it may go over midnight.

        Of an hour that comes twice the first coming counts, as for programmes: it begins and ends once a night.
        """
        local = at.astimezone(self.zone)
        begun, over = _has_come(self.begin, local), _has_come(self.end, local)
        return begun and not over if self.begin < self.end else begun or not over


def _has_come(wall: time, local: datetime) -> bool:
    """Whether the clock on the wall has shown that time on this date."""
    if wall <= local.time():
        return True
    if not local.fold:
        return False
    first = datetime.combine(local.date(), wall, local.tzinfo)
    return first.utcoffset() != first.replace(fold=1).utcoffset()  # it comes twice, and this is the second hour
