"""The time, carried over a restart of the agent: whoever knew the hour before it knows it after it.

Beside the socket, in memory, lies what time it was at which count of the machine's seconds; those go on while no agent
runs. So a clock that somebody set wrong is not believed merely because the agent starts anew beside it.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lampyre.clock import EARLIEST, SteadyClock, boot_id
from lampyre.statefile import keep, kept

log = logging.getLogger("lampyre.carried")

BEAT_S = 60.0
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # nothing of ours runs then; a later time is damage
KEEP_S = 3600.0  # between two writings, in memory: a crystal is 0.2 s off by then


class Carried:
    """What was last known of the time; `restore` once at the start, `run` from then on."""

    def __init__(self, path: Path, clock: SteadyClock) -> None:
        """`path` lies on a file system that a boot empties."""
        self._path = path
        self._clock = clock

    def restore(self) -> bool:
        """Go on with the time that the agent before knew; return whether one of this boot did."""
        text = kept(self._path)
        if text is None:
            return False
        try:
            found = json.loads(text)
            at, mono_s = datetime.fromisoformat(found["at"]), float(found["mono_s"])
            if (
                found["boot"] != boot_id()
                or not EARLIEST <= at < LATEST
                or not 0.0 <= mono_s <= self._clock.monotonic()
            ):
                return False
        except (ValueError, TypeError, KeyError, OverflowError):  # damaged, or a time without a zone
            return False
        self._clock.carry_on(at, mono_s)
        return True

    async def run(self, beat: Callable[[], None]) -> None:
        """Write the time down from when it is trusted, for ever."""
        kept_s: float | None = None
        while True:
            beat()
            now_s = self._clock.monotonic()
            if self._clock.trusted and (kept_s is None or now_s - kept_s >= KEEP_S):
                kept_s = now_s if self._keep() else None
            await asyncio.sleep(BEAT_S)

    def _keep(self) -> bool:
        said = {"boot": boot_id(), "at": self._clock.now().isoformat(), "mono_s": self._clock.monotonic()}
        try:
            keep(self._path, json.dumps(said))
        except OSError as error:
            log.debug("%s: %s", self._path, error.strerror)
            return False
        return True
