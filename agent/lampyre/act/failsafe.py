"""Failsafe: the lowest rung of the ladder. A board that hears nobody runs its own safe programme, and we say so."""

import math
from dataclasses import replace

from lampyre.records import Cause, Fine, Order

HELD_S = 60.0  # a board holds an order no longer (governor's VALID_S)
DEAF_S = 10.0  # two reports of a board: in less it may have just started, or an order is on its way

DEAF = "its board hears no orders: the board's own safe programme"
SILENT = "its board is silent: the board's own safe programme, as far as known"
HOLDS = "the way to it is lost: it stays as it was, as far as known"


class Failsafe:
    """Follows whether one lamp's board follows; `safe_level` (0..1) is what the board gives in the dark by itself.

    `holds`: no board stands before the lamp; when the way to it is lost, it stays as it was.
    """

    def __init__(self, safe_level: float, *, holds: bool = False) -> None:
        self._safe_level = safe_level
        self._holds = holds
        self._last = safe_level  # where it was going when last heard of
        self._target: float | None = None  # of a board in its safe programme
        self._followed_s = -math.inf
        self._heard_s = -math.inf

    def heard(self, target: float, mono_s: float, *, ordered: bool) -> None:
        """Hear from the board whether it follows an order, and to which level (0..1) its lamp goes."""
        if ordered or self._heard_s == -math.inf:
            self._followed_s = mono_s
        self._heard_s = mono_s
        self._last = target
        self._target = None if ordered else target

    def instead(self, order: Order, mono_s: float, *, night: bool, lost: bool) -> Order:
        """Return the order, or, where the board does not follow any, what it does of itself and why.

        `lost`: its line is down.
        """
        if lost and mono_s - self._heard_s > HELD_S:
            level = self._last if self._holds else self._safe_level if night else 0.0
            why = HOLDS if self._holds else SILENT
            return replace(order, level=level, ramp_s=0.0, cause=Cause.DEFAULT, why=why, fine=Fine.FAILSAFE)
        if self._target is None or self._heard_s - self._followed_s <= DEAF_S:
            return order
        return replace(order, level=self._target, ramp_s=0.0, cause=Cause.DEFAULT, why=DEAF, fine=Fine.FAILSAFE)
