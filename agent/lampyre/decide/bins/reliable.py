"""How far to believe what is foreseen of a bin, and when it reaches the threshold of its own."""

from lampyre.decide.bins.collect import waste
from lampyre.decide.bins.past import FULL, HOURS_MOST, SLOT_H, Past
from lampyre.decide.skill import Contest
from lampyre.records import Quality

Hours = tuple[float, float, float]

MEANT = 0.8  # share of truths between p10 and p90
GUESSED = 0.25  # mean error of who says "half full" of a bin that may be anything between empty and full
UNPROVEN = 0.5  # before a week was scored here: judged on other towns' bins only
DOUBTED = 0.5  # times, while the level itself is in doubt
PACES = (2.0, 1.0, 0.5)  # of the mean rate, for p10, p50, p90, as in the rule's forecast


def reliability(contest: Contest, quality: Quality, *, foreseen: bool) -> float:
    """Return how far to believe the forecasts of one bin, 0..1.

    By their scores of the last weeks on this very bin: the share of truths between p10 and p90 against the 80 % that
    those mean, never above 1, times how far their mean error lies below that of a guess (0.25 of the bin). UNPROVEN
    until a week is scored; halved for a doubtful level; 0 without a forecast or a level.
    """
    if not foreseen or quality > Quality.SUSPECT:
        return 0.0
    coverage = contest.skill.coverage
    believed = UNPROVEN
    if coverage is not None:
        scores = [score for score in contest.scores if score.scored]
        error = sum(score.model if contest.model_speaks else score.rule for score in scores) / len(scores)
        believed = min(coverage / MEANT, 1.0) * max(1.0 - error / GUESSED, 0.0)
    return round(believed * (DOUBTED if quality is Quality.SUSPECT else 1.0), 2)


def hours_until(threshold: float, hours: Hours | None, past: Past) -> Hours | None:
    """Return the hours until a threshold (0..1) from those until 80 %, if nobody empties it: p10, p50, p90.

    As the waste that is still to come for each; None where nothing is known of its pace.
    """
    if not past.fills:
        return None
    fill = past.fills[-1]
    need = waste(threshold) - waste(fill)
    if need <= 0.0:
        return 0.0, 0.0, 0.0
    if fill < FULL:
        if hours is None:
            return None
        times = need / (waste(FULL) - waste(fill))
        p10, p50, p90 = (one if one >= HOURS_MOST else min(one * times, HOURS_MOST) for one in hours)
        return p10, p50, p90
    daily = SLOT_H * sum(past.slots)
    if daily <= 0.0:
        return None
    p10, p50, p90 = (min(24.0 * need / (daily * pace), HOURS_MOST) for pace in PACES)
    return p10, p50, p90
