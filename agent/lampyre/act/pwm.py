"""A lamp's driver at a hardware PWM of the computer, by sysfs; it stays as it is found, and as it is left."""

import asyncio
import errno
import math
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from lampyre.driver import Driver, Gear, Hung, Option, Place
from lampyre.errors import LinkDown
from lampyre.link import parse_address

STEP_S = 0.02  # of a ramp: fifty steps a second are seen as none
LEAST = 0.01  # dimmable drivers end at one to ten in a hundred; output.minimum says where this one does
RIGHTS_EVERY_S = 0.05
RIGHTS_TRIES = 100  # five seconds: udev gives a new channel to the group gpio once it has come round to it


class Pwm:
    """One channel of a chip. Lit for the signal's share of each period; `inverted`: dark for it."""

    def __init__(self, place: Place) -> None:
        self._chip = Path(parse_address(place.url).path)
        self._number = int(place.options["channel"])
        self._channel = self._chip / f"pwm{self._number}"
        self._inverted = place.options["inverted"] > 0.0
        self._period_ns = round(1e9 / place.options["frequency_hz"])

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Have the channel, exported if it is not; nothing of it is changed, neither now nor in the end."""
        with self._told():
            if not self._channel.exists():
                self._export()
            await self._until_ours()
        yield

    async def put(self, signal: float, fade_s: float) -> None:  # noqa: ARG002 - it cannot fade
        """Set the channel; its frequency too, where another was found."""
        with self._told():
            before_ns, enabled = self._read("period"), self._read("enable")
            duty_ns = round(self._share(signal) * self._period_ns)
            if self._period_ns > before_ns:  # a duty longer than its period is refused
                self._write("period", self._period_ns)
            self._write("duty_cycle", duty_ns)
            if self._period_ns < before_ns:
                self._write("period", self._period_ns)
            if not enabled:
                self._write("enable", 1)

    async def now(self) -> float | None:
        """Return the signal that the channel gives; None while it is not enabled: then it gives none."""
        with self._told():
            period_ns = self._read("period")
            if not self._read("enable") or not period_ns:
                return None
            return self._share(self._read("duty_cycle") / period_ns)

    def shown(self, signal: float) -> float:
        """Return the nearest whole nanosecond's share."""
        return round(signal * self._period_ns) / self._period_ns

    def _share(self, signal: float) -> float:
        """Turn a signal into the share that the kernel counts, or back; a polarity that was found is kept."""
        turned = self._inverted != ((self._channel / "polarity").read_text().strip() == "inversed")
        return 1.0 - signal if turned else signal

    def _export(self) -> None:
        try:
            (self._chip / "export").write_text(str(self._number))
        except OSError as error:
            if error.errno != errno.EBUSY or not self._channel.exists():
                raise

    async def _until_ours(self) -> None:
        for _ in range(RIGHTS_TRIES):
            if os.access(self._channel / "duty_cycle", os.W_OK):
                return
            await asyncio.sleep(RIGHTS_EVERY_S)

    def _read(self, name: str) -> int:
        return int((self._channel / name).read_text())

    def _write(self, name: str, value: int) -> None:
        (self._channel / name).write_text(str(value))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LinkDown(f"{self._channel}: {self._why(error)}") from error

    def _why(self, error: OSError) -> str:
        if not self._chip.exists():
            there = ", ".join(str(path) for path in sorted(self._chip.parent.glob("pwmchip*"))) or "none"
            return f"no such chip; there are {there}; dtoverlay=pwm-2chan in config.txt makes one"
        if error.errno == errno.ENODEV:
            return f"no such channel; the chip has {(self._chip / 'npwm').read_text().strip()}, counted from 0"
        if error.errno == errno.EBUSY:
            return "a driver of the kernel has it (a fan, a backlight); free it in config.txt, or give another channel"
        if error.errno == errno.EACCES:
            return "no permission; group gpio may, after deploy/60-lampyre.rules; the service's user must be in it"
        if error.errno == errno.EROFS:
            return "read-only for this service; its ReadWritePaths must name this chip (deploy/README.md)"
        return os.strerror(error.errno) if error.errno else str(error)


def _make(place: Place) -> Gear:
    return Pwm(place)


DRIVER = Driver(
    kind="pwm",
    channels=(),
    stale_s=1.0,
    source="Linux, Documentation/driver-api/pwm.rst and ABI/testing/sysfs-class-pwm",
    lamp=Hung(
        make=_make,
        step_s=STEP_S,
        least=LEAST,
        alone="it stays as it is for as long as the computer runs",
    ),
    options=(
        Option("channel", math.nan, 0.0, 63.0, whole=True),
        Option(
            "frequency_hz", 1000.0, 100.0, 25_000.0
        ),  # drivers that dim by PWM want 0.1 to 3 kHz, 0-10 V filters more
        Option("inverted", 0.0, 0.0, 1.0, whole=True),
    ),
)
