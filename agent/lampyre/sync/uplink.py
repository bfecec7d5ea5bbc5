"""The uplink: one job that keeps a session with the broker and carries states, parcels and commands over it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from lampyre.clock import Clock
from lampyre.errors import OutboxError, UplinkDown
from lampyre.records import Parcel, Priority
from lampyre.sync.broker import Backoff, Broker, down
from lampyre.sync.commands import Commands, Obey
from lampyre.sync.convert import Converter
from lampyre.sync.flight import Flight
from lampyre.sync.live import Live
from lampyre.sync.messages import numbered, replayed
from lampyre.sync.outbox import Outbox
from lampyre.sync.session import Answer, Session
from lampyre.sync.store import Body
from lampyre.sync.topics import Topics

log = logging.getLogger("lampyre.sync.uplink")

PACE_S = 0.005  # between two parcels that waited: 200 a second drain an hour of outage at 20 a second in 6 min
LIVE_FIRST_S = 5.0  # as long may states hold back summaries; on a very slow line both must move
STATES_LIMIT = 512  # topics; 64 lamps, 32 bins, health and room
GREET_LIMIT_S = 10.0
FAREWELL_S = 2.0  # systemd waits longer; the will says the same a little later
BEAT_S = 5.0  # beats come at least every CONNECT_LIMIT_S + GREET_LIMIT_S + BEAT_S
OUTBOX_RETRY_S = 5.0  # between two looks at a disk that failed
HEADER_BYTES = 16  # most that MQTT adds to topic, body and correlation data of a publication

T = TypeVar("T")


class Uplink:
    """Owns the connection; nobody else publishes. Never raises except when cancelled.

    `publish_state` may be called at any time; parcels go through the outbox. `online` and `down_reason` tell how
    it stands; `down_reason` is one line with broker, reason and cure, None while online.
    """

    def __init__(
        self,
        broker: Broker,
        site: str,
        node: str,
        outbox: Outbox,
        clock: Clock,
        obey: Obey,
        live: Live | None = None,
    ) -> None:
        self.topics = Topics(site, node)
        self.convert = Converter(site, node, outbox.boot, clock)
        self.commands = Commands(outbox, self.topics, self.convert, clock, obey)
        self.online = False
        self.down_reason: str | None = "not tried yet"
        self.reconnects = 0  # sessions after the first
        self.states_dropped = 0  # refused by the broker, too large, or too many topics
        self._broker = broker
        self._outbox = outbox
        self._live = live or Live(site, node)
        self._backoff = Backoff()
        self._states: dict[str, bytes] = {}
        self._dirty: dict[str, None] = {}  # in the order in which they changed
        self._news = asyncio.Event()
        self._calm = asyncio.Event()  # no state waits to be sent
        self._number = 0
        self._full: str | None = None  # what a broker without room said
        self._parked_for = ""
        self._down_since_s: float | None = None
        self._sessions = 0

    def publish_state(self, topic: str, body: Body) -> None:
        """Keep this as the topic's newest state, sent retained as soon as there is a session, and at each new one.

        `body` may be `messages.numbered(record)`; states count by themselves, from 1 at each boot.
        """
        if topic not in self._states and len(self._states) >= STATES_LIMIT:
            self.states_dropped += 1
            return
        self._number += 1
        self._states[topic] = body if isinstance(body, bytes) else body(self._number)
        self._dirty[topic] = None
        self._calm.clear()
        self._news.set()

    async def run(self, beat: Callable[[], None]) -> None:
        """Connect, carry, and after every break connect again, for ever; beats at least every 35 s."""
        while True:
            lived_s = await self._one_session(beat)
            left_s = self._backoff.wait_s(lived_s)
            while left_s > 0:
                beat()
                await asyncio.sleep(min(BEAT_S, left_s))
                left_s -= BEAT_S

    async def _one_session(self, beat: Callable[[], None]) -> float:
        """Live through one session; return its length in seconds, 0 if it never came about."""
        loop = asyncio.get_running_loop()
        session = Session(self._broker, self.topics.status, self._status(online=False, why="connection lost"))
        since_s: float | None = None
        try:
            beat()
            await session.open()
            beat()
            await self._greet(session)
            since_s = loop.time()
            self._is_up()
            await self._carry(session, beat)
        except UplinkDown as error:
            self._is_down(str(error))
        except asyncio.CancelledError:
            await self._farewell(session)
            raise
        finally:
            self._live.end()
            session.close(politely=False)
            self.online = False
        return 0.0 if since_s is None else loop.time() - since_s

    async def _carry(self, session: Session, beat: Callable[[], None]) -> None:
        """Carry everything until the connection breaks; raises UplinkDown."""
        flight = Flight(session.window)
        self._full = None
        over: asyncio.Future[UplinkDown] = asyncio.get_running_loop().create_future()
        parts = (
            partial(self._carry_states, session, flight),
            partial(self._carry_parcels, session, flight),
            partial(self._take_commands, session),
            partial(self._watch, session, flight, beat),
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_told_to(over, part)) for part in parts]
            broken = await over
            for task in tasks:
                task.cancel()
        raise broken

    async def _greet(self, session: Session) -> None:
        """Listen for commands, then say that we are there: whoever reads it may send one at once."""
        heard = await session.subscribe(self.topics.commands)
        if heard.refused:
            log.warning("no commands: the broker refuses %s: %s; check its ACL", self.topics.commands, heard.reason)
        born = session.publish(self.topics.status, self._status(online=True, why="connected"), retain=True)
        try:
            async with asyncio.timeout(GREET_LIMIT_S):
                answer = await born
        except TimeoutError:
            raise down(self._broker, "timed out: no answer to our status") from None
        if answer.refused:  # then it would refuse all our parcels too: better keep them than park them
            raise down(self._broker, f"refuses {self.topics.status}: {answer.reason}")
        await self._live.begin(session)

    async def _farewell(self, session: Session) -> None:
        """Tell the city that we stop on purpose, if it can be told quickly."""
        if self.online:
            with contextlib.suppress(UplinkDown, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(FAREWELL_S):
                    await session.publish(self.topics.status, self._status(online=False, why="stopped"), retain=True)
                session.close(politely=True)

    async def _carry_states(self, session: Session, flight: Flight) -> None:
        """Send every state once, then each that changes; only the newest of a topic counts."""
        self._dirty = dict.fromkeys(self._states)
        while True:
            self._news.clear()
            while self._dirty:
                await flight.room()
                topic = next(iter(self._dirty))
                del self._dirty[topic]
                body = self._states[topic]
                if len(topic.encode()) + len(body) + HEADER_BYTES > session.packet_limit:
                    flight.give_back()
                    self.states_dropped += 1
                else:
                    flight.launch(session.publish(topic, body, retain=True), self._state_landed)
            self._calm.set()
            await self._news.wait()

    def _state_landed(self, answer: Answer) -> None:
        self.states_dropped += answer.refused

    async def _carry_parcels(self, session: Session, flight: Flight) -> None:
        """Send what the outbox holds, in its order: alarms at once, summaries after the live states."""
        waited = await self._patiently(self._outbox.rewind)
        while True:
            # one at a time, so that an alarm waits behind one summary at most
            for parcel in await self._patiently(partial(self._outbox.next, 1)):
                if parcel.priority is Priority.SUMMARY and not self._calm.is_set():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LIVE_FIRST_S):
                            await self._calm.wait()
                if parcel.seq <= waited:
                    await asyncio.sleep(PACE_S)
                await flight.room()
                if self._full:
                    raise down(self._broker, self._full)
                self._send(session, flight, parcel, replayed(parcel.body) if parcel.seq <= waited else parcel.body)

    def _send(self, session: Session, flight: Flight, parcel: Parcel, body: bytes) -> None:
        size = len(parcel.topic.encode()) + len(body) + len(parcel.correlation) + HEADER_BYTES
        if size > session.packet_limit:  # sent, it would end this session and each one after it
            flight.give_back()
            self._park(parcel, f"{size} bytes; the broker takes {session.packet_limit}")
            return
        answer = session.publish(parcel.topic, body, correlation=parcel.correlation)
        flight.launch(answer, partial(self._parcel_landed, parcel))

    def _parcel_landed(self, parcel: Parcel, answer: Answer) -> None:
        if answer.later:
            self._full = answer.reason
        elif answer.refused:
            self._park(parcel, f"refused: {answer.reason}")
        else:
            self._outbox.done([parcel])

    def _park(self, parcel: Parcel, reason: str) -> None:
        self._outbox.park(parcel, reason)
        if reason != self._parked_for:
            self._parked_for = reason
            log.warning("parcel %d for %s set aside: %s", parcel.seq, parcel.topic, reason)

    async def _take_commands(self, session: Session) -> None:
        """Take one command after the other; acknowledge what is written down and answered."""
        await self._patiently(self.commands.recover)
        async for got in session.incoming():
            try:
                await self.commands.take(
                    got.topic,
                    got.body,
                    retained=got.retained,
                    reply_topic=got.reply_topic,
                    correlation=got.correlation,
                )
            except OutboxError as error:
                log.warning("command not taken, the broker keeps it: %s", error)
            else:
                session.acknowledge(got)

    async def _watch(self, session: Session, flight: Flight, beat: Callable[[], None]) -> None:
        """Beat, and notice a link that has died without a word, within 1.5 keepalives and two looks."""
        keepalive_s = self._broker.keepalive_s
        while True:
            beat()
            await asyncio.sleep(min(BEAT_S, keepalive_s / 6))
            if self._full:
                raise down(self._broker, self._full)
            if flight.empty and flight.silent_s >= keepalive_s / 2:
                flight.launch(session.publish(self.topics.echo, b""))
            elif not flight.empty and (flight.silent_s > keepalive_s or flight.oldest_s > 4 * keepalive_s):
                raise down(self._broker, f"timed out: no answer for {max(flight.silent_s, flight.oldest_s):.0f} s")

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do something with the outbox, again and again while its disk fails; states and commands go on."""
        told = False
        while True:
            try:
                return await act()
            except OutboxError as error:
                if not told:
                    log.warning("outbox: %s", error)
                told = True
                await asyncio.sleep(OUTBOX_RETRY_S)

    def _status(self, *, online: bool, why: str) -> bytes:
        self._number += 1
        return numbered(self.convert.status(online=online, why=why))(self._number)

    def _is_up(self) -> None:
        self.online, self.down_reason = True, None
        self.reconnects = self._sessions
        self._sessions += 1
        stats = self._outbox.stats()
        gone_s = 0.0 if self._down_since_s is None else asyncio.get_running_loop().time() - self._down_since_s
        self._down_since_s = None
        waiting = stats.alarms + stats.replies + stats.summaries
        log.info("uplink to %s up after %.0f s, %d parcels waiting", self._broker.address, gone_s, waiting)

    def _is_down(self, reason: str) -> None:
        self.down_reason = reason
        if self._down_since_s is None:  # one line when it breaks; every further try is the same break
            self._down_since_s = asyncio.get_running_loop().time()
            log.warning("uplink down: %s; keeping parcels", reason)
        else:
            log.debug("uplink still down: %s", reason)


async def _told_to(over: "asyncio.Future[UplinkDown]", part: Callable[[], Awaitable[None]]) -> None:
    """Let the first part that breaks say so; an exception group could swallow a cancellation of the whole."""
    try:
        await part()
    except UplinkDown as error:
        if not over.done():
            over.set_result(error)
