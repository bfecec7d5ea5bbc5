"""The lamp: it follows one order until that expires, then the safe programme. Numbers in, numbers out."""

import pins
import wire

HALF = 1 << 29  # ticks wrap at 2**30 ms; every span here is shorter than half of that
MASK = (1 << 30) - 1
WINDOW_MS = 600_000  # more than six changes of direction in ten minutes are felt as restless
FALLS_UNTIL = 3  # of them: then a fall is the fourth, the rise after it the fifth, and one is left for whoever orders
SAME = 0.001  # levels nearer than this are one to an eye


def since(now: int, then: int) -> int:
    """Return now - then in ms across the wrap of the ticks; below 0 if `then` is still to come."""
    return ((now - then + HALF) & MASK) - HALF


class Lamp:
    """Levels are 0..1 of nominal flux; `level` is now, `target` where it goes."""

    def __init__(self, dark: bool, safe_level: float = pins.SAFE_LEVEL) -> None:
        """Start in the safe programme, at once where it leads: a board that restarts at night is lit."""
        self.safe_level = safe_level
        self.mode = wire.SAFE
        self.order_seq = 0
        self.level = self.target = safe_level if dark else 0.0
        self._from = self.level
        self._start = 0
        self._ramp_ms = 0
        self._even = False
        self._until = 0
        self._rose = None  # whether it last went up
        self._turns = []  # ticks of its last changes of direction

    def order(self, seq: int, level: float, ramp_ms: int, valid_ms: int, now: int, even: bool = False) -> None:
        """Take an order; one that repeats the target may end a running ramp earlier, never later.

        `even`: in equal ratios in equal times, which an eye sees as equal steps, as DALI's fades are.
        """
        self._move(now)
        if 0.0 < level < pins.LEAST:
            level = pins.LEAST
        if level != self.target or ramp_ms < self._left(now):
            self._go(level, ramp_ms, now, even)
        self.mode = wire.ORDERED
        self.order_seq = seq
        self._until = (now + valid_ms) & MASK

    def step(self, now: int, dark: bool) -> None:
        """Move on to `now`; `dark` is what the safe programme goes by."""
        if self.mode == wire.ORDERED and since(now, self._until) >= 0:
            self.mode = wire.SAFE
        while self._turns and since(now, self._turns[0]) >= WINDOW_MS:
            self._turns.pop(0)
        if self.mode == wire.SAFE:
            safe = self.safe_level if dark else 0.0
            if safe != self.target and not (safe < self.level and self._restless()):
                self._go(safe, pins.SAFE_UP_MS if safe > self.level else pins.SAFE_DOWN_MS, now, False)
        self._move(now)

    def left_ms(self, now: int) -> int:
        """Return how long the order still holds."""
        return max(0, since(self._until, now)) if self.mode == wire.ORDERED else 0

    def turns(self, now: int) -> bytes:
        """Return the changes of direction of the last ten minutes, as they go behind a LAMP."""
        if self._rose is None:
            return b""
        return wire.turns_body(self._rose, [since(now, at) // 1000 for at in self._turns])

    def _restless(self) -> bool:
        return self._rose is True and len(self._turns) > FALLS_UNTIL

    def _move(self, now: int) -> None:
        left = self._left(now)
        if left > 0:
            if self._even:  # from and to off by way of the least level
                low, high = max(pins.LEAST, self._from), max(pins.LEAST, self.target)
                level = high * (low / high) ** (left / self._ramp_ms)
            else:
                level = self.target + (self._from - self.target) * left / self._ramp_ms
            self.level = min(1.0, max(0.0, level))  # the RP2040's floats are short: 1.0000001 would be no level
        else:
            self._ramp_ms = 0
            self.level = self.target

    def _go(self, level: float, ramp_ms: int, now: int, even: bool) -> None:
        if abs(level - self.level) >= SAME:
            rises = level > self.level
            if self._rose is not None and rises != self._rose:
                if len(self._turns) == wire.TURNS_LIMIT:
                    self._turns.pop(0)
                self._turns.append(now)
            self._rose = rises
        self._from = self.level
        self.target = level
        self._start = now
        self._ramp_ms = ramp_ms if level != self._from else 0
        self._even = even

    def _left(self, now: int) -> int:
        return self._ramp_ms - since(now, self._start) if self._ramp_ms else 0
