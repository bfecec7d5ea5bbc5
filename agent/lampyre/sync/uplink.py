"""The uplink: one job that keeps a session with the broker and carries states, parcels and commands over it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from lampyre.clock import Clock
from lampyre.errors import OutboxError, UplinkDown
from lampyre.sync.backoff import USUAL, Backoff
from lampyre.sync.beside import Beside
from lampyre.sync.broker import Broker, down
from lampyre.sync.commands import Commands, Obey
from lampyre.sync.convert import Converter
from lampyre.sync.exchange import Subscription, Will
from lampyre.sync.first import FirstIsBack, wait_for_first
from lampyre.sync.flight import Flight
from lampyre.sync.live import Live
from lampyre.sync.messages import numbered
from lampyre.sync.outbox import Outbox
from lampyre.sync.parcels import DRAIN_PER_S, Parcels, patiently
from lampyre.sync.route import Route
from lampyre.sync.session import Session
from lampyre.sync.states import States
from lampyre.sync.store import Body
from lampyre.sync.table import RETRY_S, Table
from lampyre.sync.topics import Topics
from lampyre.sync.uplink_parts import UplinkHealth

log = logging.getLogger("lampyre.sync.uplink")

FAREWELL_S = 2.0  # systemd waits longer; the will says the same a little later
BEAT_S = 5.0  # beats come at least every CONNECT_LIMIT_S, ANSWER_LIMIT_S and BEAT_S together
WITHOUT_5 = (
    "a message that the broker refuses looks as if it were taken, and is lost",
    "commands are done, and not answered",
    "a retained command cannot be told from another while the node listens; its id and its expiry still hold",
)  # docs/uplink.md


class Anew(UplinkDown):
    """The session ends because another one is wanted."""


class Guest(Protocol):
    """Who wants to know when there is a session: it may publish and must not wait for anything but the broker."""

    async def begin(self, session: Session) -> None:
        """A session has come about and nothing but our status was said in it; raises UplinkDown."""

    def end(self) -> None:
        """The session is over."""


Carrier = Callable[[Flight], Awaitable[None]]
"""Says more for as long as a session lasts, within its window; may return early, raises UplinkDown."""


class Uplink:
    """Owns the connection; nobody else publishes. Never raises except when cancelled.

    `publish_state` may be called at any time; parcels go through the outbox. `online` and `down_reason` tell how
    it stands; `down_reason` is one line with broker, reason and cure, None while online. Who wants more adds itself
    to `guests` or `carriers`, a row to `table`, another `will`, or what is said `beside`, before `run`.
    """

    def __init__(
        self,
        brokers: Sequence[Broker],
        site: str,
        node: str,
        outbox: Outbox,
        clock: Clock,
        obey: Obey,
        live: Live | None = None,
        *,
        spread_s: float = 0.0,
        drain_per_s: float = DRAIN_PER_S,
        at_least: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """The first of `brokers` is tried first and returned to; `at_least`: see `TimeFloor.for_tls`."""
        self.topics = Topics(site, node)
        self.convert = Converter(site, node, outbox.boot, clock)
        self.commands = Commands(outbox, self.topics, self.convert, clock, obey)
        self.online = False
        self.down_reason: str | None = "not tried yet"
        self.reconnects = 0  # sessions after the first
        self.will: Callable[[], Will] = self._last_words
        self.anew: Callable[[], str | None] = lambda: None  # a reason to connect anew; asked every few seconds
        live = live or Live(site, node)
        self.guests: list[Guest] = [live]
        self.carriers: list[Carrier] = []
        self.beside: Beside | None = None
        self.table = Table()
        self.table.add(Subscription(self.topics.commands, "commands"))
        self.table.add(live.listens)
        self._outbox = outbox
        self.states = States()
        self._parcels = Parcels(outbox, self.states.calm, drain_per_s)
        self.route = Route(brokers)
        self._backoff = Backoff(spread_s)
        self._at_least = at_least
        self._down_since_s: float | None = None
        self._sessions = 0
        self._modern = True  # what was last said about it

    def health(self, certificate_days: int | None) -> UplinkHealth:
        """Say by which broker the node is connected, in which MQTT, and what cannot be promised because of that."""
        return UplinkHealth(
            broker="first" if self.route.first is None else "fallback",
            protocol="5" if self._modern else "3.1.1",
            cannot=[] if self._modern else list(WITHOUT_5),
            subscriptions_refused=self.table.refused,
            certificate_days=certificate_days,
        )

    def publish_state(self, topic: str, body: Body) -> None:
        """Keep this as the topic's newest state, sent retained as soon as there is a session, and at each new one.

        `body` may be `messages.numbered(record)`; states count by themselves, from 1 at each boot.
        """
        self.states.put(topic, body)

    def turn(self, brokers: Sequence[Broker]) -> None:
        """Go to these brokers within seconds, whatever is going on with those before."""
        self.route.turn(brokers)

    async def run(self, beat: Callable[[], None]) -> None:
        """Connect, carry, and after every break connect again, for ever; beats at least every 40 s."""
        await self._pause(self._backoff.first_s(), beat)
        while True:
            lived_s, code = await self._one_session(beat)
            another = self.route.ended(lived_s, code)
            wait_s = self._backoff.wait_s(lived_s, code)
            await self._pause(min(USUAL.first_s, wait_s) if another else wait_s, beat)

    async def _pause(self, seconds: float, beat: Callable[[], None]) -> None:
        while seconds > 0 and not self.route.turned:
            beat()
            await asyncio.sleep(min(BEAT_S, seconds))
            seconds -= BEAT_S

    async def _one_session(self, beat: Callable[[], None]) -> tuple[float, int]:
        """Live through one session; return its length in seconds, 0 if it never came about, and why it ended."""
        loop = asyncio.get_running_loop()
        broker, code = self.route.begin(), 0
        session = Session(broker, self.will(), self.table.rows, modern=self.route.modern, at_least=self._at_least())
        since_s: float | None = None
        try:
            beat()
            await session.open()
            beat()
            self.route.came_up()
            self._speaks(session, broker)
            await self._greet(session, broker)
            since_s = loop.time()
            self._is_up(broker)
            await self._carry(session, broker, beat)
        except FirstIsBack as error:
            self._is_down(str(error))
            await self._farewell(session, "the first broker is back")
            self.route.back()
        except Anew as error:
            self._is_down(str(error))
            await self._farewell(session, str(error))
        except UplinkDown as error:
            code = error.code
            self._is_down(str(error))
        except asyncio.CancelledError:
            await self._farewell(session, "stopped")
            raise
        finally:
            for guest in self.guests:
                guest.end()
            session.close(politely=False)
            self.online = False
        return 0.0 if since_s is None else loop.time() - since_s, code

    async def _carry(self, session: Session, broker: Broker, beat: Callable[[], None]) -> None:
        """Carry everything until the connection breaks; raises UplinkDown."""
        flight = Flight(session, self.beside)
        self._parcels.full = None
        over: asyncio.Future[UplinkDown] = asyncio.get_running_loop().create_future()
        parts: list[Callable[[], Awaitable[None]]] = [
            partial(self.states.carry, session, flight),
            partial(self._parcels.carry, session, flight),
            partial(self._take_commands, session),
            partial(self._watch, broker, flight, beat),
            partial(self._ask_again, session),
            *(partial(carrier, flight) for carrier in self.carriers),
        ]
        if self.route.first is not None:
            parts.append(partial(wait_for_first, self.route.first, self.topics.echo, self._at_least))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_told_to(over, part)) for part in parts]
            broken = await over
            for task in tasks:
                task.cancel()
        raise broken

    async def _greet(self, session: Session, broker: Broker) -> None:
        """Listen for commands, then say that we are there: whoever reads it may send one at once."""
        await self.table.ask(session)
        answer = await session.publish(self.topics.status, self._status(online=True, why="connected"), retain=True)
        if answer.refused:  # then it would refuse all our parcels too: better keep them than park them
            raise down(broker, f"refuses {self.topics.status}: {answer.reason}", answer.code)
        for guest in self.guests:
            await guest.begin(session)

    async def _farewell(self, session: Session, why: str) -> None:
        """Tell the city that we leave on purpose, if it can be told quickly."""
        if self.online:
            with contextlib.suppress(UplinkDown, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(FAREWELL_S):
                    await session.publish(self.topics.status, self._status(online=False, why=why), retain=True)
                session.close(politely=True)

    async def _take_commands(self, session: Session) -> None:
        """Take one command after the other; acknowledge what is written down and answered."""
        await patiently(self.commands.recover)
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

    async def _ask_again(self, session: Session) -> None:
        while True:
            await asyncio.sleep(RETRY_S)
            await self.table.ask(session, again=True)

    async def _watch(self, broker: Broker, flight: Flight, beat: Callable[[], None]) -> None:
        """Beat, and notice a link that has died without a word, within 1.5 keepalives and two looks."""
        keepalive_s = broker.keepalive_s
        while True:
            beat()
            await asyncio.sleep(min(BEAT_S, keepalive_s / 6))
            if (why := self.route.turned or self.anew()) is not None:
                raise Anew(why)
            full = self._parcels.full
            if full is not None:
                raise down(broker, full.reason, full.code)
            if flight.empty and flight.silent_s >= keepalive_s / 2:
                flight.launch(self.topics.echo, b"", None)
            elif not flight.empty and (flight.silent_s > keepalive_s or flight.oldest_s > 4 * keepalive_s):
                raise down(broker, f"timed out: no answer for {max(flight.silent_s, flight.oldest_s):.0f} s")

    def _last_words(self) -> Will:
        return Will(self.topics.status, self._status(online=False, why="connection lost"))

    def _status(self, *, online: bool, why: str) -> bytes:
        return numbered(self.convert.status(online=online, why=why))(self.states.number())

    def _is_up(self, broker: Broker) -> None:
        self.online, self.down_reason = True, None
        self.reconnects = self._sessions
        self._sessions += 1
        stats = self._outbox.stats()
        gone_s = 0.0 if self._down_since_s is None else asyncio.get_running_loop().time() - self._down_since_s
        self._down_since_s = None
        waiting = stats.alarms + stats.replies + stats.summaries
        log.info("uplink to %s up after %.0f s, %d parcels waiting", broker.address, gone_s, waiting)

    def _speaks(self, session: Session, broker: Broker) -> None:
        if self._modern and not session.modern:
            log.warning("%s speaks MQTT 3.1.1 only: %s", broker.address, "; ".join(WITHOUT_5))
        self._modern = session.modern

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
