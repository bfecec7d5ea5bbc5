"""One session with the broker, MQTT 5 or where it must be 3.1.1: the one door of aiomqtt and paho.

aiomqtt brings the socket into the event loop. What it drops, we take from the paho client inside it (all of it
in this file): the reason in a PUBACK, the broker's limits in the CONNACK, and the acknowledgement of what we
receive, which must wait until it is on our disk. A session is used once; after an error nothing of it remains,
so a message that nobody acknowledged is never queued beside its own repetition.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lampyre.errors import UplinkDown
from lampyre.sync import codes
from lampyre.sync.broker import Broker, down
from lampyre.sync.exchange import PLAIN, TAKEN, Answer, Incoming, Labels, Landed, Subscription, Will, settle
from lampyre.sync.names import prepared
from lampyre.sync.trust import let_go

CONNECT_LIMIT_S = 25.0  # name, TCP (paho gives up after 5 s), TLS (trust.py: 15 s) and CONNACK together
ANSWER_LIMIT_S = 10.0  # for one SUBACK
SESSION_EXPIRY_S = 3600  # the broker keeps our commands for an hour; they expire by themselves, often sooner
RECEIVE_MOST = 4  # commands on their way at once: what we have not acknowledged holds the sender back
INCOMING_LIMIT = 64  # only QoS 0 could fill it, and is then dropped
WAITING_MOST = 32  # packets on the way to the socket; with more the line is slow, and what lives for seconds is dropped
MQTT_MOST = 268_435_460  # bytes; no packet is longer

_quiet = logging.getLogger("lampyre.sync.mqtt")  # paho's own lines; ours say it once and say it better
_quiet.setLevel(logging.CRITICAL)


class Session:
    """From CONNECT to the end of the connection. `open` raises UplinkDown, and so do all others once it is over."""

    def __init__(
        self,
        broker: Broker,
        will: Will | None,
        listening: Sequence[Subscription] = (),
        *,
        modern: bool = True,
        at_least: datetime | None = None,
    ) -> None:
        """`modern`: MQTT 5. Without `will` the broker keeps nothing of it; `at_least`: see `tls_context`."""
        self.modern, self.resumed = modern, False  # resumed: the broker knew us, and so has what we had it retain
        self._broker = broker
        self._will = will
        self._listening = listening
        self._at_least = at_least
        self._flying: dict[int, Landed] = {}
        self._asked: set[asyncio.Future[Answer]] = set()
        self._limits = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
        self._client: aiomqtt.Client | None = None
        self._context: ssl.SSLContext | None = None
        self._over: ReasonCode | None = None  # how the connection ended
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Connect; keeps the session of before (clean start off), so that commands sent meanwhile arrive."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                self._context = await prepared(self._broker, self._at_least)
                self._client = self._make(self._context)
                await self._client.__aenter__()
                task = asyncio.current_task()
                if task is not None and task.cancelling():  # Python 3.11's wait_for, inside, may swallow it
                    raise asyncio.CancelledError
                if self._over is not None:  # aiomqtt forgets one that comes with the CONNACK
                    raise self._gone("connection lost")
        except TimeoutError:
            raise down(self._broker, f"timed out after {CONNECT_LIMIT_S:.0f} s") from None
        except aiomqtt.MqttError as error:
            code = codes.CLOSED_EARLY if isinstance(error, _Closed) else getattr(getattr(error, "rc", 0), "value", 0)
            raise down(self._broker, str(error), code) from error

    def _make(self, context: Any) -> aiomqtt.Client:
        left, passing = self._will, self._will is None or not self._will.kept
        about: dict[str, Any] = {"clean_session": passing}
        if self.modern:
            asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            asked.SessionExpiryInterval = 0 if passing else SESSION_EXPIRY_S
            asked.ReceiveMaximum = RECEIVE_MOST
            about = {"clean_start": passing, "properties": asked}
        client = aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            identifier=self._broker.client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if self.modern else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(left.topic, left.body, left.qos, left.retain) if left else None,
            keepalive=self._broker.keepalive_s,
            timeout=CONNECT_LIMIT_S,
            tls_context=context,
            max_inflight_messages=0,  # the window is the uplink's; paho shall never hold anything back
            max_queued_incoming_messages=INCOMING_LIMIT,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            logger=_quiet,
            **about,
        )
        inner = client._client  # noqa: SLF001 - the one place, see above
        inner.manual_ack_set(True)
        inner.on_publish = self._on_answer
        inner.on_subscribe = self._on_subscribe
        inner.on_connect = self._on_connect
        inner.on_disconnect = self._on_disconnect
        inner.on_socket_register_write = self._on_want_write
        inner.on_unsubscribe = lambda *_: None  # nobody waits for it
        for row in self._listening:
            if row.hear is not None:  # before there is a connection: what waited comes with it
                inner.message_callback_add(row.filter, partial(self._on_heard, row.hear))
        client._disconnected.add_done_callback(lambda _: self._forsake())  # noqa: SLF001
        return client

    @property
    def _outer(self) -> aiomqtt.Client:
        if self._client is None:
            raise down(self._broker, "no session")
        return self._client

    @property
    def _paho(self) -> paho.Client:
        return self._outer._client  # noqa: SLF001 - the one place, see above

    @property
    def packet_limit(self) -> int:
        """The longest packet the broker takes, in bytes."""
        return int(getattr(self._limits, "MaximumPacketSize", MQTT_MOST))

    @property
    def window(self) -> int:
        """How many publications the broker takes before it has acknowledged the first."""
        return int(getattr(self._limits, "ReceiveMaximum", 65_535))

    def send(
        self, topic: str, body: bytes, landed: Landed, *, retain: bool = False, labels: Labels = PLAIN, qos: int = 1
    ) -> None:
        """Send; `landed` gets the broker's answer, unless the session ends before. Raises UplinkDown."""
        about = self._about(**labels.properties) if labels is not PLAIN else None
        try:
            sent = self._paho.publish(topic, body, qos, retain, about)
        except ValueError as error:  # a topic that no broker would take
            self._loop.call_soon(landed, Answer(codes.TOPIC_INVALID, str(error)))
            return
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise self._gone(paho.error_string(sent.rc))
        if qos:
            self._flying[sent.mid] = landed
        else:
            self._loop.call_soon(landed, TAKEN)

    async def publish(self, topic: str, body: bytes, *, retain: bool = False, qos: int = 1) -> Answer:
        """Send and return what the broker said; raises UplinkDown."""
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self.send(topic, body, partial(settle, answer), retain=retain, qos=qos)
        return await self._promptly(answer, f"PUBLISH {topic}")

    def shout(self, topic: str, body: bytes, valid_s: int) -> bool:
        """Send with QoS 0 what the broker keeps for nobody; False where the line is not there, or slow: dropped."""
        about = self._about(MessageExpiryInterval=valid_s)
        if len(self._paho._out_packet) >= WAITING_MOST:  # noqa: SLF001 - the one place, see above
            return False
        return self._paho.publish(topic, body, qos=0, properties=about).rc == paho.MQTT_ERR_SUCCESS

    def _about(self, **properties: Any) -> Properties | None:
        if not self.modern:
            return None
        about = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        for name, value in properties.items():
            setattr(about, name, value)
        return about

    def forget(self, topic: str) -> None:
        """Tell the broker that we no longer listen to this: it remembers what we asked for before a restart."""
        self._paho.unsubscribe(topic)

    async def subscribe(self, topic: str, *, qos: int = 1, retained: bool = False) -> Answer:
        """Subscribe; return what the broker said. In MQTT 5 retained ones are not sent unless asked for, and known."""
        options = SubscribeOptions(qos, False, True, 0 if retained else 2) if self.modern else None
        result, mid = self._paho.subscribe(topic, 0 if options else qos, options)
        if result != paho.MQTT_ERR_SUCCESS or mid is None:
            raise self._gone(paho.error_string(result))
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._flying[mid] = partial(settle, answer)
        return await self._promptly(answer, f"SUBSCRIBE {topic}")

    async def _promptly(self, answer: "asyncio.Future[Answer]", what: str) -> Answer:
        try:
            return await self._answered(answer, ANSWER_LIMIT_S)
        except TimeoutError:
            raise down(self._broker, f"timed out: no answer to {what}") from None

    async def _answered(self, answer: "asyncio.Future[Answer]", limit_s: float) -> Answer:
        """Wait, but no longer than the connection stands; raises UplinkDown, and TimeoutError."""
        self._asked.add(answer)
        try:
            async with asyncio.timeout(limit_s):
                return await answer
        finally:
            self._asked.discard(answer)

    async def stays(self, seconds: float) -> None:
        """Return when the connection has stood for so long; raises UplinkDown when it ends."""
        with suppress(TimeoutError):
            await self._answered(self._loop.create_future(), seconds)

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Give what comes, each to be acknowledged; raises UplinkDown when the connection is over."""
        try:
            async for message in self._outer.messages:
                about = message.properties
                body = message.payload if isinstance(message.payload, bytes) else b""
                reply_topic, correlation = getattr(about, "ResponseTopic", ""), getattr(about, "CorrelationData", b"")
                topic, mid, qos = str(message.topic), message.mid, message.qos
                yield Incoming(topic, body, message.retain, reply_topic, correlation, mid, qos)
        except aiomqtt.MqttError as error:
            raise self._gone(str(error)) from error

    def acknowledge(self, got: Incoming) -> None:
        """Tell the broker that it need not send this again."""
        self._paho.ack(got.mid, got.qos)

    def close(self, *, politely: bool) -> None:
        """End the connection now; politely: with a DISCONNECT, else the broker publishes our will."""
        if self._client is None:
            return
        inner = self._client._client  # noqa: SLF001 - the one place, see above
        # a connect that still hangs in its thread must not open a socket behind our back
        inner.on_socket_open = lambda _client, _data, opened: opened.close()
        let_go(self._context)
        if politely and inner.disconnect() == paho.MQTT_ERR_SUCCESS:
            inner.loop_write()  # it was only queued, for a loop that will not come round to it
        inner._sock_close()  # noqa: SLF001 - aiomqtt's exit would wait for a dead peer
        for ended in (self._client._disconnected, self._client._connected):  # noqa: SLF001
            if ended.done() and not ended.cancelled():
                ended.exception()  # seen; asyncio would complain that nobody looked
        self._forsake()

    def _forsake(self) -> None:
        """The connection is over: nothing lands any more, and who waits for an answer hears of it."""
        self._flying.clear()
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(self._gone("connection lost"))
                answer.exception()  # seen, even if who asked has gone too

    def _gone(self, otherwise: str) -> UplinkDown:
        """Say how the connection ended: what the broker said, or that it is simply gone."""
        over = self._over
        if over is None or over.value in {codes.UNSPECIFIED, 0}:  # paho's words for a socket that broke
            return down(self._broker, otherwise if over is None else "connection lost")
        return down(self._broker, f"connection ended: {over}", over.value)

    def _on_connect(self, client: Any, data: Any, flags: Any, code: ReasonCode, limits: Properties | None) -> None:
        self._limits, self.resumed = limits or self._limits, bool(flags.session_present)
        self._outer._on_connect(client, data, flags, code, limits)  # noqa: SLF001

    def _on_disconnect(self, client: Any, data: Any, flags: Any, code: ReasonCode, about: Any) -> None:
        self._over = self._over or code
        if self._outer._connected.done():  # noqa: SLF001
            self._outer._on_disconnect(client, data, flags, code, about)  # noqa: SLF001
        else:  # aiomqtt would wait for its timeout
            self._outer._connected.set_exception(_Closed("closed the connection before it answered our CONNECT"))  # noqa: SLF001
        self._forsake()

    def _on_heard(self, hear: Any, client: Any, data: Any, message: paho.MQTTMessage) -> None:  # noqa: ARG002
        self._loop.call_soon(hear, message.topic, bytes(message.payload), message.retain)  # paho is done by then
        if message.qos:
            self._loop.call_soon(client.ack, message.mid, message.qos)

    def _on_want_write(self, client: paho.Client, _data: Any, opened: Any) -> None:
        """Called by paho in the loop's thread, or in that of the connect; aiomqtt would watch a closed socket."""
        self._loop.call_soon_threadsafe(self._watch_write, client, opened)

    def _watch_write(self, client: paho.Client, opened: Any) -> None:
        if opened.fileno() >= 0:
            self._loop.add_writer(opened.fileno(), client.loop_write)

    def _on_subscribe(self, client: Any, data: Any, mid: int, codes: list[ReasonCode], about: Any) -> None:
        self._on_answer(client, data, mid, codes[0], about)

    def _on_answer(self, client: Any, data: Any, mid: int, code: ReasonCode, about: Any) -> None:  # noqa: ARG002
        landed = self._flying.pop(mid, None)
        if landed is not None:
            landed(TAKEN if code.value == 0 else Answer(code.value, str(code)))


class _Closed(aiomqtt.MqttError): ...
