"""The street: what stands at the kerb by the node's file; of another file only what differs is made anew.

A lamp is made anew with the way to its board: as after a restart its board holds it and says where it is. All others
go on as if nothing had happened.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from lampyre.act.override import Overrides
from lampyre.bin import Bin
from lampyre.board import BoardLine, Definition, LampReport
from lampyre.board_settings import OUR_BOARDS, BoardSettings
from lampyre.clock import Clock
from lampyre.decide.supply import Feeder
from lampyre.direct import DirectLine, LampLine
from lampyre.driver import Device, Place, Sample
from lampyre.drivers import driver_of
from lampyre.journal import Journal, share_of
from lampyre.lamp import Lamp
from lampyre.memory import take_up
from lampyre.plans import night_rule, plan_of
from lampyre.records import Alarm, Quantity
from lampyre.sense.counter import Counter
from lampyre.sense.latest import Latest
from lampyre.sense.sensor import device_of
from lampyre.settings import BinSettings, LampSettings, Settings
from lampyre.whereabouts import Whereabouts

log = logging.getLogger("lampyre.street")

T = TypeVar("T")
Part = BoardSettings | LampSettings | BinSettings
Definitions = dict[str, Definition]


class Street:
    """Boards, lamps and bins by their names, always the same dictionaries, in the order of the file."""

    def __init__(
        self,
        clock: Clock,
        latest: Latest,
        overrides: Overrides,
        whereabouts: Whereabouts,
        come: Callable[[Lamp], None],
        tell: Callable[[Sequence[Alarm]], None],
    ) -> None:
        """`come`: somebody has come to a lamp: it decides now, not at the next tick; `tell` hears of alarms."""
        self.lines: dict[str, LampLine] = {}
        self.sensors: dict[str, Device] = {}
        self.lamps: dict[str, Lamp] = {}
        self.bins: dict[str, Bin] = {}
        self.feeder = Feeder()
        self._by_board: dict[str, Lamp] = {}
        self._counters: dict[str, Counter] = {}  # by channel: a line that is opened anew counts on
        self._settings: Settings | None = None  # None: nothing stands yet
        self._clock = clock
        self._latest = latest
        self._overrides = overrides
        self._whereabouts = whereabouts
        self._come = come
        self._tell = tell

    def stand(self, settings: Settings, definitions: Definitions) -> set[str]:
        """Make what is not there as this file says, and take away what it does not name; return what is new."""
        old, self._settings = self._settings, settings
        boards = _differ(old.board if old else (), settings.board)
        lamps = _differ(old.lamp if old else (), settings.lamp)
        if old is not None and old.night != settings.night:
            lamps |= {lamp.id for lamp in settings.lamp}
        for side in (old, settings):
            boards |= {lamp.board for lamp in side.lamp if lamp.id in lamps} if side else set()
        lamps |= {lamp.id for lamp in settings.lamp if lamp.board in boards}
        before = dict(self.lamps)
        for name in boards:
            self.lines.pop(name, None)
            self.sensors.pop(name, None)
        for board in settings.board:
            if board.id in boards:
                self._plug(board, definitions[board.id])
        again = old is not None and (old.programme, old.calendar) != (settings.programme, settings.calendar)
        self._hang(settings, lamps, plans_anew=again)
        bins = _differ(old.bin if old else (), settings.bin)
        new = {one.id for one in settings.lamp if one.id not in before}
        new |= {one.id for one in settings.bin if one.id not in self.bins}
        self._put(settings, bins)
        _sort(self.lines, [board.id for board in settings.board])
        _sort(self.sensors, [board.id for board in settings.board])
        return new

    def _hang(self, settings: Settings, names: set[str], *, plans_anew: bool) -> None:
        """Make these lamps; the others stay, with another programme where the file's are others."""
        rule, before = night_rule(settings.night), dict(self.lamps)
        self.lamps.clear()
        for lamp in settings.lamp:
            kept = before.get(lamp.id)
            if kept is not None and lamp.id not in names:
                kept.plan = plan_of(settings, lamp) if plans_anew else kept.plan
                self.lamps[lamp.id] = kept
                continue
            line, plan = self.lines[lamp.board], plan_of(settings, lamp)
            made = Lamp(lamp, settings.node, line, self._latest, self._overrides, self._clock, rule, plan)
            made.upkeep.health.feeder = self.feeder
            made.journal = Journal(share_of(len(settings.lamp)))
            if kept is not None:
                _inherit(made, kept)
                self.feeder.tell(kept.upkeep.health, None)
            self.lamps[lamp.id] = made
        self._by_board = {lamp.settings.board: lamp for lamp in self.lamps.values()}

    def _put(self, settings: Settings, names: set[str]) -> None:
        before = dict(self.bins)
        self.bins.clear()
        for bin_ in settings.bin:
            kept = before.get(bin_.id)
            if kept is not None and bin_.id not in names:
                self.bins[bin_.id] = kept
                continue
            self.bins[bin_.id] = made = Bin(bin_, settings.node, self._latest)
            if kept is not None:
                made.model = kept.model
                take_up(bin_.id, partial(made.restore, kept.text(), self._clock.now()))

    def _plug(self, board: BoardSettings, definition: Definition) -> None:
        names = [f"{board.id}.{channel.name}" for channel in definition.channels]
        if board.kind not in OUR_BOARDS:
            self._plug_sensor(board, names, definition)
            return
        counting = [n for n, channel in enumerate(definition.channels) if channel.quantity is Quantity.PASSAGES]
        present = [n for n, channel in enumerate(definition.channels) if channel.quantity is Quantity.PRESENCE]
        counters = {n: self._counters.setdefault(names[n], Counter()) for n in counting}

        def heard(values: Sequence[float]) -> None:
            fixed = [counters[n].total(value) if n in counters else value for n, value in enumerate(values)]
            self._latest.put(names, fixed)
            lamp = self._by_board.get(board.id)
            if lamp is not None and any(values[n] > 0.0 for n in present):
                self._come(lamp)

        told = partial(self._told, board.id)
        self.lines[board.id] = BoardLine(board.id, board.link, definition, self._clock, heard, told)

    def _told(self, board: str, report: LampReport) -> None:
        lamp = self._by_board.get(board)
        if lamp is not None:
            lamp.told(report)

    def _plug_sensor(self, board: BoardSettings, names: Sequence[str], definition: Definition) -> None:
        driver = driver_of(board.kind)
        present = [n for n, channel in enumerate(driver.channels) if channel.quantity is Quantity.PRESENCE]
        places = any(channel.quantity in {Quantity.LATITUDE, Quantity.TIME} for channel in driver.channels)
        there: set[str] = set()  # channels where somebody was at the last sample

        def heard(sample: Sample) -> None:
            self._latest.put(names, sample.values, sample.quality)
            alarm = self._whereabouts.hear(driver.channels, sample) if places else None
            if alarm is not None:
                self._tell([alarm])
            before = set(there)
            there.clear()
            there.update(names[n] for n in present if sample.values[n] > 0.0)
            for lamp in self.lamps.values() if there - before else ():
                if lamp.settings.presence in there:
                    self._come(lamp)

        place = Place(board.id, board.link, driver.settle(board.options), self._clock, heard)
        if driver.lamp is not None:
            told = partial(self._told, board.id)
            self.lines[board.id] = DirectLine(place, driver.lamp, definition, told)
        else:
            self.sensors[board.id] = device_of(driver, place)


def _differ(old: Iterable[Part], new: Iterable[Part]) -> set[str]:
    """Return the ids of what is not the same in both."""
    was, is_ = ({one.id: one for one in side} for side in (old, new))
    return {name for name in {**was, **is_} if was.get(name) != is_.get(name)}


def _sort(found: dict[str, T], names: Iterable[str]) -> None:
    for name in names:
        if name in found:
            found[name] = found.pop(name)


def _inherit(made: Lamp, kept: Lamp) -> None:
    """Give a lamp what the one before it has learned, counted and told."""
    take_up(made.id, partial(made.restore, kept.text()))
    take_up(made.id, partial(made.upkeep.days.restore, kept.upkeep.days.text()))
    made.upkeep.days.unsaved = kept.upkeep.days.unsaved
    made.model, made.journal, made.swell = kept.model, kept.journal, kept.swell
    if (made.channels, made.settings.policy) == (kept.channels, kept.settings.policy):
        made.period = kept.period
