"""A site: whole quarters of an hour out of a sensor's counter, and what they let us expect."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lampyre.decide.activity import Forecaster, history_length
from lampyre.decide.calendar import Calendar
from lampyre.decide.past import SitePast
from lampyre.records import Forecast, Snapshot

QUARTER_S = 900
QUARTERS = history_length(900)  # what was missed before cannot be seen from here
SLACK_S = 30.0  # by which a quarter may be shorter or longer: ticks, and a clock that is being slewed


class Site:
    """What one presence sensor has counted; counts live in memory and, as a weekly mean only, on disk."""

    def __init__(self, passages_channel: str, zone: ZoneInfo, calendar: Calendar) -> None:
        self._channel = passages_channel
        self._zone = zone
        self._opened: float | None = None  # the count when this quarter began
        self._opened_s = 0.0
        self._opened_at: datetime | None = None
        self._quarter: datetime | None = None
        self.past = SitePast(QUARTER_S, calendar)

    def quarter_over(self, seen: Snapshot) -> bool:
        """Close the quarter that ended, learn from it, and return whether one did; the clock must be trusted."""
        start = seen.at.replace(minute=seen.at.minute // 15 * 15, second=0, microsecond=0)
        if start == self._quarter or not seen.clock_trusted:
            return False
        ended, self._quarter = self._quarter, start
        count = seen.value(self._channel)
        if ended is not None:
            lasted = abs(seen.mono_s - self._opened_s - QUARTER_S) <= SLACK_S  # not begun in its middle, no jump inside
            whole = (start - ended).total_seconds() == QUARTER_S and lasted
            passed = count - self._opened if whole and count is not None and self._opened is not None else None
            self._close(ended, start, passed)
        if self._jumped(seen):
            self.past.forget_pending()
        self._opened, self._opened_s, self._opened_at = count, seen.mono_s, seen.at
        return True

    def forecast(self, model: Forecaster | None, at: datetime) -> Forecast | None:
        """Return what is expected from `at` by model or rule, whoever did better; None without a model.

        Without a model nobody foresees, although the rule could: who switched it off wants the times of the
        configuration and no others, and a refused one leaves the same plain light behind.
        """
        return None if model is None else self.past.speak(model, at.astimezone(self._zone))

    def _close(self, ended: datetime, start: datetime, passed: float | None) -> None:
        """Take the quarter that began at `ended`, and those that were missed: a sleep, or a clock that was set."""
        missed = int((start - ended).total_seconds() // QUARTER_S) - 1
        self.past.take(ended.astimezone(self._zone), passed)
        for back in range(max(0, min(QUARTERS, missed)), 0, -1):
            self.past.take((start - back * timedelta(seconds=QUARTER_S)).astimezone(self._zone), None)

    def _jumped(self, seen: Snapshot) -> bool:
        if self._opened_at is None:
            return False
        return abs((seen.at - self._opened_at).total_seconds() - (seen.mono_s - self._opened_s)) > SLACK_S
