"""A lamp that hangs directly at the node, with no board of ours before it: what a board does for its lamp is done here.

It makes the ramps in bounded steps, holds an order until that expires, then goes to its safe light by a ramp of its
own, whatever became of those who decide. What it finds lit when it starts stays lit. Only the dead cannot hold a lamp:
what becomes of it then stands in its driver's `alone`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Protocol, TypeVar

from lampyre.act.ramp import Shape, even, linear
from lampyre.board import Ahead, Definition, LampReport
from lampyre.driver import Hung, Place, Tended
from lampyre.errors import LinkDown
from lampyre.line import Line
from lampyre.quality import LineQuality, LinkCounts

log = logging.getLogger("lampyre.direct")

T = TypeVar("T")

START_S = 10.0  # what is found at the start stands so long without an order: the first one comes within four seconds
SAFE_UP_S, SAFE_DOWN_S = 1.0, 10.0  # as the boards' own ramps (lampyre_boards, pins.py)
LOOK_S = 30.0  # between two looks whether the lamp is where it should be; the job's leash is 60
SAME = 0.0005  # of the signal: less than half a step of the finest gear there is
NOTHING: Mapping[str, str] = MappingProxyType({})
MOVED = 0.01  # of the signal: farther from where we left it, the lamp was moved by somebody else


class LampLine(Protocol):
    """What a lamp needs of whatever holds it: a board on its line, or a gear at the node."""

    @property
    def definition(self) -> Definition:
        """What it can do: the least signal and the safe one."""

    @property
    def counts(self) -> LinkCounts:
        """What happened on the way to it."""

    @property
    def quality(self) -> LineQuality:
        """How well the way to it carries."""

    @property
    def facts(self) -> dict[str, str]:
        """What it said of itself."""

    @property
    def line(self) -> Line:
        """The way to it: up, down, lost."""

    @property
    def events(self) -> Mapping[str, str] | None:
        """What is wrong with the lamp, by TALQ's name, and why, as it says itself; None: nothing is known."""

    @property
    def holds(self) -> bool:
        """Whether it stays where it is when the way to it is lost; else it goes on by itself, to safe light."""

    keep: float | None  # the safe signal (0..1) that it goes to by itself
    night: Callable[[], Ahead | None]  # what it may go by when it hears nothing more

    def order(self, level: float, ramp_s: float, valid_s: float, *, even: bool = False) -> None:
        """Go to this signal (0..1) and hold it for so long; replaces an older order that still waits."""

    async def run(self, beat: Callable[[], None]) -> None:
        """Keep the way open for ever."""


