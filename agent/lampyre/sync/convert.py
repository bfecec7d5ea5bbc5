"""From the nouns inside to the messages outside: percent, names of quality, and nothing about a person."""

from datetime import datetime
from typing import Any

from lampyre import records
from lampyre.chance import Chance
from lampyre.clock import Clock
from lampyre.configured import Told
from lampyre.records import Quality
from lampyre.sync.bin_parts import budget, collect, emptying, litres, observed, text
from lampyre.sync.messages import (
    AlarmMessage,
    BinState,
    BinSummary,
    ConfigReported,
    FullWithin,
    Health,
    LampState,
    LampSummary,
    Quantiles,
    Reply,
    Status,
)
from lampyre.sync.outbox import OutboxStats
from lampyre.sync.uplink_parts import UplinkHealth

PRIVACY_LEAST = 5  # passages in one period; fewer could be somebody's habit (usual threshold of official statistics)
OUTBOX_COUNTERS = (
    "parked", "thinned", "damaged", "quarantined", "accepted", "merged", "folded", "unanswered", "expired",
    "salvaged", "lent", "file_bytes",
)  # fmt: skip


class Converter:
    """Makes one node's messages; `seq` is 0 until `messages.numbered` sets it. Raises ValueError for a foreign id."""

    def __init__(self, site: str, node: str, boot: int, clock: Clock, *, privacy_least: int = PRIVACY_LEAST) -> None:
        self._site = site
        self._node = node
        self._boot = boot
        self._clock = clock
        self._least = privacy_least

    def lamp_state(self, step: records.Step, *, minute: bool = False) -> LampState:
        """Say what the lamp was told and why; its quality is that of the worst reading seen.

        `minute`: to the minute only, where a passer was the cause. What is left of a ramp would tell his second.
        """
        order = step.order
        at = step.seen.at.replace(second=0, microsecond=0) if minute else step.seen.at
        seen = [reading.quality for reading in step.seen.readings.values()]
        return LampState(
            **self._state(at, max(seen, default=Quality.GOOD)),
            lamp=step.asset,
            target_level=percent(order.level),
            wanted_level=None if step.intent.level is None else percent(step.intent.level),
            ramp_s=0.0 if minute else order.ramp_s,
            valid_s=order.valid_s,
            cause=order.cause,
            fine_cause=order.fine,
            why=text(order.why),
            clamps=[text(clamp) for clamp in order.clamps],
            night=step.night,
            night_why=text(step.night_why),
        )

    def bin_state(self, fill: records.Fill) -> BinState:
        """Say what is believed of the bin, to the minute: it is told when a lid shuts, too."""
        return BinState(
            **self._state(fill.at.replace(second=0, microsecond=0), fill.quality),
            bin=fill.asset,
            fill=fill.fill,
            fill_rate=fill.rate_per_day,
            status=fill.status,  # type: ignore[arg-type] # the model checks it
            why=text(fill.why),
            full_threshold=fill.full_at,
            hours_to_full=quantiles(fill.hours_to_full),
            reliability=fill.reliability,
            full_within=full_within(fill.soon),
            collection=collect(fill.due),
            temperature=fill.temperature,
            emptied_at=fill.emptied_at,
            emptied_confidence=None if fill.emptied_sure is None else round(fill.emptied_sure, 2),
            faults=list(fill.faults),
            forecast_by=None if fill.forecast is None else text(fill.forecast.source),
        )

    def lamp_summary(self, summary: records.LampSummary) -> LampSummary:
        """Say what the lamp did; passages below the threshold are not told, not even as zero."""
        few = summary.passages is not None and summary.passages < self._least
        return LampSummary(
            **self._foreseen(summary),
            lamp=summary.asset,
            start=summary.start,
            end=summary.end,
            energy_wh=_rounded(summary.energy_wh, 3),
            full_light_wh=round(summary.full_light_wh, 3),
            measured=summary.measured,
            mean_level=None if summary.mean_level is None else percent(summary.mean_level),
            lit_s=_rounded(summary.lit_s, 1),
            switches=summary.switches,
            passages=None if few else summary.passages,
            suppressed=few,
            operating_h=_rounded(summary.operating_h, 1),
            starts=summary.starts,
            energy_total_kwh=None if summary.energy_total_wh is None else round(summary.energy_total_wh / 1000, 2),
        )

    def bin_summary(self, summary: records.BinSummary) -> BinSummary:
        """Say what the bin did."""
        return BinSummary(
            **self._foreseen(summary),
            bin=summary.asset,
            start=summary.start,
            end=summary.end,
            fill=summary.fill,
            fill_rate=summary.rate_per_day,
            full_threshold=summary.full_at,
            hours_to_full=quantiles(summary.hours_to_full),
            reliability=summary.reliability,
            full_within=full_within(summary.soon),
            collection=collect(summary.due),
            emptied=summary.emptied,
            emptyings=[emptying(one) for one in summary.emptyings],
            litres_collected=litres(summary.emptyings),
            faults=list(summary.faults),
            observed=observed(summary.observed),
            budget=budget(summary.spent),
            discrepancies=dict(summary.discrepancies),
            temperature_max=summary.temperature_max,
        )

    def alarm(self, alarm: records.Alarm) -> AlarmMessage:
        """Say what a city should know now; to the minute: whoever shuts a lid ends an alarm."""
        about = self._record(alarm.at.replace(second=0, microsecond=0), Quality.GOOD)
        return AlarmMessage(**about, asset=alarm.asset, event=alarm.event, active=alarm.active, why=text(alarm.why))

    def status(self, *, online: bool, why: str) -> Status:
        """Say whether the node is there."""
        about = self._state(self._clock.now(), Quality.GOOD)
        return Status(**about, status="online" if online else "offline", why=text(why))

    def health(
        self,
        uptime_s: float,
        outbox: OutboxStats,
        counters: dict[str, int],
        uplink: UplinkHealth | None = None,
        audit: str | None = None,
    ) -> Health:
        """Say how the node is; the outbox's own counters are added to `counters`."""
        return Health(
            **self._state(self._clock.now(), Quality.GOOD),
            uptime_s=round(uptime_s, 1),
            waiting_alarms=outbox.alarms,
            waiting_replies=outbox.replies,
            waiting_summaries=outbox.summaries,
            outbox_bytes=outbox.bytes,
            outbox_failing=None if outbox.failing is None else text(outbox.failing),
            counters={**{f"outbox_{name}": getattr(outbox, name) for name in OUTBOX_COUNTERS}, **counters},
            uplink=uplink,
            audit=audit,
        )

    def configuration(self, told: Told) -> ConfigReported:
        """Say which configuration holds."""
        record, (revision, refused) = told.record, told.refused or (None, None)
        holds = record.holds
        return ConfigReported(
            **self._state(self._clock.now(), Quality.GOOD),
            state=record.state,
            revision=None if holds is None else holds.revision,
            digest=record.digest,
            by=None if holds is None else text(holds.by),
            why=text(record.why),
            confirm_by=told.confirm_by,
            tried=record.tried,
            refused_revision=revision,
            refused_why=None if refused is None else text(refused),
        )

    def reply(self, command_id: str | None, kind: str, status: str, said: str, note: str | None = None) -> Reply:
        """Answer a command: `done`, `refused` or `interrupted`."""
        return Reply(
            **self._record(self._clock.now(), Quality.GOOD),
            id=command_id,
            kind=kind,
            status=status,  # type: ignore[arg-type] # the model checks it
            text=text(said),
            note=None if note is None else text(note),
        )

    def _record(self, at: datetime, quality: Quality) -> dict[str, Any]:
        quality_name = quality.name.lower()
        about = {"site": self._site, "node": self._node, "seq": 0, "time": at, "quality": quality_name}
        return {**about, "time_quality": self._clock.time_quality}

    def _foreseen(self, summary: records.Summary) -> dict[str, Any]:
        skill = summary.skill
        return {
            **self._record(summary.end, summary.quality),
            "forecast_by": None if summary.forecast_by is None else text(summary.forecast_by),
            "forecast_skill": skill.value if skill else None,
            "forecast_scored": skill.scored if skill else 0,
            "forecast_coverage": skill.coverage if skill else None,
        }

    def _state(self, at: datetime, quality: Quality) -> dict[str, Any]:
        return {**self._record(at, quality), "boot": self._boot}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def percent(level: float) -> float:
    """Turn a ratio into percent with one decimal: finer than any dimming curve."""
    return round(level * 100.0, 1)


def quantiles(three: tuple[float, float, float] | None) -> Quantiles | None:
    """Name the three."""
    return None if three is None else Quantiles(p10=three[0], p50=three[1], p90=three[2])


def full_within(soon: Chance | None) -> FullWithin | None:
    """Name the chances of a full bin, in hundredths: finer ones nobody can tell apart."""
    if soon is None or soon.horizons_s != (12 * 3600.0, 24 * 3600.0):
        return None
    (h12, h24), (expected_h12, expected_h24) = soon.chances, soon.expected
    return FullWithin(h12=round(h12, 2), h24=round(h24, 2), expected_h12=expected_h12, expected_h24=expected_h24)
