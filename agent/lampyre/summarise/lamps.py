"""Fifteen minutes of one lamp: energy, saving, level, switching and passages; sums only, nothing of anybody."""

from datetime import datetime

from lampyre.records import Drawn, LampSummary, Quality, Step

GAP_S = 30.0  # between two steps; a longer gap (a clock jump, a suspended machine) counts as this at most


class LampPeriod:
    """Adds steps up; `close` hands the period over and starts the next from nought."""

    def __init__(self, asset: str, passages_channel: str, *, follows: bool = True) -> None:
        """`follows`: the lamp's policy looks at who passes."""
        self._asset = asset
        self._passages = passages_channel
        self._follows = follows
        self._last_s: float | None = None
        self._count: float | None = None
        self._lit = False
        self._clear()

    def _clear(self) -> None:
        self._wh = self._full_wh = self._lit_s = self._level_s = self._seen_s = self._metered_s = 0.0
        self._switches = 0
        self._passed: float | None = None
        self._night = False
        self._quality = Quality.GOOD

    def add(self, step: Step, level: float, drawn: Drawn) -> None:
        """Take one step; `level` (0..1) and `drawn` are what the lamp has been doing since the last one."""
        seen = step.seen
        passed_s = 0.0 if self._last_s is None else min(GAP_S, max(0.0, seen.mono_s - self._last_s))
        self._last_s = seen.mono_s
        self._metered_s += passed_s if drawn.metered else 0.0
        self._wh += drawn.power_w * passed_s / 3600
        self._full_wh += drawn.full_w * passed_s / 3600 if step.night else 0.0
        self._seen_s += passed_s
        self._night = self._night or step.night
        self._level_s += level * passed_s
        self._lit_s += passed_s if level > 0.0 else 0.0
        self._switches += (step.order.level > 0.0) != self._lit
        self._lit = step.order.level > 0.0
        self._count_passages(seen.value(self._passages))
        self._quality = max([self._quality, *(reading.quality for reading in seen.readings.values())])

    def _count_passages(self, count: float | None) -> None:
        if count is None:
            return
        if self._count is not None:
            self._passed = (self._passed or 0.0) + count - self._count
        self._count = count

    @property
    def passed(self) -> int:
        """How many have passed in this period so far; 0 where nobody counts."""
        return round(self._passed or 0.0)

    def close(self, start: datetime, end: datetime) -> LampSummary:
        """Return the period, then begin at nought: a lost summary costs one period."""
        summary = LampSummary(
            asset=self._asset,
            start=start,
            end=end,
            energy_wh=self._wh,
            full_light_wh=self._full_wh,
            measured=self._metered_s >= 0.9 * self._seen_s > 0.0,
            mean_level=self._level_s / self._seen_s if self._seen_s else None,
            lit_s=self._lit_s,
            switches=self._switches,
            passages=None if self._passed is None else round(self._passed),
            quality=self._quality if self._seen_s else Quality.MISSING,
            follows=self._follows and self._night,
        )
        self._clear()
        return summary
