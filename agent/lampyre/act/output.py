"""Outputs: an order becomes bytes for the driver that holds the lamp; refreshed long before it expires."""

from collections.abc import Callable

from lampyre.act.governor import SAME
from lampyre.records import Order

REFRESH_S = 5.0  # twelve refreshes in an order's minute: eleven may get lost


class BoardLamp:
    """The lamp of a board; `send(level, ramp_s, valid_s)` puts the order on its line.

    A repeated order carries the slowest ramp. A board that follows it ignores that, for a repeated order never delays a
    ramp; one that has just restarted, or missed the first, gets there without a jump.
    """

    def __init__(self, send: Callable[[float, float, float], None], slowest_s: float) -> None:
        self._send = send
        self._slowest_s = slowest_s
        self._last: Order | None = None
        self._sent_s = 0.0

    def again(self) -> None:
        """The board does not follow the last order: send the next one whatever it says."""
        self._last = None

    def apply(self, order: Order, mono_s: float) -> bool:
        """Send the order if it is new or due again; return whether it is new."""
        new = self._last is None or abs(order.level - self._last.level) >= SAME
        if new or mono_s - self._sent_s >= REFRESH_S:
            self._send(order.level, order.ramp_s if new else self._slowest_s, order.valid_s)
            self._last = order
            self._sent_s = mono_s
        return new
