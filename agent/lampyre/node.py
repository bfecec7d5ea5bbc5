"""The node: where the stages meet. Readings come in at once, lamps and bins are decided once a second."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from lampyre.act.override import Overrides
from lampyre.between import Between
from lampyre.board_settings import OUR_BOARDS
from lampyre.city import City
from lampyre.clock import Clock
from lampyre.configured import Held
from lampyre.decide.bins.events import BEFORE
from lampyre.decide.health import Alert
from lampyre.decide.light.moving import Moving
from lampyre.desire import Desire
from lampyre.door import Door
from lampyre.drivers import driver_of
from lampyre.errors import ConfigError
from lampyre.guiding import Guiding
from lampyre.hardware import definitions
from lampyre.lamp import Lamp, LampNews
from lampyre.memory import EVERY_S, Memory
from lampyre.obey import Obedience
from lampyre.policy_settings import next_to
from lampyre.reconfigure import Reconfigure, Ways
from lampyre.records import Alarm, Summary
from lampyre.row import Row
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import Settings
from lampyre.street import Street
from lampyre.summarise.period import Periods
from lampyre.supervisor import Job, Ward
from lampyre.whereabouts import Whereabouts
from lampyre.wishes import Wishes

log = logging.getLogger("lampyre.node")

TICK_S = 1.0  # lamps are looked at this often; presence does not wait for it
BREATH_S = 0.01  # at a stretch; then boards are heard: 64 forecasts in a tick are 12 ms even on a fast machine
BOARD_STALE_S = 5.0  # a board speaks every second
SUPPLY_S = 60.0  # dips and a recloser's tries are shorter


class Node:
    """One node: its boards, lamps and bins, and the city it tells of them."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        hint: Callable[[datetime], None] | None = None,
        held: Held | None = None,
    ) -> None:
        """`hint` hears what time GNSS receivers say it is; `held`: where these settings stand, None: in no file."""
        self.settings = settings
        self.clock = clock
        self.started_s = clock.monotonic()
        self.state_dir = settings.node.state_dir
        self.definitions = definitions(settings)
        self.latest = Latest(self._rules(), clock)
        self.ward = Ward(clock, self._ailing)
        self.overrides = Overrides(self.state_dir / "overrides.json")
        self.active: dict[tuple[str, str], Alarm] = {}
        self._supply = Alert("supplyLoss", SUPPLY_S)
        whereabouts = Whereabouts(settings.node, clock, hint)
        self.street = Street(clock, self.latest, self.overrides, whereabouts, self._step, self._raise)
        self.street.stand(settings, self.definitions)
        self.lines, self.sensors = self.street.lines, self.street.sensors
        self.lamps, self.bins = self.street.lamps, self.street.bins
        self.row = Row(self.lamps, self._moving(), self.ward.run)
        self.guiding = Guiding(settings, self.lamps, self.bins)
        self.models = self.guiding.told  # what guides, in words
        self.memory = Memory(self.state_dir, clock, self.lamps, self.bins)
        self.wishes = Wishes(self.overrides, {lamp.id: lamp.groups for lamp in settings.lamp}, clock)
        self.between = Between(settings, clock, self.row, self._decided)
        self.city = City(settings, clock, self.lamps, self.bins, self.between.live, self.between.counters)
        self.changes = Reconfigure(held, clock, Ways(self.city, self.take))
        self.obey = self.city.obey = Obedience(self.wishes, self.street, self.guiding, self.changes, clock)
        self.desire = Desire(self.changes, self.city.read_desired)
        self.city.desired = self.desire.hear

    async def open(self) -> None:
        """Make ready what lies on disk; raises ConfigError or OutboxBroken where it cannot be used."""
        try:
            self.state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"node.state_dir {self.state_dir}: {error.strerror}; give a folder we may write"
            ) from error
        self.city.papers.tell = self._raise
        await self.city.open()
        self.city.uplink.commands.settled = self.changes.settled
        self.overrides.load(self.clock.now(), clock_trusted=self.clock.trusted)
        self.guiding.open()
        self.memory.restore()
        for lamp in self.lamps.values():
            for event, why in lamp.standing.items():  # told before the restart, and not over
                self.active[lamp.id, event] = Alarm(lamp.id, event, True, why, self.clock.now())
        for bin_ in self.bins.values():
            for event in bin_.events.saved():
                self.active[bin_.id, event] = Alarm(bin_.id, event, True, BEFORE, self.clock.now())

    async def close(self) -> None:
        """Leave the outbox whole, then keep what was learned: a slow card must not cost an alarm."""
        await self.city.close()
        await self.memory.keep()

    def jobs(self, door: Door) -> list[Job]:
        """Return everything that runs, each with its leash."""
        boards = [Job(f"board {name}", line.run, leash_s=60.0) for name, line in self.lines.items()]
        sensors = [Job(f"sensor {name}", sensor.run, leash_s=60.0) for name, sensor in self.sensors.items()]
        return [
            Job("decide", self._decide, leash_s=10.0, vital=True),
            *boards,
            *sensors,
            *self.between.jobs(),
            Job("city", self.city.run, leash_s=180.0),
            Job("configuration", self.changes.run, leash_s=180.0),
            Job("desired", self.desire.run, leash_s=180.0),
            Job("uplink", self.city.uplink.run, leash_s=90.0),
            Job("papers", self.city.papers.run, leash_s=180.0),
            *(Job(name, run, leash_s=90.0) for name, run in self.city.also_run.items()),
            Job("door", door.run, leash_s=90.0),
            Job("memory", self.memory.run, leash_s=2 * EVERY_S),
        ]

    def take(self, settings: Settings) -> None:
        """Go by this file from now on, where it differs in nothing but what `examine` calls live; raises ConfigError.

        What it does not change goes on undisturbed: no other lamp moves, no other board is opened anew.
        """
        found, old = definitions(settings), self.settings
        self.settings, self.definitions = settings, found
        self.latest.know(self._rules())
        self.guiding.settings = settings
        new = self.street.stand(settings, found)
        self.memory.restore_new(new)
        self.row.moving = self._moving()
        self.wishes.know({lamp.id: lamp.groups for lamp in settings.lamp})
        self.guiding.give(anew=old.models != settings.models)
        self.city.take(settings)
        there = {settings.node.id, *self.lamps, *self.bins}
        self.active = {key: alarm for key, alarm in self.active.items() if key[0] in there}

    def _moving(self) -> Moving:
        neighbours = next_to((lamp.id, lamp.neighbours) for lamp in self.settings.lamp)
        return Moving(neighbours, self.settings.moving.lamps_most)

    async def _decide(self, beat: Callable[[], None]) -> None:
        periods = Periods(self.clock.now(), self.clock.monotonic())
        while True:
            since_s = self.clock.monotonic()
            for name in tuple(self.lamps):  # while others breathe, a configuration may take one away
                if name in self.lamps:
                    self._step(self.lamps[name])
                since_s = await self._breathe(since_s)
            self._look_at_supply()
            for name in tuple(self.bins):
                news = self.ward.run(name, self.bins[name].step) if name in self.bins else None
                if news is not None:
                    self._raise(news.alarms)
                    self.city.bin_news(news)
                since_s = await self._breathe(since_s)
            ended = periods.over(self.clock.now(), self.clock.monotonic())
            if ended is not None:
                self._summarise(*ended)
            if not self.lamps or not all(self.ward.rests(name) for name in self.lamps):
                beat()  # else it is not a lamp that is ill: systemd starts the agent anew
            await asyncio.sleep(TICK_S)

    async def _breathe(self, since_s: float) -> float:
        """Let boards be heard after a stretch of deciding, lest a presence waits; return when the stretch began."""
        if self.clock.monotonic() - since_s < BREATH_S:
            return since_s
        await asyncio.sleep(0)
        return self.clock.monotonic()

    def _step(self, lamp: Lamp) -> None:
        self._decided(self.row.step(lamp))

    def _decided(self, steps: Iterable[tuple[Lamp, LampNews]]) -> None:
        for one, news in steps:
            self._raise(news.alarms)
            self.city.lamp_news(one.id, news)

    def _look_at_supply(self) -> None:
        feeder = self.street.feeder
        told = self._supply.told(feeder.lost, self.clock.monotonic())
        if told is not None:
            name, why = self.settings.node.id, feeder.said
            self._raise([Alarm(name, self._supply.event, told, why, self.clock.now())])

    def _summarise(self, start: datetime, end: datetime) -> None:
        run, lamps, bins = self.ward.run, self.lamps.values(), self.bins.values()
        ended: list[Summary | None] = [run(one.id, partial(one.close, start, end)) for one in lamps]
        ended += [run(one.id, partial(one.close, start, end)) for one in bins]
        self.city.summaries([summary for summary in ended if summary is not None])

    def _ailing(self, asset: str, ill: bool, why: str) -> None:
        self._raise([Alarm(asset, "decisionFailure", ill, why, self.clock.now())])  # no TALQ event says this

    def _raise(self, alarms: Sequence[Alarm]) -> None:
        for alarm in alarms:
            log.warning("%s: %s %s: %s", alarm.asset, alarm.event, "starts" if alarm.active else "is over", alarm.why)
            if alarm.active:
                self.active[alarm.asset, alarm.event] = alarm
            else:
                self.active.pop((alarm.asset, alarm.event), None)
            self.city.alarm(alarm)

    def _rules(self) -> list[ChannelRule]:
        rules = []
        for board in self.settings.board:
            channels = self.definitions[board.id].channels
            stale_s = BOARD_STALE_S if board.kind in OUR_BOARDS else driver_of(board.kind).stale_s
            rules += [
                ChannelRule(f"{board.id}.{c.name}", c.quantity, c.low, c.high, c.stale_s or stale_s) for c in channels
            ]
        return rules
