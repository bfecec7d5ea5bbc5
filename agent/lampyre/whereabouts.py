"""What a GNSS receiver tells its node: the time, where nothing else does, and whether its file names its place."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from lampyre.clock import Clock
from lampyre.decide.health import Alert
from lampyre.driver import Channel, Sample
from lampyre.records import Alarm, Quality, Quantity
from lampyre.settings import NodeSettings

FAR_KM = 1.0  # the sun sets 4 s later there: a wrong digit in the file is farther off, a bad fix among houses nearer
AFTER_S = 600.0  # a receiver that has just begun may be kilometres off for minutes
KM_PER_DEGREE = 111.2  # of a great circle


class Whereabouts:
    """Listens to the samples of all receivers; `news` are alarms."""

    def __init__(self, node: NodeSettings, clock: Clock, hint: Callable[[datetime], None] | None) -> None:
        self._node = node
        self._clock = clock
        self._hint = hint
        self._far = Alert("placeDiffers", AFTER_S)  # no TALQ event says this

    def hear(self, channels: Sequence[Channel], sample: Sample) -> Alarm | None:
        """Take what a receiver says; return the alarm that begins or ends with it."""
        told = {
            channel.quantity: value
            for channel, value in zip(channels, sample.values, strict=True)
            if channel.low <= value <= channel.high  # NaN neither
        }
        if sample.quality is not Quality.GOOD:
            return None
        at_s = told.get(Quantity.TIME)
        if at_s is not None and self._hint is not None:
            self._hint(datetime.fromtimestamp(at_s, UTC))
        latitude, longitude = told.get(Quantity.LATITUDE), told.get(Quantity.LONGITUDE)
        if latitude is None or longitude is None:
            return None
        off_km = self._off_km(latitude, longitude)
        told_now = self._far.told(off_km > FAR_KM, self._clock.monotonic())
        if told_now is None:
            return None
        found = f"{latitude:.4f}, {longitude:.4f}"
        why = f"the receiver stands at {found}, {off_km:.0f} km from node.latitude and node.longitude"
        return Alarm(self._node.id, self._far.event, told_now, why, self._clock.now())

    def _off_km(self, latitude: float, longitude: float) -> float:
        north = latitude - self._node.latitude
        east = (longitude - self._node.longitude + 180.0) % 360.0 - 180.0
        return KM_PER_DEGREE * math.hypot(north, east * math.cos(math.radians(latitude)))
