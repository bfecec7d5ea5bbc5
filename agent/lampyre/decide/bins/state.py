"""The state of a container: one machine for its FIWARE status and its TALQ events, from the same evidence.

It sees every step as it is now, past every queue. Where a sensor is not heard, nothing begins and nothing is over.
"""

import math
from dataclasses import dataclass

from lampyre.decide.bins.heat import Fire
from lampyre.decide.bins.measure import Container, Measure
from lampyre.decide.health import Alert
from lampyre.records import Quality, Snapshot

TILT_S = 180.0  # a lorry tips a container for less than a minute, a crew rolls it for two
LID_S = 900.0  # open for longer, it was left open: rain comes in, and nobody knows how full it is
MOVED_S = 900.0  # the ground under a fixed sensor instead of the bin: away for longer than it is being emptied
SILENT_S = 600.0  # a board that restarts or a line that is plugged anew takes a minute
TAMPERED_S = 60.0  # a sensor that falls silent for so long ...
TAMPERED_AFTER_S = 3600.0  # ... so soon after its container burned, fell or went
HANDLED_S = 1800.0  # who tipped it within half an hour may have emptied it
BEYOND_S = 900.0  # farther than the floor for longer than the lid stands open to throw something in


@dataclass(frozen=True, slots=True)
class Change:
    """An event that begins or ends, with its evidence."""

    event: str
    active: bool
    why: str


class State:
    """One container's state; `step` sees a snapshot of its channels."""

    def __init__(self, box: Container, fire_at: float, measure: Measure) -> None:
        """Say from how many degC on it burns, and by whose measure it has its floor."""
        self._box = box
        self._measure = measure
        self.fire = Fire(fire_at)
        self._lid = Alert("lidOpen", LID_S)
        self._fallen = Alert("notInProperPosition", TILT_S)
        self._gone = Alert("notInProperPosition", MOVED_S)
        self._tampered = Alert("containerTampered", TAMPERED_S)
        self._beyond = Alert("sensorBeyond", BEYOND_S)
        self._silent = Alert("sensorSilent", SILENT_S)
        self._cold = Alert("temperatureSilent", SILENT_S)
        self._open = self._tilted = False
        self._handled_s = self._hurt_s = -math.inf

    def step(self, seen: Snapshot) -> list[Change]:
        """Take what is seen now; return what begins and what is over."""
        box, now = self._box, seen.mono_s
        lid, tilt = _switch(seen, box.lid), _switch(seen, box.tilt)
        self._open = self._open if lid is None else lid
        self._tilted = self._tilted if tilt is None else tilt
        if self._tilted:  # a lid is opened by everybody who throws something in
            self._handled_s = now
        ground = "the ground is seen instead of the container"
        heat, metres = _finite(seen, box.temperature), _finite(seen, box.distance)
        beyond = None if metres is None else self._measure.beyond(metres, heat)
        silent = metres is None
        hurt = now - self._hurt_s <= TAMPERED_AFTER_S
        changes = [
            change
            for change in (
                self._burn(heat, now),
                _said(self._fallen, tilt, now, "tipped over", "upright again"),
                _said(self._gone, beyond if box.fixed else None, now, ground, "back in its place"),
                _said(self._beyond, self._astray(beyond), now,
                      "farther than the floor: lid open, container gone, or height_m wrong", "within the container"),
                _said(self._lid, lid, now, "lid open for a quarter of an hour", "lid shut"),
                _said(self._silent, silent, now, "distance sensor not heard", "distance sensor heard again"),
                _said(self._cold, None if box.temperature is None else heat is None, now,
                      "temperature sensor not heard: a fire would not be seen", "temperature sensor heard again"),
                _said(self._tampered, silent and (hurt or self._tampered.active), now,
                      "sensor silent soon after the container burned, fell or went", "sensor heard again"),
            )
            if change is not None
        ]  # fmt: skip
        if not silent and (self.fire.active or self._fallen.active or self._gone.active):
            self._hurt_s = now
        return changes

    @property
    def status(self) -> str | None:
        """FIWARE's word for what is wrong with the container; None: nothing is."""
        if self.fire.active:
            return "burning"
        if self._tampered.active:
            return "vandalized"
        if self._fallen.active:
            return "dropped"
        if self._gone.active:
            return "moved"
        return "lidOpen" if self._open else None

    @property
    def blind(self) -> str | None:
        """Why the sensor does not see the waste now, in words; None: it does."""
        if self._fallen.active:
            return "the container lies on its side"
        if self._tilted:
            return "the container is being tipped"
        if self._gone.active:
            return "the container is not in its place"
        return "the lid is open" if self._open else None

    def handled(self, mono_s: float) -> bool:
        """Whether it was tipped within the last half hour."""
        return mono_s - self._handled_s <= HANDLED_S

    def _astray(self, beyond: bool | None) -> bool | None:
        """Whether a sensor in the container sees out of it, for no reason that has a name already."""
        if self._box.fixed or (beyond and (self._open or self._tilted)):
            return None
        return beyond

    def _burn(self, heat: float | None, now: float) -> Change | None:
        told = self.fire.see(heat, now)
        return None if told is None else Change("fireDetected", told, self.fire.why)


def _finite(seen: Snapshot, channel: str | None) -> float | None:
    value = seen.value(channel, worst=Quality.SUSPECT)
    return value if value is not None and math.isfinite(value) else None


def _switch(seen: Snapshot, channel: str | None) -> bool | None:
    value = seen.value(channel)
    return None if value is None or not math.isfinite(value) else value >= 0.5


def _said(alert: Alert, holds: bool | None, now: float, begins: str, ends: str) -> Change | None:
    told = alert.told(holds, now)
    return None if told is None else Change(alert.event, told, begins if told else ends)
