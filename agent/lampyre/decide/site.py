"""A site's memory: passages a quarter of an hour for the last day, and the week it has learned."""

import json
import math
from collections import deque
from datetime import datetime
from zoneinfo import ZoneInfo

from lampyre.decide.activity import activity_features
from lampyre.decide.inference import Model
from lampyre.decide.profile import SiteProfile
from lampyre.records import Forecast, Snapshot

QUARTERS = 96  # of a day
QUARTER_S = 900
SLACK_S = 30.0  # by which a quarter may be shorter or longer: ticks, and a clock that is being slewed


class Site:
    """What one presence sensor has counted; counts live in memory and, as a weekly mean only, on disk."""

    def __init__(self, passages_channel: str, zone: ZoneInfo) -> None:
        self._channel = passages_channel
        self._zone = zone
        self._history: deque[float | None] = deque([None] * QUARTERS, maxlen=QUARTERS)
        self._opened: float | None = None  # the count when this quarter began
        self._opened_s = 0.0
        self._quarter: datetime | None = None
        self.profile = SiteProfile()

    def restore(self, text: str) -> None:
        """Take up a learned week; ValueError where it is damaged."""
        profile = SiteProfile.from_json(json.loads(text))
        if profile.period_s != QUARTER_S:
            raise ValueError(f"its periods are {profile.period_s} s, ours {QUARTER_S}")
        self.profile = profile

    def text(self) -> str:
        """Return the learned week for `restore`."""
        return json.dumps(self.profile.to_json())

    def quarter_over(self, seen: Snapshot) -> bool:
        """Close the quarter that ended, learn from it, and return whether one did; the clock must be trusted."""
        start = seen.at.replace(minute=seen.at.minute // 15 * 15, second=0, microsecond=0)
        if start == self._quarter or not seen.clock_trusted:
            return False
        ended, self._quarter = self._quarter, start
        count = seen.value(self._channel)
        lasted = abs(seen.mono_s - self._opened_s - QUARTER_S) <= SLACK_S  # not begun in its middle, no jump inside
        whole = ended is not None and (start - ended).total_seconds() == QUARTER_S and lasted
        passed = count - self._opened if whole and count is not None and self._opened is not None else None
        if ended is not None and whole and passed is not None:
            self.profile.learn(ended.astimezone(self._zone), passed, QUARTER_S)
        self._shift(ended, start, passed)
        self._opened, self._opened_s = count, seen.mono_s
        return True

    def forecast(self, model: Model | None, at: datetime) -> Forecast | None:
        """Return the model's forecast of passages; None without a model or where it has nothing usable to say."""
        if model is None:
            return None
        features = activity_features(tuple(self._history), self.profile, at.astimezone(self._zone))
        found = model.predict(features)
        if found is None or not all(map(math.isfinite, found.p50)):
            return None
        return found

    def _shift(self, ended: datetime | None, start: datetime, passed: float | None) -> None:
        if ended is None:
            return
        missed = int((start - ended).total_seconds() // QUARTER_S) - 1
        for _ in range(max(0, min(QUARTERS, missed))):  # the machine slept, or the clock was set
            self._history.append(None)
        self._history.append(passed)
