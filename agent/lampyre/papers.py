"""Papers: the certificates that this node shows and trusts, told of before they end; and the time it may rely on."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from lampyre.certificate import Validity, validities
from lampyre.clock import Clock, SystemClock
from lampyre.reach import brokers
from lampyre.records import Alarm
from lampyre.settings import Settings
from lampyre.timefloor import TimeFloor

log = logging.getLogger("lampyre.papers")

EVENT = "certificateExpires"  # no TALQ event says this
WARN_DAYS = (30.0, 7.0, 1.0)  # before the end (IEC 62443-4-2 CR 1.9 leaves the days to us): order, visit, hurry
WHOLE_LIFE_DAYS = 90.0  # of shorter-lived certificates the same shares: one for a month warns at 10, 2.3 and 0.3 days
LOOK_S = 3600.0
BEAT_S = 60.0


class Papers:
    """Looks every hour. `tell` gets the alarms; `floor` is what is known of the time without a trusted clock."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._node = settings.node.id
        self._clock = clock
        self._files = files_of(settings)
        self.floor = TimeFloor(settings.node.state_dir, clock, self._files)
        self.tell: Callable[[Sequence[Alarm]], None] = lambda _: None
        self.days_left: int | None = None  # until the first of them ends; below 0: it has
        self._stage = 0
        self._failing = False

    async def run(self, beat: Callable[[], None]) -> None:
        """Look at the certificates and keep the time, for ever."""
        left_s = 0.0
        while True:
            beat()
            if left_s <= 0.0:
                left_s = LOOK_S
                self._told(await asyncio.to_thread(self._look))
            await asyncio.sleep(BEAT_S)
            left_s -= BEAT_S

    def _look(self) -> tuple[Path, Validity] | None:
        """Keep a trusted time and read the files; blocking. Return what ends first."""
        try:
            self.floor.keep()
            self._failing = False
        except OSError as error:
            if not self._failing:
                log.warning("the time is not kept: %s", error)
            self._failing = True
        return first_to_end(self._files)

    def _told(self, first: tuple[Path, Validity] | None) -> None:
        """Raise the alarm at each of WARN_DAYS and at the end, and say when it is over."""
        now = self.floor.at_least
        self.days_left = None if first is None else (first[1].ends - now).days
        before, self._stage = self._stage, 0 if first is None else stage(first[1], now)
        if self._stage > before or (before and not self._stage):
            why = f"{first[0].name}: {in_words(first[1], now)}" if first else "no certificate is shown any more"
            self.tell([Alarm(self._node, EVENT, self._stage > 0, why, self._clock.now())])


def files_of(settings: Settings) -> list[Path]:
    """Return the certificates that a node's file names, its own and its authorities', each once."""
    named = [path for one in brokers(settings) for path in (one.cert_file, one.ca_file) if path is not None]
    return list(dict.fromkeys(named))


def first_to_end(files: Sequence[Path]) -> tuple[Path, Validity] | None:
    """Return the file and the certificate in it that ends first, None where there is none; blocking.

    Of a file of authorities the last to end counts: an old one beside the new is how they are changed.
    """
    found = [(path, held) for path in files if (held := _held(validities(path))) is not None]
    return min(found, key=lambda one: one[1].ends, default=None)


def _held(shown: Sequence[Validity]) -> Validity | None:
    return max(shown, key=lambda one: one.ends, default=None)


def stage(held: Validity, now: datetime) -> int:
    """Return 0 while there is time, then 1, 2, 3 at each of WARN_DAYS, and 4 when it has ended."""
    share = min(1.0, (held.ends - held.begins) / timedelta(days=WHOLE_LIFE_DAYS))
    left_days = (held.ends - now) / timedelta(days=1)
    return sum(left_days <= days * share for days in WARN_DAYS) + (left_days <= 0.0)


def in_words(held: Validity, now: datetime) -> str:
    """Say until when a certificate holds, and what to do if that is soon."""
    days = (held.ends - now).days
    if held.ends <= now:
        return f"ended on {held.ends:%Y-%m-%d}; renew it, the broker lets nobody in with it"
    said = f"ends on {held.ends:%Y-%m-%d}, in {days} days"
    return f"{said}; renew it before" if stage(held, now) else said


def broker_told(settings: Settings) -> Iterator[str]:
    """Yield for `lampyre check` what the file says of the fallback, and a line for each certificate."""
    now, fallback = SystemClock().now(), settings.broker.fallback
    if fallback is not None:
        plain = "" if fallback.tls else " (plain text, not encrypted)"
        yield f"broker {fallback.url}{plain}, while the first one fails"
    for path in files_of(settings):
        held = _held(validities(path))
        if held is None:
            yield f"! {path}: no certificate that can be read there"
        else:
            yield f"{'! ' if stage(held, now) else ''}{path}: {in_words(held, now)}"
