"""Fifteen minutes of one bin: the last fill, how fast it rises, when it will be full, emptyings."""

from datetime import datetime

from lampyre.records import BinSummary, Fill, Quality


class BinPeriod:
    """Adds looks up; `close` hands the period over."""

    def __init__(self, asset: str) -> None:
        self._asset = asset
        self._start: datetime | None = None
        self._last: Fill | None = None
        self._emptied = 0
        self._hottest: float | None = None

    def add(self, look: Fill, *, emptied: bool) -> None:
        """Take one look into the bin."""
        self._start = self._start or look.at
        self._last = look
        self._emptied += emptied
        if look.temperature is not None:
            self._hottest = max(look.temperature, self._hottest if self._hottest is not None else look.temperature)

    def close(self, end: datetime) -> BinSummary:
        """Return the period up to `end`, then start from nought."""
        last = self._last
        summary = BinSummary(
            asset=self._asset,
            start=min(self._start or end, end),  # a clock that was put back makes no period that ends before it began
            end=end,
            fill=last.fill if last else None,
            rate_per_day=last.rate_per_day if last else None,
            hours_to_full=last.hours_to_full if last else None,
            soon=last.soon if last else None,
            emptied=self._emptied,
            temperature_max=self._hottest,
            quality=last.quality if last else Quality.MISSING,
            forecast_by=last.forecast.source if last and last.forecast else None,
        )
        self._start, self._emptied, self._hottest = end, 0, None
        return summary
