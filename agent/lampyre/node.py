"""The node: where the stages meet. Readings come in at once, lamps and bins are decided once a second."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from lampyre.act.override import Overrides
from lampyre.between import Between
from lampyre.bin import Bin
from lampyre.board import BoardLine, LampReport
from lampyre.board_settings import OUR_BOARDS, BoardSettings
from lampyre.city import City
from lampyre.clock import Clock
from lampyre.configured import Held
from lampyre.decide.bins.events import BEFORE
from lampyre.decide.health import Alert
from lampyre.decide.inference import Model
from lampyre.decide.light.moving import Moving
from lampyre.decide.supply import Feeder
from lampyre.direct import DirectLine, LampLine
from lampyre.door import Door
from lampyre.driver import Device, Place, Sample
from lampyre.drivers import driver_of
from lampyre.errors import ConfigError, ModelRejected
from lampyre.guides import Duty, load_guide
from lampyre.hardware import definitions
from lampyre.journal import Journal, share_of
from lampyre.lamp import Lamp, LampNews
from lampyre.memory import EVERY_S, Memory
from lampyre.obey import Obedience
from lampyre.plans import night_rule, plan_of
from lampyre.policy_settings import next_to
from lampyre.reconfigure import Reconfigure, Ways
from lampyre.records import Alarm, Quantity, Summary
from lampyre.row import Row
from lampyre.sense.counter import Counter
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.sense.sensor import device_of
from lampyre.settings import Settings
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
        self.models: dict[str, str] = {}  # what guides, in words
        self.active: dict[tuple[str, str], Alarm] = {}
        self.lines: dict[str, LampLine] = {}
        self.sensors: dict[str, Device] = {}
        self._feeder = Feeder()
        self._supply = Alert("supplyLoss", SUPPLY_S)
        self.lamps: dict[str, Lamp] = {}
        self._by_board: dict[str, Lamp] = {}
        self._whereabouts = Whereabouts(settings.node, clock, hint)
        for board in settings.board:
            self._plug(board)
        rule = night_rule(settings.night)
        for lamp in settings.lamp:
            line, plan = self.lines[lamp.board], plan_of(settings, lamp)
            made = Lamp(lamp, settings.node, line, self.latest, self.overrides, clock, rule, plan)
            made.upkeep.health.feeder = self._feeder
            made.journal = Journal(share_of(len(settings.lamp)))
            self.lamps[lamp.id] = self._by_board[lamp.board] = made
        neighbours = next_to((lamp.id, lamp.neighbours) for lamp in settings.lamp)
        self.row = Row(self.lamps, Moving(neighbours, settings.moving.lamps_most), self.ward.run)
        self.bins = {bin_.id: Bin(bin_, settings.node, self.latest) for bin_ in settings.bin}
        self.memory = Memory(self.state_dir, clock, self.lamps, self.bins)
        self.wishes = Wishes(self.overrides, {lamp.id: lamp.groups for lamp in settings.lamp}, clock)
        self.between = Between(settings, clock, self.row, self._decided)
        self.city = City(settings, clock, self.lamps, self.bins, self.between.live, self.between.counters)
        self.changes = Reconfigure(held, clock, Ways(self.city))
        self.obey = self.city.obey = Obedience(self.wishes, self.bins, self.changes)

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
        activity = self._guide("activity")
        fill = self._guide("fill")
        for lamp in self.lamps.values():
            lamp.model = activity
        for bin_ in self.bins.values():
            bin_.model = fill
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
            Job("uplink", self.city.uplink.run, leash_s=90.0),
            Job("papers", self.city.papers.run, leash_s=180.0),
            *(Job(name, run, leash_s=90.0) for name, run in self.city.also_run.items()),
            Job("door", door.run, leash_s=90.0),
            Job("memory", self.memory.run, leash_s=2 * EVERY_S),
        ]

    async def _decide(self, beat: Callable[[], None]) -> None:
        periods = Periods(self.clock.now(), self.clock.monotonic())
        while True:
            since_s = self.clock.monotonic()
            for lamp in self.lamps.values():
                self._step(lamp)
                since_s = await self._breathe(since_s)
            self._look_at_supply()
            for bin_ in self.bins.values():
                news = self.ward.run(bin_.id, bin_.step)
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
        told = self._supply.told(self._feeder.lost, self.clock.monotonic())
        if told is not None:
            name, why = self.settings.node.id, self._feeder.said
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

    def _plug(self, board: BoardSettings) -> None:
        definition = self.definitions[board.id]
        names = [f"{board.id}.{channel.name}" for channel in definition.channels]
        if board.kind not in OUR_BOARDS:
            self._plug_sensor(board, names)
            return
        counting = [n for n, channel in enumerate(definition.channels) if channel.quantity is Quantity.PASSAGES]
        present = [n for n, channel in enumerate(definition.channels) if channel.quantity is Quantity.PRESENCE]
        counters = {n: Counter() for n in counting}

        def heard(values: Sequence[float]) -> None:
            fixed = [counters[n].total(value) if n in counters else value for n, value in enumerate(values)]
            self.latest.put(names, fixed)
            lamp = self._by_board.get(board.id)
            if lamp is not None and any(values[n] > 0.0 for n in present):
                self._step(lamp)  # somebody is there: now, not at the next tick

        told = partial(self._told, board.id)
        self.lines[board.id] = BoardLine(board.id, board.link, definition, self.clock, heard, told)

    def _told(self, board: str, report: LampReport) -> None:
        lamp = self._by_board.get(board)
        if lamp is not None:
            lamp.told(report)

    def _plug_sensor(self, board: BoardSettings, names: Sequence[str]) -> None:
        driver = driver_of(board.kind)
        present = [n for n, channel in enumerate(driver.channels) if channel.quantity is Quantity.PRESENCE]
        places = any(channel.quantity in {Quantity.LATITUDE, Quantity.TIME} for channel in driver.channels)
        there: set[str] = set()  # channels where somebody was at the last sample

        def heard(sample: Sample) -> None:
            self.latest.put(names, sample.values, sample.quality)
            alarm = self._whereabouts.hear(driver.channels, sample) if places else None
            if alarm is not None:
                self._raise([alarm])
            before = set(there)
            there.clear()
            there.update(names[n] for n in present if sample.values[n] > 0.0)
            for lamp in self.lamps.values() if there - before else ():
                if lamp.settings.presence in there:
                    self._step(lamp)  # somebody has come: now, not at the next tick

        place = Place(board.id, board.link, driver.settle(board.options), self.clock, heard)
        if driver.lamp is not None:
            told = partial(self._told, board.id)
            self.lines[board.id] = DirectLine(place, driver.lamp, self.definitions[board.id], told)
        else:
            self.sensors[board.id] = device_of(driver, place)

    def _guide(self, duty: Duty) -> Model | None:
        """Load the model that guides a duty; a refused one is told of and the rule decides."""
        try:
            model = load_guide(duty, self.settings)
        except ModelRejected as error:
            log.warning("model for %s refused: %s; the rule decides", duty, error)
            self.models[duty] = f"none: {error}"
            return None
        self.models[duty] = model.source if model else "none: switched off in the configuration, the rule decides"
        return model
