"""`lampyre nights`: every switching of the coming nights, as the sun foresees them; as text, CSV or JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lampyre.act.envelope import Envelope
from lampyre.bounds import envelope_of
from lampyre.curfew import Curfew
from lampyre.decide.light.night import Almanac
from lampyre.decide.light.programme import Plan
from lampyre.decide.light.timetable import DAY, NOON_MIN, LightingDay, lighting_day, lighting_day_at, moment
from lampyre.errors import ConfigError
from lampyre.plans import almanac_of, plan_of
from lampyre.policies import raised_by, resting
from lampyre.records import Fine
from lampyre.settings import LampSettings, Settings

FIRST, LAST = 1900, 2100  # years for which the sun's formulas are made
DAYS_MOST = 4000  # eleven years; more is a slip of the finger


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` (UTC) on, a lamp gives `level` by itself and up to `raised` (0..1) by what its policy goes by."""

    lamp: str
    at: datetime
    local: datetime
    night: bool
    level: float
    raised: float
    why: str
    by: str  # with what it is raised, in words


class Foresight:
    """One lamp's coming nights: the production night, plan and envelope, without a sensor."""

    def __init__(self, settings: Settings, lamp: LampSettings) -> None:
        self.zone = ZoneInfo(settings.node.time_zone)
        self.almanac: Almanac = almanac_of(settings)
        self.plan: Plan | None = plan_of(settings, lamp)
        self._lamp = lamp
        self._by = raised_by(lamp)
        self._envelope: Envelope = envelope_of(lamp, settings.node)

    def changes(self, start: datetime, days: int) -> Iterator[Change]:
        """Yield what the lamp gives at `start` (UTC) and every change in so many lighting days from its own on."""
        day = lighting_day_at(start, self.zone)
        end = lighting_day(day.day + days * DAY, self.zone).start
        first = self.almanac.sun.half_day(start).begin
        night = self.almanac.night(first)
        turns = iter([*self.almanac.switches(first, end), None])
        turn = next(turns)
        last: Change | None = None
        while day.start < end:
            inside: list[datetime] = []
            while turn is not None and turn.at < day.end:
                if turn.at <= start:
                    night, turn = turn.night, next(turns)
                    continue
                inside.append(turn.at)
                turn = next(turns)
            for at in sorted({start, day.start, *inside, *self._cuts(day)}):
                if at < max(start, day.start) or at >= day.end:
                    continue
                night = night != (at in inside)
                change = self._at(at, night=night)
                if last is None or (last.level, last.raised) != (change.level, change.raised):
                    yield change
                last = change
            day = lighting_day(day.day + DAY, self.zone)

    def _cuts(self, day: LightingDay) -> Iterator[datetime]:
        """Yield where in the lighting day something may change besides night."""
        if self.plan is not None:
            for stretch in self.plan.plan(day).stretches:
                yield stretch.start
                yield stretch.end
        curfew: Curfew | None = self._envelope.curfew
        for wall in (curfew.begin, curfew.end) if curfew is not None else ():
            minutes = 60 * wall.hour + wall.minute
            yield moment(day.day + DAY if minutes < NOON_MIN else day.day, minutes, self.zone)

    def _at(self, at: datetime, *, night: bool) -> Change:
        base = self.plan.base(at, night=night) if self.plan is not None else None
        if base is None and not night:
            return self._change(at, night, 0.0, 0.0, "day")
        base = resting(self._lamp, base)
        level = self._bound(base.level, Fine.PROGRAM, at, night=night)
        raised = max(base.level, self._lamp.class_level) if base.presence else base.level
        return self._change(at, night, level, max(level, self._bound(raised, Fine.PRESENCE, at, night=night)), base.why)

    def _bound(self, level: float, fine: Fine, at: datetime, *, night: bool) -> float:
        return self._envelope.bound(level, fine, at, night=night, blind=False)[0]

    def _change(self, at: datetime, night: bool, level: float, raised: float, why: str) -> Change:
        return Change(
            self._lamp.id, at, at.astimezone(self.zone), night, round(level, 4), round(raised, 4), why, self._by
        )


def coming(settings: Settings, start: datetime, days: int, lamp: str | None = None) -> Iterator[Change]:
    """Yield the changes of one lamp or of all, lamp by lamp; raises ConfigError for a lamp that is not there."""
    if not 1 <= days <= DAYS_MOST:
        raise ConfigError(f"--days {days}: give 1 to {DAYS_MOST}")
    if not FIRST <= start.year < LAST:
        raise ConfigError(f"--since {start:%Y-%m-%d}: give a year from {FIRST} to {LAST - 1}")
    lamps = [one for one in settings.lamp if lamp in (None, one.id)]
    if not lamps:
        there = ", ".join(one.id for one in settings.lamp) or "none"
        raise ConfigError(f"--lamp {lamp}: no such lamp in this file; there are: {there}")
    seen: dict[str, list[Change]] = {}  # lamps that share everything share the sums
    for one in lamps:
        key = one.model_copy(update={"id": "", "board": "", "groups": ()}).model_dump_json()
        if key not in seen:
            seen[key] = list(Foresight(settings, one).changes(start.replace(microsecond=0), days))
        for change in seen[key]:
            yield replace(change, lamp=one.id)


def as_text(changes: Iterable[Change]) -> Iterator[str]:
    """Yield a line a change, for people."""
    for change in changes:
        level = f"{change.level:4.0%}" if change.level or change.night else " off"
        raised = f", {change.by.format(f'{change.raised:.0%}')}" if change.raised > change.level else ""
        utc = change.at.astimezone(UTC)
        yield f"{change.lamp}  {change.local:%a %Y-%m-%d %H:%M:%S %Z}  {utc:%H:%M:%S}Z  {level}{raised}  {change.why}"


COLUMNS = ("lamp", "at_local", "at_utc", "night", "level_percent", "raised_percent", "rule")


def as_csv(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the lines of a CSV file."""
    yield _row(COLUMNS)
    for change in changes:
        yield _row(list(_fields(change).values()))


def as_json(changes: Iterable[Change]) -> Iterator[str]:
    """Yield JSON objects, one a line."""
    for change in changes:
        yield json.dumps(_fields(change))


def _fields(change: Change) -> dict[str, object]:
    values = (
        change.lamp,
        change.local.isoformat(),
        change.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        change.night,
        round(100 * change.level, 1),
        round(100 * change.raised, 1),
        change.why,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _row(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
