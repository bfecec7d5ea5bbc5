"""Runs in the guest: a lamp at a PWM of the kernel's sysfs, as nobody special, by the names and rights of our rules."""

import asyncio
import os
import pwd
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.hardware.inside.sim import comes_to, play, settle, until

from lampyre.board import Definition, LampReport
from lampyre.clock import SystemClock
from lampyre.direct import DirectLine
from lampyre.driver import Place
from lampyre.drivers import driver_of

PWM = driver_of("pwm")
CHANNEL, PERIOD_NS = 1, 1_000_000
SEEN = Path("/sys/module/pwm_stand_in/parameters")


def seen(name: str) -> str:
    """Return what the pin does."""
    return (SEEN / name).read_text().strip().split(",")[CHANNEL]


def duty() -> int:
    return int(seen("duty_ns"))


@asynccontextmanager
async def lamp(told: list[LampReport], **options: float) -> AsyncIterator[DirectLine]:
    """The lamp as the node has it; stopped as the node is."""
    assert PWM.lamp is not None
    wanted = PWM.settle({"channel": CHANNEL, **options})
    place = Place("lamp-1", "device:///sys/class/pwm/pwmchip0", wanted, SystemClock(), lambda _: None)
    line = DirectLine(place, PWM.lamp, Definition("pwm", (), PWM.lamp.least), told.append)
    line.keep = 0.6
    job = asyncio.ensure_future(line.run(lambda: None))
    try:
        await until(lambda: told, lambda: line.line.down)
        yield line
    finally:
        job.cancel()
        await asyncio.wait([job])


async def first() -> str:
    told: list[LampReport] = []
    async with lamp(told) as line:
        line.order(0.4, 0.0, 60.0)
        await comes_to(duty, 4 * PERIOD_NS // 10)
        assert (seen("period_ns"), seen("enabled")) == (str(PERIOD_NS), "Y")
        applied = int((SEEN / "applied").read_text())
        line.order(0.8, 1.0, 60.0)
        took_s = await comes_to(duty, 8 * PERIOD_NS // 10)
        steps = int((SEEN / "applied").read_text()) - applied
    assert steps > 5, steps
    return f"exported, enabled, 40 %, then a ramp of 1 s to 80 % in {steps} steps, {took_s:.1f} s"


async def again() -> str:
    before = duty(), int((SEEN / "applied").read_text())
    told: list[LampReport] = []
    async with lamp(told):
        assert abs(told[0].level - 0.8) < 0.001, told
    assert (duty(), int((SEEN / "applied").read_text())) == before
    return "left at 80 %, found at 80 %, and nothing was written to it in between"


async def expired() -> str:
    told: list[LampReport] = []
    async with lamp(told) as line:
        line.order(0.2, 0.0, 1.0)
        await comes_to(duty, 2 * PERIOD_NS // 10)
        took_s = await comes_to(duty, 6 * PERIOD_NS // 10)
    return f"an order of 1 s is over: safe light, 60 %, after {took_s:.1f} s"


async def missing() -> str:
    assert PWM.lamp is not None
    wanted = PWM.settle({"channel": 7})
    place = Place("lamp-1", "device:///sys/class/pwm/pwmchip0", wanted, SystemClock(), lambda _: None)
    line = DirectLine(place, PWM.lamp, Definition("pwm", (), PWM.lamp.least), lambda _: None)
    job = asyncio.ensure_future(line.run(lambda: None))
    await until(lambda: "no such channel" in str(line.line.down), lambda: line.line.down)
    job.cancel()
    await asyncio.wait([job])
    return str(line.line.down).rpartition("; ")[2]


def main() -> None:
    """Make the chip as root, then be the service's user."""
    subprocess.run(["modprobe", "pwm_stand_in"], check=True)
    settle()
    user = pwd.getpwnam("lampyre")
    os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    play(
        ("PWM", first),
        ("PWM at a start", again),
        ("PWM, an order that expires", expired),
        ("PWM, a channel that is not there", missing),
    )


main()
