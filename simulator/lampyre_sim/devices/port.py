"""A sensor from a shop on a tty of its own."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Self

from lampyre_sim.plug import Plug


class DevicePort:
    """`async with DevicePort(say, every_s) as device`: let `run` speak; `tty` is where to listen."""

    def __init__(self, say: Callable[[], bytes], every_s: float, link: Path | None = None) -> None:
        self._say = say
        self._every_s = every_s
        self._plug = Plug(link, lambda _: None)  # it listens to nobody

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

    async def run(self) -> None:
        """Speak for ever, in the loop's time."""
        while True:
            self._plug.write(self._say())
            await asyncio.sleep(self._every_s)
