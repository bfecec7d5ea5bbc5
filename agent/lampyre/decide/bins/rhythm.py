"""When a bin is emptied, and how full they find it: its own past says when they will come again."""

import math
from itertools import pairwise

from lampyre.decide.bins.past import FULL, HISTORY_H, Past

BLOCK_H = 6
WEEK_BLOCKS = 8  # blocks of six hours from now on, compared with the same hours of the weeks before
DAY_BLOCKS = 24 // BLOCK_H
WEEKS = 4
WEEK_H = 168.0
NEXT_MOST_H = 72.0  # collections further away do not matter to forecasts of up to 48 h
LAST = 5  # emptyings whose age goes in one by one
FOUND = 3  # and of the last ones also how full they found the bin

NAMES: tuple[str, ...] = (
    *(f"emptied_{back}_log" for back in range(1, LAST + 1)),
    *(f"emptied_{back}_full" for back in range(1, FOUND + 1)),
    "emptied_daily", "emptied_every_log", "fill_when_emptied", "fill_when_emptied_quarter", "fill_when_emptied_least",
    *(f"next_{back}w" for back in range(1, WEEKS + 1)), "next_day",
    *(f"emptied_in_{block * BLOCK_H}h_weekly" for block in range(WEEK_BLOCKS)),
    *(f"emptied_in_{block * BLOCK_H}h_daily" for block in range(DAY_BLOCKS)),
)  # fmt: skip


def rhythm(past: Past) -> tuple[float, ...]:
    """Return, in the order of NAMES, what the emptyings of the last four weeks say.

    `next_2w`: hours until the time at which, two weeks ago, the next emptying came; `emptied_in_6h_weekly`: the
    share of the weeks with an emptying 6 to 12 h after this hour of the week; logs are of 1 + hours.
    """
    at, before = past.emptied_at, past.before
    weeks = min(max(past.span_h / WEEK_H, 1.0), float(WEEKS))
    days = max(past.span_h / 24, 1.0)
    upcoming = [NEXT_MOST_H] * WEEKS
    weekly, daily = [0.0] * WEEK_BLOCKS, [0.0] * DAY_BLOCKS
    for hour in at:
        ahead = hour % WEEK_H
        week = min(int(-hour / WEEK_H), WEEKS - 1)
        upcoming[week] = min(upcoming[week], ahead)
        if ahead < WEEK_BLOCKS * BLOCK_H:
            weekly[int(ahead / BLOCK_H)] += 1 / weeks
        daily[int(hour % 24 / BLOCK_H) % DAY_BLOCKS] += 1 / days
    found = sorted(before) or [FULL]
    every = sorted(later - sooner for sooner, later in pairwise(at)) or [WEEK_H]
    ages = [math.log1p(-hour) for hour in at[: -LAST - 1 : -1]]
    fills = before[: -FOUND - 1 : -1]
    return (
        *ages, *([math.log1p(HISTORY_H)] * (LAST - len(ages))),
        *fills, *([FULL] * (FOUND - len(fills))),
        len(at) / days, math.log1p(every[len(every) // 2]),
        found[len(found) // 2], found[len(found) // 4], found[0],
        *upcoming, min((hour % 24 for hour in at if hour > -24), default=24.0),
        *(min(share, 1.0) for share in weekly),
        *(min(share, 1.0) for share in daily),
    )  # fmt: skip
