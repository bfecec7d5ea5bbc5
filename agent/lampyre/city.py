"""The city: everything that leaves the node and everything it is told, in one place.

News from lamps and bins become messages; alarms and summaries go into the outbox, states to the uplink.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from lampyre.act.governor import KEPT_UP
from lampyre.bin import Bin, BinNews
from lampyre.clock import Clock
from lampyre.configured import Told
from lampyre.errors import CommandRefused
from lampyre.identity import Identity
from lampyre.keeping import Keeping
from lampyre.lamp import Lamp, LampNews
from lampyre.papers import Papers
from lampyre.reach import brokers, pacing
from lampyre.records import Alarm, Cause, LampSummary, Order, Summary
from lampyre.settings import Settings
from lampyre.summarise.discreet import Discreet
from lampyre.summarise.period import PERIOD_S
from lampyre.supervisor import Beat
from lampyre.sync import messages
from lampyre.sync.broker import Broker
from lampyre.sync.commands import Obey
from lampyre.sync.convert import Converter
from lampyre.sync.live import Live
from lampyre.sync.orders import Command
from lampyre.sync.session import Session
from lampyre.sync.signed import Signed
from lampyre.sync.topics import Topics
from lampyre.sync.tray import Tray
from lampyre.sync.uplink import Uplink

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
        self.obey: Obey = _nobody  # who does what the city commands; the node says it
        self._topics = Topics(settings.node.site, settings.node.id)
        self._told: dict[str, Order] = {}  # lamp → the order that its last state told of
        self._untold: dict[str, datetime] = {}  # lamp → minute of its first change since then
        self._hidden: set[str] = set()  # lamps that somebody has moved since then: one of few, nobody is told
        node = settings.node
        self._discreet = {name: Discreet(node.passages_least, ZoneInfo(node.time_zone)) for name in lamps}
        self._started_s = clock.monotonic()
        self.papers = Papers(settings, clock)
        self.also_run: Mapping[str, Callable[[Beat], Awaitable[None]]] = {}  # connections beside the uplink
        self.identity = Identity(settings.node.state_dir, clock)
        self.unsaid = 0  # news that made no valid message

    async def open(self) -> None:
        """Open the outbox, now or when its disk can be used; raises OutboxHeld where another agent has it."""
        node = self._settings.node
        self.keeping = await Keeping.open(self._settings, self._clock, self.alarm)
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
        """Tell of a lamp whose order changed; of changes by presence when their minute is over, and to the minute.

        At once and to the second, the states of a street would show how somebody walked along it. Of a change
        that its minute has undone, nothing is told; nor that somebody came, where in this quarter too few have passed,
        and of the end only with the quarter's.
        """
        step = news.step
        minute = step.seen.at.replace(second=0, microsecond=0)
        if news.changed:
            self._untold.setdefault(lamp, minute)
        since = self._untold.get(lamp)
        if since is None:
            return
        told = self._told.get(lamp)
        held = step.order.cause is Cause.OVERRIDE
        command = held and (told is None or told.cause is not Cause.OVERRIDE)
        passers = lamp in self._hidden or (told is not None and _by_passers(told))
        personal = _by_passers(step.order) or (passers and not command)
        few = not held and self._lamps[lamp].period.passed < self._settings.node.passages_least
        if personal and few and _by_passers(step.order):
            self._hidden.add(lamp)
            return
        if personal and (_quarter(minute) == _quarter(since) if few else minute == since):
            return
        del self._untold[lamp]
        self._hidden.discard(lamp)
        if told is not None and _essence(told) == _essence(step.order):
            return
        self._told[lamp] = step.order
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
        }
        counters |= self._line_counters() | self._counters()
        if self.uplink.beside is not None:
            counters["dialects_dropped"] = self.uplink.beside.dropped
        uptime_s = self._clock.monotonic() - self._started_s
        uplink = self.uplink.health(self.papers.days_left)
        self._publish(
            self._topics.health, lambda: self._convert.health(uptime_s, self.outbox.stats(), counters, uplink)
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


def _by_passers(order: Order) -> bool:
    """Whether somebody passing made it: now, or minutes ago where the lamp is kept up for having moved so often."""
    return order.cause is Cause.SENSOR or KEPT_UP in order.clamps


def _quarter(minute: datetime) -> int:
    return int(minute.timestamp()) // PERIOD_S


def _essence(order: Order) -> tuple[object, ...]:
    """What a state tells of an order: its refreshing and the rest of its ramp are no news."""
    return round(order.level, 3), order.cause, order.fine, order.why, order.clamps
