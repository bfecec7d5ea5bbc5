"""An allowance: so many at once, so many in the long run; who spends more gets nothing until it has grown again."""

from lampyre.clock import Clock


class Allowance:
    """Up to `most` at once; one more grows every `each_s` seconds."""

    def __init__(self, clock: Clock, most: int, each_s: float) -> None:
        self._clock = clock
        self._most = float(most)
        self._each_s = each_s
        self._left = float(most)
        self._at_s = clock.monotonic()

    def spend(self) -> bool:
        """Take one and return True, or return False when there is none."""
        now_s = self._clock.monotonic()
        self._left = min(self._most, self._left + (now_s - self._at_s) / self._each_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
