"""Runs in the guest: a chip of gpio-sim, made and wired through configfs, and what the scripts beside it share."""

import asyncio
import subprocess
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lampyre.clock import SystemClock
from lampyre.driver import Device, Place, Sample
from lampyre.drivers import driver_of
from lampyre.sense.sensor import device_of

CONFIG = Path("/sys/kernel/config/gpio-sim")
WAIT_S = 300.0  # only ends a hang: the emulated agent needs half a minute to start on a quiet machine


class Chip:
    """One simulated chip; its lines are pulled from outside, as a sensor would."""

    def __init__(self, name: str, lines: int = 8) -> None:
        self._folder = CONFIG / name
        if not self._folder.exists():
            (self._folder / "bank0").mkdir(parents=True)
            (self._folder / "bank0/num_lines").write_text(str(lines))
            (self._folder / "bank0/label").write_text(name)
        if (self._folder / "live").read_text().strip() == "1":
            self._find()
        else:
            self.live()

    def live(self, *, there: bool = True) -> None:
        """Plug the chip in, or take it away."""
        (self._folder / "live").write_text("1" if there else "0")
        if there:
            settle()
            self._find()

    def _find(self) -> None:
        self.name = (self._folder / "bank0/chip_name").read_text().strip()
        device = (self._folder / "dev_name").read_text().strip()
        self.path = f"/dev/lampyre/gpio-platform-{device.replace('.', '_')}"  # by our udev rule
        self._lines = Path(f"/sys/devices/platform/{device}/{self.name}")

    def pull(self, offset: int, *, up: bool) -> None:
        """Let the world outside pull a line."""
        (self._lines / f"sim_gpio{offset}/pull").write_text("pull-up" if up else "pull-down")

    def pulled_up(self, offset: int) -> bool:
        """Return whether a line is pulled up, from outside or by the chip's own resistor."""
        return (self._lines / f"sim_gpio{offset}/pull").read_text().strip() == "pull-up"

    def value(self, offset: int) -> int:
        """Return what is on a line."""
        return int((self._lines / f"sim_gpio{offset}/value").read_text())


def settle() -> None:
    """Return when udev has come round to all there is."""
    subprocess.run(["udevadm", "settle"], check=True)


def descriptors() -> int:
    """Return how many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(true: Callable[[], object], why: Callable[[], object] = str, within_s: float = WAIT_S) -> float:
    """Return after how many seconds it is true; a failure says `why`."""
    began_s = time.monotonic()
    while not true():
        assert time.monotonic() < began_s + within_s, f"not so after {within_s:.0f} s: {why()}"
        await asyncio.sleep(0.002)
    return time.monotonic() - began_s


async def comes_to(now: Callable[[], object], wanted: object) -> float:
    """Return after how many seconds it is what is wanted."""
    return await until(lambda: now() == wanted, now)


@asynccontextmanager
async def running(
    kind: str, name: str, url: str, heard: Callable[[Sample], None], **options: float
) -> AsyncIterator[Device]:
    """Run one of our drivers as the node does."""
    driver = driver_of(kind)
    device = device_of(driver, Place(name, url, driver.settle(options), SystemClock(), heard))
    job = asyncio.ensure_future(device.run(lambda: None))
    try:
        yield device
    finally:
        job.cancel()
        await asyncio.wait([job])


def play(*tests: tuple[str, Callable[[], Awaitable[str]]]) -> None:
    """Run tests one after the other, and say of each how it went: what the host looks for begins with = or !."""
    for name, test in tests:
        try:
            print(f"= {name}: {asyncio.run(_awaited(test))}", flush=True)
        except (AssertionError, OSError) as error:
            print(f"! {name}: {type(error).__name__}: {error}", flush=True)
            traceback.print_exc()


async def _awaited(test: Callable[[], Awaitable[str]]) -> str:
    return await test()
