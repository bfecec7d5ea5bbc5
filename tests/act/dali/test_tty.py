"""A DALI line on a real tty, from the link's own opening to the gear's level."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.clocks import LoopClock
from tests.leaps import at_speed

from lampyre.act.dali.gear import DRIVER
from lampyre.board import Definition
from lampyre.direct import DirectLine
from lampyre.driver import Place
from lampyre_sim.devices.dali import Hat, Twin
from lampyre_sim.plug import Plug

UNPLUGS = 12
LIMIT_S = 600.0  # of the loop's time, which stands still while the machine does


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not done():
            await asyncio.sleep(0.05)


@at_speed(4.0)
async def test_a_lamp_is_adopted_ordered_and_pulled_out_again_and_again(tmp_path: Path) -> None:
    twin = Twin(3, level=200.0)
    hat = Hat([twin])
    plug = Plug(tmp_path / "dali", hat.hear)
    hat.say = plug.write
    plug.replug()
    place = Place("dali-1", f"device://{plug.path}", DRIVER.settle({"address": 3}), LoopClock(), lambda _: None)
    assert DRIVER.lamp is not None
    lamp = DirectLine(place, DRIVER.lamp, Definition("dali_hat", DRIVER.channels), lambda _: None)
    running = asyncio.ensure_future(lamp.run(lambda: None))
    open_before = 0
    for _ in range(UNPLUGS):
        await until(lambda: lamp.line.down is None)
        assert twin.target in {200, 210, 246}, "adopted, or gone where it was ordered meanwhile"
        open_before = open_before or len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
        lamp.order(0.5, 1.0, 1e6)
        await until(lambda: twin.target == 229)
        lamp.order(0.8, 1.0, 1e6)
        await until(lambda: twin.target == 246)
        plug.unplug()
        lamp.order(0.3, 1.0, 1e6)
        await until(lambda: lamp.line.down is not None)
        plug.replug()
    await until(lambda: lamp.line.down is None)
    assert len(os.listdir("/proc/self/fd")) <= open_before  # noqa: PTH208 - names alone
    running.cancel()
    await asyncio.wait([running])
    plug.unplug()


def test_its_twin_answers_on_a_tty_of_its_own() -> None:
    twin = subprocess.Popen([sys.executable, "-m", "lampyre_sim", "device", "dali_hat"], stdout=subprocess.PIPE)
    assert twin.stdout is not None
    tty = twin.stdout.readline().decode().strip()
    with Path(tty).open("r+b", buffering=0) as line:
        for asked, said in ((b"v\n", b"V0108\n"), (b"h01A0\n", b"JFE\n"), (b"h09A0\n", b"N\n")):
            line.write(asked)
            heard = b""
            while not heard.endswith(b"\n"):
                heard += line.read(64)
            assert heard == said
    twin.send_signal(signal.SIGINT)
    assert twin.wait() == 0
    twin.stdout.close()
