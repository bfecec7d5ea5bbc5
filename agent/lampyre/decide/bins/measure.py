"""Measuring: metres down to the waste become a fill 0..1, in the shape of the container, with its doubt."""

import math
from collections import deque
from dataclasses import dataclass, replace
from statistics import median

from lampyre.decide.bins.shape import Curve, Shape, on_curve, volume
from lampyre.errors import CommandRefused
from lampyre.records import Quality

WINDOW = 5  # readings behind one fill: a bag that swings past the sensor is outvoted
WINDOW_S = 900.0  # ... none older than a quarter of an hour
SCATTER = 0.15  # of the height; whoever empties a bin makes it for a minute, a bad echo for longer
BEYOND = 1.1  # a range up to a tenth longer than the empty bin is a sloping floor; longer is no bin of ours
AIR_CEL = 20.0  # for which ultrasonic sensors without a thermometer of their own reckon (HC-SR04, A02 data sheets)
KELVIN = 273.15
DEPTH_LEAST_M = 0.2  # between empty and full; less is a slip of the hand
HALVINGS = 12  # of a height of 2 m: to half a millimetre
FAR_OFF = 0.35  # of the configured height: a calibration further off is another bin's


@dataclass(frozen=True, slots=True)
class Container:
    """One bin's shape and sensor: metres from the sensor to its floor and to the nearest it can see."""

    distance: str
    temperature: str | None
    height_m: float
    dead_zone_m: float
    shape: Shape = "box"
    curve: Curve = ()
    compensate: bool = False  # the sensor reckons with the sound of 20 degC: the bin's temperature mends it
    lid: str | None = None
    tilt: str | None = None
    fixed: bool = False  # the sensor hangs over the bin and does not go with it


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a technician showed: the distance to the floor of the empty bin and to the top of the full one, in m."""

    empty_m: float | None = None
    full_m: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One fill with its doubt; `fill` None: nothing can be said."""

    fill: float | None
    quality: Quality
    why: str
    discrepancy: str | None = None  # what kind of reading it was that nobody can believe


def by_sound(metres: float, cel: float) -> float:
    """Return the true distance for one reckoned at AIR_CEL: sound in air goes with the root of its absolute heat.

    c = 331.3 m/s * sqrt(1 + T / 273.15), dry air as an ideal gas; at -20 degC a bin of 1.2 m reads 8 cm too deep.
    """
    return metres * math.sqrt((KELVIN + cel) / (KELVIN + AIR_CEL))


class Measure:
    """Distances in, fills out; remembers the last minutes."""

    def __init__(self, container: Container) -> None:
        self._box = container
        self._recent: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self.calibration = Calibration()

    @property
    def empty_m(self) -> float:
        """Metres from the sensor to the floor: as calibrated, else as configured."""
        shown = self.calibration.empty_m
        return self._box.height_m if shown is None else shown

    @property
    def full_m(self) -> float:
        """Metres from the sensor at which the bin is full."""
        shown = self.calibration.full_m
        return self._box.dead_zone_m if shown is None else shown

    def take(self, metres: float, quality: Quality, cel: float | None, mono_s: float) -> Measured:
        """Take one distance (m) at a temperature (degC, None: not known) and return the fill of the last minutes."""
        box, doubt = self._box, ""
        if quality >= Quality.STALE:
            return Measured(None, Quality.STALE, "distance sensor fell silent")
        if not 0.0 <= metres < math.inf:
            return Measured(None, Quality.STALE, "distance sensor says what cannot be")
        if box.compensate and cel is None:
            doubt = "no temperature to reckon the speed of sound with"
        metres = self._true(metres, cel)
        if metres > self.empty_m * BEYOND:
            why = f"{metres:.2f} m is beyond the floor of the bin"
            return Measured(None, Quality.SUSPECT, why, "beyondFloor")
        while self._recent and mono_s - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        self._recent.append((mono_s, metres))
        middle = median(one for _, one in self._recent)
        fill = self.fill_at(middle)
        if metres < box.dead_zone_m or quality is Quality.SUSPECT:
            why = "nearer than the sensor can see: full, or something hangs in front"
            return Measured(fill, Quality.SUSPECT, why, "deadZone")
        spread = median(abs(one - middle) for _, one in self._recent)
        if spread > SCATTER * self.empty_m:
            why = f"the readings scatter by {spread:.2f} m"
            return Measured(fill, Quality.SUSPECT, why, "scatter")
        if doubt:
            return Measured(fill, Quality.SUSPECT, doubt, "noTemperature")
        return Measured(fill, Quality.GOOD, f"{metres:.2f} m below the sensor")

    def beyond(self, metres: float, cel: float | None) -> bool:
        """Return whether a distance (m) at a temperature (degC) lies beyond the floor, wherever that was shown."""
        return self._true(metres, cel) > self.empty_m * BEYOND

    def _true(self, metres: float, cel: float | None) -> float:
        return by_sound(metres, cel) if self._box.compensate and cel is not None else metres

    def fill_at(self, metres: float) -> float:
        """Return the fill 0..1 by volume at a distance in m."""
        height = (self.empty_m - metres) / (self.empty_m - self.full_m)
        return on_curve(self._box.curve, height) if self._box.curve else volume(self._box.shape, height)

    def metres_at(self, fill: float) -> float:
        """Return the distance in m at which the waste stands for a fill 0..1 by volume."""
        return self.empty_m - self.height_at(fill) * (self.empty_m - self.full_m)

    def height_at(self, fill: float) -> float:
        """Return the share of the height, 0..1, at which the waste stands for a fill 0..1 by volume."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            at = on_curve(self._box.curve, middle) if self._box.curve else volume(self._box.shape, middle)
            low, high = (middle, high) if at < fill else (low, middle)
        return (low + high) / 2

    def calibrate(self, *, empty_m: float | None = None, full_m: float | None = None) -> Calibration:
        """Take what was shown, in m, and return what counts now; raises CommandRefused where it cannot be."""
        wanted = replace(
            self.calibration,
            empty_m=self.calibration.empty_m if empty_m is None else empty_m,
            full_m=self.calibration.full_m if full_m is None else full_m,
        )
        empty = self._box.height_m if wanted.empty_m is None else wanted.empty_m
        full = self._box.dead_zone_m if wanted.full_m is None else wanted.full_m
        if not (math.isfinite(empty) and math.isfinite(full)) or full < 0 or empty - full < DEPTH_LEAST_M:
            raise CommandRefused(
                f"empty at {empty:.2f} m and full at {full:.2f} m leave no bin between them; "
                f"measure again: at least {DEPTH_LEAST_M} m"
            )
        if abs(empty - self._box.height_m) > FAR_OFF * self._box.height_m:
            raise CommandRefused(
                f"{empty:.2f} m to the floor is far from height_m {self._box.height_m:.2f}; "
                "empty the bin, or correct height_m in the configuration"
            )
        self.calibration = wanted
        self._recent.clear()
        return wanted

    def restore(self, empty_m: float | None, full_m: float | None) -> None:
        """Take up a calibration from before a restart; one that the bin of today refuses is left out."""
        try:
            self.calibrate(empty_m=empty_m, full_m=full_m)
        except CommandRefused:
            self.calibration = Calibration()

    @property
    def now_m(self) -> float | None:
        """The distance of the last minutes in m, to calibrate by; None with fewer than a whole window."""
        return median(one for _, one in self._recent) if len(self._recent) == WINDOW else None
