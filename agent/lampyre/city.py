"""The city: everything that leaves the node and everything it is told, in one place.

News from lamps and bins become messages; alarms and summaries go into the outbox, states to the uplink.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta

from lampyre.act.override import Override, Overrides
from lampyre.bin import BinNews
from lampyre.clock import Clock
from lampyre.errors import CommandRefused, OutboxError
from lampyre.lamp import Lamp, LampNews
from lampyre.records import Alarm, Cause, LampSummary, Priority, Summary
from lampyre.settings import Settings
from lampyre.supervisor import Beat
from lampyre.sync import messages
from lampyre.sync.broker import Broker
from lampyre.sync.convert import Converter
from lampyre.sync.outbox import LIMIT_BYTES, Outbox
from lampyre.sync.topics import Topics
from lampyre.sync.uplink import Uplink

log = logging.getLogger("lampyre.city")

HEALTH_EVERY_S = 600.0
WAITING_LIMIT = 2048  # messages on the way to the outbox: twenty periods of 96 assets; then the oldest give way
RETRY_S = 5.0  # between two tries at an outbox whose disk fails
PRESENCE_EVERY_S = 60.0  # a lamp's state tells of passers no finer than this: nobody's steps go over the wire


class City:
    """What the node says to its city and hears from it."""

    def __init__(self, settings: Settings, clock: Clock, lamps: Mapping[str, Lamp], overrides: Overrides) -> None:
        self._settings = settings
        self._clock = clock
        self._lamps = lamps
        self._overrides = overrides
        self._topics = Topics(settings.node.site, settings.node.id)
        self._waiting: deque[tuple[str, messages.Record, Priority]] = deque()
        self._news = asyncio.Event()
        self._told: dict[str, tuple[Cause, float]] = {}  # lamp → cause and time of its last state
        self._untold: set[str] = set()  # lamps whose state changed by presence since they were last told of
        self._started_s = clock.monotonic()
        self.dropped = 0  # messages that found no place on the way to the outbox

    async def open(self) -> None:
        """Open the outbox; raises OutboxBroken where the state folder cannot be used."""
        node, broker = self._settings.node, self._settings.broker
        self.outbox = await Outbox.open(node.state_dir / "outbox.db", limit_bytes=LIMIT_BYTES)
        self._convert = Converter(node.site, node.id, self.outbox.boot, self._clock, privacy_least=node.passages_least)
        reach = Broker(
            host=broker.host,
            port=broker.port,
            client_id=f"lampyre-{node.site}-{node.id}",
            tls=broker.tls,
            ca_file=broker.ca_file,
            cert_file=broker.cert_file,
            key_file=broker.key_file,
            keepalive_s=broker.keepalive_s,
        )
        self.uplink = Uplink(reach, node.site, node.id, self.outbox, self._clock, self._obey)

    async def close(self) -> None:
        """Write what waits, then leave the outbox whole."""
        try:
            await self._put_all()
            await self.outbox.close()
        except OutboxError as error:
            log.warning("outbox not closed cleanly: %s", error)

    async def run(self, beat: Beat) -> None:
        """Carry messages into the outbox and tell the city how the node is, for ever."""
        told_s = self._clock.monotonic() - HEALTH_EVERY_S
        while True:
            beat()
            if self._clock.monotonic() - told_s >= HEALTH_EVERY_S:
                told_s = self._clock.monotonic()
                self._tell_health()
            try:
                async with asyncio.timeout(HEALTH_EVERY_S / 10):
                    await self._news.wait()
                await self._put_all()
            except TimeoutError:
                pass
            except OutboxError as error:
                log.warning("outbox: %s; %d messages wait in memory", error, len(self._waiting))
                await asyncio.sleep(RETRY_S)

    def lamp_news(self, lamp: str, news: LampNews) -> None:
        """Tell of a lamp whose order changed; of changes by presence only once a minute, see PRESENCE_EVERY_S."""
        cause = news.step.order.cause
        before, at_s = self._told.get(lamp, (None, 0.0))
        if news.changed:
            self._untold.add(lamp)
        if lamp not in self._untold:
            return
        minute = int(news.step.seen.mono_s // PRESENCE_EVERY_S)
        personal = Cause.SENSOR in {cause, before} and before is not None
        if personal and minute == int(at_s // PRESENCE_EVERY_S):
            return
        self._untold.discard(lamp)
        self._told[lamp] = (cause, news.step.seen.mono_s)
        self._publish(self._topics.lamp_state(lamp), self._convert.lamp_state(news.step))

    def bin_news(self, news: BinNews) -> None:
        """Tell of a bin that has changed by a per cent, in quality or in its forecast."""
        if news.changed:
            self._publish(self._topics.bin_state(news.fill.asset), self._convert.bin_state(news.fill))

    def alarm(self, alarm: Alarm) -> None:
        """Send an alarm past everything that waits."""
        self._keep(self._topics.alarm, self._convert.alarm(alarm), Priority.ALARM)

    def summaries(self, summaries: Sequence[Summary]) -> None:
        """Send one period of every asset."""
        for summary in summaries:
            if isinstance(summary, LampSummary):
                record: messages.Record = self._convert.lamp_summary(summary)
                topic = self._topics.lamp_summary(summary.asset)
            else:
                record = self._convert.bin_summary(summary)
                topic = self._topics.bin_summary(summary.asset)
            self._keep(topic, record, Priority.SUMMARY)

    def _publish(self, topic: str, record: messages.Record) -> None:
        self.uplink.publish_state(topic, messages.numbered(record))

    def _keep(self, topic: str, record: messages.Record, priority: Priority) -> None:
        if len(self._waiting) >= WAITING_LIMIT:
            oldest = next((one for one in self._waiting if one[2] is Priority.SUMMARY), self._waiting[0])
            self._waiting.remove(oldest)
            self.dropped += 1
        if priority is Priority.ALARM:
            self._waiting.appendleft((topic, record, priority))
        else:
            self._waiting.append((topic, record, priority))
        self._news.set()

    async def _put_all(self) -> None:
        """Put everything that waits, together, so that it shares commits; what fails stays."""
        self._news.clear()
        batch = list(self._waiting)
        puts = [self.outbox.put(topic, messages.numbered(record), priority) for topic, record, priority in batch]
        results = await asyncio.gather(*puts, return_exceptions=True)
        failed = []
        for message, result in zip(batch, results, strict=True):
            self._waiting.remove(message)
            if isinstance(result, BaseException):
                failed.append((message, result))
        self._waiting.extendleft(message for message, _ in reversed(failed))
        if failed:
            self._news.set()
            raise failed[0][1]

    async def _obey(self, command: messages.Override) -> str:
        """Take a remote override; the city's answer says what the lamp will do."""
        unknown = [lamp for lamp in command.lamps if lamp not in self._lamps]
        if unknown:
            raise CommandRefused(f"no lamp {unknown[0]!r}; there are {', '.join(self._lamps)}")
        until = self._clock.now() + timedelta(seconds=command.duration_s)
        refused = []
        for lamp in command.lamps:
            wish = Override(lamp, command.level / 100.0, until, command.by, technician=False)
            if not self._overrides.put(wish):
                refused.append(lamp)
        if len(refused) == len(command.lamps):
            raise CommandRefused(f"a technician holds {', '.join(refused)} at the mast until later")
        await asyncio.to_thread(self._overrides.save)
        done = [lamp for lamp in command.lamps if lamp not in refused]
        log.info(
            "override by %s: %s at %.0f %% for %.0f s", command.by, ", ".join(done), command.level, command.duration_s
        )
        held = f"; a technician holds {', '.join(refused)}" if refused else ""
        return f"{', '.join(done)} at {command.level:g} % until {until:%Y-%m-%dT%H:%M:%SZ}{held}"

    def _tell_health(self) -> None:
        counters = {"reconnects": self.uplink.reconnects, "dropped": self.dropped} | self._line_counters()
        uptime_s = self._clock.monotonic() - self._started_s
        self._publish(self._topics.health, self._convert.health(uptime_s, self.outbox.stats(), counters))

    def _line_counters(self) -> dict[str, int]:
        counts = [lamp.line.counts for lamp in self._lamps.values()]
        return {
            "frames": sum(count.frames for count in counts),
            "frames_broken": sum(count.broken for count in counts),
            "orders_unanswered": sum(count.unanswered for count in counts),
            "forecasts_late": sum(lamp.late for lamp in self._lamps.values()),
        }

    def outbox_report(self) -> dict[str, object]:
        """Return how the outbox stands, for the console."""
        stats = self.outbox.stats()
        return {
            "waiting": {"alarm": stats.alarms, "reply": stats.replies, "summary": stats.summaries},
            "bytes": stats.bytes,
            "limit_bytes": LIMIT_BYTES,
            "parked": stats.parked,
            "thinned": stats.thinned,
            "quarantined": stats.quarantined,
            "accepted": stats.accepted,
            "boot": self.outbox.boot,
        }
