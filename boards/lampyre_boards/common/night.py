"""The safe programme's night: by the board's own light sensor as far as the sun allows, else by the sun, else lit."""

import pins
from lamp import since

DARK_HOLD_MS = 5_000  # longer than a bird before the sensor
LIGHT_HOLD_MS = 60_000  # longer than any headlight stands before the sensor
LIGHT_HOLD_MOST_MS = 3_600_000
RELAPSE_MS = 600_000  # dark again so soon after switching off: the sensor saw our own lamp
DAYLIGHT_LUX = 1000.0  # no street lamp and no headlight makes that much at a mast
DAY_MS = 86_400_000
BRIGHT_LIMIT_MS = 72_000_000  # 20 h: past the longest day up to 60 degrees of latitude; then the sensor is in doubt
STILL_SHARE = 0.005  # daylight does not stay that still for an hour: 33 min at most in 42 days (docs/night.md)
STILL_MS = 3_600_000
STILL_AT_START_MS = 600_000  # a sensor that nobody has seen move yet is given less
CONTRARY_MS = 1_800_000  # light for so long where the sun is far down: the sensor is in doubt until it sees the dark
TOLD_MS = 30 * DAY_MS  # then the host's night counts no more
DRIFT = 360  # the night's ends move by up to 3.3 min a day at 60 degrees, and a crystal by 5 s: 4 min a day


class Night:
    """`dark` is the answer; lit when in doubt, and never flickering."""

    def __init__(self, lux: float, now: int) -> None:
        """Believe a first reading only if it is broad daylight."""
        self.dark = not lux >= DAYLIGHT_LUX  # NaN is dark
        self._last = now
        self._dark_ms = self._light_ms = self._bright_ms = 0  # how long it has been so without a break
        self._off_ms = RELAPSE_MS
        self._hold_ms = LIGHT_HOLD_MS
        self._still = lux  # the light from which it has not moved ...
        self._still_ms = 0  # ... for so long
        self._moved = False  # it has, ever
        self._contrary_ms = 0
        self._night_ms = self._sure_ms = (0, 0)  # how long ago it began, modulo a day, and how long it lasts
        self._told_ms = TOLD_MS

    def tell(self, night: "tuple[int, int, int, int]", now: int) -> None:
        """Take from the host when the night and its sure part begin and how long they last, in s from now on."""
        self._pass(now)
        self._night_ms = (-night[0] * 1000 % DAY_MS, night[1] * 1000)
        self._sure_ms = (-night[2] * 1000 % DAY_MS, night[3] * 1000)
        self._told_ms = 0

    def see(self, lux: float, now: int) -> None:
        """Take one reading of the light sensor (lx; NaN: it does not answer)."""
        passed = self._pass(now)
        self._dark_ms = min(DAY_MS, self._dark_ms + passed) if lux < pins.DARK_LUX else 0
        self._light_ms = min(DAY_MS, self._light_ms + passed) if lux > pins.LIGHT_LUX else 0
        self._bright_ms = 0 if lux < pins.DARK_LUX else min(DAY_MS, self._bright_ms + passed)
        sure = self._within(self._sure_ms, -1)
        self._doubt(lux, sure, passed)
        if sure:
            self.dark = True
            self._light_ms = 0
        elif lux != lux or self._doubted():  # noqa: PLR0124 - only NaN differs from itself
            self.dark = self._told_ms >= TOLD_MS or self._within(self._night_ms, 1)
        elif self.dark and self._light_ms >= self._hold_ms:
            self._turn(False)
        elif not self.dark and self._dark_ms >= DARK_HOLD_MS:
            self._turn(True)
        self._off_ms = 0 if self.dark else min(DAY_MS, self._off_ms + passed)

    def _doubt(self, lux: float, sure: bool, passed: int) -> None:
        if lux < pins.DARK_LUX:
            self._contrary_ms = 0
        elif sure and lux > pins.LIGHT_LUX:
            self._contrary_ms = min(DAY_MS, self._contrary_ms + passed)
        moved = abs(lux - self._still)
        if moved <= STILL_SHARE * self._still:
            self._still_ms = min(DAY_MS, self._still_ms + passed)
        else:
            self._moved = self._moved or moved > 0.0  # not to or from NaN
            self._still = lux
            self._still_ms = 0

    def _doubted(self) -> bool:
        """Whether what looks like the day is a sensor that is stuck or sees another lamp."""
        if self._bright_ms == 0:
            return False
        still_ms = STILL_MS if self._moved else STILL_AT_START_MS
        return self._bright_ms >= BRIGHT_LIMIT_MS or self._contrary_ms >= CONTRARY_MS or self._still_ms >= still_ms

    def _turn(self, dark: bool) -> None:
        if dark:
            relapse = self._off_ms < RELAPSE_MS
            self._hold_ms = min(LIGHT_HOLD_MOST_MS, self._hold_ms * 10) if relapse else LIGHT_HOLD_MS
        self.dark = dark

    def _within(self, span: "tuple[int, int]", wider: int) -> bool:
        """Whether it is in a part of the night that the host told of; with age that grows (1) or shrinks (-1)."""
        if self._told_ms >= TOLD_MS or not span[1]:
            return False
        by = wider * (self._told_ms // DRIFT)
        return (span[0] + self._told_ms + by) % DAY_MS < span[1] + 2 * by

    def _pass(self, now: int) -> int:
        passed = since(now, self._last)
        self._last = now
        self._told_ms = min(TOLD_MS, self._told_ms + passed)
        return passed
