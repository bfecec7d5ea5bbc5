"""Outputs: an order becomes a signal for the driver that holds the lamp; refreshed long before it expires."""

from collections.abc import Callable
from datetime import datetime

from lampyre.act.governor import SAME
from lampyre.act.pipeline import Luminaire
from lampyre.act.ramp import Shape, linear
from lampyre.records import Order

REFRESH_S = 5.0  # twelve refreshes in an order's minute: eleven may get lost


class BoardLamp:
    """The lamp of a board; `send(signal, ramp_s, valid_s)` puts the order on its line.

    A repeated order carries the slowest ramp. A board that follows it ignores that, for a repeated order never delays a
    ramp; one that has just restarted, or missed the first, gets there without a jump. What age and dirt ask for is
    taken up with an order that moves the lamp anyway, so that it never moves one that stands.
    """

    def __init__(
        self, send: Callable[[float, float, float], None], slowest_s: float, luminaire: Luminaire | None = None
    ) -> None:
        self._send = send
        self._slowest_s = slowest_s
        self._luminaire = luminaire or Luminaire()
        self._last: Order | None = None
        self._sent_s = 0.0
        self.factor = 1.0  # of age and dirt, as in the last new order

    def again(self) -> None:
        """The board does not follow the last order: send the next one whatever it says."""
        self._last = None

    def restore(self, factor: float) -> None:
        """Go on with the factor from before a restart; ValueError where it is none."""
        if not 0.0 < factor <= 1.0:
            raise ValueError(f"no factor above 0 to 1: {factor}")
        self.factor = factor if self._luminaire.ages else 1.0

    def signal(self, level: float) -> float:
        """Return the driver's signal 0..1 for a level 0..1."""
        return self._luminaire.signal(level, self.factor)

    def level(self, signal: float) -> float:
        """Return the level 0..1 that the board shows with this signal."""
        return self._luminaire.level(signal, self.factor)

    def drive(self, level: float) -> float:
        """Return the share of full drive 0..1 that a level 0..1 takes, age and dirt included: power goes by it."""
        return self._luminaire.drive(level, self.factor)

    def seen(self, shape: Shape) -> Shape:
        """Return how a ramp of this shape in the signal looks in levels."""
        if shape is linear and self._luminaire.straight:
            return linear
        return lambda begin, end, share: self.level(shape(self.signal(begin), self.signal(end), share))

    def apply(self, order: Order, mono_s: float, operating_h: float = 0.0, at: datetime | None = None) -> bool:
        """Send the order if it is new or due again; return whether it is new.

        `at` is in UTC; None: the clock is not trusted, and age and dirt stay as they were.
        """
        new = self._last is None or abs(order.level - self._last.level) >= SAME
        if new or mono_s - self._sent_s >= REFRESH_S:
            if new and order.ramp_s > 0.0 and at is not None and self._luminaire.ages:
                self.factor = self._luminaire.factor(operating_h, at)
            # without a ramp the lamp should be there; if a report crossed our last order, it may not be
            ramp_s = order.ramp_s if new and order.ramp_s > 0.0 else self._slowest_s
            self._send(self.signal(order.level), ramp_s, order.valid_s)
            self._last = order
            self._sent_s = mono_s
        return new
