"""The photocell: dark or light without flickering, and whether it can be believed.

Heights of the sun are degrees without refraction, light is in lux, durations follow the monotonic clock.
"""

import math
from bisect import bisect
from collections import deque
from statistics import median

SURE_NIGHT = -6.0  # end of civil twilight: below it a bright photocell sees a lamp or a torch, not the day
SURE_DAY = 5.0  # above it no sky is dark: the photocell is covered, or the clock is wrong
DARK_DWELL_S = 5.0  # longer than a bird or a hand before the cell; at dusk it makes a twentieth of a degree
LIGHT_DWELL_S = 60.0  # daylight must last this long before a lamp goes out; headlights do not
DAYLIGHT_LUX = 1000.0  # no street lamp and no headlight makes that much at a mast
CONTRARY_S = 1800.0  # a torch, a shop window or a storm are over by then
STUCK_DARK_S = 26 * 3600.0  # a day and a bit: whatever the clock says, it was light in between
FROZEN_S = 3600.0  # daylight over Tuebingen never stayed within half a percent for more than 33 min (docs/night.md)
FROZEN_SHARE = 0.005
DRIFT = 4.0  # to a quarter or to four times; a clean cell's week stayed within 0.43 and 1.31 (docs/night.md)
DRIFT_OVER = 2.0  # a complaint that came ends only when the cell is well again
TURNS_KEPT = 14  # a week of dusks and dawns
TURNS_LEAST = 8
TURNS_UP_TO = 15.0  # degrees: turning higher up than this is no dusk

STUCK_AT_LIGHT = "photocell sees light in the night: another lamp, or it is stuck"
STUCK_AT_DARK = "photocell has not seen light for a day: covered or stuck"

# Degrees and lux of an open sky: medians over Tuebingen, 42 days of August to November 2023, every 30 s
# (roof logger of the data set cyepi, Guidolin et al. 2023, github.com/tscnlab)
SKY = (
    (-7.0, 0.17), (-6.0, 1.3), (-5.0, 5.2), (-4.5, 10.0), (-3.4, 35.0), (-2.8, 70.0), (-2.0, 146.0), (-1.0, 295.0),
    (0.0, 516.0), (0.8, 784.0), (2.0, 1405.0), (5.0, 2780.0), (10.0, 6460.0), (15.0, 10800.0),
)  # fmt: skip


def sky_lux(degrees: float) -> float:
    """Return what open ground gets on a usual day while the sun stands between -7 and 15 degrees."""
    place = min(max(bisect(SKY, (degrees, 0.0)), 1), len(SKY) - 1)
    (low, dark), (high, bright) = SKY[place - 1], SKY[place]
    share = min(max((degrees - low) / (high - low), 0.0), 1.0)
    return float(dark * (bright / dark) ** share)


def longest_day_s(latitude: float) -> float:
    """Return how long a photocell there may see light without a break, in seconds; at most STUCK_DARK_S."""
    north, most = math.radians(min(abs(latitude), 89.0)), math.radians(23.44)
    cosine = (math.sin(math.radians(-4.0)) - math.sin(north) * math.sin(most)) / (math.cos(north) * math.cos(most))
    if cosine <= -1.0:
        return STUCK_DARK_S
    return min(STUCK_DARK_S, math.acos(cosine) / math.pi * 86400.0 + 3600.0)  # an hour: a bright dusk and dawn


