"""Days: a line for each lamp and lighting day, noon to noon, for a year to be shown; sums, nothing of anybody."""

import json
from bisect import bisect_left
from collections import deque
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from lampyre.curfew import Curfew
from lampyre.records import Cause, Drawn, Step

KEPT: Final = 400  # days: a year, and a month to fetch it in; 50 kB a lamp, written once a day
GAP_S: Final = 30.0  # between two steps; a longer gap (a clock jump, a suspended machine) counts as this at most
CLASSES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)  # a level belongs to the first that it does not exceed
TEXTS: Final = {"day", "night_from", "night_to"}
MINUTE: Final = timedelta(minutes=1)
HALF_DAY: Final = timedelta(hours=12)


@dataclass(slots=True)
class Day:
    """One lighting day of one lamp: `day` is the local date of its evening; durations in seconds, energies in Wh."""

    day: str = ""
    night_from: str = ""  # UTC, to the minute; of the sun and photocell, never of a passer
    night_to: str = ""
    energy_wh: float = 0.0
    full_light_wh: float = 0.0  # what the same night at full light would have cost
    seen_s: float = 0.0
    metered_s: float = 0.0
    lit_s: float = 0.0
    starts: int = 0
    at_class_s: list[float] = field(default_factory=lambda: [0.0] * len(CLASSES))
    curfew_s: float = 0.0
    curfew_lit_s: float = 0.0
    curfew_above_s: float = 0.0  # above what the curfew allows
    curfew_override_s: float = 0.0  # ... of it by command

    def rounded(self) -> list[Any]:
        """Return the fields in order, as the file has them."""
        flat = [round(value, 1) if isinstance(value, float) else value for value in astuple(self)]
        return [[round(part) for part in value] if isinstance(value, list) else value for value in flat]


class DayLog:
    """One lamp's days. The present one goes into the lamp's memory once an hour; `text` has those that are over."""

    def __init__(self, zone: ZoneInfo, curfew: Curfew | None) -> None:
        self._zone = zone
        self._curfew = curfew
        self._minute: datetime | None = None
        self._in_curfew = False
        self._last_s: float | None = None
        self._lit: bool | None = None
        self.energy_wh = 0.0  # since the luminaire was installed
        self.full_light_wh = 0.0
        self.open = Day()
        self.over: deque[Day] = deque(maxlen=KEPT)
        self.unsaved = False  # a day has ended since `text` was last kept

    def add(self, step: Step, level: float, drawn: Drawn) -> None:
        """Take one step; `level` (0..1) is what the lamp has been doing since the last one."""
        seen = step.seen
        passed_s = 0.0 if self._last_s is None else min(GAP_S, max(0.0, seen.mono_s - self._last_s))
        self._last_s = seen.mono_s
        if seen.clock_trusted:
            self._look_at_clock(seen.at, night=step.night)
        day = self.open
        day.seen_s += passed_s
        day.metered_s += passed_s if drawn.metered else 0.0
        energy_wh = drawn.power_w * passed_s / 3600
        full_wh = drawn.full_w * passed_s / 3600 if step.night else 0.0
        day.energy_wh += energy_wh
        day.full_light_wh += full_wh
        self.energy_wh += energy_wh
        self.full_light_wh += full_wh
        day.at_class_s[class_of(level)] += passed_s
        lit = level > 0.0
        if lit:
            day.lit_s += passed_s
            day.starts += self._lit is False
        self._lit = lit
        if self._in_curfew and seen.clock_trusted:
            self._add_curfew(step, level, passed_s)

    def _add_curfew(self, step: Step, level: float, passed_s: float) -> None:
        day = self.open
        day.curfew_s += passed_s
        day.curfew_lit_s += passed_s if level > 0.0 else 0.0
        if self._curfew is not None and level > self._curfew.most + 0.005:
            day.curfew_above_s += passed_s
            day.curfew_override_s += passed_s if step.order.cause is Cause.OVERRIDE else 0.0

    def _look_at_clock(self, at: datetime, *, night: bool) -> None:
        """Once a minute see whether it is another day, curfew, or night."""
        if self._minute is not None and self._minute <= at < self._minute + MINUTE:
            return
        self._minute = minute = at.replace(second=0, microsecond=0)
        local = at.astimezone(self._zone)
        today = (local.replace(tzinfo=None) - HALF_DAY).date()
        name = today.isoformat()
        if self.open.day and name > self.open.day:  # a clock put back begins no second day
            self.over.append(self.open)
            self.unsaved = True
            self.open = Day()
        elif (today + 2 * HALF_DAY).isoformat() < self.open.day:  # ... but a day that is still to come was none
            self.open.day, self.open.night_from, self.open.night_to = name, "", ""
        self.open.day = self.open.day or name
        self._in_curfew = self._curfew is not None and self._curfew.holds(at)
        if night:
            stamp = f"{minute:%Y-%m-%dT%H:%MZ}"
            self.open.night_from = self.open.night_from or stamp
            self.open.night_to = stamp

    def text(self) -> str:
        """Return the days that are over, one a line, for `restore`."""
        return "".join(json.dumps(day.rounded(), separators=(",", ":")) + "\n" for day in self.over)

    def saved(self) -> str:
        """Return `text`, and take it for kept: if it is not, it will be with the next day."""
        self.unsaved = False
        return self.text()

    def restore(self, text: str) -> None:
        """Take up what `text` gave; ValueError or TypeError where it is damaged."""
        self.over = deque(days_of(text), maxlen=KEPT)

    def restore_open(self, kept: Any) -> None:
        """Go on with the day that was open at a restart."""
        self.open = day_of(kept)


def class_of(level: float) -> int:
    """Return which of CLASSES a level (0..1) belongs to."""
    return min(len(CLASSES) - 1, bisect_left(CLASSES, level - 0.005))


def day_of(row: Any) -> Day:
    """Return a day from its row; ValueError or TypeError where it is none."""
    names = [each.name for each in fields(Day)]
    if not isinstance(row, list) or len(row) != len(names):
        raise ValueError("no day of a lamp")
    values = dict(zip(names, row, strict=True))
    classes = [float(value) for value in values["at_class_s"]]
    sums = {name: float(value) for name, value in values.items() if name not in TEXTS | {"at_class_s"}}
    if len(classes) != len(CLASSES) or not all(0.0 <= value < 1e9 for value in (*sums.values(), *classes)):
        raise ValueError("no sums of a day")
    day = Day(str(values["day"]), str(values["night_from"]), str(values["night_to"]), at_class_s=classes)
    for name, value in sums.items():
        setattr(day, name, int(value) if name == "starts" else value)
    if day.day:
        datetime.fromisoformat(day.day)
    return day


def days_of(text: str) -> list[Day]:
    """Return the days in a file's text, in order; ValueError or TypeError where it is damaged."""
    return [day_of(json.loads(line)) for line in text.splitlines()]
