"""Fire in a bin: too hot, or heating as nothing but fire does. It is looked for at every step and waits for nobody."""

import math
from collections import deque

FAST_K = 10.0  # within a minute: from 10 K/min on a detector with a rate-of-rise part answers (EN 54-5, suffix R)
FAST_S = 60.0
FAST_LEAST = 30.0  # degC; below it a lid in the first sun or warm ashes on ice rise as fast
STEP_S = 4.0  # between two readings kept: fifteen of them make the minute
KEPT = 24
AGREE = 3  # readings that agree: a damaged value alone is no fire
HOT_S = 2.0  # above the threshold: two readings a second apart
COOL_K = 10.0  # below the threshold for COOL_S: it is out
COOL_S = 600.0


class Fire:
    """One bin's heat; `see` says when a fire begins and when it is out."""

    def __init__(self, hot_at: float) -> None:
        """Say from how many degC on it burns, whatever it was before."""
        self._hot_at = hot_at
        self._kept: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._since_s: float | None = None
        self.active = False
        self.why = ""

    def resume(self) -> None:
        """Go on with a fire from before a restart: it is out when it is seen to be."""
        self.active, self._since_s = True, None

    def see(self, cel: float | None, mono_s: float) -> bool | None:
        """Return True when a fire begins, False when it is out, else None; without a reading nothing is concluded."""
        if cel is None or not math.isfinite(cel):
            return None
        if not self._kept or mono_s - self._kept[-1][0] >= STEP_S:
            self._kept.append((mono_s, cel))
        if self.active:
            return self._cools(cel, mono_s)
        if self._hot(cel, mono_s):
            self.why = f"{cel:.0f} degC in the bin"
        elif (risen := self._risen(mono_s)) is not None:
            self.why = f"{cel:.0f} degC in the bin, {risen:.0f} K more within a minute"
        else:
            return None
        self.active, self._since_s = True, None
        return True

    def _hot(self, cel: float, mono_s: float) -> bool:
        if cel < self._hot_at:
            self._since_s = None
            return False
        self._since_s = mono_s if self._since_s is None else self._since_s
        return mono_s - self._since_s >= HOT_S

    def _risen(self, mono_s: float) -> float | None:
        """Return by how much the last readings, all of them, lie above one of the minute before; None: no fire."""
        last = [cel for _, cel in self._kept][-AGREE:]
        low = [cel for at_s, cel in self._kept if mono_s - at_s <= FAST_S + AGREE * STEP_S]
        if len(last) < AGREE or len(low) <= AGREE + 1:
            return None
        # the second lowest: one damaged value does not make a rise either
        risen = min(last) - sorted(low)[1]
        return risen if risen >= FAST_K and min(last) >= FAST_LEAST else None

    def _cools(self, cel: float, mono_s: float) -> bool | None:
        if cel > self._hot_at - COOL_K or self._risen(mono_s) is not None:
            self._since_s = None
            return None
        self._since_s = mono_s if self._since_s is None else self._since_s
        if mono_s - self._since_s < COOL_S:
            return None
        self.active, self._since_s, self.why = False, None, f"{cel:.0f} degC in the bin"
        return False
