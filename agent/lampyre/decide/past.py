"""What a counter has seen: its last periods, its learned week, and what it may be like next."""

from collections import deque
from datetime import datetime

from lampyre.decide.activity import Forecaster, activity_features, history_length, naive_activity
from lampyre.decide.calendar import Calendar
from lampyre.decide.profile import SiteProfile
from lampyre.records import Forecast


class SitePast:
    """One counter's past in periods of 900 or 3600 s; `take` closes a period, `foresee` looks ahead.

    A node feeds it from a presence sensor, `lampyre-sim score` from recorded counts: both see the same.
    """

    def __init__(self, period_s: int, calendar: Calendar) -> None:
        self.profile = SiteProfile(period_s)
        self.calendar = calendar
        length = history_length(period_s)
        self._history: deque[float | None] = deque([None] * length, maxlen=length)

    def take(self, began_local: datetime, count: float | None) -> None:
        """Close the period that began at this local time; None: not measured."""
        if count is not None:
            self.profile.learn(began_local, count, self.profile.period_s)
        self._history.append(count)

    def foresee(self, model: Forecaster, at_local: datetime) -> Forecast | None:
        """Return the model's forecast from `at_local`, the end of the last period; None if it has no answer."""
        return model.predict(activity_features(tuple(self._history), self.profile, at_local))

    def naive(self, at_local: datetime) -> Forecast:
        """Return the rule's forecast from `at_local`."""
        return naive_activity(tuple(self._history), self.profile, at_local)