class Photocell:
    """One cell; remembers what it showed. Unknown counts as dark: lit when in doubt."""

    def __init__(self, on_lux: float, off_lux: float, latitude: float) -> None:
        self._on_lux = on_lux
        self._off_lux = off_lux
        self._longest_s = longest_day_s(latitude)
        self._dark: bool | None = None
        self._other_s: float | None = None  # since when it shows the opposite
        self._heard_s: float | None = None
        self._dark_s: float | None = None  # when it last saw the dark; before it ever did, when it was first heard
        self._light_s: float | None = None  # ... and the light
        self._saw: tuple[bool, bool] = (False, False)  # the dark, the light
        self._broad = False  # ... and broad daylight
        self._still: tuple[float, float] | None = None  # a value, and since when it has not moved from there
        self._moved = False  # it has, since the start
        self._contrary_s: float | None = None
        self._stuck_at: bool | None = None  # at the dark (True), at the light (False)
        self._climbs: bool | None = None
        self._turned: float | None = None  # at what share of the usual sky it last turned in this half day
        self._turns: deque[float] = deque(maxlen=TURNS_KEPT)
        self._drifted = False

    @property
    def dark(self) -> bool:
        """Whether it shows the dark, with hysteresis in lux and in time."""
        return self._dark is not False

    @property
    def stuck(self) -> bool:
        """Whether it contradicted the sun for so long that it must not be asked."""
        return self._stuck_at is not None

    @property
    def complaint(self) -> str | None:
        """What is wrong with it, for the technician; None: nothing known."""
        if self._stuck_at is not None:
            return STUCK_AT_DARK if self._stuck_at else STUCK_AT_LIGHT
        share = self.share
        if share is None or not self._drifted:
            return None
        if share < 1.0:
            return f"photocell sees {share:.0%} of the sky: dirty or shaded"
        return f"photocell sees {share:.1f} times the sky: stray light"

    @property
    def share(self) -> float | None:
        """How much of the usual light of the sky it sees: the median of its last week; None: too few dusks so far."""
        return median(self._turns) if len(self._turns) >= TURNS_LEAST else None

    def adopt(self, *, dark: bool) -> None:
        """Begin from what the lamp does: between two thresholds a restart or a silence must not change the light."""
        if self._dark is None:
            self._dark = dark

    def see(self, lux: float | None, mono_s: float, degrees: float | None = None, *, climbs: bool = False) -> None:
        """Take what it shows now, and where the sun stands if that is known."""
        if lux is None or not math.isfinite(lux):
            self._other_s = self._still = None
            if self._heard_s is None or mono_s - self._heard_s > LIGHT_DWELL_S:
                self._dark = None
            return
        self._remember(lux, mono_s)
        turned = self._turn(lux, mono_s)
        if degrees is None:
            self._contrary_s = None
            return
        self._contradict(lux, degrees, mono_s)
        self._measure(lux if turned else None, degrees, climbs=climbs)

    def alone(self, lux: float, mono_s: float) -> bool:
        """Whether it can be believed without a clock: it tells night from day, and it moves.

        One that has shown light for longer than any day here lasts, or the very same light for an hour, is stuck. One
        that was never seen to tell night from day is believed once it has shown broad daylight. What it did before a
        restart proves nothing, and neither does one that has not moved since then: it may have died meanwhile.
        """
        if lux < self._on_lux:
            return True
        too_long = self._dark_s is not None and mono_s - self._dark_s > self._longest_s
        frozen = self._still is not None and mono_s - self._still[1] > FROZEN_S
        proven = (all(self._saw) or self._broad) and self._moved
        return proven and not self.stuck and not too_long and not frozen

    def learned(self) -> dict[str, object]:
        """Return what should outlive a restart."""
        return {"turns": [round(share, 3) for share in self._turns]}

    def restore(self, learned: dict[str, object]) -> None:
        """Take up what `learned` gave; TypeError or ValueError where it is damaged."""
        turns = learned["turns"]
        if not isinstance(turns, list):
            raise TypeError("photocell: damaged")
        shares = [float(share) for share in turns]
        self._turns.extend(share for share in shares if math.isfinite(share) and share > 0.0)
        self._drifted = self._drifts()

    def _remember(self, lux: float, mono_s: float) -> None:
        self._heard_s = mono_s
        if lux < self._on_lux or self._dark_s is None:
            self._dark_s = mono_s
        if lux > self._off_lux or self._light_s is None:
            self._light_s = mono_s
        self._saw = (self._saw[0] or lux < self._on_lux, self._saw[1] or lux > self._off_lux)
        self._broad = self._broad or lux >= DAYLIGHT_LUX
        if self._still is None or abs(lux - self._still[0]) > FROZEN_SHARE * self._still[0]:
            self._moved = self._moved or self._still is not None
            self._still = (lux, mono_s)

    def _turn(self, lux: float, mono_s: float) -> bool:
        """Follow the light; return whether it turned just now."""
        was_dark = self.dark
        known, self._dark = self._dark is not None, was_dark
        now_dark = lux < (self._off_lux if was_dark else self._on_lux)
        if now_dark == was_dark:
            self._other_s = None
            return False
        if self._other_s is None:
            self._other_s = mono_s
        if mono_s - self._other_s < (LIGHT_DWELL_S if was_dark else DARK_DWELL_S):
            return False
        self._dark, self._other_s = now_dark, None
        return known

    def _contradict(self, lux: float, degrees: float, mono_s: float) -> None:
        if degrees > SURE_NIGHT or self.dark:
            self._contrary_s = None
        elif self._contrary_s is None:
            self._contrary_s = mono_s
        elif mono_s - self._contrary_s >= CONTRARY_S:
            self._stuck_at = False
        blind_s = mono_s - self._light_s if self._light_s is not None else 0.0
        if degrees >= SURE_DAY and lux < self._on_lux and blind_s >= STUCK_DARK_S:
            self._stuck_at = True
        elif self._stuck_at is not None and (lux > self._off_lux if self._stuck_at else lux < self._on_lux):
            self._stuck_at = None

    def _measure(self, turned_lux: float | None, degrees: float, *, climbs: bool) -> None:
        """Keep, once a half day, what it last turned at beside what the sky usually gives there."""
        if climbs != self._climbs:
            if self._turned is not None:
                self._turns.append(self._turned)
                self._drifted = self._drifts()
            self._climbs, self._turned = climbs, None
        if turned_lux is not None and self.dark is not climbs and SURE_NIGHT <= degrees <= TURNS_UP_TO:
            self._turned = turned_lux / sky_lux(degrees)

    def _drifts(self) -> bool:
        share = self.share
        limit = DRIFT_OVER if self._drifted else DRIFT
        return share is not None and not 1.0 / limit < share < limit
