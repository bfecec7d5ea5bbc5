"""One lamp, where its stages meet: snapshot → night → forecast → intent → order → board → period.

Cost per decision: one snapshot of four channels, no allocation that grows with the number of lamps.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from lampyre.act.failsafe import Failsafe
from lampyre.act.governor import NOBODY, Governor
from lampyre.act.hours import Hours
from lampyre.act.identify import Swell
from lampyre.act.ladder import highest
from lampyre.act.output import BoardLamp
from lampyre.act.override import Overrides
from lampyre.act.protection import Protection
from lampyre.act.ramp import even, linear
from lampyre.board import Ahead, LampReport
from lampyre.bounds import envelope_of, luminaire_of, safe_signal
from lampyre.clock import Clock
from lampyre.decide.calendar import Calendar
from lampyre.decide.health import Alert
from lampyre.decide.holidays import holidays_of
from lampyre.decide.inference import Model
from lampyre.decide.light.night import Night, NightRule, Verdict
from lampyre.decide.light.programme import Plan
from lampyre.decide.site import Site
from lampyre.decide.skill import Contest
from lampyre.direct import LampLine
from lampyre.journal import Journal
from lampyre.policies import policy_of
from lampyre.records import Alarm, Fine, Forecast, Intent, LampSummary, Order, Snapshot, Step
from lampyre.sense.latest import Latest
from lampyre.settings import LampSettings, NodeSettings
from lampyre.summarise.lamps import LampPeriod
from lampyre.upkeep import Upkeep

log = logging.getLogger("lampyre.lamp")

DOUBT_S = 1800.0  # a torch, a sack over the sensor or a storm are over by then
DOUBTED = "photocell in doubt since before the restart"
FORECAST_LIMIT_S = 0.05  # inputs, net and rule take 0.2 ms on a fast machine (November 2026); later counts as none
FIRST_S = 3.0  # a board sends its readings every second: they come soon after its first word of the lamp


@dataclass(frozen=True, slots=True)
class LampNews:
    """What a step brought that others should hear of."""

    step: Step
    level: float  # where the lamp is now, 0..1
    changed: bool  # the order or its reason is not what it was
    alarms: Sequence[Alarm]


class Lamp:
    """One lamp with its memory; `step` decides, `told` hears what the board says."""

    def __init__(
        self,
        settings: LampSettings,
        node: NodeSettings,
        line: LampLine,
        latest: Latest,
        overrides: Overrides,
        clock: Clock,
        rule: NightRule | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.settings = settings
        self.id = settings.id
        self.line = line
        board = settings.board
        self.channels = tuple(f"{board}.{name}" for name in ("presence", "passages", "lux", "power"))
        if settings.presence and not any(one.name == "passages" for one in line.definition.channels):
            self.channels = (*self.channels[:1], settings.presence.split(".")[0] + ".passages", *self.channels[2:])
        named = (settings.presence, None, settings.lux, settings.power)
        self.channels = tuple(name or own for name, own in zip(named, self.channels, strict=True))
        presence, passages, lux, power = self.channels
        self.channels += (settings.luminaire.temperature,) if settings.luminaire.temperature else ()
        envelope = envelope_of(settings, node, presence)
        evenly = settings.output.ramp == "even"
        self.curfew = envelope.curfew
        self.swells_between = envelope.safe_level, envelope.most
        self.output = BoardLamp(
            partial(line.order, even=evenly), max(settings.ramp_up_s, settings.ramp_down_s), luminaire_of(settings)
        )
        self.governor = Governor(envelope, self.output.seen(even(line.definition.least) if evenly else linear))
        self.protection = Protection(settings.luminaire.hottest, envelope.safe_level)
        line.keep = safe_signal(settings, envelope, line.definition.safe_level)
        self.failsafe = Failsafe(self.output.level(line.keep), holds=line.holds)
        self.policy = policy_of(settings, node, presence, passages)
        self.night = Night(node.latitude, node.longitude, lux, rule)
        self.plan = plan
        zone = ZoneInfo(node.time_zone)
        self.site = Site(passages, zone, Calendar(node.latitude, holidays_of(node.country)))
        self.period = LampPeriod(settings.id, passages, follows=settings.policy != "program")
        self.upkeep = Upkeep(settings, zone, power)
        self._doubt = Alert("photocellImplausible", DOUBT_S)  # no TALQ event says this
        self.hours = Hours()
        self.model: Model | None = None
        self.forecast: Forecast | None = None
        self.late = 0  # forecasts that came too late and were not used
        self.last: Step | None = None
        self.swell: Swell | None = None  # somebody looks for this lamp
        self.since = clock.now()  # of the present order and reason
        self.journal = Journal()
        self.report: LampReport | None = None
        line.night = self._ahead
        self._first_s = 0.0  # when the board first spoke of the lamp
        self._latest = latest
        self._overrides = overrides
        self._clock = clock

    def told(self, report: LampReport) -> None:
        """Hear from the board; what the lamp does without our newest order is where our next ramp starts."""
        first = self.report is None
        self.report = report
        now_s = self._clock.monotonic()
        if report.turned is not None:
            self.governor.heard(report.turned, now_s)
        self.failsafe.heard(self.output.level(report.target), now_s, ordered=report.ordered)
        if report.ours and not first:
            return
        self.governor.adopt(self.output.level(report.level), now_s, by_itself=not report.ordered)
        self.output.again()
        if first:
            self._first_s = now_s
            self.night.adopt(lit=report.target > 0.0)
            if report.ordered:
                self.policy.adopt(self.output.level(report.target), now_s)
        log.debug("%s: adopted level %.2f, ordered %s", self.id, report.level, report.ordered)

    def step(self) -> LampNews | None:
        """Decide once and send the order; None until the board has said what the lamp does, and what it sees."""
        if self.report is None:
            return None
        seen = self._latest.snapshot(self.channels)
        if seen.reading(self.channels[0]) is None and seen.mono_s - self._first_s < FIRST_S:
            return None  # after a restart: what was not heard yet is no reason to move
        verdict = self.night.judge(seen)
        if self.site.quarter_over(seen):
            self.forecast = self._foresee(seen)
        elif not seen.clock_trusted:
            self.forecast = None  # nobody knows of which quarter it was
        base = self.plan.base(seen.at, night=verdict.night, trusted=seen.clock_trusted) if self.plan else None
        by_policy = self.policy.decide(seen, night=verdict.night, forecast=self.forecast, base=base)
        commanded = self._overrides.intent(self.id, seen.at, clock_trusted=seen.clock_trusted)
        shown = self.swell.intent(seen.mono_s, night=verdict.night) if self.swell else None
        wish = highest((shown, commanded, by_policy)) or NOBODY
        intent = self.protection.bound(wish, seen.value(self.settings.luminaire.temperature), seen.mono_s)
        level = self.governor.level(seen.mono_s)
        order = self.governor.permit(intent, seen, night=verdict.night)
        at = seen.at if seen.clock_trusted else None
        self.output.apply(order, seen.mono_s, self.hours.operating_h, at)
        order = self.failsafe.instead(order, seen.mono_s, night=verdict.night, lost=self.line.line.lost)
        level = order.level if order.fine is Fine.FAILSAFE else level
        self.hours.count(level, seen.mono_s)
        step = Step(self.id, seen, verdict.night, verdict.why, self.forecast, intent, order)
        drawn, changes = self.upkeep.look(step, level, self.output.drive(level), self.line.facts)
        changes += self.upkeep.hear(self.line.events, seen.mono_s)
        self.period.add(step, level, drawn)
        return self._news(step, level, verdict, changes)

    def close(self, start: datetime, end: datetime) -> LampSummary:
        """End the summary period that began at `start` (both UTC)."""
        by = self.forecast.source if self.forecast is not None else None
        return replace(
            self.period.close(start, end),
            operating_h=self.hours.operating_h,
            starts=self.upkeep.wear.starts,
            energy_total_wh=self.upkeep.days.energy_wh,
            forecast_by=by,
            skill=self.contest.skill if self.contest else None,
        )

    def text(self) -> str:
        """Return what the lamp has learned and how long it was lit for `restore`, as one JSON object."""
        past = json.loads(self.site.past.text())
        kept = {"past": past, "factor": self.output.factor, "photocell": self.night.cell.learned()}
        kept["gaps"] = self.policy.learned()
        return json.dumps(kept | self.counters(), separators=(",", ":"))

    def counters(self) -> dict[str, Any]:
        """Return the small part of `text` that cannot be learned anew: hours lit, energy, the day so far, wear."""
        told = {"operating_h": round(self.hours.operating_h, 3), "upkeep": self.upkeep.to_json()}
        return told | {"doubt": self._doubt.active}

    def restore(self, text: str) -> None:
        """Take up what `text` gave before a restart; ValueError where it is damaged."""
        kept = json.loads(text)
        if not isinstance(kept, dict) or "past" not in kept:
            self.site.past.restore(text)  # before hours were kept, the learned past stood alone
            return
        self.restore_counters(kept)
        self.output.restore(float(kept["factor"]))
        self.night.cell.restore(kept["photocell"])
        self.site.past.restore(json.dumps(kept["past"]))
        if kept.get("gaps") is not None:
            self.policy.restore(kept["gaps"])

    def restore_counters(self, kept: Mapping[str, Any]) -> None:
        """Take up what `counters` gave; ValueError, KeyError or TypeError where it is damaged."""
        if "upkeep" not in kept or self.upkeep.restore(kept["upkeep"]):
            self.hours.restore(float(kept["operating_h"]))
        self._doubt.active = kept.get("doubt") is True

    def level(self, mono_s: float) -> float:
        """Return where the lamp is, 0..1: by our orders, or by its board where that follows none."""
        order = self.last.order if self.last is not None else None
        by_board = order is not None and order.fine is Fine.FAILSAFE
        return order.level if order is not None and by_board else self.governor.level(mono_s)

    @property
    def standing(self) -> dict[str, str]:
        """The events that hold now, each with its reason."""
        doubt = {self._doubt.event: DOUBTED} if self._doubt.active else {}
        return self.upkeep.standing | doubt

    @property
    def contest(self) -> Contest | None:
        """How the model does here beside the rule; None without one."""
        return self.site.past.contest if self.model is not None else None

    def _ahead(self) -> Ahead | None:
        """Return the night that the board may go by when it hears nothing more; None: nobody knows the hour."""
        return self.night.almanac.ahead(self._clock.now()) if self._clock.trusted else None

    def _foresee(self, seen: Snapshot) -> Forecast | None:
        started_s = self._clock.monotonic()
        forecast = self.site.forecast(self.model, seen.at)
        if self._clock.monotonic() - started_s > FORECAST_LIMIT_S:
            self.late += 1
            return None
        return forecast

    def _news(self, step: Step, level: float, verdict: Verdict, changes: list[tuple[str, bool, str]]) -> LampNews:
        before, self.last = self.last, step
        changed = before is None or _essence(before.intent, before.order) != _essence(step.intent, step.order)
        if changed:
            self.since = step.seen.at
            self.journal.note(step, level)
        doubt = self._doubt.told(verdict.doubt is not None, step.seen.mono_s)
        if doubt is not None:
            changes.append((self._doubt.event, doubt, verdict.doubt or "photocell agrees with the sun again"))
        minute = step.seen.at.replace(second=0, microsecond=0)  # a fault may be seen in the light of a passer
        alarms = [Alarm(self.id, event, active, why, minute) for event, active, why in changes]
        return LampNews(step, level, changed, alarms)


def _essence(intent: Intent, order: Order) -> tuple[object, ...]:
    """What a change of state is: the refreshing of the same order is none."""
    return round(order.level, 3), order.fine, intent.why, order.clamps
