"""Reasons: why a lamp does what it does, now or at a moment of the last two days, as a plain dictionary."""

import math
from datetime import UTC, datetime, timedelta

from lampyre.act.envelope import LOWERED
from lampyre.act.ladder import LADDER
from lampyre.act.override import Override
from lampyre.decide.light.timetable import moment
from lampyre.decide.skill import Contest
from lampyre.errors import CommandRefused
from lampyre.journal import Entry
from lampyre.lamp import Lamp
from lampyre.records import Fine, Forecast, Order, Quality, Reading, Snapshot

DAY = timedelta(days=1)
KEYS = (
    "id", "at", "now", "clock_trusted", "level", "target", "ramp_s", "wanted", "cause", "fine", "why", "clamps",
    "ladder", "night", "night_why", "inputs", "forecast", "skill", "override", "since", "until", "until_by",
)  # fmt: skip

Told = dict[str, object]


def reasons_now(lamp: Lamp, override: Override | None, seen: Snapshot) -> Told:
    """Return why the lamp does what it does at `seen`; the same keys as `reasons_then`."""
    step = lamp.last
    if step is None:
        why = lamp.line.line.down or "waiting"
        known = {"id": lamp.id, "at": stamp(seen.at), "now": True, "why": why, "clamps": [], "inputs": []}
        return dict.fromkeys(KEYS) | known | {"clock_trusted": seen.clock_trusted, "since": stamp(lamp.since)}
    order = step.order
    until, by = _until(lamp, override, seen)
    return {
        "id": lamp.id,
        "at": stamp(seen.at),
        "now": True,
        "clock_trusted": seen.clock_trusted,
        "level": round(lamp.level(seen.mono_s), 3),
        "target": order.level,
        "ramp_s": order.ramp_s,
        "wanted": finite(step.intent.level),
        "cause": order.cause.value,
        "fine": order.fine.value,
        "why": order.why,
        "clamps": list(order.clamps),
        "ladder": _ladder(order.fine),
        "night": step.night,
        "night_why": step.night_why,
        "inputs": [reading_told(one, seen.at) for one in seen.readings.values()],
        "forecast": forecast_told(lamp.forecast),
        "skill": skill_told(lamp.contest),
        "override": override_told(override),
        "since": stamp(lamp.since),
        "until": stamp(until) if until else None,
        "until_by": by,
    }


def reasons_then(lamp: Lamp, at: datetime, now: datetime) -> Told:
    """Return why the lamp did what it did at `at` (UTC); CommandRefused where that is not known (any more).

    Its times are told to the minute: the journal knows more, but nobody needs to.
    """
    if at > now:
        raise CommandRefused(f"{stamp(at)} is still to come; ask for a time that has passed")
    held = lamp.journal.holding(at)
    if held is None:
        since = lamp.journal.since
        begins = f"what it did is known from {stamp(since)} on" if since else "it has not been looked at yet"
        cure = "the last two days are kept, and only while the agent runs"
        raise CommandRefused(f"nothing is known of {lamp.id} at {stamp(at)}: {begins}; {cure}")
    entry, after = held
    there = (at - entry.at).total_seconds() >= entry.ramp_s
    return {
        "id": lamp.id,
        "at": stamp(at),
        "now": False,
        "clock_trusted": entry.clock_trusted,
        "level": round(entry.target if there else entry.level, 3),
        "target": entry.target,
        "ramp_s": entry.ramp_s,
        "wanted": finite(entry.wanted),
        "cause": entry.cause.value,
        "fine": entry.fine.value,
        "why": entry.why,
        "clamps": list(entry.clamps),
        "ladder": _ladder(entry.fine),
        "night": entry.night,
        "night_why": entry.night_why,
        "inputs": [reading_told(one, entry.at) for one in entry.seen],
        "forecast": forecast_told(entry.forecast),
        "skill": None,  # it is of the last weeks up to now
        "override": None,  # `why` names who wanted it
        "since": stamp(_minute(entry)),
        "until": stamp(_minute(after)) if after else None,
        "until_by": "decision" if after else None,
    }


