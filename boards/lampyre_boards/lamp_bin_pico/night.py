"""The safe programme's night: by the board's own light sensor, else by the hours it learned, else lit."""

import pins
from lamp import since

DARK_HOLD_MS = 5_000  # longer than a bird before the sensor
LIGHT_HOLD_MS = 60_000  # longer than any headlight stands before the sensor
LIGHT_HOLD_MOST_MS = 3_600_000
RELAPSE_MS = 600_000  # dark again so soon after switching off: the sensor saw our own lamp
DAYLIGHT_LUX = 1000.0  # no street lamp and no headlight makes that much at a mast
DAY_MS = 86_400_000
BRIGHT_LIMIT_MS = 72_000_000  # 20 h: past the longest day up to 60 degrees of latitude; then the sensor is in doubt
TRUST_MS = 259_200_000  # 3 days: a crystal of 50 ppm is then 13 s off, and dusk has moved by 20 min at 65 degrees
MARGIN_MS = 1_800_000  # lit half an hour before the learned dusk and after the learned dawn


class Night:
    """`dark` is the answer; lit when in doubt, and never flickering."""

    def __init__(self, lux: float, now: int) -> None:
        """Believe a first reading only if it is broad daylight."""
        self.dark = not lux >= DAYLIGHT_LUX  # NaN is dark
        self._last = now
        self._dark_ms = self._light_ms = self._bright_ms = 0  # how long it has been so without a break
        self._off_ms = RELAPSE_MS
        self._hold_ms = LIGHT_HOLD_MS
        self._clock_ms = 0  # UTC time of day
        self._clock_left_ms = 0  # how long the clock is still believed
        self._dusk_ms = self._dawn_ms = -1
        self._learned_left_ms = 0

    def tell_time(self, unix_s: int, trusted: bool, now: int) -> None:
        """Take the host's clock if the host trusts it."""
        if trusted:
            self._pass(now)
            self._clock_ms = unix_s % 86400 * 1000
            self._clock_left_ms = TRUST_MS

    def see(self, lux: float, now: int) -> None:
        """Take one reading of the light sensor (lx; NaN: it does not answer)."""
        passed = self._pass(now)
        self._dark_ms = min(DAY_MS, self._dark_ms + passed) if lux < pins.DARK_LUX else 0
        self._light_ms = min(DAY_MS, self._light_ms + passed) if lux > pins.LIGHT_LUX else 0
        self._bright_ms = 0 if lux < pins.DARK_LUX else min(DAY_MS, self._bright_ms + passed)
        if lux != lux or self._bright_ms >= BRIGHT_LIMIT_MS:  # noqa: PLR0124 - only NaN differs from itself
            self.dark = self._dark_by_time()
        elif self.dark and self._light_ms >= self._hold_ms:
            self._turn(False)
        elif not self.dark and self._dark_ms >= DARK_HOLD_MS:
            self._turn(True)
        self._off_ms = 0 if self.dark else min(DAY_MS, self._off_ms + passed)

    def _turn(self, dark: bool) -> None:
        if dark:
            relapse = self._off_ms < RELAPSE_MS
            self._hold_ms = min(LIGHT_HOLD_MOST_MS, self._hold_ms * 10) if relapse else LIGHT_HOLD_MS
        self.dark = dark
        if self._clock_left_ms:
            self._learned_left_ms = TRUST_MS
            if dark:
                self._dusk_ms = self._clock_ms
            else:
                self._dawn_ms = self._clock_ms

    def _dark_by_time(self) -> bool:
        if not self._clock_left_ms or not self._learned_left_ms or self._dusk_ms < 0 or self._dawn_ms < 0:
            return True
        night_ms = (self._dawn_ms - self._dusk_ms) % DAY_MS + 2 * MARGIN_MS
        return (self._clock_ms - self._dusk_ms + MARGIN_MS) % DAY_MS < night_ms

    def _pass(self, now: int) -> int:
        passed = since(now, self._last)
        self._last = now
        self._clock_ms = (self._clock_ms + passed) % DAY_MS
        self._clock_left_ms = max(0, self._clock_left_ms - passed)
        self._learned_left_ms = max(0, self._learned_left_ms - passed)
        return passed
