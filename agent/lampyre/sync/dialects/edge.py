"""The Sparkplug B 3.0 edge node: births, deaths and data over a connection of its own.

MQTT has one will for each connection: ours says `status` offline, Sparkplug's is the NDEATH. So this is a second
connection, with a clean start as Sparkplug wants it. Data go with QoS 0, as Sparkplug has it: what must arrive goes
our own way, through the outbox. What comes while nobody may be told waits in memory, and then goes as historical.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lampyre.clock import Clock
from lampyre.errors import UplinkDown
from lampyre.settings import Settings
from lampyre.statefile import keep, kept
from lampyre.sync.backoff import Backoff
from lampyre.sync.beside import Said
from lampyre.sync.broker import Broker
from lampyre.sync.dialects.metrics import REBIRTH, Kind, Metric, bd_seq, payload, wants_rebirth
from lampyre.sync.dialects.native import Native
from lampyre.sync.dialects.sparkplug import OF_BIN, OF_LAMP, OF_NODE, SILENT, Known, about_node, asset_of, metrics_of
from lampyre.sync.exchange import Answer, Subscription, Will
from lampyre.sync.session import WAITING_MOST, Session

log = logging.getLogger("lampyre.sync.dialects.sparkplug")

QUEUE_LIMIT = 2000  # messages of 1 kB; a cabinet of 96 assets makes 400 an hour
STATE_LIMIT = 1024  # bytes of what a host says of itself; ours has 50
BEAT_S = 5.0
FAREWELL_S = 2.0
SLOW_S = 0.05  # between two looks whether a slow line has room again
SEQ, BD_SEQ = 256, 256  # both begin anew after 255


class Line(Session):
    """A session whose end and whose pace can be asked for; `ended` is called when it is over."""

    ended: Callable[[], None] = staticmethod(lambda: None)

    def _forsake(self) -> None:
        super()._forsake()
        self.ended()

    @property
    def over(self) -> bool:
        """Whether the connection has ended."""
        return self._over is not None

    @property
    def crowded(self) -> bool:
        """Whether so much waits for the socket already that more would only pile up in memory."""
        return len(self._paho._out_packet) >= WAITING_MOST  # noqa: SLF001 - as in Session.shout


class Edge:
    """One edge node; `say` only notes, `run` does the rest and never raises except when cancelled."""

    def __init__(
        self,
        settings: Settings,
        broker: Broker,
        clock: Clock,
        file: Path,
        *,
        spread_s: float = 0.0,
        at_least: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """`file` keeps the number of the next connection; the last two are as the uplink's."""
        asked, node = settings.dialects.sparkplug, settings.node
        assert asked is not None
        self._broker = replace(broker, client_id=f"{broker.client_id}-sparkplug")
        self._clock = clock
        self._file = file
        self._at_least = at_least
        self._spread_s = spread_s
        self._root, self._edge = f"spBv1.0/{asked.group or node.site}", node.id
        self._host = asked.primary_host
        self._devices = {lamp.id: Known(OF_LAMP) for lamp in settings.lamp}
        for bin_ in settings.bin:
            heard = [event for event, channel in zip(SILENT, (bin_.distance, bin_.temperature), strict=True) if channel]
            self._devices[bin_.id] = Known(OF_BIN, heard)
        self._node = Known(OF_NODE)
        self._waiting: deque[Native] = deque()
        self._seqs: dict[tuple[str, str], object] = {}  # of what was said last: a new session says its states again
        self._news = asyncio.Event()
        self._born = False
        self._rebirth = False
        self._host_online = False
        self._host_at = -1
        self._seq = 0
        self._number = self._read()
        self._alive: dict[str, bool] = {}
        self._unwritten = False
        self.dropped = 0  # found no place while nobody could be told
        self.online = False

    def say(self, native: Native) -> Iterable[Said]:
        """Note what has left; it goes over the other connection, so nothing goes beside it."""
        about = native.kind, native.asset
        if self._seqs.get(about) != native.said["seq"]:
            self._seqs[about] = native.said["seq"]
            if len(self._waiting) >= QUEUE_LIMIT:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(native)
            self._of(native).take(native)
            self._news.set()
        return ()

    async def run(self, beat: Callable[[], None]) -> None:
        """Keep a session, for ever."""
        backoff = Backoff(self._spread_s)
        wait_s = backoff.first_s()
        while True:
            while wait_s > 0:
                beat()
                await asyncio.sleep(min(BEAT_S, wait_s))
                wait_s -= BEAT_S
            wait_s = backoff.wait_s(*await self._one_session(beat))

    async def _one_session(self, beat: Callable[[], None]) -> tuple[float, int]:
        """Live through one; return its length in seconds, 0 if it never came about, and why it ended."""
        loop = asyncio.get_running_loop()
        number, code, since_s = self._number, 0, 0.0
        death = payload([bd_seq(number, self._now_ms())], self._now_ms(), None)
        listening = [Subscription(self._topic("NCMD"), "Sparkplug's rebirths", hear=self._commanded)]
        if self._host is not None:
            listening.append(Subscription(f"spBv1.0/STATE/{self._host}", "the primary host", hear=self._host_said))
        session = Line(
            self._broker,
            Will(self._topic("NDEATH"), death, retain=False, kept=False),
            listening,
            at_least=self._at_least(),
        )
        session.ended = self._news.set
        self._host_online, self._host_at = self._host is None, -1
        try:
            beat()
            await session.open()
            self._number = (number + 1) % BD_SEQ  # of the next CONNECT, whatever becomes of this one
            await self._note()
            since_s = loop.time()
            for row in listening:
                answer = await session.subscribe(row.filter, qos=row.qos, retained=True)
                if answer.refused:
                    log.warning("no %s: the broker refuses %s: %s; check its ACL", row.what, row.filter, answer.reason)
            await self._live(session, number, beat)
        except UplinkDown as error:
            code = error.code
            (log.info if self.online else log.debug)("Sparkplug: %s", error)
        except asyncio.CancelledError:
            with suppress(UplinkDown, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._die(session, number)
            raise
        finally:
            session.close(politely=False)
            self.online = self._born = False
        return loop.time() - since_s if since_s else 0.0, code

    async def _note(self) -> None:
        """Write down the next number; where the disk fails it is known until the agent ends."""
        try:
            await asyncio.to_thread(keep, self._file, json.dumps({"bd_seq": self._number}))
        except OSError as error:
            if not self._unwritten:
                log.warning("%s: %s; a restart may use a bdSeq again", self._file, error.strerror)
            self._unwritten = True
        else:
            self._unwritten = False

    async def _live(self, session: Line, number: int, beat: Callable[[], None]) -> None:
        """Be born once the primary host is there, tell what comes; returns when that host has gone."""
        while True:
            beat()
            self._news.clear()
            if session.over:
                raise UplinkDown("connection lost")
            if not self._host_online and self._born:
                log.info("Sparkplug: the primary host %s is gone", self._host)
                await self._die(session, number)
                return
            if self._host_online and (self._rebirth or not self._born):
                await self._bear(session, number)
            while self._born and self._waiting and self._host_online and not self._rebirth:
                await self._tell(session, self._waiting.popleft())
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._news.wait()

    async def _bear(self, session: Line, number: int) -> None:
        """Publish the births of the node and of all that is heard; what waited for them is history."""
        first, self._rebirth = not self._born, False
        now_ms, self._seq = self._now_ms(), 0
        ours = [
            bd_seq(number, now_ms),
            Metric(REBIRTH, Kind.BOOLEAN, False, now_ms),
            *about_node(now_ms),
            *self._node.birth(now_ms),
        ]
        self._send(session, "NBIRTH", "", ours, birth=True)
        for name, known in self._devices.items():
            self._alive[name] = known.alive
            if known.alive:
                await self._room(session)
                self._send(session, "DBIRTH", name, known.birth(now_ms), birth=True)
        self._born = self.online = True
        if first:
            log.info("Sparkplug edge node %s/%s born, bdSeq %d", self._root, self._edge, number)
            waited, self._waiting = self._waiting, deque()
            for native in waited:
                if not self._of(native).newest(metrics_of(native)):
                    await self._tell(session, native, historical=True)

    async def _tell(self, session: Line, native: Native, *, historical: bool = False) -> None:
        await self._room(session)
        name, known = asset_of(native), self._of(native)
        name = name if name in self._devices else ""
        if name and known.alive != self._alive.get(name):
            self._alive[name] = known.alive
            kind, metrics = ("DBIRTH", known.birth(self._now_ms())) if known.alive else ("DDEATH", [])
            self._send(session, kind, name, metrics, birth=True)
            return
        if name and not known.alive:
            return  # the dead say nothing
        metrics = [replace(metric, historical=metric.historical or historical) for metric in metrics_of(native)]
        if metrics:
            self._send(session, "DDATA" if name else "NDATA", name, metrics)

    async def _room(self, session: Line) -> None:
        """Return when the line has room: QoS 0 would pile up in memory. Raises UplinkDown: a dead line gets none."""
        while session.crowded:
            if session.over:
                raise UplinkDown("connection lost")
            await asyncio.sleep(SLOW_S)  # paho tells nobody when its queue shrinks

    def _send(self, session: Line, kind: str, device: str, metrics: Iterable[Metric], *, birth: bool = False) -> None:
        body = payload(metrics, self._now_ms(), self._seq, birth=birth)
        self._seq = (self._seq + 1) % SEQ
        session.send(self._topic(kind, device), body, _sent, qos=0)

    async def _die(self, session: Line, number: int) -> None:
        """Say that we go, then go."""
        if self._born:
            self._born = self.online = False
            death = payload([bd_seq(number, self._now_ms())], self._now_ms(), None)
            await session.publish(self._topic("NDEATH"), death)
        session.close(politely=True)

    def _commanded(self, topic: str, body: bytes, retained: bool) -> None:  # noqa: ARG002
        if not retained and self._born and wants_rebirth(body):
            self._rebirth = True
            self._news.set()

    def _host_said(self, topic: str, body: bytes, retained: bool) -> None:  # noqa: ARG002
        """Take what the primary host says of itself, unless it is older than what it has said (6.4.27)."""
        try:
            said = json.loads(body[: STATE_LIMIT + 1])
            online, at = said["online"], said["timestamp"]
        except (ValueError, KeyError, TypeError, RecursionError):  # the last of brackets without end
            return
        if isinstance(online, bool) and isinstance(at, int) and at >= self._host_at:
            self._host_online, self._host_at = online, at
            self._news.set()

    def _of(self, native: Native) -> Known:
        return self._devices.get(asset_of(native), self._node)

    def _topic(self, kind: str, device: str = "") -> str:
        return "/".join([self._root, kind, self._edge, *([device] if device else [])])

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _read(self) -> int:
        try:
            number = json.loads(kept(self._file) or "{}").get("bd_seq", 0)
        except (ValueError, AttributeError):
            return 0
        return number % BD_SEQ if isinstance(number, int) else 0


def _sent(answer: Answer) -> None:
    """QoS 0: nobody answers."""
