"""The memory: what lamps and bins have learned outlives a restart, in one small file each; a lamp's days in another."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from lampyre.bin import Bin
from lampyre.clock import Clock
from lampyre.lamp import Lamp
from lampyre.statefile import keep, kept

log = logging.getLogger("lampyre.memory")

EVERY_S = 3600.0  # a learned week and a bin's four weeks change by a point a quarter: an hour of them may be lost


def file_of(state_dir: Path, asset: str) -> Path:
    """Return where an asset's memory lies."""
    return state_dir / f"{asset}.memory.json"


def days_of(state_dir: Path, lamp: str) -> Path:
    """Return where a lamp's days lie, one a line."""
    return state_dir / f"{lamp}.days.jsonl"


class Memory:
    """Learned weeks and bins' last four weeks; nothing of a passer: a week is a mean, a fill is no person."""

    def __init__(self, state_dir: Path, clock: Clock, lamps: Mapping[str, Lamp], bins: Mapping[str, Bin]) -> None:
        self._state_dir = state_dir
        self._clock = clock
        self._lamps = lamps
        self._bins = bins
        self._dated = False  # the bins' pasts were read: without a date they can be neither read nor written

    def restore(self) -> None:
        """Take up what was kept; a damaged file costs what it held and nothing else."""
        for name, lamp in self._lamps.items():
            self._recall(file_of(self._state_dir, name), lamp.restore)
            self._recall(days_of(self._state_dir, name), lamp.upkeep.days.restore)
        self._restore_bins()

    async def keep(self) -> None:
        """Write everything down, a file at a time, in a thread; days only when one is over."""
        texts: list[tuple[Path, Callable[[], str]]] = []
        for name, lamp in self._lamps.items():
            if lamp.upkeep.days.unsaved:
                texts.append((days_of(self._state_dir, name), lamp.upkeep.days.saved))
            texts.append((file_of(self._state_dir, name), lamp.text))
        self._restore_bins()
        if self._dated:
            texts += [(file_of(self._state_dir, name), bin_.text) for name, bin_ in self._bins.items()]
        for path, text in texts:
            try:
                await asyncio.to_thread(keep, path, text())
            except OSError as error:
                log.warning("%s: what was learned is not kept: %s", path.name, error.strerror)
                return

    async def run(self, beat: Callable[[], None]) -> None:
        """Keep once an hour, for ever."""
        while True:
            beat()
            await asyncio.sleep(EVERY_S)
            await self.keep()

    def _restore_bins(self) -> None:
        """Take up the bins' pasts once the clock is right; what was seen before that has wrong dates and goes."""
        if self._dated or not self._clock.trusted:
            return
        self._dated = True
        for name, bin_ in self._bins.items():
            bin_.watch.history.clear()
            self._recall(file_of(self._state_dir, name), partial(bin_.restore, now=self._clock.now()))

    def _recall(self, path: Path, restore: Callable[[str], None]) -> None:
        text = kept(path)
        if text is None:
            return
        try:
            restore(text)
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            log.warning("%s: what it had learned is not readable (%s), learning anew", path.name, error)
