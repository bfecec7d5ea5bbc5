r"""A simulated MaxBotix ranger: `R1234\r` on a tty of its own, about seven times a second."""

import asyncio
from typing import Self

from lampyre_sim.plug import Plug

EVERY_S = 1 / 7  # HRXL-MaxSonar-WR: 6.6 to 7.5 ranges a second
WRITES_A_SECOND = 50.0  # real: a street at 60 times the speed would otherwise write 420 times ...
LONGEST_S = 1.0  # ... but no longer apart than this, in the street's time: a driver gives a ranger up after 5 s
LINES_LIMIT = 100  # at once, after a stall: what a tty keeps is ten times that
BANNER = b"HRXL-MaxSonar-WR\rPN:MB7369\r"  # it introduces itself when it gets its supply
NO_ECHO_MM = 5000
NEAREST_MM, FARTHEST_MM = 300, 4999


def line(distance_m: float | None) -> bytes:
    """Return what the ranger says of a distance in metres; None: no echo comes back."""
    if distance_m is None or not distance_m * 1000 <= FARTHEST_MM:
        return b"R%04d\r" % NO_ECHO_MM
    return b"R%04d\r" % max(NEAREST_MM, round(distance_m * 1000))


class RangerPort:
    """`async with RangerPort(speed) as ranger`: set `distance_m`, let `run` speak; `tty` is where to listen."""

    def __init__(self, speed: float) -> None:
        self.distance_m: float | None = None
        self._pause_s = max(EVERY_S, min(LONGEST_S, speed / WRITES_A_SECOND))
        self._plug = Plug(None, lambda _: None)  # it listens to nobody

    async def __aenter__(self) -> Self:
        """Plug it in."""
        self._plug.replug()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Pull it out."""
        self._plug.unplug()

    @property
    def tty(self) -> str:
        """The path for `serial://`."""
        return self._plug.path

    @property
    def lost(self) -> int:
        """How many bytes nobody read."""
        return self._plug.lost

    async def run(self) -> None:
        """Speak for ever, in the loop's time; several lines at once where the loop runs fast."""
        loop = asyncio.get_running_loop()
        self._plug.write(BANNER)
        said_s = loop.time()
        while True:
            await asyncio.sleep(self._pause_s)
            due = int((loop.time() - said_s) / EVERY_S)
            said_s += due * EVERY_S
            self._plug.write(line(self.distance_m) * min(due, LINES_LIMIT))
