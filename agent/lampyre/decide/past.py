"""What a counter has seen: its last periods, its learned week, what it may be like next, and who foresaw it better."""

import json
import math
from collections import deque
from dataclasses import replace
from datetime import datetime

from lampyre.decide.activity import (
    HORIZONS_S,
    Forecaster,
    activity_features,
    history_length,
    naive_activity,
    unit_of,
)
from lampyre.decide.calendar import Calendar
from lampyre.decide.profile import COUNT_MOST, SiteProfile
from lampyre.decide.skill import Contest, Pending, row_of
from lampyre.records import Forecast

FORMAT = 2  # of `text`; before there was the learned week alone, as text within text: still read


class SitePast:
    """One counter's past in periods of 900 or 3600 s; `take` closes a period, `foresee` looks ahead.

    A node feeds it from a presence sensor, `lampyre-sim score` from recorded counts: both see the same.
    """

    def __init__(self, period_s: int, calendar: Calendar) -> None:
        self.profile = SiteProfile(period_s)
        self.calendar = calendar
        length = history_length(period_s)
        self._history: deque[float | None] = deque([None] * length, maxlen=length)
        self._next: int | None = None  # number of the period that follows the history's newest
        self._judged = tuple(k for k, horizon_s in enumerate(HORIZONS_S) if horizon_s % period_s == 0)
        self._ahead = tuple(int(HORIZONS_S[k]) // period_s for k in self._judged)  # periods from now to the end
        self._pending = Pending(self._ahead)
        self.contest = Contest(HORIZONS_S, 86400 // period_s)
        self.said: tuple[Forecast | None, Forecast] | None = None  # by model and rule, when `speak` was asked last

    def take(self, began_local: datetime, count: float | None) -> None:
        """Close the period that began at this local time, score who foresaw it; None: not measured."""
        if count is not None:
            self._score(began_local, count)
            self.profile.learn(began_local, count, self.profile.period_s)
        self._align(self._number(began_local))
        self._history.append(count)

    def foresee(self, model: Forecaster, at_local: datetime) -> Forecast | None:
        """Return the model's forecast from `at_local`, the end of the last period; None if it has no answer.

        What was scored for another model is forgotten.
        """
        found = model.predict(activity_features(tuple(self._history), self.profile, at_local, self.calendar))
        if found is None:
            return None
        if self.contest.begin(found.source):
            self._pending.clear()
        return replace(self.contest.fit(found, 0.0, COUNT_MOST), of=unit_of(self.profile.period_s))

    def naive(self, at_local: datetime) -> Forecast:
        """Return the rule's forecast from `at_local`."""
        rule = naive_activity(tuple(self._history), self.profile, at_local)
        return self.contest.fit(rule, 0.0, COUNT_MOST)

    def speak(self, model: Forecaster, at_local: datetime) -> Forecast | None:
        """Return the forecast of the better one from `at_local`, and remember both until the truth is known.

        None if the model should speak and has no finite answer.
        """
        found, rule = self.foresee(model, at_local), self.naive(at_local)
        self.said = found, rule
        now = self._number(at_local)
        for ring, (k, ahead) in enumerate(zip(self._judged, self._ahead, strict=True)):
            number = now + ahead - 1
            self._pending.swap(ring, number, row_of(number, k, found, rule))
        speaks = found if self.contest.model_speaks else rule
        return speaks if speaks is not None and all(map(math.isfinite, speaks.p50)) else None

    def forget_pending(self) -> None:
        """Score no forecast made so far: the clock was wrong when they were made."""
        self._pending.clear()

    def text(self) -> str:
        """Return the learned week and the scores as one JSON object, below 17 kB; nothing of the last periods."""
        week = json.loads(self.profile.to_json())
        return json.dumps({"format": FORMAT, "profile": week, "skill": self.contest.to_json()}, separators=(",", ":"))

    def restore(self, text: str) -> None:
        """Take up what `text` gave; ValueError, and nothing taken up, where it is damaged."""
        data = json.loads(text)
        old = isinstance(data, str)
        if not old and (not isinstance(data, dict) or data.get("format") != FORMAT):
            raise ValueError(f"no memory of a counter in format {FORMAT}")
        profile = SiteProfile.from_json(data if old else json.dumps(data.get("profile")))
        if profile.period_s != self.profile.period_s:
            raise ValueError(f"its periods are {profile.period_s} s, ours {self.profile.period_s}")
        if not old:
            self.contest.restore(data.get("skill"))
        self.profile = profile

    def _align(self, number: int) -> None:
        """Let this period be the history's next by wall time, as slots are and as the model was taught.

        An hour that does not come was not measured, one that comes twice gives way; so do times a wrong clock told.
        """
        away = 0 if self._next is None else number - self._next
        self._history.extend([None] * min(away, history_length(self.profile.period_s)))
        for _ in range(min(-away, len(self._history))):
            self._history.pop()
        self._next = number + 1

    def _number(self, local: datetime) -> int:
        """Return which period of wall time begins here: forecasts are of wall times, as streets live by them.

        When clocks change, a forecast of an hour that does not come is never scored, and one of an hour that
        comes twice gives way to the newer one.
        """
        return (local.toordinal() * 86400 + local.hour * 3600 + local.minute * 60) // self.profile.period_s

    def _score(self, began_local: datetime, count: float) -> None:
        """Score who foresaw this count; an event or a fault is cut as for the profile, lest it judge for weeks."""
        number, truth = self._number(began_local), self.profile.cut(began_local, count)
        for ring, k in enumerate(self._judged):
            row = self._pending.swap(ring, number, None)
            if row is not None and row[0] == number and 0.0 <= count <= COUNT_MOST:
                self.contest.take(k, truth, row)
