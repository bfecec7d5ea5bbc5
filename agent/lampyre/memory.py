"""The memory: what lamps and bins have learned outlives a restart, in one small file each; a lamp's days in another.

A power cut costs at most an hour of what is counted (hours lit, energy, the day so far) and of what happened to a bin,
and three of what is learned: 12 points of a week or 3 of four weeks. An orderly stop costs nothing.
"""

import asyncio
import itertools
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from lampyre.bin import Bin
from lampyre.clock import Clock
from lampyre.lamp import Lamp
from lampyre.statefile import keep, kept

log = logging.getLogger("lampyre.memory")

EVERY_S = 3600.0  # counters: 0.4 kB a lamp, all in one file
WHOLE_EVERY = 3  # ... of these: 13 kB of each lamp and bin, of which an hour changes some points
COUNTERS = "counters.lamps.json"  # no asset's file is called so: their names have no dot


def file_of(state_dir: Path, asset: str) -> Path:
    """Return where an asset's memory lies."""
    return state_dir / f"{asset}.memory.json"


def counters_of(state_dir: Path) -> Path:
    """Return where all lamps' counters lie."""
    return state_dir / COUNTERS


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
        self._told: dict[str, object] = {}  # bin → what had happened to it when it was last written down
        self._dated = False  # the bins' pasts were read: without a date they can be neither read nor written

    def restore(self) -> None:
        """Take up what was kept; a damaged file costs what it held and nothing else."""
        for name in self._lamps:
            self._restore_lamp(name)
        self._recall(counters_of(self._state_dir), self._restore_counters)  # never older than the lamps' own files
        self._restore_bins()

    def restore_new(self, names: Iterable[str]) -> None:
        """Take up what was kept of lamps and bins that stand here again."""
        for name in names:
            if name in self._lamps:
                self._restore_lamp(name)
            elif name in self._bins and self._dated:
                self._restore_bin(name)

    def _restore_lamp(self, name: str) -> None:
        lamp = self._lamps[name]
        self._recall(file_of(self._state_dir, name), lamp.restore)
        self._recall(days_of(self._state_dir, name), lamp.upkeep.days.restore)

    async def keep(self, *, whole: bool = True) -> None:
        """Write down, a file at a time, in a thread; days only when one is over.

        Not `whole`: the counters, and those bins to which something has happened.
        """
        texts: list[tuple[Path, Callable[[], str]]] = []
        for name, lamp in self._lamps.items():
            if lamp.upkeep.days.unsaved:
                texts.append((days_of(self._state_dir, name), lamp.upkeep.days.saved))
            if whole:
                texts.append((file_of(self._state_dir, name), lamp.text))
        if self._lamps:
            texts.append((counters_of(self._state_dir), self._counters))
        self._restore_bins()
        for name, bin_ in self._bins.items() if self._dated else ():
            if whole or self._told.get(name) != _happened(bin_):
                texts.append((file_of(self._state_dir, name), bin_.text))
                self._told[name] = _happened(bin_)
        for path, text in texts:
            try:
                await asyncio.to_thread(keep, path, text())
            except OSError as error:
                log.warning("%s: what was learned is not kept: %s", path.name, error.strerror)
                return

    async def run(self, beat: Callable[[], None]) -> None:
        """Keep once an hour, and everything every third, for ever."""
        for turn in itertools.count(1):
            beat()
            await asyncio.sleep(EVERY_S)
            await self.keep(whole=turn % WHOLE_EVERY == 0)

    def _counters(self) -> str:
        return json.dumps({name: lamp.counters() for name, lamp in self._lamps.items()}, separators=(",", ":"))

    def _restore_counters(self, text: str) -> None:
        """Take up each lamp's counters; one that is damaged costs only itself its last hours."""
        counted = json.loads(text)
        for name in counted.keys() & self._lamps.keys():
            take_up(f"{name} in {COUNTERS}", partial(self._lamps[name].restore_counters, counted[name]))

    def _restore_bins(self) -> None:
        """Take up the bins' pasts once the clock is right; what was seen before that has wrong dates and goes."""
        if self._dated or not self._clock.trusted:
            return
        self._dated = True
        for name in self._bins:
            self._restore_bin(name)

    def _restore_bin(self, name: str) -> None:
        bin_ = self._bins[name]
        bin_.watch.history.clear()
        self._recall(file_of(self._state_dir, name), partial(bin_.restore, now=self._clock.now()))
        self._told[name] = _happened(bin_)

    def _recall(self, path: Path, restore: Callable[[str], None]) -> None:
        text = kept(path)
        if text is not None:
            take_up(path.name, partial(restore, text))


def take_up(name: str, restore: Callable[[], object]) -> None:
    """Let it restore; what is not readable costs what it held and nothing else."""
    try:
        restore()
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, AttributeError) as error:
        log.warning("%s: what it had learned is not readable (%s), learning anew", name, error)


def _happened(bin_: Bin) -> object:
    """What of a bin nobody measures again an hour later."""
    return bin_.events.saved(), bin_.watch.emptying, bin_.watch.measure.calibration, bin_.observed.last
