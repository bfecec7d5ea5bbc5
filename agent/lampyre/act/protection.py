"""Protection: the highest rung of the ladder. A driver that is too hot gives no more than the safe level."""

import math

from lampyre.records import Cause, Fine, Intent

HOT_S = 30.0  # a driver warms up in minutes; what is shorter is a disturbance of the sensor
COOLER = 10.0  # K below its limit before it may go up again: it does not swing
WHY = "driver too hot: no more than the safe level until it has cooled"


class Protection:
    """One lamp's; `limit` in degC (None: nobody measures), `safe_level` 0..1. Never dark, and never brighter by it."""

    def __init__(self, limit: float | None, safe_level: float) -> None:
        self._limit = limit
        self._safe_level = safe_level
        self._hot = False
        self._above_s: float | None = None  # since when it is above its limit

    def bound(self, wish: Intent, temperature: float | None, mono_s: float) -> Intent:
        """Return the wish, or the safe level where the driver is too hot for it; a dead sensor protects nothing."""
        if self._limit is None or temperature is None or not math.isfinite(temperature):
            self._hot, self._above_s = False, None
            return wish
        if temperature <= self._limit:
            self._above_s = None
        elif self._above_s is None:
            self._above_s = mono_s
        if self._above_s is not None and mono_s - self._above_s >= HOT_S:
            self._hot = True
        elif temperature <= self._limit - COOLER:
            self._hot = False
        if not self._hot or wish.level is None or not wish.level > self._safe_level:
            return wish
        return Intent(self._safe_level, Cause.SENSOR, WHY, Fine.PROTECTION)
