"""One bin, where its stages meet: snapshot → fill → forecast → alarms → period."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lampyre.decide.bins.fill import Container, FillWatch
from lampyre.decide.bins.forecast import HISTORY_H, Outlook, outlook_of
from lampyre.decide.bins.past import Past
from lampyre.decide.bins.score import FillScore
from lampyre.decide.health import Alert
from lampyre.decide.inference import Model
from lampyre.decide.skill import Contest
from lampyre.records import Alarm, BinSummary, Fill, Quality, Snapshot
from lampyre.sense.latest import Latest
from lampyre.settings import BinSettings, NodeSettings
from lampyre.summarise.bins import BinPeriod

log = logging.getLogger("lampyre.bin")

LOOK_S = 60.0  # waste rises by the hour; a fire is looked for at every step
FORECAST_S = 900.0
KEEP = timedelta(hours=HISTORY_H)  # as far back as the model looks
FORMAT = 2  # of `text`; before there was a list of fills alone: still read
FULL_BACK = 0.1  # containerFull ends this far below its threshold, so that settling waste does not flap
FIRE_AFTER_S = 2.0  # two readings a second apart: one damaged value is no fire


@dataclass(frozen=True, slots=True)
class BinNews:
    """What a look brought that others should hear of."""

    fill: Fill
    changed: bool  # by a whole per cent, or in quality, or a new forecast
    alarms: Sequence[Alarm]


class Bin:
    """One bin with its memory."""

    def __init__(self, settings: BinSettings, node: NodeSettings, latest: Latest) -> None:
        self.settings = settings
        self.id = settings.id
        self.channels = tuple(filter(None, (settings.distance, settings.temperature)))
        self.watch = FillWatch(
            Container(settings.distance, settings.temperature, settings.height_m, settings.dead_zone_m)
        )
        self.period = BinPeriod(settings.id)
        self.score = FillScore()
        self.model: Model | None = None
        self.last: Fill | None = None
        self._zone = ZoneInfo(node.time_zone)
        self._latest = latest
        self._full = Alert("containerFull", 0.0)
        self._fire = Alert("fireDetected", FIRE_AFTER_S)
        self._looked_s: float | None = None
        self._foreseen_s: float | None = None

    def step(self) -> BinNews | None:
        """Look for fire at once, into the bin once a minute; None when there is nothing new."""
        seen = self._latest.snapshot(self.channels)
        fire = self._burning(seen)
        if not fire and self._looked_s is not None and seen.mono_s - self._looked_s < LOOK_S:
            return None
        self._looked_s = seen.mono_s
        level = self.watch.look(seen)
        before = self.last
        if level.fill is not None and level.quality is Quality.GOOD and seen.clock_trusted:
            self.score.see(seen.at, level.fill)
        fill = Fill(
            asset=self.id,
            at=seen.at,
            fill=level.fill,
            quality=level.quality,
            status="burning" if self._fire.active else "ok" if level.quality <= Quality.SUSPECT else "unknown",
            why=level.why,
            temperature=seen.value(self.settings.temperature),
            emptied_at=self.watch.emptied_at,
        )
        self.last = fill = self._foresee(fill, seen, before, level.emptied)
        self.period.add(fill, emptied=level.emptied)
        if level.emptied:
            log.info("%s: emptied", self.id)
        return BinNews(fill, _differs(before, fill), [*fire, *self._overfull(fill, seen)])

    def close(self, end: datetime) -> BinSummary:
        """End the summary period at `end` (UTC)."""
        return replace(self.period.close(end), skill=self.contest.skill if self.contest else None)

    @property
    def contest(self) -> Contest | None:
        """How the model does here beside the rule; None without one."""
        return self.score.contest if self.model is not None else None

    def text(self) -> str:
        """Return the bin's last four weeks and its forecasts' scores for `restore`, as one JSON object."""
        history = [[round(at.timestamp()), round(fill, 4)] for at, fill in self.watch.history]
        whole = {"format": FORMAT, "history": history, "score": self.score.to_json()}
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
        self.watch.history.extend(point for point in history if timedelta(0) <= now - point[0] <= KEEP)

    def _foresee(self, fill: Fill, seen: Snapshot, before: Fill | None, emptied: bool) -> Fill:
        due = self._foreseen_s is None or seen.mono_s - self._foreseen_s >= FORECAST_S
        if not (due or emptied) or not seen.clock_trusted or len(self.watch.history) < 2 or fill.fill is None:
            if before is None:
                return fill
            return replace(
                fill,
                forecast=before.forecast,
                hours_to_full=before.hours_to_full,
                soon=before.soon,
                rate_per_day=before.rate_per_day,
            )
        self._foreseen_s = seen.mono_s
        said = self._speak(fill)
        return replace(
            fill,
            forecast=said.fill,
            hours_to_full=said.hours,
            soon=said.soon,
            rate_per_day=_rate(said.fill.p50, fill.fill),
        )

    def _speak(self, fill: Fill) -> Outlook:
        """Return what the better one foresees; both are asked once an hour only, for they cost the most here."""
        contest, past = self.score.contest, Past(self.watch.history, fill.at)
        if self.model is None or fill.quality is not Quality.GOOD or not self.score.due(fill.at):
            return self._by(self.model if contest.model_speaks else None, past, fill.at)
        by_model, by_rule = self._by(self.model, past, fill.at), self._by(None, past, fill.at)
        if by_model.fill.source != by_rule.fill.source:  # else the model had no answer, and the rule gave it
            self.score.compare(fill.at, by_model.fill, by_rule.fill)
        return by_model if contest.model_speaks else by_rule

    def _by(self, model: Model | None, past: Past, at: datetime) -> Outlook:
        found = outlook_of(model, past, at, self.settings.stream, self._zone)
        return replace(found, fill=self.score.contest.fit(found.fill, 0.0, 1.0))

    def _burning(self, seen: Snapshot) -> list[Alarm]:
        heat = seen.value(self.settings.temperature, worst=Quality.SUSPECT)
        told = self._fire.told(None if heat is None else heat >= self.settings.fire_at, seen.mono_s)
        if told is None:
            return []
        return [Alarm(self.id, "fireDetected", told, f"{heat:.0f} degC in the bin", seen.at)]

    def _overfull(self, fill: Fill, seen: Snapshot) -> list[Alarm]:
        if fill.fill is None or fill.quality > Quality.SUSPECT:
            return []
        limit = self.settings.full_at - (FULL_BACK if self._full.active else 0.0)
        told = self._full.told(fill.fill >= limit, seen.mono_s)
        return [] if told is None else [Alarm(self.id, "containerFull", told, f"{fill.fill:.0%} full", seen.at)]


def _rate(day_ahead: tuple[float, ...], now: float) -> float | None:
    """Fill per day, 0..1: the forecast's median 24 h ahead (third horizon) less the fill now, never below nought."""
    return max(0.0, day_ahead[2] - now) if len(day_ahead) > 2 else None


def _differs(before: Fill | None, now: Fill) -> bool:
    if before is None or (before.fill is None) != (now.fill is None) or before.quality != now.quality:
        return True
    if before.forecast is not now.forecast or before.status != now.status:
        return True
    return now.fill is not None and before.fill is not None and round(before.fill, 2) != round(now.fill, 2)
