"""A lamp behind a relay at a GPIO line: lit or not, and the relay stays as it is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lampyre.driver import Driver, Gear, Hung, Place
from lampyre.gpio import ACTIVE_LOW, LINE, Output, driving, pin_of

STEP_S = 1.0  # of a ramp, of which only the first or the last counts here


class Relay:
    """The line is on while the lamp is lit, whatever the relay's coil does then (`active_low`, docs/drivers.md)."""

    def __init__(self, place: Place) -> None:
        self._pin = pin_of(place)
        self._who = f"lampyre {place.name}"
        self._line: Output | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Have the line; it carries what it carried."""
        with driving(self._pin, self._who) as line:
            self._line = line
            yield

    async def put(self, signal: float, fade_s: float) -> None:  # noqa: ARG002 - it cannot fade
        """Light the lamp for any signal above 0."""
        assert self._line is not None
        self._line.put(on=signal > 0.0)

    async def now(self) -> float | None:
        """Return 1 where the lamp is lit, else 0, as the line says."""
        assert self._line is not None
        return float(self._line.on())

    def shown(self, signal: float) -> float:
        """Return 1 for any signal above 0."""
        return float(signal > 0.0)


def _make(place: Place) -> Gear:
    return Relay(place)


DRIVER = Driver(
    kind="gpio_relay",
    channels=(),
    stale_s=1.0,
    source="Linux, Documentation/userspace-api/gpio/chardev.rst",
    lamp=Hung(
        make=_make,
        step_s=STEP_S,
        least=1.0,
        alone="it stays as it is only where the kernel keeps a pin that nobody has (Raspberry Pi OS does); "
        "a relay wired so that its rest is light is lit anywhere",
    ),
    options=(LINE, ACTIVE_LOW),
)
