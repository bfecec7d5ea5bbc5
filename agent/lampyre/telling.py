"""Telling: of which change of a lamp its city hears, and when, so that no states of a street show how somebody walked.

Of changes by presence it hears when another minute begins, and to the minute: a state that leaves when the last of
enough comes would tell his second. Of one that its minute has undone it hears nothing; nor that somebody came where in
this quarter of an hour too few have passed, and of the end only with the quarter's.
"""

from datetime import datetime

from lampyre.act.governor import KEPT_UP
from lampyre.records import Cause, Order, Step
from lampyre.summarise.period import PERIOD_S


class Telling:
    """What was told of each lamp; `least`: fewer passages of a quarter are nobody's business."""

    def __init__(self, least: int) -> None:
        self.least = least
        self._told: dict[str, Order] = {}  # lamp → the order that its last state told of
        self._untold: dict[str, datetime] = {}  # lamp → minute of its first change since then
        self._minute: dict[str, datetime] = {}  # lamp → minute of its last step
        self._hidden: set[str] = set()  # lamps that somebody has moved since then: one of few, nobody is told

    def due(self, step: Step, *, changed: bool, passed: int) -> bool | None:
        """Return whether this state is to be told to the minute (True) or exactly (False); None: not told now.

        `passed`: how many have passed at this lamp in the period so far.
        """
        lamp, minute = step.asset, step.seen.at.replace(second=0, microsecond=0)
        begins, self._minute[lamp] = minute != self._minute.get(lamp), minute
        if changed:
            self._untold.setdefault(lamp, minute)
        since = self._untold.get(lamp)
        if since is None:
            return None
        told = self._told.get(lamp)
        held = step.order.cause is Cause.OVERRIDE
        command = held and (told is None or told.cause is not Cause.OVERRIDE)
        passers = lamp in self._hidden or (told is not None and _by_passers(told))
        personal = _by_passers(step.order) or (passers and not command)
        few = not held and passed < self.least
        if personal and few and _by_passers(step.order):
            self._hidden.add(lamp)
            return None
        if personal and (not begins or (_quarter(minute) == _quarter(since) if few else minute == since)):
            return None
        del self._untold[lamp]
        self._hidden.discard(lamp)
        if told is not None and _essence(told) == _essence(step.order):
            return None
        self._told[lamp] = step.order
        return personal

    def forget(self, lamp: str) -> None:
        """This lamp stands here no more."""
        self._told.pop(lamp, None)
        self._untold.pop(lamp, None)
        self._minute.pop(lamp, None)
        self._hidden.discard(lamp)


def _by_passers(order: Order) -> bool:
    """Whether somebody passing made it: now, or minutes ago where the lamp is kept up for having moved so often."""
    return order.cause is Cause.SENSOR or KEPT_UP in order.clamps


def _quarter(minute: datetime) -> int:
    return int(minute.timestamp()) // PERIOD_S


def _essence(order: Order) -> tuple[object, ...]:
    """What a state tells of an order: its refreshing and the rest of its ramp are no news."""
    return round(order.level, 3), order.cause, order.fine, order.why, order.clamps