class DirectLine:
    """One lamp at the node; `told(report)` is called whenever the lamp does something new."""

    holds = True

    def __init__(self, place: Place, hung: Hung, definition: Definition, told: Callable[[LampReport], None]) -> None:
        self.line = Line(f"lamp at {place.name}", place.url, place.clock, LOOK_S)
        self.definition = definition
        self.counts = LinkCounts()
        self.quality = LineQuality()
        self.keep: float | None = None
        self.night: Callable[[], Ahead | None] = lambda: None
        self._gear = hung.make(place)
        self._tended = self._gear if isinstance(self._gear, Tended) else None
        self._step_s, self._slow_s = hung.step_s, hung.slow_s
        self._clock = place.clock
        self._told = told
        self._order: tuple[float, float, float, bool] | None = None
        self._order_set = asyncio.Event()
        self._ordered = False
        self._until_s = 0.0  # of the order
        self._shape: Shape = linear
        self._from: float | None = None  # None: nobody knows where the lamp is
        self._to = 0.0
        self._begin_s = self._end_s = 0.0  # of the ramp
        self._put: float | None = None  # what the gear shows of the newest signal that it has got
        self._look_s = 0.0

    def order(self, level: float, ramp_s: float, valid_s: float, *, even: bool = False) -> None:
        """Go to this signal (0..1) and hold it for `valid_s`; one that repeats the last never delays its ramp."""
        self._order = (level, ramp_s, valid_s, even)
        self._order_set.set()

    async def run(self, beat: Callable[[], None]) -> None:
        """Hold the lamp for ever; the way to it is opened again when it goes away."""
        await self.line.retry(beat, lambda: self._hold(beat))

    @property
    def safe(self) -> float:
        """The signal that the lamp gets when nobody orders: off only where clock and sun say that it is day."""
        ahead = self.night()
        if ahead is not None and not ahead[0] <= 0 < ahead[0] + ahead[1]:
            return 0.0
        return self._kept

    @property
    def facts(self) -> dict[str, str]:
        """What the gear said of itself."""
        return self._tended.facts if self._tended is not None else {}

    @property
    def events(self) -> Mapping[str, str] | None:
        """What is wrong with the lamp, by TALQ's name, and why; None: nothing is known."""
        if self.line.lost and self.line.down is not None:
            return {"controlGearCommFailure": self.line.down}
        return self._tended.events if self._tended is not None else NOTHING

    @property
    def _kept(self) -> float:
        return self.definition.safe_level if self.keep is None else self.keep

    def level(self, now_s: float) -> float:
        """Return the signal (0..1) that the lamp should show."""
        if self._from is None or now_s >= self._end_s:
            return self._to
        return self._shape(self._from, self._to, (now_s - self._begin_s) / (self._end_s - self._begin_s))

    async def _hold(self, beat: Callable[[], None]) -> None:
        async with self._gear.open():
            await self._adopt()
            self.line.opened += 1
            self.line.up()
            if self._tended is not None:
                await self.line.together(self._follow(beat), self._tended.tend(self._kept))
            else:
                await self._follow(beat)

    async def _follow(self, beat: Callable[[], None]) -> None:
        while True:
            beat()
            self._take()
            await self._move()
            if self._clock.monotonic() >= max(self._look_s, self._end_s):
                await self._look()
            await self._rest()

    async def _adopt(self) -> None:
        """Leave the lamp as it is found, for long enough that whoever decides can take it up."""
        found = await self._found()
        now_s = self._clock.monotonic()
        self._put = None
        self._ordered, self._until_s = True, max(self._until_s, now_s + START_S)
        if found is not None:
            self._stay(found)
        elif self._from is None:  # it does not say, and we never knew
            self._to = self.safe
        self._say(ordered=found is not None or self._from is not None)

    def _take(self) -> None:
        """Take the newest order, or go to safe light where the last has expired."""
        now_s = self._clock.monotonic()
        if self._order_set.is_set():
            self._order_set.clear()
            assert self._order is not None
            level, ramp_s, valid_s, evenly = self._order
            self.counts.orders += 1
            self._ordered, self._until_s = True, now_s + valid_s
            if abs(level - self._to) >= SAME or now_s + ramp_s < self._end_s or self._from is None:
                self._go(level, ramp_s, even(self.definition.least) if evenly else linear)
            self._say(ours=True)
        if self._ordered and now_s >= self._until_s:
            self._ordered = False
            log.warning("%s: no order any more: safe light", self.line.name)
            self._say()
        if not self._ordered and abs((safe := self.safe) - self._to) >= SAME:
            self._go(safe, SAFE_UP_S if safe > self.level(now_s) else SAFE_DOWN_S, linear)
            self._say()

    def _go(self, signal: float, ramp_s: float, shape: Shape) -> None:
        now_s = self._clock.monotonic()
        self._from = None if self._from is None else self.level(now_s)
        self._to, self._shape = signal, shape
        self._begin_s, self._end_s = now_s, now_s + ramp_s

    def _stay(self, signal: float) -> None:
        self._from = self._to = signal
        self._put = self._gear.shown(signal)
        self._begin_s = self._end_s = self._clock.monotonic()

    async def _move(self) -> None:
        """Give the gear the next step of the ramp: where the lamp shall be when the step is over."""
        now_s = self._clock.monotonic()
        fade_s = left_s = max(0.0, self._end_s - now_s)
        if self._from is None:
            if self._order is None and self._ordered:
                return  # nobody knows where it is: no reason yet to move it
            self._from = self._to  # the gear may know where it starts
        elif left_s > self._step_s:
            fade_s = self._step_s
        signal = self._to if fade_s == left_s else self.level(now_s + fade_s)
        shown = self._gear.shown(signal)
        if shown != self._put:
            await self._soon(self._gear.put(signal, fade_s))
            self._put = shown
            self._look_s = now_s + fade_s + LOOK_S

    async def _look(self) -> None:
        """See where the lamp is; where something else has moved it, the next ramp starts there."""
        found = await self._found()
        if found is not None and abs(found - self._gear.shown(self._to)) > MOVED:
            self._stay(found)
            self._say()

    async def _found(self) -> float | None:
        self._look_s = self._clock.monotonic() + LOOK_S
        found = await self._soon(self._gear.now())
        self.counts.frames += found is not None
        self.counts.unanswered += found is None
        return found

    async def _rest(self) -> None:
        """Wait for an order, the ramp's next step, the order's end or the next look, whichever is first."""
        now_s = self._clock.monotonic()
        until_s = max(self._look_s, self._end_s)
        if self._ordered:
            until_s = min(until_s, self._until_s)
        if now_s < self._end_s:
            until_s = min(until_s, now_s + self._step_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until_s - now_s)):
                await self._order_set.wait()

    def _say(self, *, ours: bool = False, ordered: bool = True) -> None:
        now_s = self._clock.monotonic()
        left_s = max(0.0, self._until_s - now_s) if self._ordered else 0.0
        self._told(LampReport(self._ordered and ordered, self.level(now_s), self._to, left_s, ours))

    async def _soon(self, work: Awaitable[T]) -> T:
        """Return what comes of it; LinkDown where it takes too long."""
        try:
            async with asyncio.timeout(self._slow_s):
                return await work
        except TimeoutError:
            raise LinkDown(f"{self.line.url}: takes no light for {self._slow_s:.0f} s; check cable and power") from None
