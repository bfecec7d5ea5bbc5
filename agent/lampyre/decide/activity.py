"""What a site will be like in the next hour and tomorrow: the numbers for the model, and the rule beside it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from lampyre.decide.profile import COUNT_MOST, SiteProfile
from lampyre.records import Features, Forecast, Quality

HORIZONS_S = (900.0, 1800.0, 2700.0, 3600.0, 86400.0)  # ends of the forecast periods, seconds from now
QUARTERS = 96  # the history: one day
RECENT = 12  # quarters that go in one by one; older ones go in as hours
AHEAD = (0, 1, 2, 3, 6, 95)  # quarters from now on whose expectation goes in; 95 is the same time tomorrow
LEVEL_LEAST = 0.05  # counts per period; an empty street's ratios stay finite
ROOT_MOST = 4.0  # of sqrt(count / level): 16 times the site's mean, more is cut
WEEKS_OLD = 4.0  # from then on the profile is as good as it gets

NAMES: tuple[str, ...] = (
    *(f"quarter_{back}" for back in range(RECENT, 0, -1)),
    *(f"hour_{back}" for back in range(24, RECENT // 4, -1)),
    *(f"yesterday_{ahead}" for ahead in range(1, 5)),
    *(f"week_{ahead}" for ahead in AHEAD),
    *(f"day_{ahead}" for ahead in AHEAD),
    "week_hour", "day_hour", "lately_1h", "lately_3h", "lately_24h",
    "sin_day", "cos_day", "sin_half_day", "cos_half_day",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "level_log", "hourly", "weeks", "known_1h", "known_24h",
)  # fmt: skip


def history_length(period_s: int) -> int:
    """Return how many periods of history the features look back on."""
    return QUARTERS * 900 // period_s


class Forecaster(Protocol):
    """What we need of a model."""

    def predict(self, features: Features) -> Forecast | None:
        """Return the forecast, or None if it is no good."""


def activity_features(history: Sequence[float | None], profile: SiteProfile, at_local: datetime) -> Features:
    """Return the model's inputs at `at_local`, the end of the last period of the history.

    `history`: counts of the last 24 hours in the profile's periods, oldest first, None: not measured; shorter
    is taken as unmeasured before. The profile has learned them already. SUSPECT in a site's first week and
    when the last hour was not measured.
    """
    per_hour = 3600 // profile.period_s
    known = _clean(history, 24 * per_hour)
    level = site_level(known, profile)
    now = profile.slot(at_local)
    first = now - len(known)

    def week(slot: int) -> float:
        mean = profile.expect_slot(slot)
        return level if mean is None else mean

    def lately(slot: int) -> float:
        mean = profile.expect_lately(slot)
        return level if mean is None else mean

    usual = [week(first + k) for k in range(len(known))]
    counts = [usual[k] if count is None else count for k, count in enumerate(known)]
    quarters = [_root(count, level) for count in counts for _ in range(4 // per_hour)]
    hours = [_root(sum(counts[k : k + per_hour]) / per_hour, level) for k in range(0, len(counts), per_hour)]
    ahead = [now + quarter * per_hour // 4 for quarter in AHEAD]
    values = (
        *quarters[-RECENT:],
        *hours[: 24 - RECENT // 4],
        *quarters[:4],
        *(_root(week(slot), level) for slot in ahead),
        *(_root(lately(slot), level) for slot in ahead),
        _root(sum(usual[-per_hour:]) / per_hour, level),
        _root(sum(lately(now - k) for k in range(1, per_hour + 1)) / per_hour, level),
        *(_share(sum(counts[-h * per_hour :]), sum(usual[-h * per_hour :]), h * per_hour * level) for h in (1, 3, 24)),
        *_calendar(at_local),
        math.log1p(level),
        float(per_hour == 1),
        min(profile.weeks / WEEKS_OLD, 1.0),
        sum(count is not None for count in known[-per_hour:]) / per_hour,
        sum(count is not None for count in known) / len(known),
    )
    good = profile.weeks >= 1 and known[-1] is not None
    return Features(NAMES, values, Quality.GOOD if good else Quality.SUSPECT)


def site_level(known: Sequence[float | None], profile: SiteProfile) -> float:
    """Return the site's mean count per period: the profile's, in its first day that of the history."""
    level = profile.level
    if level is None:
        seen = [count for count in known if count is not None]
        level = sum(seen) / len(seen) if seen else 0.0
    return max(level, LEVEL_LEAST)


def naive_activity(history: Sequence[float | None], profile: SiteProfile, at_local: datetime) -> Forecast:
    """Return the rule's forecast: the mean of each slot of the week, with the spread of a Poisson count.

    A site without a profile is expected to go on as in its last measured hour.
    """
    per_hour = 3600 // profile.period_s
    known = _clean(history, 24 * per_hour)
    last = [count for count in known[-per_hour:] if count is not None]
    level = sum(last) / len(last) if last else site_level(known, profile)
    now = profile.slot(at_local)
    p50 = []
    for horizon_s in HORIZONS_S:
        mean = profile.expect_slot(now + (int(horizon_s) - 900) // profile.period_s)
        p50.append(level if mean is None else mean)
    spread = [1.28 * math.sqrt(mean + (0.3 * mean) ** 2) for mean in p50]  # a site's days differ by about 30 %
    return Forecast(
        of=unit_of(profile.period_s),
        horizons_s=HORIZONS_S,
        p10=tuple(max(mean - more, 0.0) for mean, more in zip(p50, spread, strict=True)),
        p50=tuple(p50),
        p90=tuple(mean + more for mean, more in zip(p50, spread, strict=True)),
        source="rule: slot of the week",
    )


def activity_forecast(
    model: Forecaster | None, history: Sequence[float | None], profile: SiteProfile, at_local: datetime
) -> Forecast:
    """Return the model's forecast, or the rule's where there is no model or it has no answer."""
    found = model.predict(activity_features(history, profile, at_local)) if model is not None else None
    if found is None:
        return naive_activity(history, profile, at_local)
    return replace(found, of=unit_of(profile.period_s))


def unit_of(period_s: int) -> str:
    """Return what the forecast's numbers are."""
    return f"count per {period_s // 60} min"


def _clean(history: Sequence[float | None], length: int) -> list[float | None]:
    """Return the last `length` counts, None before the first and for what cannot be a count."""
    known = [count if count is not None and 0 <= count <= COUNT_MOST else None for count in history[-length:]]
    return [None] * (length - len(known)) + known


def _root(count: float, level: float) -> float:
    return min(math.sqrt(count / level), ROOT_MOST)


def _share(seen: float, usual: float, plain: float) -> float:
    """Return how busy it was, 0..1; 0.5 is as usual; a tenth of the plain level keeps quiet hours calm."""
    return (seen + 0.1 * plain) / (seen + usual + 0.2 * plain)


def _calendar(at_local: datetime) -> tuple[float, ...]:
    turn = 2 * math.pi * (at_local.hour * 60 + at_local.minute) / 1440
    weekday = at_local.weekday()
    return (
        math.sin(turn), math.cos(turn), math.sin(2 * turn), math.cos(2 * turn),
        *(float(weekday == day) for day in range(7)),
    )  # fmt: skip
