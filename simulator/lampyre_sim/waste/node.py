"""A node lives through one draw: it sees only what its sensor shows under its own policy, and says when to come."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from lampyre.bin import KEEP
from lampyre.decide.bins.collect import Seen, Wish, collection
from lampyre.decide.bins.fill import HISTORY, remember
from lampyre.decide.bins.forecast import OLD_H, Forecaster, Outlook, outlook_of, rule_of
from lampyre.decide.bins.past import Past
from lampyre.decide.bins.score import FillScore
from lampyre.records import Quality
from lampyre_sim.waste.world import World

EVERY = 8  # readings from one comparison of model and rule to the next: about once a day, for it costs the most
DAY = timedelta(days=1)

History = deque[tuple[datetime, float]]
Comes = Callable[[History, datetime, datetime], bool]  # readings, when the plan is made, when the truck comes


def lived(world: World, rounds: Sequence[int], lead_h: int, comes: Comes, sees: Callable[[History], None]) -> list[int]:
    """Return the rounds at which somebody comes, if that is said `lead_h` hours before from what was seen by then."""
    history: History = deque(maxlen=HISTORY)
    emptied: list[int] = []
    since = world.begin
    told = int(np.searchsorted(world.process.looks, since))
    coming: int | None = None

    def look(until: float) -> None:
        nonlocal told
        end = int(np.searchsorted(world.process.looks, until, side="right"))
        for at, fill in zip(world.stamps[told:end], world.shown(since, told, end), strict=True):
            remember(history, at, fill)
            while at - history[0][0] > KEEP:
                history.popleft()
            sees(history)
        told = max(told, end)

    for hour in rounds:
        if coming is not None:  # the truck that was asked for the day before
            look(min(coming, hour - lead_h))
            since, coming = coming, None
        look(hour - lead_h)
        truck = datetime.fromtimestamp((world.process.begin_h + hour) * 3600, UTC)
        if len(history) > 1 and comes(history, truck - timedelta(hours=lead_h), truck):
            emptied.append(int(hour))
            coming = int(hour)
    return emptied


def reactive(world: World, rounds: Sequence[int], lead_h: int, threshold: float) -> list[int]:
    """Return when somebody comes if the newest reading at or above a threshold sends the next truck."""
    return lived(world, rounds, lead_h, lambda history, _at, _truck: history[-1][1] >= threshold, lambda _: None)


def ours(
    world: World, rounds: Sequence[int], lead_h: int, wish: Wish, model: Forecaster | None, zone: tzinfo
) -> list[int]:
    """Return when somebody comes if the node says so, by its forecasts and the rule that it runs."""
    node = _Node(world.process.stream, wish, model, zone)
    return lived(world, rounds, lead_h, node.comes, node.sees)


def seen_of(past: Past, outlook: Outlook) -> Seen:
    """Return what the rule is told of a bin whose past is known; nothing, if it fell silent."""
    if not past.fills:
        return Seen(None, Quality.MISSING, None, ())
    old = past.hours[-1] < -OLD_H
    return Seen(past.believed, Quality.STALE if old else Quality.GOOD, outlook.hours, past.slots)


class _Node:
    """What a node remembers of one bin."""

    def __init__(self, stream: str, wish: Wish, model: Forecaster | None, zone: tzinfo) -> None:
        self._stream, self._wish, self._model, self._zone = stream, wish, model, zone
        self._score = FillScore()
        self._looks = 0

    def sees(self, history: History) -> None:
        """Take the newest reading; now and then hold model and rule against each other."""
        at, fill = history[-1]
        self._score.see(at, fill)
        self._looks += 1
        if self._model is None or self._looks % EVERY or not self._score.due(at):
            return
        past = Past(history, at)
        by_rule, by_model = self._fit(Outlook(*rule_of(past), None)), self._fit(self._by(self._model, past, at))
        if by_model.fill.source != by_rule.fill.source:
            self._score.compare(at, by_model.fill, by_rule.fill)

    def comes(self, history: History, at: datetime, truck: datetime) -> bool:
        """Whether the truck should come, or could still come a day later."""
        past = Past(history, at)
        outlook = self._by(self._model if self._score.contest.model_speaks else None, past, at)
        found = collection(seen_of(past, outlook), at, (truck, truck + DAY), self._wish)
        return found.by is not None

    def _by(self, model: Forecaster | None, past: Past, at: datetime) -> Outlook:
        return outlook_of(model, past, at, self._stream, self._zone)

    def _fit(self, outlook: Outlook) -> Outlook:
        return replace(outlook, fill=self._score.contest.fit(outlook.fill, 0.0, 1.0))
