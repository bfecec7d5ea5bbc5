"""Reconfiguration: what the city sends is checked, run on probation, and put back by itself unless it is confirmed.

The old configuration is never touched before the new one is confirmed; see configured for what is written when.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from lampyre.city import City
from lampyre.clock import Clock
from lampyre.configured import Held, Probation, Record, Sent, Told, digest_of, look, text_file, write
from lampyre.errors import CommandRefused, ConfigError
from lampyre.examiner import examined
from lampyre.settings import Settings, read
from lampyre.statefile import keep
from lampyre.supervisor import Beat
from lampyre.sync.orders import Configuration

log = logging.getLogger("lampyre.reconfigure")

CHANGES_A_DAY = 12  # each writes two small files, and most begin the agent anew: a card and a street want quiet
RESTARTS_A_DAY = 6
DAY = timedelta(days=1)
STEADY_S = 60.0  # a session with the broker that stands so long is a good one, as for the uplink's back-off
LOOK_S = 5.0  # while on probation
BEAT_S = 60.0  # one wake-up each; the leash of this job must be longer
LINGER_S = 5.0  # for the answer to leave before the agent does; it is kept anyway, and goes later
LINGER_LOOK_S = 0.1

Way = Literal["live", "whole"]


class Ways:
    """What a reconfiguration may do with the agent: change it as it runs, begin it anew, and talk to the city."""

    def __init__(self, city: City, take: Callable[[Settings], None]) -> None:
        self.city = city
        self.take = take  # goes by this file from now on; who runs the agent then runs its jobs
        self.leave: Callable[[], None] = lambda: None  # ends in good order and begins anew; who runs the agent says how
        self.failures: Callable[[], int] = lambda: 0  # of its jobs since its start


class Reconfigure:
    """The one who changes this node's configuration; without `held` there is no file, and nothing can be changed."""

    def __init__(self, held: Held | None, clock: Clock, ways: Ways) -> None:
        self._held = held
        self._clock = clock
        self.ways = ways
        self._record = held.record if held is not None else Record(base="0" * 64)
        on = self._record.probation
        self._whole = on is not None  # this process runs it from its start, and must end to end it
        self._until_s = None if on is None else clock.monotonic() + on.within_s
        self._old = held  # what holds again when the probation ends in vain
        self._next: Way | None = None
        self._due = asyncio.Event()
        self._one = asyncio.Lock()
        self._steady: tuple[int, float] | None = None  # session, and since when it stands
        self._began = False
        self._failures = 0  # of the agent's jobs before the probation
        self._refused: tuple[int | None, str] | None = None

    async def apply(self, wanted: Configuration) -> str:
        """Check it and let it hold on probation once `settled` is called; raises CommandRefused with the reason."""
        async with self._one:
            held = self._of_file()
            raw = wanted.text.encode()
            sent = Sent(revision=wanted.revision, digest=digest_of(raw), by=wanted.by)
            if self._holds(sent):
                return f"revision {sent.revision} holds already; nothing is begun anew"
            self._may_try(sent, held)
            said = await examined("config", str(held.hand), given=raw)
            changes = [str(change) for change in said["changes"]]
            notes = "".join(f"; {warning}" for warning in said["warnings"])
            record = self._taken(sent)
            if not changes:
                await self._write(record.model_copy(update={"current": sent, "state": "applied", "why": ""}), raw)
                self._tell()
                return f"revision {sent.revision} means what holds already; nothing is begun anew{notes}"
            way: Way = said["way"]
            about = {"sent": sent, "within_s": wanted.confirm_within_s, "by_itself": wanted.confirm == "by-itself"}
            on = Probation.model_validate(about | {"starts": int(way == "live")})  # a crash puts it back
            await self._write(record.model_copy(update={"probation": on, "state": "on_probation", "why": ""}), raw, way)
            return (
                f"revision {sent.revision} is on probation for {wanted.confirm_within_s:g} s "
                f"({', '.join(changes)}); then it is put back unless confirmed{notes}"
            )

    def refuse(self, revision: int | None, why: str) -> None:
        """Tell the city that what it desires was not taken; None: it could not be read."""
        self._refused = (revision, why)
        self._tell()

    async def confirm(self, revision: int) -> str:
        """Let the revision on probation hold for good; raises CommandRefused where it is not on it."""
        async with self._one:
            on = self._record.probation
            if on is None or on.sent.revision != revision:
                there = "none is" if on is None else f"revision {on.sent.revision} is"
                raise CommandRefused(f"revision {revision} is not on probation; {there}")
            if self._next is not None:
                raise CommandRefused(f"revision {revision} does not hold yet; confirm what you have seen work")
            await self._confirmed("confirmed by command")
            return f"revision {revision} holds"

    async def restart(self) -> str:
        """Begin the agent anew once `settled` is called; raises CommandRefused where it was too often of late."""
        async with self._one:
            if self._record.probation is not None:
                raise CommandRefused("a configuration is on probation, a restart would put it back; confirm it first")
            recent = self._recent(self._record.restarts)
            if len(recent) >= RESTARTS_A_DAY:
                raise CommandRefused(f"restarted {len(recent)} times within a day; no more than {RESTARTS_A_DAY}")
            self._of_file()
            await self._write(self._record.model_copy(update={"restarts": (*recent, self._clock.now())}), then="whole")
            return "begins anew; the boards hold the light meanwhile"

    def settled(self) -> None:
        """Whoever asked has its answer: what was taken may begin."""
        if self._next is not None:
            self._due.set()

    async def run(self, beat: Beat) -> None:
        """Begin what was taken, and put back what nobody confirms in time, for ever."""
        self._tell()
        if not self._began:
            self._began = True
            await self._note("start", self._record.state, f"{self._record.digest[:16]} {self._record.why}".strip())
        while True:
            beat()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience_s()):
                    await self._due.wait()
            self._due.clear()
            if self._next is not None:
                await self._linger()
                self._begin(self._next)
            async with self._one:
                await self._look()

    @property
    def told(self) -> Told:
        """What holds now."""
        left_s = None if self._until_s is None else max(0.0, self._until_s - self._clock.monotonic())
        confirm_by = None if left_s is None else self._clock.now() + timedelta(seconds=left_s)
        return Told(self._record, confirm_by, self._refused)

    def _of_file(self) -> Held:
        if self._held is None:
            raise CommandRefused("this agent was not started from a file")
        return self._held

    def _holds(self, sent: Sent) -> bool:
        now = self._record.holds
        return now is not None and (now.revision, now.digest) == (sent.revision, sent.digest)

    def _may_try(self, sent: Sent, held: Held) -> None:
        record = self._record
        if record.probation is not None:
            raise CommandRefused(f"revision {record.probation.sent.revision} is on probation; confirm it, or wait")
        if sent.revision <= record.tried:
            came = f"; {record.state}: {record.why}" if record.why else ""
            raise CommandRefused(f"revision {sent.revision} is not above {record.tried}, which was taken already{came}")
        if len(self._recent(record.changes)) >= CHANGES_A_DAY:
            raise CommandRefused(f"{CHANGES_A_DAY} changes within a day; try again tomorrow")
        try:
            edited = digest_of(read(held.hand)) != record.base
        except ConfigError as error:
            raise CommandRefused(str(error)) from error
        if edited:
            raise CommandRefused(
                f"somebody edits {held.hand} by hand: it holds from the next start; send it again then"
            )

    def _recent(self, moments: tuple[datetime, ...]) -> tuple[datetime, ...]:
        now = self._clock.now()
        return tuple(moment for moment in moments if abs(now - moment.astimezone(UTC)) < DAY)

    def _taken(self, sent: Sent) -> Record:
        changes = (*self._recent(self._record.changes), self._clock.now())
        return self._record.model_copy(update={"tried": sent.revision, "changes": changes})

    async def _write(self, record: Record, text: bytes | None = None, then: Way | None = None) -> None:
        """Write the text, then its record; raises CommandRefused where the disk does not take them.

        What it has taken holds here too, and `then` is begun, even where a lost session cancels who asked.
        """
        state_dir = self._of_file().settings.node.state_dir

        def both() -> None:
            if text is not None:
                keep(text_file(state_dir, digest_of(text)), text.decode())
            write(state_dir, record)

        def taken(writing: asyncio.Future[None]) -> None:
            if writing.exception() is None:
                self._record, self._next = record, then or self._next
                self._until_s = self._until_s if record.probation else None

        writing = asyncio.get_running_loop().run_in_executor(None, both)
        writing.add_done_callback(taken)
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # nobody else writes meanwhile
            self.settled()  # the answer says that it was interrupted
            self._tell()
            raise
        except OSError as error:
            raise CommandRefused(f"{state_dir}: {error.strerror}; nothing is changed") from error

    def _patience_s(self) -> float:
        if self._until_s is None:
            return BEAT_S
        return min(LOOK_S, max(0.0, self._until_s - self._clock.monotonic()))

    async def _linger(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while not self.ways.city.answered:  # noqa: ASYNC110 - the outbox tells nobody, and this is rare
                    await asyncio.sleep(LINGER_LOOK_S)

    def _begin(self, way: Way) -> None:
        self._next = None
        on = self._record.probation
        if way == "whole":
            self.ways.leave()
            return
        held = self._of_file()
        assert on is not None
        self._until_s = self._clock.monotonic() + on.within_s
        self._held = replace(look(held.hand), record=self._record)
        self._old, self._failures = held, self.ways.failures()
        self._take(self._held.settings)
        self._tell()

    def _take(self, settings: Settings) -> None:
        """Let the agent go by these as it runs; where that fails it begins anew, with what held before."""
        try:
            self.ways.take(settings)
        except BaseException:
            self.ways.leave()
            raise

    async def _look(self) -> None:
        """Confirm what has stood long enough by itself; put back what nobody has confirmed."""
        on, now_s = self._record.probation, self._clock.monotonic()
        if on is None or self._until_s is None or self._next is not None:
            return
        session = self.ways.city.session
        failures, self._failures = self._failures, self.ways.failures()
        if session is None or self._steady is None or self._steady[0] != session or failures != self._failures:
            self._steady = None if session is None else (session, now_s)
        if on.by_itself and self._steady is not None and now_s - self._steady[1] >= STEADY_S:
            with suppress(CommandRefused):  # of the disk: then the time will be over
                await self._confirmed("a session with the broker has stood for a minute")
        elif now_s >= self._until_s:
            way = "no session with the broker" if session is None else "a session with the broker"
            await self._put_back(
                f"revision {on.sent.revision} was not confirmed within {on.within_s:g} s; there was {way}"
            )

    async def _confirmed(self, why: str) -> None:
        on = self._record.probation
        assert on is not None
        about = {"current": on.sent, "probation": None, "state": "applied", "why": why}
        await self._write(self._record.model_copy(update=about))
        self._whole = False
        log.warning("revision %d holds: %s", on.sent.revision, why)
        await self._note(f"revision {on.sent.revision}", "holds", why)
        self._tell()

    async def _put_back(self, why: str) -> None:
        log.warning("%s: it is put back", why)
        await self._note("configuration", "put back", why)
        self._until_s = None
        try:
            await self._write(self._record.put_back(why))
        except CommandRefused as error:
            log.warning("%s", error)  # one that was started once is put back at the next start, whatever the disk does
            self._record = self._record.put_back(why)
        if self._whole:
            self.ways.leave()
            return
        self._held = self._old
        if self._held is not None:
            self._take(self._held.settings)
        self._tell()

    async def _note(self, what: str, came: str, said: str) -> None:
        await self.ways.city.audit.note("agent", "", what, came, said)

    def _tell(self) -> None:
        self.ways.city.configuration(self.told)
