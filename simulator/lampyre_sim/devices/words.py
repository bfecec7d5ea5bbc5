"""`lampyre-sim device KIND`: the twin of a sensor from a shop on a tty, to try a node.toml or a driver on."""

import argparse
import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime

from lampyre_sim import ranger
from lampyre_sim.devices import dali, dyp, ld2410, modbus, nmea, tfmini
from lampyre_sim.devices.port import DevicePort
from lampyre_sim.plug import Plug
from lampyre_sim.ranges import Number

EVERY_S = {
    "dyp_a02": dyp.EVERY_S,
    "ld2410": ld2410.EVERY_S,
    "maxbotix": ranger.EVERY_S,
    "nmea": nmea.EVERY_S,
    "tfmini_s": tfmini.EVERY_S,
}
METERS = {"pzem004t": modbus.pzem004t, "sdm120": modbus.sdm120}  # they answer only, at address 1
DALI, GEARS = "dali_hat", 4  # it answers only; gears at addresses 0 to 3, the last two of them in group 1
HERE = (47.322, 5.041)  # degrees north and east: Dijon, as in the example file


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what may be asked."""
    parser.add_argument("kind", choices=sorted([*EVERY_S, *METERS, DALI]))
    parser.add_argument("--distance", type=Number(0.0, 100.0), default=1.2, metavar="M", help="what it sees, in m")


def run(asked: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Speak until Ctrl-C or SIGTERM; `say` is told where."""
    with suppress(asyncio.CancelledError):
        asyncio.run(_until_told(_speak(asked.kind, asked.distance, say)))
    return 0


async def _until_told(speaking: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(speaking)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell lets its background jobs ignore the first
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


async def _speak(kind: str, distance_m: float, say: Callable[[str], None]) -> None:
    if kind == DALI:
        hat = dali.Hat([dali.Twin(number, {1} if number >= GEARS // 2 else set()) for number in range(GEARS)])
        await _answer(hat, say)
    if kind in METERS:
        await _answer(modbus.Slaves({1: lambda: METERS[kind](modbus.Load())}), say)
    async with DevicePort(lambda: said(kind, distance_m), EVERY_S[kind]) as device:
        say(device.tty)
        await device.run()


async def _answer(twin: dali.Hat | modbus.Slaves, say: Callable[[str], None]) -> None:
    plug = Plug(None, twin.hear)
    twin.say = plug.write
    plug.replug()
    say(plug.path)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        plug.unplug()


def said(kind: str, distance_m: float) -> bytes:
    """Return what the sensor says now."""
    frames: dict[str, Callable[[], bytes]] = {
        "dyp_a02": lambda: dyp.frame(distance_m),
        "ld2410": lambda: ld2410.frame(distance_m),
        "maxbotix": lambda: ranger.line(distance_m),
        "nmea": lambda: nmea.sentences(datetime.now(UTC), *HERE),
        "tfmini_s": lambda: tfmini.frame(distance_m),
    }
    return frames[kind]()