def _until(lamp: Lamp, override: Override | None, seen: Snapshot) -> tuple[datetime | None, str | None]:
    """Return until when it stays so if nobody comes and nothing breaks, and what happens then."""
    assert lamp.last is not None
    fine = lamp.last.order.fine
    if override is not None and fine in {Fine.TECHNICIAN, Fine.REMOTE}:
        return override.until, "override"
    if fine is Fine.PRESENCE:
        held_s = lamp.policy.held_until_s(lamp.forecast)
        if held_s is None or held_s < seen.mono_s:
            return None, None
        return seen.at + timedelta(seconds=held_s - seen.mono_s), "hold"
    if not seen.clock_trusted:
        return None, None
    night = lamp.last.night  # the photocell may have been before the sun
    switches = lamp.night.almanac.switches(seen.at, seen.at + DAY)
    cuts = [(one.at, "dusk" if one.night else "dawn") for one in switches if one.night != night]
    if lamp.plan is not None:
        stretches = lamp.plan.day(seen.at).stretches
        cuts += [(edge, "programme") for one in stretches for edge in (one.start, one.end)]
    cuts += [(edge, "curfew") for edge in _curfew_edges(lamp, lamp.last.order, seen.at)]
    return min((cut for cut in cuts if cut[0] > seen.at), default=(None, None))


def _curfew_edges(lamp: Lamp, order: Order, at: datetime) -> list[datetime]:
    """Return when a curfew begins or ends that will move the lamp."""
    curfew = lamp.curfew
    if curfew is None:
        return []
    holds = curfew.holds(at)
    if not (LOWERED in order.clamps if holds else order.level > curfew.most):
        return []
    wall, today = curfew.end if holds else curfew.begin, at.astimezone(curfew.zone).date()
    return [moment(day, 60 * wall.hour + wall.minute, curfew.zone) for day in (today, today + DAY)]


def _ladder(fine: Fine) -> Told:
    """Return the rung that decides, 1 the highest, and those above it, which wanted nothing."""
    rung = LADDER.index(fine)
    silent = [] if fine is Fine.FAILSAFE else LADDER[:rung]  # a board by itself: it does not hear them
    return {"rung": rung + 1, "of": len(LADDER), "silent": [one.value for one in silent]}


def _minute(entry: Entry) -> datetime:
    return entry.at.replace(second=0, microsecond=0)


def reading_told(reading: Reading, at: datetime) -> Told:
    """Return one channel: quantity, unit, value, quality, age in seconds at `at`."""
    missing = reading.quality is Quality.MISSING
    return {
        "channel": reading.channel,
        "quantity": reading.quantity.value[0],
        "unit": reading.quantity.unit,
        "value": None if missing else round(reading.value, 3),
        "quality": reading.quality.name,
        "age_s": None if missing else max(0.0, (at - reading.at).total_seconds()),
    }


def override_told(override: Override | None) -> Told | None:
    """Return who wants which level until when."""
    if override is None:
        return None
    return {"level": override.level, "until": stamp(override.until), "by": override.by}


def forecast_told(found: Forecast | None) -> Told | None:
    """Return a forecast with its source."""
    if found is None:
        return None
    return {
        "source": found.source,
        "horizons_s": list(found.horizons_s),
        "p10": list(found.p10),
        "p50": list(found.p50),
        "p90": list(found.p90),
    }


def skill_told(contest: Contest | None) -> Told | None:
    """Return how the model does beside the rule, in all and at each horizon; errors in the forecast's unit."""
    if contest is None:
        return None
    return {
        "model": contest.of,
        "model_speaks": contest.model_speaks,
        "judged": contest.judged,
        "value": contest.skill.value,
        "scored": contest.skill.scored,
        "coverage": contest.skill.coverage,
        "horizons": [
            {
                "horizon_s": horizon_s,
                "scored": score.scored,
                "model_error": score.model,
                "rule_error": score.rule,
                "model_coverage": score.model_inside,
                "rule_coverage": score.rule_inside,
            }
            for horizon_s, score in zip(contest.horizons_s, contest.scores, strict=True)
        ],
    }


def finite(value: float | None) -> float | None:
    """Return a number that JSON has, or None."""
    return value if value is not None and math.isfinite(value) else None


def stamp(at: datetime) -> str:
    """Write a moment as RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
