"""One bin, where its stages meet: snapshot → fill → forecast → plan → alarms → period."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lampyre.bin_plan import PATIENCE, BinPlan, passing
from lampyre.bin_records import Emptying
from lampyre.decide.bins.doubts import BLOCKED, DIRTY, STUCK
from lampyre.decide.bins.emptied import Emptied, emptied_of, saved
from lampyre.decide.bins.events import Events
from lampyre.decide.bins.fill import FillWatch, Level
from lampyre.decide.bins.forecast import HISTORY_H, Outlook, outlook_of
from lampyre.decide.bins.measure import Calibration, Container
from lampyre.decide.bins.observe import Observations, moment
from lampyre.decide.bins.past import Past
from lampyre.decide.bins.reliable import hours_until, reliability
from lampyre.decide.bins.score import FillScore
from lampyre.decide.bins.state import Change, State
from lampyre.decide.health import Alert
from lampyre.decide.inference import Model
from lampyre.decide.skill import Contest
from lampyre.errors import CommandRefused
from lampyre.records import Alarm, BinSummary, Fill, Quality, Snapshot
from lampyre.sense.latest import Latest
from lampyre.settings import BinSettings, NodeSettings
from lampyre.summarise.bins import BinPeriod

log = logging.getLogger("lampyre.bin")

RATE_SPAN_H = 6.0  # of history; of less nobody can say how fast it fills
KEEP = timedelta(hours=HISTORY_H)  # as far back as the model looks
FORMAT = 2  # of `text`; before there was a list of fills alone: still read
FULL_BACK = 0.1  # containerFull ends this far below its threshold, so that settling waste does not flap
DOUBTS = (BLOCKED, STUCK, DIRTY)
RESTORED = ("fireDetected",)  # what burned before a restart burns until it is seen to be cool


@dataclass(frozen=True, slots=True)
class BinNews:
    """What a look brought that others should hear of."""

    fill: Fill
    changed: bool  # since the last state told, as far as its budget allows another one
    alarms: Sequence[Alarm]


class Bin:
    """One bin with its memory."""

    def __init__(self, settings: BinSettings, node: NodeSettings, latest: Latest) -> None:
        self.settings = settings
        self.id = settings.id
        self.channels = settings.channels
        box = _container(settings)
        self.watch = FillWatch(box)
        self.state = State(box, settings.fire_at, self.watch.measure)
        self.plan = BinPlan(settings, ZoneInfo(node.time_zone))
        self.observed = Observations(self.watch.measure, settings.height_m)
        self.period = BinPeriod(settings.id, settings.full_at)
        self.score = FillScore()
        self.model: Model | None = None
        self.last: Fill | None = None
        self._zone = ZoneInfo(node.time_zone)
        self._latest = latest
        self._full = Alert("containerFull", 0.0)
        self.events = Events()
        self._calm = "unknown"  # the status while nothing is wrong with the container: whether we can see into it
        self.since: datetime | None = None  # of the present status and of whether the fill is believed
        self._known: Level | None = None  # by the last look that nothing blinded
        self._foreseen_s: float | None = None
        self._planned_s: float | None = None

    def step(self) -> BinNews | None:
        """Look for fire at once, into the bin as its plan says; None when there is nothing new."""
        seen = self._latest.snapshot(self.channels)
        changes = self.state.step(seen)
        status = self.state.status
        stirred = bool(changes) or (self.last is not None and (self.last.status != (status or self._calm)))
        self.plan.pace(seen, self.last, burns=self.state.fire.active)
        if not stirred and not self.plan.sampling.look_due(seen.mono_s):
            return None
        level, before = self._look(seen, stirred=stirred), self.last
        if level.fill is not None and level.quality is Quality.GOOD and seen.clock_trusted:
            self.score.see(seen.at, level.fill)
        if level.fill is not None and level.quality <= Quality.SUSPECT and seen.clock_trusted:
            self.observed.see(seen.at, level.fill, sound=level.quality is Quality.GOOD)
        changes += self.events.doubt(self.watch.faults, DOUBTS) + self._overfull(level, seen)
        told = self.events.note(changes, seen.mono_s)
        self._calm = "ok" if level.quality <= Quality.SUSPECT and level.fill is not None else "unknown"
        emptied = self.watch.emptying
        fill = Fill(
            asset=self.id,
            at=seen.at,
            fill=level.fill,
            quality=level.quality,
            status=status or self._calm,
            why=level.why,
            temperature=seen.value(self.settings.temperature),
            emptied_at=emptied.at if emptied else None,
            emptied_sure=emptied.confidence if emptied else None,
            faults=tuple(self.events.now),
            full_at=self.settings.full_at,
        )
        fill = self._foresee(fill, seen, before, level.emptied)
        self.last = fill = self._planned(fill, seen, before, anew=bool(told) or level.emptied)
        if before is None or (before.status, before.fill is None) != (fill.status, fill.fill is None):
            self.since = seen.at
        if not passing(fill):
            self.period.add(fill, self._emptying(level.emptying))
        alarms = [Alarm(self.id, one.event, one.active, one.why, seen.at) for one in told]
        return BinNews(fill, self.plan.tells(fill, seen), alarms)

    def close(self, start: datetime, end: datetime) -> BinSummary:
        """End the summary period that began at `start` (both UTC)."""
        skill = self.contest.skill if self.contest else None
        return replace(
            self.period.close(start, end),
            skill=skill,
            discrepancies=self.watch.discrepancies,
            observed=self.observed.told,
            spent=self.plan.spent,
        )

    def observe(self, fill: float, by: str, at: datetime | None = None) -> str:
        """Take what somebody saw in it (0..1), now or at a moment of the last hour; say what came of it.

        Raises CommandRefused, with the cure, where it can be held against nothing.
        """
        seen = self._latest.snapshot(self.channels)
        if not seen.clock_trusted:
            raise CommandRefused("the node's clock is not set: nobody knows of when this is; wait for it")
        if self.state.blind is not None:
            raise CommandRefused(f"{self.state.blind}: nothing to hold it against; wait until it is over, say it again")
        said = self.observed.take(fill, at or seen.at, seen.at)
        log.warning("%s: %.0f %% seen, says %s: %s", self.id, 100 * fill, by, said)
        return said

    def calibrate(self, what: str, metres: float | None) -> Calibration:
        """Take a distance in m for that of the `empty` or the `full` bin; None: the sensor's; raises CommandRefused."""
        done = self.watch.calibrate(what, metres)
        self.observed.shown()
        return done

    @property
    def contest(self) -> Contest | None:
        """How the model does here beside the rule; None without one."""
        return self.score.contest if self.model is not None else None

    def text(self) -> str:
        """Return the bin's last four weeks and its forecasts' scores for `restore`, as one JSON object."""
        history = [[round(at.timestamp()), round(fill, 4)] for at, fill in self.watch.history]
        shown = self.watch.measure.calibration
        whole = {
            "format": FORMAT,
            "history": history,
            "since": self.plan.since.isoformat() if self.plan.since else None,
            "emptied": saved(self.watch.emptying),
            "score": self.score.to_json(),
            "empty_m": shown.empty_m,
            "full_m": shown.full_m,
            "events": self.events.saved(),
            "sampling": self.plan.sampling.saved(),
            "observed": self.observed.saved(),
        }
        return json.dumps(whole, separators=(",", ":"))

    def restore(self, text: str, now: datetime) -> None:
        """Take up the four weeks from before a restart, so that forecasts go on; ValueError where they are damaged."""
        data = json.loads(text)
        old = isinstance(data, list)
        if not old and data["format"] != FORMAT:
            raise ValueError(f"no memory of a bin in format {FORMAT}")
        history: list[tuple[datetime, float]] = []
        for row in data if old else data["history"]:
            at, fill = datetime.fromtimestamp(float(row[0]), UTC), float(row[1])
            if not 0.0 <= fill <= 1.0 or (history and at <= history[-1][0]):
                raise ValueError(f"no fill from 0 to 1 in order at {row}")
            history.append((at, fill))
        if not old:
            self.score.restore(data["score"])
            if self.watch.measure.calibration == Calibration():  # else somebody has calibrated it since the start
                self.watch.measure.restore(data.get("empty_m"), data.get("full_m"))
            self.events.restore(data.get("events", []), RESTORED)
            if "fireDetected" in self.events.now:
                self.state.fire.resume()
        emptied = None if old else emptied_of(data.get("emptied"))
        self.watch.restore([point for point in history if timedelta(0) <= now - point[0] <= KEEP], emptied)
        since = None if old else data.get("since")
        self.plan.since = moment(since) if since else next((at for at, _ in history), None)
        if not old and "observed" in data:
            self.plan.sampling.restore(data["sampling"])
            self.observed.restore(data["observed"])

    def _look(self, seen: Snapshot, *, stirred: bool) -> Level:
        """Look into the bin; where a stir comes and nothing is left for a look, what was known stays."""
        sampling, blind = self.plan.sampling, self.state.blind
        if sampling.look_due(seen.mono_s, stirred=stirred):
            sampling.looked(seen.mono_s, seen.at.year if seen.clock_trusted else None)
        elif blind is None and self._known is not None:
            return replace(self._known, emptying=None)
        level = self.watch.look(seen, blind=blind, handled=self.state.handled(seen.mono_s))
        self._known = level if blind is None else self._known
        return level

    def _emptying(self, found: Emptied | None) -> Emptying | None:
        if found is None:
            return None
        log.info("%s: emptied, %.0f %% sure", self.id, 100 * found.confidence)
        litres = self.settings.litres
        taken = None if litres is None else round(litres * max(found.before - found.after, 0.0), 1)
        return Emptying(found.at, found.before, found.after, found.confidence, taken)

    def _foresee(self, fill: Fill, seen: Snapshot, before: Fill | None, emptied: bool) -> Fill:
        gap_s = self.plan.sampling.gaps.forecast_s
        due = self._foreseen_s is None or seen.mono_s - self._foreseen_s >= gap_s
        if not (due or emptied) or not seen.clock_trusted or len(self.watch.history) < 2 or fill.fill is None:
            if before is None or self._foreseen_s is None:
                return fill
            if seen.mono_s - self._foreseen_s > PATIENCE.total_seconds():  # hours to anything are no longer true
                return replace(fill, rate_per_day=before.rate_per_day)
            return replace(
                fill,
                forecast=before.forecast,
                hours_to_full=before.hours_to_full,
                soon=before.soon,
                rate_per_day=before.rate_per_day,
            )
        self._foreseen_s, self._planned_s = seen.mono_s, None
        past = Past(self.watch.history, fill.at)
        said = self._speak(fill, past)
        self.plan.foresaw(past)
        return replace(
            fill,
            forecast=said.fill,
            hours_to_full=hours_until(self.settings.full_at, said.hours, past),
            soon=said.soon,
            rate_per_day=24.0 * past.open_rate if past.span_h >= RATE_SPAN_H else None,
        )

    def _planned(self, fill: Fill, seen: Snapshot, before: Fill | None, *, anew: bool) -> Fill:
        """Add by when to collect: anew with each forecast and event; without forecasts as often as they come."""
        sure = reliability(self.score.contest, fill.quality, foreseen=fill.forecast is not None)
        if not seen.clock_trusted:
            return replace(fill, reliability=sure)
        gap_s = self.plan.sampling.gaps.forecast_s
        if not anew and self._planned_s is not None and seen.mono_s - self._planned_s < gap_s:
            return replace(fill, reliability=sure, due=before.due if before else None)
        self._planned_s = seen.mono_s
        return replace(fill, reliability=sure, due=self.plan.collect(fill, self.events.now))

    def _speak(self, fill: Fill, past: Past) -> Outlook:
        """Return what the better one foresees; both are asked once an hour only, for they cost the most here."""
        contest = self.score.contest
        if fill.quality is not Quality.GOOD or not self.score.due(fill.at):
            return self._by(self.model if contest.model_speaks else None, past, fill.at)
        by_rule = self._by(None, past, fill.at)
        by_model = by_rule if self.model is None else self._by(self.model, past, fill.at)
        if self.model is None or by_model.fill.source != by_rule.fill.source:  # else the model had no answer
            self.score.compare(fill.at, by_model.fill, by_rule.fill)
        return by_model if contest.model_speaks else by_rule

    def _by(self, model: Model | None, past: Past, at: datetime) -> Outlook:
        found = outlook_of(model, past, at, self.settings.stream, self._zone)
        return replace(found, fill=self.score.contest.fit(found.fill, 0.0, 1.0))

    def _overfull(self, level: Level, seen: Snapshot) -> list[Change]:
        if level.fill is None or level.quality > Quality.SUSPECT:
            return []
        limit = self.settings.full_at - (FULL_BACK if self._full.active else 0.0)
        told = self._full.told(level.fill >= limit, seen.mono_s)
        return [] if told is None else [Change(self._full.event, told, f"{level.fill:.0%} full")]


def _container(settings: BinSettings) -> Container:
    return Container(
        distance=settings.distance,
        temperature=settings.temperature,
        height_m=settings.height_m,
        dead_zone_m=settings.dead_zone_m,
        shape=settings.shape,
        curve=settings.curve,
        compensate=settings.compensate,
        lid=settings.lid,
        tilt=settings.tilt,
        fixed=settings.mounted == "fixed",
    )
