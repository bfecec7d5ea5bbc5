"""What a site's week looks like, learned on the node from its own counts; old weeks are forgotten."""

import json
import math
from datetime import datetime
from typing import cast

PERIODS_S = (900, 3600)  # quarters of an hour and hours: what counters in the field deliver
WEEKS_KEPT = 5  # a new week weighs at least 1/5: four-week means are the usual yardstick, and seasons move
SEASON_KEPT = 16  # weeks; beside the five it tells a quiet week from a quiet season, and its noise is half as large
DAYS_KEPT = 4  # the same for the slot of the day, which follows the weather and the holidays
CLIP_TIMES, CLIP_MORE = 8.0, 20.0  # a count above 8 x the slot's mean + 20 is an event or a fault; it is cut there
COUNT_MOST = 1e6  # a count above this is a fault in any period: 277 a second over an hour
DIGITS = 4  # significant digits kept on disk: finer than any count's own noise
FORMAT = 2  # of the JSON below
FORMAT_BEFORE = 1  # without the season: it starts from the week
LEARNED_MOST = 1_000_000  # 28 years of quarters; the number only tells young from old


class SiteProfile:
    """Means for each slot of the week (over a month, over a season) and of the day, in counts per period.

    A count's time is the local wall time at which its period began. Gaps cost nothing: a slot that was not
    seen keeps its mean. In the night when clocks go back two hours share their slots; when they go forward
    four slots are skipped.
    """

    __slots__ = (
        "_day", "_day_seen", "_season", "_season_seen", "_week", "_week_seen",
        "learned", "per_day", "period_s", "refused",
    )  # fmt: skip

    def __init__(self, period_s: int = 900) -> None:
        if period_s not in PERIODS_S:
            raise ValueError(f"a profile has slots of {PERIODS_S} s, not {period_s}")
        self.period_s = period_s
        self.per_day = 86400 // period_s
        self._week: list[float | None] = [None] * (7 * self.per_day)
        self._week_seen = [0] * (7 * self.per_day)
        self._season: list[float | None] = [None] * (7 * self.per_day)
        self._season_seen = [0] * (7 * self.per_day)
        self._day: list[float | None] = [None] * self.per_day
        self._day_seen = [0] * self.per_day
        self.learned = 0  # counts taken in
        self.refused = 0  # counts that were not finite, negative or beyond COUNT_MOST

    def slot(self, at_local: datetime) -> int:
        """Return the slot of the week (0: Monday from midnight) in which this local time lies."""
        second = at_local.hour * 3600 + at_local.minute * 60 + at_local.second
        return at_local.weekday() * self.per_day + second // self.period_s

    def learn(self, at_local: datetime, count: float, period_s: int) -> None:
        """Take in the count of the period that began `at_local`; an impossible count is refused and counted."""
        if period_s != self.period_s:
            raise ValueError(f"this profile has slots of {self.period_s} s, the count is over {period_s} s")
        if not 0 <= count <= COUNT_MOST:  # also false for NaN
            self.refused += 1
            return
        slot = self.slot(at_local)
        _learn(self._week, self._week_seen, slot, count, WEEKS_KEPT)
        _learn(self._season, self._season_seen, slot, count, SEASON_KEPT)
        _learn(self._day, self._day_seen, slot % self.per_day, count, DAYS_KEPT)
        self.learned = min(self.learned + 1, LEARNED_MOST)

    def cut(self, at_local: datetime, count: float) -> float:
        """Return the count as its slot of the week takes it: from the third week on events and faults are cut."""
        slot = self.slot(at_local)
        return _cut(self._week[slot], self._week_seen[slot], count)

    def expect(self, at_local: datetime) -> float | None:
        """Return the mean count of the period that begins `at_local`; None while nothing like it was seen."""
        return self.expect_slot(self.slot(at_local))

    def expect_slot(self, slot: int) -> float | None:
        """Return the mean of a slot of the week (taken round the week), else of that time on any day."""
        week = self._week[slot % len(self._week)]
        return self._day[slot % self.per_day] if week is None else week

    def expect_lately(self, slot: int) -> float | None:
        """Return the mean of a slot's time of day over the last days, whatever the weekday."""
        return self._day[slot % self.per_day]

    def week(self, start: int, otherwise: float) -> list[float]:
        """Return the mean of every slot of the week from slot `start` on, round the week, as `expect_slot` would."""
        width, per_day, day = len(self._week), self.per_day, self._day
        if None in self._week:
            full = [day[k % per_day] if mean is None else mean for k, mean in enumerate(self._week)]
            whole = [otherwise if mean is None else mean for mean in full]
        else:
            whole = cast("list[float]", self._week)
        start %= width
        return whole[start:] + whole[:start]

    def expect_season(self, slot: int) -> float | None:
        """Return the mean of a slot of the week over the last months."""
        return self._season[slot % len(self._season)]

    @property
    def level(self) -> float | None:
        """The site's mean count per period over the known slots of the week; None before one whole day."""
        return self.level_so_far if len(self._week) - self._week.count(None) >= self.per_day else None

    @property
    def level_so_far(self) -> float:
        """The same over however few slots are known; 0 before the first."""
        known = [mean for mean in self._week if mean is not None]
        return sum(known) / len(known) if known else 0.0

    @property
    def weeks(self) -> float:
        """How many weeks' worth of counts were taken in."""
        return self.learned / len(self._week)

    def to_json(self) -> str:
        """Return all that was learned as one line of text, below 24 kB."""
        return json.dumps(
            {
                "format": FORMAT,
                "period_s": self.period_s,
                "learned": self.learned,
                "week": [_short(mean) for mean in self._week],
                "week_seen": self._week_seen,
                "season": [_short(mean) for mean in self._season],
                "season_seen": self._season_seen,
                "day": [_short(mean) for mean in self._day],
                "day_seen": self._day_seen,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> "SiteProfile":
        """Return the profile that `to_json` wrote; ValueError on anything else: start a new one then."""
        try:
            data = json.loads(text)
            profile = cls(int(data["period_s"]))
            if data["format"] == FORMAT_BEFORE:
                data |= {"format": FORMAT, "season": data["week"].copy(), "season_seen": data["week_seen"].copy()}
            _check(data, profile.per_day)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"site profile: not one of ours ({error}); delete it to learn anew") from error
        profile.learned = data["learned"]
        profile._week, profile._week_seen = data["week"], data["week_seen"]
        profile._season, profile._season_seen = data["season"], data["season_seen"]
        profile._day, profile._day_seen = data["day"], data["day_seen"]
        return profile


def _learn(means: list[float | None], seen: list[int], slot: int, count: float, kept: int) -> None:
    mean, times = means[slot], seen[slot]
    if mean is None:
        means[slot] = float(count)
    else:
        means[slot] = mean + (_cut(mean, times, count) - mean) / min(times + 1, kept)
    seen[slot] = min(times + 1, kept)


def _cut(mean: float | None, times: int, count: float) -> float:
    return count if mean is None or times < 2 else min(count, CLIP_TIMES * mean + CLIP_MORE)


def _short(mean: float | None) -> float | None:
    return None if mean is None else float(f"{mean:.{DIGITS}g}")


def _check(data: dict[str, object], per_day: int) -> None:
    if data["format"] != FORMAT:
        raise ValueError(f"format is {data['format']!r}, not {FORMAT}")
    if not isinstance(data["learned"], int) or not 0 <= data["learned"] <= LEARNED_MOST:
        raise ValueError("learned is not a count")
    week = 7 * per_day
    for name, length, kept in (("week", week, WEEKS_KEPT), ("season", week, SEASON_KEPT), ("day", per_day, DAYS_KEPT)):
        means, seen = data[name], data[f"{name}_seen"]
        if not isinstance(means, list) or not isinstance(seen, list) or len(means) != length != len(seen):
            raise ValueError(f"{name} has not {length} slots")
        for mean, times in zip(means, seen, strict=True):
            if mean is not None and (isinstance(mean, bool) or not math.isfinite(mean) or not 0 <= mean <= COUNT_MOST):
                raise ValueError(f"{name} holds {mean!r}")
            if not isinstance(times, int) or not 0 <= times <= kept or (times == 0) != (mean is None):
                raise ValueError(f"{name}_seen holds {times!r}")
