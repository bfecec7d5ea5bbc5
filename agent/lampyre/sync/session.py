"""One session with the broker, MQTT 5: the one door of aiomqtt and paho.

aiomqtt brings the socket into the event loop. What it drops, we take from the paho client inside it (all of it
in this file): the reason in a PUBACK, the broker's limits in the CONNACK, and the acknowledgement of what we
receive, which must wait until it is on our disk. A session is used once; after an error nothing of it remains,
so a message that nobody acknowledged is never queued beside its own repetition.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lampyre.errors import UplinkDown
from lampyre.sync.broker import Broker, down, tls_context
from lampyre.sync.topics import ROW_ROOT

CONNECT_LIMIT_S = 20.0  # name, TCP (paho gives up after 5 s), TLS and CONNACK together
ANSWER_LIMIT_S = 10.0  # for one SUBACK
SESSION_EXPIRY_S = 3600  # the broker keeps our commands for an hour; they expire by themselves, often sooner
RECEIVE_MOST = 4  # commands on their way at once: what we have not acknowledged holds the sender back
INCOMING_LIMIT = 64  # only QoS 0 could fill it, and is then dropped
WAITING_MOST = 32  # packets on the way to the socket; with more the line is slow, and what lives for seconds is dropped
UNSPECIFIED = 0x80
TOPIC_INVALID = 0x90
QUOTA_EXCEEDED = 0x97
FIRST_REFUSAL = 128  # MQTT 5, 2.4: reason codes from 0x80 say no

Hear = Callable[[str, bytes, bool], None]  # topic, body, whether it was retained; raises nothing

_quiet = logging.getLogger("lampyre.sync.mqtt")  # paho's own lines; ours say it once and say it better
_quiet.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message for us, not acknowledged yet."""

    topic: str
    body: bytes
    retained: bool
    reply_topic: str
    correlation: bytes
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the broker said to a publication; `code` 128 and above: refused."""

    code: int
    reason: str

    @property
    def refused(self) -> bool:
        """Whether the broker did not take it."""
        return self.code >= FIRST_REFUSAL

    @property
    def later(self) -> bool:
        """Whether it is refused now and may be taken later: the broker is full."""
        return self.code == QUOTA_EXCEEDED


class Session:
    """From CONNECT to the end of the connection. `open` raises UplinkDown, and so do all others once it is over."""

    def __init__(self, broker: Broker, will_topic: str, will_body: bytes) -> None:
        self._broker = broker
        self._will = aiomqtt.Will(will_topic, will_body, qos=1, retain=True)
        self._flying: dict[int, asyncio.Future[Answer]] = {}
        self._limits = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
        self._client: aiomqtt.Client | None = None
        self._hear: Hear | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Connect; keeps the session of before (clean start off), so that commands sent meanwhile arrive."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                context = await asyncio.to_thread(tls_context, self._broker)
                self._client = self._make(context)
                await self._client.__aenter__()
                task = asyncio.current_task()
                if task is not None and task.cancelling():  # Python 3.11's wait_for, inside, may swallow it
                    raise asyncio.CancelledError
        except TimeoutError:
            raise self._down(f"timed out after {CONNECT_LIMIT_S:.0f} s") from None
        except aiomqtt.MqttError as error:
            raise self._down(str(error)) from error

    def _make(self, context: Any) -> aiomqtt.Client:
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval = SESSION_EXPIRY_S
        asked.ReceiveMaximum = RECEIVE_MOST
        client = aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            identifier=self._broker.client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=asked,
            will=self._will,
            keepalive=self._broker.keepalive_s,
            timeout=ANSWER_LIMIT_S,
            tls_context=context,
            max_inflight_messages=0,  # the window is the uplink's; paho shall never hold anything back
            max_queued_incoming_messages=INCOMING_LIMIT,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            logger=_quiet,
        )
        inner = client._client  # noqa: SLF001 - the one place, see above
        inner.manual_ack_set(True)
        inner.on_publish = self._on_answer
        inner.on_subscribe = self._on_subscribe
        inner.on_connect = self._on_connect
        inner.on_socket_register_write = self._on_want_write
        inner.on_unsubscribe = lambda *_: None  # nobody waits for it
        inner.message_callback_add(f"{ROW_ROOT}/#", self._on_row)  # past the queue of commands
        return client

    @property
    def _paho(self) -> paho.Client:
        if self._client is None:
            raise self._down("no session")
        return self._client._client  # noqa: SLF001 - the one place, see above

    @property
    def packet_limit(self) -> int:
        """The longest packet the broker takes, in bytes."""
        return int(getattr(self._limits, "MaximumPacketSize", 268_435_460))  # MQTT's own limit

    @property
    def window(self) -> int:
        """How many publications the broker takes before it has acknowledged the first."""
        return int(getattr(self._limits, "ReceiveMaximum", 65_535))

    def publish(
        self, topic: str, body: bytes, *, retain: bool = False, correlation: bytes = b""
    ) -> "asyncio.Future[Answer]":
        """Send with QoS 1; the future gives the broker's answer, or is cancelled when the session ends."""
        about = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if correlation:
            about.CorrelationData = correlation
        answer: asyncio.Future[Answer] = self._loop.create_future()
        try:
            sent = self._paho.publish(topic, body, qos=1, retain=retain, properties=about)
        except ValueError as error:  # a topic that no broker would take
            answer.set_result(Answer(TOPIC_INVALID, str(error)))
            return answer
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise self._down(self._end() or paho.error_string(sent.rc))
        self._flying[sent.mid] = answer
        return answer

    def shout(self, topic: str, body: bytes, valid_s: int) -> bool:
        """Send with QoS 0 what the broker keeps for nobody; False where the line is not there, or slow: dropped."""
        about = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        about.MessageExpiryInterval = valid_s
        if len(self._paho._out_packet) >= WAITING_MOST:  # noqa: SLF001 - the one place, see above
            return False
        return self._paho.publish(topic, body, qos=0, properties=about).rc == paho.MQTT_ERR_SUCCESS

    async def hear(self, topic: str, hear: Hear | None) -> Answer | None:
        """Let `hear` have at once, QoS 0, what comes on this topic filter below ROW_ROOT; None: nobody, any more."""
        self._hear = hear
        if hear is not None:
            return await self.subscribe(topic, qos=0)
        self._paho.unsubscribe(topic)  # the broker remembers what we asked for before a restart
        return None

    async def subscribe(self, topic: str, *, qos: int = 1) -> Answer:
        """Subscribe and return what the broker said; retained messages are neither sent nor disguised."""
        options = SubscribeOptions(qos=qos, retainAsPublished=True, retainHandling=2)
        result, mid = self._paho.subscribe(topic, options=options)
        if result != paho.MQTT_ERR_SUCCESS or mid is None:
            raise self._down(self._end() or paho.error_string(result))
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._flying[mid] = answer
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await answer
        except TimeoutError:
            raise self._down(f"timed out: no answer to SUBSCRIBE {topic}") from None

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Give what comes, each to be acknowledged; raises UplinkDown when the connection is over."""
        try:
            async for message in self._open_client().messages:
                about = message.properties
                yield Incoming(
                    str(message.topic),
                    message.payload if isinstance(message.payload, bytes) else b"",
                    message.retain,
                    getattr(about, "ResponseTopic", ""),
                    getattr(about, "CorrelationData", b""),
                    message.mid,
                    message.qos,
                )
        except aiomqtt.MqttError as error:
            raise self._down(self._end() or str(error)) from error

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
        if politely:
            inner.disconnect()
        inner._sock_close()  # noqa: SLF001 - aiomqtt's exit would wait for a dead peer
        ended = self._client._disconnected  # noqa: SLF001
        if ended.done() and not ended.cancelled():
            ended.exception()  # seen; asyncio would complain that nobody looked
        for answer in self._flying.values():
            answer.cancel()
        self._flying.clear()

    def _end(self) -> str:
        """How the connection ended: what the broker said, or that it is simply gone; empty while it lasts."""
        ended = self._open_client()._disconnected  # noqa: SLF001
        if not ended.done() or ended.cancelled():
            return ""
        code = getattr(ended.exception(), "rc", None)
        said = isinstance(code, ReasonCode) and code.value != UNSPECIFIED  # paho's word for a socket that broke
        return f"connection ended: {code}" if said else "connection lost"

    def _open_client(self) -> aiomqtt.Client:
        if self._client is None:
            raise self._down("no session")
        return self._client

    def _on_connect(self, client: Any, data: Any, flags: Any, code: ReasonCode, limits: Properties | None) -> None:
        self._limits = limits or self._limits
        self._open_client()._on_connect(client, data, flags, code, limits)  # noqa: SLF001

    def _on_row(self, client: Any, data: Any, message: paho.MQTTMessage) -> None:  # noqa: ARG002
        if self._hear is not None:  # when paho is done with its packet
            self._loop.call_soon(self._hear, message.topic, bytes(message.payload), message.retain)

    def _on_want_write(self, client: paho.Client, data: Any, opened: Any) -> None:  # noqa: ARG002
        """Called by paho in the loop's thread, or in that of the connect; aiomqtt would watch a closed socket."""
        self._loop.call_soon_threadsafe(self._watch_write, client, opened)

    def _watch_write(self, client: paho.Client, opened: Any) -> None:
        if opened.fileno() >= 0:
            self._loop.add_writer(opened.fileno(), client.loop_write)

    def _on_subscribe(self, client: Any, data: Any, mid: int, codes: list[ReasonCode], about: Any) -> None:
        self._on_answer(client, data, mid, codes[0], about)

    def _on_answer(self, client: Any, data: Any, mid: int, code: ReasonCode, about: Any) -> None:  # noqa: ARG002
        answer = self._flying.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(Answer(code.value, str(code)))

    def _down(self, reason: str) -> UplinkDown:
        return down(self._broker, reason)
