"""The journal: what one lamp decided in the last two days, and why. In memory only: a change may be a passage."""

import sys
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lampyre.records import Cause, Fine, Forecast, Quantity, Reading, Step

KEPT_S = 2 * 86400.0  # whoever complains of last night, or of the one before
KEPT_MOST = 4096  # changes of all lamps of a node: 3 MB; a lamp in a quiet street has some fifty a night
EACH_MOST = 1024  # of one lamp
UNTOLD = {Quantity.PASSAGES, Quantity.POWER}  # counts of passers are nobody's business later; power decides nothing


def share_of(lamps: int) -> int:
    """Return how many changes each of so many lamps may keep."""
    return max(1, min(EACH_MOST, KEPT_MOST // max(1, lamps)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision that changed something; `at` in UTC, levels 0..1."""

    at: datetime
    mono_s: float
    clock_trusted: bool
    night: bool
    night_why: str
    wanted: float | None
    level: float  # where the lamp was when it was decided
    target: float
    ramp_s: float
    cause: Cause
    fine: Fine
    why: str
    clamps: tuple[str, ...]
    forecast: Forecast | None
    seen: tuple[Reading, ...]


class Journal:
    """One lamp's last changes, the newest last; never written to disk."""

    def __init__(self, most: int = EACH_MOST) -> None:
        self._entries: deque[Entry] = deque(maxlen=most)

    def note(self, step: Step, level: float) -> None:
        """Take a step that changed something; what is older than two days goes."""
        seen, order = step.seen, step.order
        readings = tuple(one for one in seen.readings.values() if one.quantity not in UNTOLD)
        while len(self._entries) > 1 and seen.mono_s - self._entries[1].mono_s > KEPT_S:
            self._entries.popleft()  # the first may be older: it held until the second
        self._entries.append(
            Entry(
                at=seen.at,
                mono_s=seen.mono_s,
                clock_trusted=seen.clock_trusted,
                night=step.night,
                night_why=sys.intern(step.night_why),
                wanted=step.intent.level,
                level=level,
                target=order.level,
                ramp_s=order.ramp_s,
                cause=order.cause,
                fine=order.fine,
                why=sys.intern(order.why),
                clamps=order.clamps,
                forecast=step.forecast,
                seen=readings,
            )
        )

    def date(self, now: datetime, mono_s: float) -> None:
        """Give their right time to decisions from before the clock was set; `now` is UTC and trusted."""
        for place, entry in enumerate(self._entries):
            if entry.clock_trusted:
                continue
            by = now - timedelta(seconds=mono_s - entry.mono_s) - entry.at
            seen = tuple(replace(one, at=one.at + by) for one in entry.seen)
            self._entries[place] = replace(entry, at=entry.at + by, seen=seen)

    def holding(self, at: datetime) -> tuple[Entry, Entry | None] | None:
        """Return what held at `at` (UTC) and what ended it (None: it still holds); None: not known that far back.

        Where a clock was set back, two moments bear the same time: the later one counts.
        """
        after: Entry | None = None
        for entry in reversed(self._entries):
            if entry.at <= at:
                return entry, after
            after = entry
        return None

    @property
    def since(self) -> datetime | None:
        """When it begins, in UTC."""
        return self._entries[0].at if self._entries else None
