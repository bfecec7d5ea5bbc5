"""Keeping: what must reach the city, on its way through memory into the outbox, and how the outbox itself does."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from zoneinfo import ZoneInfo

from lampyre.clock import Clock
from lampyre.errors import OutboxError
from lampyre.records import Alarm, Priority
from lampyre.settings import Settings
from lampyre.sync.limits import Limits
from lampyre.sync.outbox import Outbox
from lampyre.sync.tray import Tray

log = logging.getLogger("lampyre.keeping")

ALARMS_LIMIT = 1024  # on the way to the outbox: eight for each of 128 assets while its disk fails
SUMMARIES_LIMIT = 2048  # ... twenty periods of 96 assets
LOOK_S = 60.0  # between two looks at the disk; an alarm about it may come so late
PURGE_S = 3600.0  # between two looks at what is too old, and before the first
JUMP_S = 60.0  # between the clock and our own count of seconds; beyond it the clock was set
CALM_S = 86_400.0  # after that nothing is forgotten by age: a clock that is wrong for a while costs nothing that waits
LAMP_BYTES, BIN_BYTES = 1000, 1500  # of a summary in the outbox, rounded up
QUARTERS_A_DAY = 96
FAILING, DAMAGED = "outboxFailing", "outboxDamaged"  # no TALQ event says either


class Keeping:
    """The outbox and the two trays before it; tells `alarm` when the disk fails, is well again, or was damaged."""

    def __init__(self, outbox: Outbox, node: str, clock: Clock, alarm: Callable[[Alarm], None]) -> None:
        self.outbox = outbox
        self.alarms = Tray(outbox, Priority.ALARM, ALARMS_LIMIT)
        self.summaries = Tray(outbox, Priority.SUMMARY, SUMMARIES_LIMIT)
        self._node = node
        self._clock = clock
        self._alarm = alarm
        self._failing = False
        self._set_aside = 0
        self._purge_s = clock.monotonic() + PURGE_S  # when next
        self._ahead_s = self._ahead()

    @classmethod
    async def open(cls, settings: Settings, clock: Clock, alarm: Callable[[Alarm], None]) -> "Keeping":
        """Open the outbox, or begin without one where the disk fails; raises OutboxHeld if another agent has it."""
        path, limits = settings.node.state_dir / "outbox.db", limits_of(settings)
        outbox = await Outbox.open(path, limits=limits, clock=clock, patient=True)
        return cls(outbox, settings.node.id, clock, alarm)

    async def close(self) -> None:
        """Write what waits, alarms first, then leave the outbox whole."""
        for last_work in (self.alarms.empty, self.summaries.empty, self.outbox.close):
            try:
                await last_work()
            except OutboxError as error:
                log.warning("outbox not closed cleanly: %s", error)

    async def run(self) -> None:
        """Carry messages into the outbox and look after it, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.alarms.carry(), name="alarms")  # they wait for no summary's commit
            group.create_task(self.summaries.carry(), name="summaries")
            while True:
                await self._look()
                await asyncio.sleep(LOOK_S)

    @property
    def dropped(self) -> int:
        """Messages that found no place on the way to the outbox."""
        return self.alarms.dropped + self.summaries.dropped

    async def _look(self) -> None:
        """See how the disk does, purge what is too old, and tell of what has changed."""
        self._tell_of_disk()
        try:
            await self.outbox.mend()
            await self._purge()
        except OutboxError as error:
            log.debug("%s", error)
        self._tell_of_disk()

    async def _purge(self) -> None:
        """Forget what is too old, while the clock goes along with our own count of seconds."""
        now_s, ahead_s = self._clock.monotonic(), self._ahead()
        if abs(ahead_s - self._ahead_s) > JUMP_S:
            log.info("the clock was set by %+.0f s: for a day nothing is forgotten by age", ahead_s - self._ahead_s)
            self._purge_s = now_s + CALM_S
        self._ahead_s = ahead_s
        if now_s >= self._purge_s:
            self._purge_s = now_s + PURGE_S
            expired = await self.outbox.purge()
            if expired:
                log.info("%d parcels were too old and are forgotten", expired)

    def _ahead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _tell_of_disk(self) -> None:
        stats = self.outbox.stats()
        if (stats.failing is not None) is not self._failing:
            self._failing = stats.failing is not None
            self._tell(FAILING, active=self._failing, why=stats.failing or "written again")
        if stats.set_aside > self._set_aside:
            self._set_aside = stats.set_aside
            saved = f"{stats.salvaged} parcels could be read from it"
            self._tell(DAMAGED, active=True, why=f"damaged, set aside and begun anew; {saved}")

    def _tell(self, event: str, *, active: bool, why: str) -> None:
        self._alarm(Alarm(self._node, event, active, f"outbox: {why}", self._clock.now()))

    def report(self) -> dict[str, object]:
        """Return how the outbox stands, for the console."""
        told = asdict(self.outbox.stats())
        waiting = {"alarm": told.pop("alarms"), "reply": told.pop("replies"), "summary": told.pop("summaries")}
        return {
            "waiting": waiting,
            **told,
            "in_memory": {"alarm": len(self.alarms), "summary": len(self.summaries)},
            "dropped": self.dropped,
            "limit_bytes": self.outbox.limits.bytes,
            "boot": self.outbox.boot,
        }


def limits_of(settings: Settings) -> Limits:
    """Return the file's limits as the outbox takes them."""
    said = settings.outbox
    days = {Priority.ALARM: said.alarm_days, Priority.REPLY: said.reply_days, Priority.SUMMARY: said.summary_days}
    return Limits(said.limit_bytes, days, said.parked_days, ZoneInfo(settings.node.time_zone))


def outbox_lines(settings: Settings) -> Iterator[str]:
    """Yield what the file says of the outbox, for `lampyre check`."""
    said, limits = settings.outbox, limits_of(settings)
    each = len(settings.lamp) * LAMP_BYTES + len(settings.bin) * BIN_BYTES
    fine = limits.summaries / (each * QUARTERS_A_DAY) if each else 0.0
    fine_days, coarse_days = (min(days, said.summary_days) for days in (fine, 4 * fine))
    last = f"without the city {fine_days:.0f} days in quarters of an hour, {coarse_days:.0f} in hours"
    last = last if each else "no summaries"
    kept = f"kept {said.alarm_days:g} days, answers {said.reply_days:g}, summaries {said.summary_days:g}"
    yield f"outbox: {said.limit_bytes / 1e6:g} MB: {last}; alarms have {limits.alarms / 1e6:.1f} MB, {kept}"
    import shutil  # noqa: PLC0415 - `lampyre check` alone asks

    folder = settings.node.state_dir
    if folder.is_dir() and shutil.disk_usage(folder).free < said.limit_bytes:
        free = shutil.disk_usage(folder).free / 1e6
        yield f"! outbox: {folder} has {free:.0f} MB free and may need {said.limit_bytes / 1e6:.0f}; free some"
