"""What a site will be like in the next hour and tomorrow: the numbers for the model, and the rule beside it."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lampyre.decide import calendar
from lampyre.decide.calendar import Calendar
from lampyre.decide.profile import COUNT_MOST, SiteProfile
from lampyre.records import Features, Forecast, Quality

HORIZONS_S = (900.0, 1800.0, 2700.0, 3600.0, 86400.0)  # ends of the forecast periods, seconds from now
DAYS = 7  # the history: one week, so that every slot of it has been seen once
RECENT = 12  # quarters that go in one by one; older ones go in as hours
# quarters from now on whose expectation goes in: the next hour and what follows, and the same time tomorrow
AHEAD = (0, 1, 2, 3, 4, 6, 94, 95, 96)
LAST_WEEK = (0, 1, 2, 3, 4, 94, 95, 96)  # the same, as it was a week before
SUNDAY = (0, 3, 95)  # ... and as it would be on a Sunday: holidays are like Sundays
BUSY_H = (1, 2, 3, 6, 12, 24)  # hours over which "busier than usual" is told
LEVEL_LEAST = 0.05  # counts per period; an empty street's ratios stay finite
ROOT_MOST = 4.0  # of sqrt(count / level): 16 times the site's mean, more is cut
WEEKS_OLD = 4.0  # from then on the learned week is as good as it gets
WEEKS_SEASON = 16.0  # ... and the season

NAMES: tuple[str, ...] = (
    *(f"quarter_{back}" for back in range(RECENT, 0, -1)),
    *(f"hour_{back}" for back in range(24, RECENT // 4, -1)),
    *(f"yesterday_{ahead}" for ahead in range(1, 5)),
    *(f"week_{ahead}" for ahead in AHEAD),
    *(f"day_{ahead}" for ahead in AHEAD),
    *(f"season_{ahead}" for ahead in AHEAD),
    *(f"last_week_{ahead}" for ahead in LAST_WEEK),
    *(f"sunday_{ahead}" for ahead in SUNDAY),
    "week_hour", "day_hour",
    *(f"busy_{hours}h" for hours in BUSY_H),
    *(f"busy_day_{back}" for back in range(DAYS, 1, -1)),
    "busy_week",
    *calendar.NAMES,
    "level_log", "hourly", "weeks", "weeks_season", "known_1h", "known_24h",
)  # fmt: skip


def history_length(period_s: int) -> int:
    """Return how many periods of history the features look back on."""
    return DAYS * 86400 // period_s


class Forecaster(Protocol):
    """What we need of a model."""

    def predict(self, features: Features) -> Forecast | None:
        """Return the forecast, or None if it is no good."""


def activity_features(
    history: Sequence[float | None], profile: SiteProfile, at_local: datetime, dates: Calendar
) -> Features:
    """Return the model's inputs at `at_local`, the end of the last period of the history.

    `history`: counts of the last week in the profile's periods, oldest first, None: not measured; shorter is
    taken as unmeasured before. The profile has learned them already. SUSPECT in a site's first week and when
    the last period was not measured.
    """
    per_day = profile.per_day
    per_hour = per_day // 24
    known = _clean(history, DAYS * per_day)
    level = site_level(known[-per_day:], profile)
    now = profile.slot(at_local)
    usual = profile.week(now, level)  # from now on, and as a week is round, also of the week that ended now
    counts = [mean if count is None else count for count, mean in zip(known, usual, strict=True)]
    today = counts[-per_day:]
    quarters = [_root(count, level) for count in today for _ in range(4 // per_hour)]
    hours = [_root(sum(today[k : k + per_hour]) / per_hour, level) for k in range(0, per_day, per_hour)]
    steps = [quarter * per_hour // 4 for quarter in AHEAD]
    week = [usual[step] for step in steps]
    day = [_or(profile.expect_lately(now + step), level) for step in steps]
    season = [_or(profile.expect_season(now + step), mean) for step, mean in zip(steps, week, strict=True)]
    before = [counts[quarter * per_hour // 4] for quarter in LAST_WEEK]
    sunday = [6 * per_day + (now + quarter * per_hour // 4) % per_day - now for quarter in SUNDAY]
    last_hour = [_or(profile.expect_lately(now - k), level) for k in range(1, per_hour + 1)]
    seen_by_day = [sum(counts[k : k + per_day]) for k in range(0, len(counts), per_day)]
    usual_by_day = [sum(usual[k : k + per_day]) for k in range(0, len(usual), per_day)]
    plain = per_day * level
    values = (
        *quarters[-RECENT:],
        *hours[: 24 - RECENT // 4],
        *quarters[:4],
        *(_root(mean, level) for means in (week, day, season, before) for mean in means),
        *(_root(usual[slot % len(usual)], level) for slot in sunday),
        _root(sum(usual[-per_hour:]) / per_hour, level),
        _root(sum(last_hour) / per_hour, level),
        *(_share(sum(counts[-h * per_hour :]), sum(usual[-h * per_hour :]), h * per_hour * level) for h in BUSY_H),
        *(_share(seen, mean, plain) for seen, mean in zip(seen_by_day[:-1], usual_by_day[:-1], strict=True)),
        _share(sum(seen_by_day), sum(usual_by_day), DAYS * plain),
        *dates.numbers(at_local),
        math.log1p(level),
        float(per_hour == 1),
        min(profile.weeks / WEEKS_OLD, 1.0),
        min(profile.weeks / WEEKS_SEASON, 1.0),
        sum(count is not None for count in known[-per_hour:]) / per_hour,
        sum(count is not None for count in known[-per_day:]) / per_day,
    )
    good = profile.weeks >= 1 and known[-1] is not None
    return Features(NAMES, values, Quality.GOOD if good else Quality.SUSPECT)


def site_level(known: Sequence[float | None], profile: SiteProfile) -> float:
    """Return the site's mean count per period: the profile's, in its first day that of the history.

    After a restart in that day there is no history: then what the profile has.
    """
    level = profile.level
    if level is None:
        seen = [count for count in known if count is not None]
        level = sum(seen) / len(seen) if seen else profile.level_so_far
    return max(level, LEVEL_LEAST)


def naive_activity(history: Sequence[float | None], profile: SiteProfile, at_local: datetime) -> Forecast:
    """Return the rule's forecast: the mean of each slot of the week, with the spread of a Poisson count.

    A site without a profile is expected to go on as in its last measured hour.
    """
    per_hour = 3600 // profile.period_s
    known = _clean(history[-24 * per_hour :], 24 * per_hour)
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


def _or(mean: float | None, otherwise: float) -> float:
    return otherwise if mean is None else mean
