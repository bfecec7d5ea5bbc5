"""Fifteen minutes of one bin: the last fill, how fast it rises, when it will be full, emptyings."""

from datetime import datetime

from lampyre.bin_records import Emptying
from lampyre.records import BinSummary, Fill, Quality

FAULTS_MOST = 16  # kinds of events there are
EMPTYINGS_MOST = 8  # in a quarter of an hour; one is seen 45 minutes late, more than one never yet


class BinPeriod:
    """Adds looks up; `close` hands the period over."""

    def __init__(self, asset: str, full_at: float = 0.8) -> None:
        self._asset = asset
        self._full_at = full_at
        self._last: Fill | None = None
        self._emptied: list[Emptying] = []
        self._faults: dict[str, None] = {}
        self._hottest: float | None = None

    def add(self, look: Fill, emptying: Emptying | None) -> None:
        """Take one look into the bin, and the emptying that it made sure."""
        self._last = look
        self._faults |= dict.fromkeys(look.faults)
        if emptying is not None:
            self._emptied.append(emptying)
        if look.temperature is not None:
            self._hottest = max(look.temperature, self._hottest if self._hottest is not None else look.temperature)

    def close(self, start: datetime, end: datetime) -> BinSummary:
        """Return the period, then begin at nought."""
        last = self._last
        summary = BinSummary(
            asset=self._asset,
            start=start,
            end=end,
            fill=last.fill if last else None,
            rate_per_day=last.rate_per_day if last else None,
            hours_to_full=last.hours_to_full if last else None,
            soon=last.soon if last else None,
            emptied=len(self._emptied),
            temperature_max=self._hottest,
            quality=last.quality if last else Quality.MISSING,
            forecast_by=last.forecast.source if last and last.forecast else None,
            full_at=last.full_at if last else self._full_at,
            reliability=last.reliability if last else 0.0,
            due=last.due if last else None,
            faults=tuple(self._faults)[:FAULTS_MOST],
            emptyings=tuple(self._emptied[:EMPTYINGS_MOST]),
        )
        self._emptied, self._faults, self._hottest = [], {}, None
        return summary
