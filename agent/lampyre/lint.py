"""What `lampyre check` says of light by time, and what looks wrong with it in the next 400 nights."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from lampyre.bounds import envelope_of
from lampyre.decide.light.night import Almanac
from lampyre.decide.light.programme import DayPlan, Plan, Stretch
from lampyre.decide.light.timetable import DAY, lighting_day, lighting_day_at
from lampyre.plans import almanac_of, plan_of
from lampyre.programmes import NightSettings, degrees
from lampyre.records import Fine
from lampyre.settings import LampSettings, NodeSettings, Settings

OFF_SUN_H = 4.0  # western China, whose clocks are Beijing's, has 3.1
DAYS = 400  # a year and the holidays that move


@dataclass(slots=True)
class Found:
    """What the coming nights of one plan showed."""

    nights: Counter[int | None] = field(default_factory=Counter)  # by the calendar's rule
    held: set[tuple[str, int]] = field(default_factory=set)  # periods that ever counted: programme, index
    gaps: dict[str, list[tuple[date, str]]] = field(default_factory=dict)  # by programme
    conflicts: dict[tuple[str, str, str], list[date]] = field(default_factory=dict)  # programme and both periods


def explain_light(settings: Settings, now: datetime) -> Iterator[str]:
    """Yield a line for each thing the tables say; `!` begins what somebody should look at; `now` in UTC."""
    yield f"night: {_night(settings.night)}"
    yield from _place(settings.node, now)
    yield from _papers(settings, now)
    used = {lamp.programme for lamp in settings.lamp} | {lamp.calendar for lamp in settings.lamp}
    called = {name for one in settings.calendar for name in (one.default, *(rule.programme for rule in one.rule))}
    for calendar in settings.calendar:
        if calendar.id not in used:
            yield f"! calendar {calendar.id}: no lamp names it"
    for programme in settings.programme:
        if programme.id not in used | called:
            yield f"! programme {programme.id}: no lamp and no calendar names it"
    seen: set[tuple[str | None, str | None]] = set()
    for lamp in settings.lamp:
        plan = plan_of(settings, lamp)
        if plan is None:
            continue
        yield from _levels(settings, lamp, plan)
        if (lamp.programme, lamp.calendar) not in seen:
            seen.add((lamp.programme, lamp.calendar))
            yield from _coming(settings, plan, now)


def _night(night: NightSettings) -> str:
    on, off = degrees(night.on_elevation), degrees(night.off_elevation)
    sun = f"from {on:g} degrees of the sun{_later(night.on_offset_min)} to {off:g}{_later(night.off_offset_min)}"
    if night.by == "sun":
        return f"by the sun alone, {sun}"
    lux = f"by the photocell, on below {night.on_lux:g} lx and off above {night.off_lux:g} lx"
    if night.by == "window":
        return f"{lux}, within {night.window_min:g} min of the sun, {sun}"
    return f"{lux}, between -6 and 5 degrees of the sun; without it {sun}"


def _place(node: NodeSettings, now: datetime) -> Iterator[str]:
    """Yield what is wrong where the clock on the wall is far from the sun: one of the two is a slip of the pen."""
    offset = now.astimezone(ZoneInfo(node.time_zone)).utcoffset()
    assert offset is not None
    off_h = (offset.total_seconds() / 3600 - node.longitude / 15 + 12) % 24 - 12
    if abs(off_h) > OFF_SUN_H:
        off = f"{abs(off_h):.0f} h {'ahead of' if off_h > 0 else 'behind'}"
        yield (
            f"! node.time_zone {node.time_zone} is {off} the sun at "
            f"longitude {node.longitude:g}: programmes and curfew go by its hours; correct one of the two"
        )


def _papers(settings: Settings, now: datetime) -> Iterator[str]:
    today = now.astimezone(ZoneInfo(settings.node.time_zone)).date()
    for lamp in settings.lamp:
        for key, day in (
            ("output.cleaned_on", lamp.output.cleaned_on),
            ("luminaire.installed", lamp.luminaire.installed),
        ):
            if day is not None and day > today:
                yield f"! lamp {lamp.id}: {key} {day} is still to come; give the day on which it was done"


def _later(minutes: float) -> str:
    return f" {minutes:+g} min" if minutes else ""


def _levels(settings: Settings, lamp: LampSettings, plan: Plan) -> Iterator[str]:
    """Yield what the envelope will not give; whatever a programme asks, the envelope wins."""
    by = f"calendar {lamp.calendar}" if lamp.calendar else f"programme {lamp.programme}"
    yield f"lamp {lamp.id}: {by}"
    envelope = envelope_of(lamp, settings.node)
    for programme in plan.programmes.values():
        asked = [(str(period), period.level) for period in programme.periods]
        for where, level in (*asked, ("otherwise", programme.otherwise)):
            given, clamps = envelope.bound(level, Fine.PROGRAM, None, night=True, blind=False)
            if clamps:
                floored = level < envelope.floor
                cure = f"; below it only with a quiet_class lower than {lamp.quiet_class}" if floored else ""
                yield (
                    f"! lamp {lamp.id}: programme {programme.id} asks {level:.0%} {where} and gets {given:.0%}, "
                    f"{clamps[0]}{cure}"
                )


def _coming(settings: Settings, plan: Plan, now: datetime) -> Iterator[str]:
    almanac = almanac_of(settings)
    found = Found()
    day = lighting_day_at(now, plan.zone)
    first = day.day
    for _ in range(DAYS):
        _look(plan.plan(day), almanac, found)
        day = lighting_day(day.day + DAY, plan.zone)
    yield from _rules(plan, found, first)
    used = {plan.timetable.programme(rule) for rule in found.nights}
    for name in sorted(used):
        for index, period in enumerate(plan.programmes[name].periods):
            if (name, index) not in found.held:
                yield f"! programme {name}: the period {period} never counts in {DAYS} nights: empty, by day, or taken"
    explicit = {one.id for one in settings.programme if "otherwise" in one.model_fields_set}
    for name, gaps in found.gaps.items():
        if name not in explicit:
            yield (
                f"! programme {name}: no period holds at night {gaps[0][1]} ({_when(gaps[0][0], len(gaps))}): "
                "the quiet level, raised by presence; say otherwise = ... if that is meant"
            )
    for (name, one, other), days in found.conflicts.items():
        yield f"! programme {name}: {one} and {other} overlap ({_when(days[0], len(days))}): the first counts"


def _rules(plan: Plan, found: Found, first: date) -> Iterator[str]:
    timetable = plan.timetable
    if timetable.id is None:
        return
    days = [first + n * DAY for n in range(DAYS)]
    for number, rule in enumerate(timetable.rules):
        nights = found.nights[number]
        if nights:
            yield f"calendar {timetable.id}: rule {number + 1}, {rule.programme}: {nights} of {DAYS} nights"
            continue
        alone = sum(rule.holds(day, timetable.holiday) for day in days)
        why = f"rules before it take all {alone}" if alone else "no night is like that"
        yield f"! calendar {timetable.id}: rule {number + 1}, {rule.programme}: none of {DAYS} nights; {why}"
    nights = found.nights[None]
    sign = "" if nights else "! "
    yield f"{sign}calendar {timetable.id}: default, {timetable.default}: {nights} of {DAYS} nights"


def _look(plan: DayPlan, almanac: Almanac, found: Found) -> None:
    """Go through one lighting day, from cut to cut."""
    found.nights[plan.rule] += 1
    name, day = plan.programme.id, plan.day
    dusk, dawn = (min(max(at, day.start), day.end) for at in (almanac.dusk(day.middle), almanac.dawn(day.middle)))
    cuts = {day.start, day.end, dusk, dawn, *(at for one in plan.stretches for at in (one.start, one.end))}
    gap: list[datetime] = []
    for start, end in pairwise(sorted(at for at in cuts if day.start <= at <= day.end)):
        night = dusk <= start < dawn
        held = plan.holding(start, night=night)
        if held is not None:
            found.held.add((name, plan.programme.periods.index(held.period)))
        elif night:
            gap = [*gap[:-1], end] if gap and gap[-1] == start else [*gap, start, end]
    if gap:
        local = [f"{at.astimezone(day.zone):%H:%M}" for at in gap]
        where = " and ".join(f"from {start} to {end}" for start, end in zip(local[::2], local[1::2], strict=True))
        found.gaps.setdefault(name, []).append((day.day, where))
    for one, other in combinations(plan.stretches, 2):
        if _conflict(one, other):
            key = (name, str(one.period), str(other.period))
            found.conflicts.setdefault(key, []).append(day.day)


def _conflict(one: Stretch, other: Stretch) -> bool:
    """Whether two periods overlap without one lying in the other: a layer over another is meant, a half one is not."""
    a, b = one.period, other.period
    if a is b or (a.level, a.presence) == (b.level, b.presence):
        return False
    start, end = max(one.start, other.start), min(one.end, other.end)
    inside = (start, end) in ((one.start, one.end), (other.start, other.end))
    return start < end and not inside


def _when(first: date, nights: int) -> str:
    return f"{first}" if nights == 1 else f"first {first}, {nights} nights of {DAYS}"
