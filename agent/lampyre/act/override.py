"""Overrides: somebody wants a lamp at a level until a time. Each expires, and each survives a restart."""

import json
import logging
import math
import threading
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from lampyre.records import Cause, Fine, Intent
from lampyre.statefile import keep, kept

log = logging.getLogger("lampyre.override")

LONGEST_S = 86400.0  # a day; what should last longer belongs into the configuration
WAITING_LIMIT = 256  # one for each of 64 lamps, and room
JUMP = timedelta(seconds=10.0)  # between two looks, which come every second, only a clock that is set goes farther
BEYOND = timedelta(seconds=LONGEST_S + 60.0)  # an end farther off was set by a clock that has been put back since


@dataclass(frozen=True, slots=True)
class Override:
    """A level (0..1) for one lamp until `until` (UTC), and who wants it."""

    lamp: str
    level: float
    until: datetime
    by: str
    technician: bool


class Overrides:
    """The overrides in force, one a lamp; a technician's stands above a remote one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, Override] = {}
        self._waiting: list[Override] = []  # from before a restart: nobody knows yet whether they are over
        self._doubted: datetime | None = None  # what the clock said at the last look, if it was not trusted then
        self._saving = threading.Lock()  # two writers of one file would tear it

    def load(self, now: datetime, *, clock_trusted: bool) -> None:
        """Take up what was in force before a restart: at once, or when `trust` tells that the clock can say so."""
        text = kept(self._path)
        if text is None:
            return
        try:
            held = [_parse(row) for row in json.loads(text)]
        except (ValueError, TypeError, KeyError):
            log.warning("%s: not readable, overrides from before the restart are forgotten", self._path)
            return
        self._waiting = held[:WAITING_LIMIT]
        if clock_trusted:
            self.trust(now)

    def trust(self, now: datetime) -> None:
        """From now on the clock is right: what waited for it stands again, unless it is over."""
        for one in self._waiting:
            newer = self._held.get(one.lamp)
            if now < one.until <= now + BEYOND and (newer is None or (one.technician and not newer.technician)):
                self._held[one.lamp] = one
        self._waiting = []

    def put(self, override: Override, now: datetime) -> bool:
        """Take an override; False where a technician's is in force. `save` makes it outlive a restart."""
        standing = self.standing(override.lamp, now)
        if standing is not None and standing.technician and not override.technician:
            return False
        self._held[override.lamp] = override
        return True

    def drop(self, lamp: str) -> None:
        """End the lamp's override, if it has one."""
        self._held.pop(lamp, None)
        self._waiting = [one for one in self._waiting if one.lamp != lamp]

    def standing(self, lamp: str, now: datetime) -> Override | None:
        """Return the override in force for the lamp."""
        found = self._held.get(lamp)
        if found is None:
            return None
        if not now < found.until <= now + BEYOND:
            del self._held[lamp]
            return None
        return found

    def intent(self, lamp: str, now: datetime, *, clock_trusted: bool = True) -> Intent | None:
        """Return what the override in force wants."""
        self._follow(now, clock_trusted=clock_trusted)
        if clock_trusted and self._waiting:
            self.trust(now)
        found = self.standing(lamp, now)
        if found is None:
            return None
        why = f"override by {found.by} until {found.until:%H:%M:%S} UTC"
        return Intent(found.level, Cause.OVERRIDE, why, Fine.TECHNICIAN if found.technician else Fine.REMOTE)

    def _follow(self, now: datetime, *, clock_trusted: bool) -> None:
        """A clock that was wrong is set: what was taken by it lasts as long as was said."""
        jump = timedelta(0) if self._doubted is None else now - self._doubted
        if abs(jump) > JUMP:
            self._held = {lamp: replace(one, until=one.until + jump) for lamp, one in self._held.items()}
        self._doubted = None if clock_trusted else now

    def save(self) -> None:
        """Write down what is in force; waits for the disk, so call it from a thread."""
        with self._saving:
            rows = [asdict(one) | {"until": one.until.isoformat()} for one in (*self._waiting, *self._held.values())]
            try:
                keep(self._path, json.dumps(rows))
            except OSError as error:
                log.warning("%s: %s; overrides would not survive a restart", self._path, error.strerror)


def _parse(row: dict[str, object]) -> Override:
    until = datetime.fromisoformat(str(row["until"]))
    level = float(str(row["level"]))
    if not math.isfinite(level) or until.tzinfo is None:
        raise ValueError("damaged override")
    return Override(str(row["lamp"]), level, until, str(row["by"]), row["technician"] is True)
