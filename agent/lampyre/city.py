"""The city: everything that leaves the node and everything it is told, in one place.

News from lamps and bins become messages; alarms and summaries go into the outbox, states to the uplink.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from lampyre.audit import Audit
from lampyre.bin import Bin, BinNews
from lampyre.clock import Clock
from lampyre.configured import Told
from lampyre.errors import CommandRefused
from lampyre.identity import Identity
from lampyre.keeping import Keeping
from lampyre.lamp import Lamp, LampNews
from lampyre.papers import Papers
from lampyre.reach import brokers, pacing
from lampyre.records import Alarm, LampSummary, Summary
from lampyre.settings import Settings
from lampyre.summarise.discreet import Discreet
from lampyre.supervisor import Beat
from lampyre.sync import messages
from lampyre.sync.broker import Broker
from lampyre.sync.commands import CONFIG_BODY_LIMIT, Obey, parse_desired
from lampyre.sync.convert import Converter
from lampyre.sync.exchange import Hear, Subscription
from lampyre.sync.live import Live
from lampyre.sync.orders import Command, Configuration
from lampyre.sync.session import Session
from lampyre.sync.signed import Signed
from lampyre.sync.topics import Topics
from lampyre.sync.tray import Tray
from lampyre.sync.uplink import Uplink
from lampyre.telling import Telling

log = logging.getLogger("lampyre.city")

HEALTH_EVERY_S = 600.0
BEAT_S = 60.0  # one wake-up each; the leash of this job must be longer


Make = Callable[[], messages.Record]


class City:
    """What the node says to its city and hears from it."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        lamps: Mapping[str, Lamp],
        bins: Mapping[str, Bin],
        live: Live,
        counters: Callable[[], dict[str, int]],
    ) -> None:
        self._live = live
        self._counters = counters  # of what passes between nodes
        self._settings = settings
        self._clock = clock
        self._lamps = lamps
        self._bins = bins
        self.obey: Obey = _nobody  # who does what the city commands; this and the next: the node says it
        self.desired: Hear | None = None  # who hears which configuration the broker keeps for us
        self._topics = Topics(settings.node.site, settings.node.id)
        self._telling = Telling(settings.node.passages_least)
        self._discreet: dict[str, Discreet] = {}
        self._know(lamps)
        self._started_s = clock.monotonic()
        self.papers = Papers(settings, clock)
        self.audit = Audit(settings.node.state_dir, clock)
        self.also_run: Mapping[str, Callable[[Beat], Awaitable[None]]] = {}  # connections beside the uplink
        self.identity = Identity(settings.node.state_dir, clock)
        self.unsaid = 0  # news that made no valid message

    def _know(self, lamps: Iterable[str]) -> None:
        node = self._settings.node
        for name in lamps:
            self._discreet.setdefault(name, Discreet(node.passages_least, ZoneInfo(node.time_zone)))

    async def open(self) -> None:
        """Open the outbox, now or when its disk can be used; raises OutboxHeld where another agent has it."""
        node = self._settings.node
        self.keeping = await Keeping.open(self._settings, self._clock, lambda alarm: self.papers.tell([alarm]))
        self.outbox = self.keeping.outbox
        self._convert = Converter(node.site, node.id, self.outbox.boot, self._clock, privacy_least=node.passages_least)
        reach, pace = brokers(self._settings), pacing(self._settings)
        self.uplink = Uplink(
            reach,
            node.site,
            node.id,
            self.outbox,
            self._clock,
            self.obey,
            self._live,
            at_least=lambda: self.papers.floor.for_tls,
            **pace,
        )
        self.identity.open()
        self.uplink.guests += [self, self.identity]
        self.uplink.anew = self.identity.due
        self.uplink.commands.signed = Signed(self._settings.commands)
        self.audit.open()
        self.uplink.commands.witness = partial(self.audit.note, "broker")
        row = Subscription(self._topics.config_desired, "configuration", hear=self.desired, kept=True)
        self.uplink.table.add(row)
        if self._settings.dialects.wanted(node.state_dir):
            self._speak(reach[0], pace["spread_s"])

    def _speak(self, broker: Broker, spread_s: float) -> None:
        """Put the dialects of the node's file beside the uplink."""
        from lampyre.sync.dialects.speaking import Speaking  # noqa: PLC0415 - who speaks none pays for none

        floor = self.papers.floor
        speaking = Speaking(
            self._settings,
            broker,
            self._clock,
            self._standing,
            spread_s=spread_s,
            at_least=lambda: floor.for_tls,
        )
        speaking.join(self.uplink)
        self.also_run = speaking.runs

    def _standing(self) -> Iterator[tuple[str, str]]:
        """Yield the alarms that stand, also from before a restart: asset and event."""
        for lamp in self._lamps.values():
            yield from ((lamp.id, event) for event in lamp.standing)
        for bin_ in self._bins.values():
            yield from ((bin_.id, event) for event in bin_.events.saved())

    async def close(self) -> None:
        """Write what waits, then leave the outbox whole."""
        await self.keeping.close()

    async def run(self, beat: Beat) -> None:
        """Carry messages into the outbox and tell the city how the node is, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.keeping.run(), name="keeping")
            told_s = self._clock.monotonic() - HEALTH_EVERY_S
            while True:
                beat()
                if self._clock.monotonic() - told_s >= HEALTH_EVERY_S:
                    told_s = self._clock.monotonic()
                    self._tell_health()
                await asyncio.sleep(BEAT_S)

    async def begin(self, session: Session) -> None:  # noqa: ARG002
        """A session has come about, perhaps by another broker: health says by which."""
        self._tell_health()

    def end(self) -> None:
        """The session is over; nobody can be told."""

    def lamp_news(self, lamp: str, news: LampNews) -> None:
        """Tell of a lamp whose order changed, as `Telling` allows."""
        step, passed = news.step, self._lamps[lamp].period.passed
        personal = self._telling.due(step, changed=news.changed, passed=passed)
        if personal is not None:
            self._publish(self._topics.lamp_state(lamp), lambda: self._convert.lamp_state(step, minute=personal))

    def bin_news(self, news: BinNews) -> None:
        """Tell of a bin that has changed by a per cent, in quality or in its forecast."""
        if news.changed:
            self._publish(self._topics.bin_state(news.fill.asset), lambda: self._convert.bin_state(news.fill))

    def alarm(self, alarm: Alarm) -> None:
        """Send an alarm past everything that waits."""
        key = f"{alarm.asset}/{alarm.event}"
        self._keep(self.keeping.alarms, self._topics.alarm, lambda: self._convert.alarm(alarm), key)

    def summaries(self, summaries: Sequence[Summary]) -> None:
        """Send one period of every asset."""
        for summary in summaries:
            if isinstance(summary, LampSummary):
                topic, said = self._topics.lamp_summary(summary.asset), self._discreet[summary.asset].tell(summary)
                self._keep(self.keeping.summaries, topic, partial(self._convert.lamp_summary, said))
            else:
                topic = self._topics.bin_summary(summary.asset)
                self._keep(self.keeping.summaries, topic, partial(self._convert.bin_summary, summary))

    def configuration(self, told: Told) -> None:
        """Say which configuration holds."""
        self._publish(self._topics.config_reported, lambda: self._convert.configuration(told))

    def take(self, settings: Settings) -> None:
        """Go by this file from now on: to its broker, and with its lamps and bins; of those gone nothing is kept."""
        before, self._settings = self._settings, settings
        if before.broker != settings.broker:
            self.uplink.turn(brokers(settings))
        self._know(lamp.id for lamp in settings.lamp)
        for lamp in {one.id for one in before.lamp} - {one.id for one in settings.lamp}:
            self._telling.forget(lamp)
            del self._discreet[lamp]
            self.uplink.publish_state(self._topics.lamp_state(lamp), b"")
        for bin_ in {one.id for one in before.bin} - {one.id for one in settings.bin}:
            self.uplink.publish_state(self._topics.bin_state(bin_), b"")

    def read_desired(self, topic: str, body: bytes) -> Configuration:
        """Open what the broker keeps as the desired configuration, signed as `apply-config`; raises CommandRefused."""
        body, _ = self.uplink.commands.signed.opened(topic, "apply-config", body, CONFIG_BODY_LIMIT)
        return parse_desired(body)

    def report(self) -> str:
        """Say again all states as they were told, and how the node is now; return what is said."""
        self._tell_health()
        return f"{self.uplink.states.again()} states are said again"

    @property
    def session(self) -> int | None:
        """The number of the session with the broker; None: there is none."""
        return self.uplink.reconnects if self.uplink.online else None

    @property
    def answered(self) -> bool:
        """Whether no answer waits to be sent."""
        return self.outbox.stats().replies == 0

    def _publish(self, topic: str, make: Make) -> None:
        record = self._made(topic, make)
        if record is not None:
            self.uplink.publish_state(topic, messages.numbered(record))

    def _keep(self, tray: Tray, topic: str, make: Make, key: str = "") -> None:
        record = self._made(topic, make)
        if record is not None:
            tray.lay(topic, messages.numbered(record), key)

    def _made(self, topic: str, make: Make) -> messages.Record | None:
        """Return the message; one that would not be valid is counted: whatever it says, the light goes on."""
        try:
            return make()
        except ValueError as error:
            self.unsaid += 1
            if self.unsaid == 1:
                log.warning("%s: not told, and the next ones only counted: %s", topic, " ".join(str(error).split()))
            return None

    def _tell_health(self) -> None:
        counters = {
            "reconnects": self.uplink.reconnects,
            "dropped": self.keeping.dropped,
            "unsaid": self.unsaid,
            "commands_done": self.uplink.commands.done,
            "commands_refused": self.uplink.commands.refused,
            "commands_flooded": self.uplink.commands.flooded,
            "certificate_refused": self.identity.refused,
            "commands_unsigned": self.uplink.commands.unsigned,
            "audit_missed": self.audit.missed,
        }
        counters |= self._line_counters() | self._counters()
        if self.uplink.beside is not None:
            counters["dialects_dropped"] = self.uplink.beside.dropped
        uptime_s = self._clock.monotonic() - self._started_s
        uplink = self.uplink.health(self.papers.days_left)
        self._publish(
            self._topics.health,
            lambda: self._convert.health(uptime_s, self.outbox.stats(), counters, uplink, self.audit.head),
        )

    def _line_counters(self) -> dict[str, int]:
        counts = [lamp.line.counts for lamp in self._lamps.values()]  # not of whole frames: each passer makes some
        return {
            "frames_broken": sum(count.broken for count in counts),
            "orders_unanswered": sum(count.unanswered for count in counts),
            "forecasts_late": sum(lamp.late for lamp in self._lamps.values()),
        }


async def _nobody(command: Command) -> str:
    raise CommandRefused(f"nobody here does {command.kind}")
