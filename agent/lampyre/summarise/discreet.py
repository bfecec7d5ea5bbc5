"""Discretion: no summary tells of fewer passers than may be told, neither by their number nor by what they cost."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from lampyre.records import LampSummary

HALF_DAY = timedelta(hours=12)  # a lighting day runs from noon to noon


class Discreet:
    """What may be told of one lamp. Of a night's quarter with few passers: not how much light it gave, nor its energy.

    Counters that grow by passers stand still meanwhile, so that nothing can be had by subtracting: they go on with the
    lighting day or once enough have passed. Starts wait for enough: where the floor is dark each may be a passer.
    """

    def __init__(self, least: int, zone: ZoneInfo) -> None:
        self._least = least
        self._zone = zone
        self._day: date | None = None
        self._passed = 0  # since the counters were told
        self._passed_by = 0  # ... the starts were
        self._told: LampSummary | None = None
        self._starts: int | None = None

    def tell(self, summary: LampSummary) -> LampSummary:
        """Return what may leave of this period, the next one each time."""
        few = summary.passages is None or summary.passages < self._least  # its own sensor may be dead, not the next's
        self._passed += summary.passages or 0
        self._passed_by += summary.passages or 0
        day = (summary.end.astimezone(self._zone).replace(tzinfo=None) - HALF_DAY).date()
        if self._passed >= self._least or (self._day is not None and day != self._day):
            self._told, self._passed = summary, 0
        if self._passed_by >= self._least:
            self._starts, self._passed_by = summary.starts, 0
        self._day = day
        told = self._told
        held = replace(
            summary,
            starts=self._starts,
            operating_h=told.operating_h if told else None,
            energy_total_wh=told.energy_total_wh if told else None,
            forecast_by=told.forecast_by if told else None,
            skill=told.skill if told else None,
        )
        if few and summary.follows:
            return replace(held, energy_wh=None, mean_level=None, lit_s=None, switches=None)
        return held
