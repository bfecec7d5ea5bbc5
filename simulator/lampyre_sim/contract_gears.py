"""The contract of what holds a lamp at the node (`lamp`), as a test for anybody: `assert_gear_holds(DRIVER, RIG)`.

Nobody sees it come and go; what it is told is what it shows, never below its least; and who pulls it out is told of it.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol

from lampyre.driver import Driver, Gear, Place, Values
from lampyre.errors import LinkDown
from lampyre_sim.clock import ScaledClock
from lampyre_sim.contract import UNPLUGS
from lampyre_sim.contract_devices import InlineLoop

SAME = 0.005  # of the signal: one step of 254, and a little


class LampRig(Protocol):
    """What one lamp's gear is plugged into."""

    url: str
    options: Values
    found: Sequence[float]  # signals that a lamp may be found at

    def make(self, place: Place) -> Gear:
        """Make the driver's gear, with this rig behind it."""

    def light(self, signal: float | None = None) -> float:
        """Return the signal that the lamp shows; set it first, where one is given, as if somebody else had."""

    def unplug(self) -> None:
        """Take it away."""

    def replug(self) -> None:
        """Put it back, as it comes from a boot."""


def assert_gear_holds(driver: Driver, rig: Callable[[], AbstractContextManager[LampRig]]) -> None:
    """Raise AssertionError, with what and where, unless the driver's gear keeps to the contract."""
    assert driver.lamp is not None, f"{driver.kind}: it holds no lamp"
    assert 0.0 < driver.lamp.least <= 1.0, f"{driver.kind}: least is a signal above 0"
    for trial in (_left_as_found, _every_signal, _pulled_out):

        async def once(trial: Callable[[Driver, LampRig, Gear], Any] = trial) -> None:
            with rig() as there:
                clock = ScaledClock(datetime(2026, 12, 1, tzinfo=UTC), asyncio.get_running_loop().time)
                place = Place("held", there.url, driver.settle(there.options), clock, lambda _: None)
                await trial(driver, there, there.make(place))

        with asyncio.Runner(loop_factory=InlineLoop) as runner:
            runner.run(once())


async def _left_as_found(driver: Driver, rig: LampRig, gear: Gear) -> None:
    """Nobody sees our coming and going."""
    for found in rig.found:
        rig.light(found)
        async with gear.open():
            for _ in range(2):
                said = await gear.now()
                assert said is None or abs(said - found) < SAME, f"{driver.kind}: says {said} of a lamp at {found}"
                assert rig.light() == found, f"{driver.kind}: moves a lamp that it finds at {found}"
        assert rig.light() == found, f"{driver.kind}: moves a lamp at {found} when it leaves"


async def _every_signal(driver: Driver, rig: LampRig, gear: Gear) -> None:
    """What is put is shown, as `shown` says, and nothing that is lit is below the least."""
    assert driver.lamp is not None
    least = driver.lamp.least
    async with gear.open():
        for number in (*range(101), *range(100, -1, -7)):
            signal = number / 100
            await gear.put(signal, 0.0)
            shown = gear.shown(signal)
            assert shown == gear.shown(shown), f"{driver.kind}: of {shown}, which it shows, it makes something else"
            assert (shown == 0.0) == (signal == 0.0), f"{driver.kind}: makes {shown} of {signal}"
            assert shown == 0.0 or shown >= least - 1e-6, f"{driver.kind}: {shown} is below its least {least}"
            assert abs(rig.light() - shown) < SAME, f"{driver.kind}: {rig.light()} at {signal}, not {shown}"
            said = await gear.now()
            assert said is None or abs(said - shown) < SAME, f"{driver.kind}: says {said}, not {shown}"


async def _pulled_out(driver: Driver, rig: LampRig, gear: Gear) -> None:
    """Five hundred times: told as LinkDown, and nothing left open."""
    open_before = 0
    for number in range(UNPLUGS):
        async with gear.open():
            await gear.put(1.0, 0.0)
            rig.unplug()
            for call in (gear.put(0.5, 0.0), gear.now()):
                try:
                    await call
                except LinkDown:
                    continue
                raise AssertionError(f"{driver.kind}: pulled out, and nobody is told")
        rig.replug()
        if number == 0:
            open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
    left = len(os.listdir("/proc/self/fd")) - open_before  # noqa: PTH208 - names alone
    assert left <= 0, f"{driver.kind}: {left} descriptors left open by {UNPLUGS} unplugs"
