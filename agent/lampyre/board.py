"""A board on its line: hello, frames in, orders out with an answer; re-opened with back-off when it goes away.

Cost per reading frame (40 bytes, six channels): one wake-up, one read; see tests/bench.
"""

import asyncio
import logging
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampyre import wire
from lampyre.clock import Clock
from lampyre.driver import Channel
from lampyre.errors import ConfigError, LinkDown
from lampyre.line import Line
from lampyre.link import Link
from lampyre.quality import LineQuality, LinkCounts, There
from lampyre.records import Quantity

log = logging.getLogger("lampyre.board")

SILENT_S = 10.0  # a board speaks every second: ten missed means the line or the board is gone
SAME = 0.001  # a level goes as a short float
ANSWER_S = 0.25  # 30 bytes there and 20 back take 5 ms at 115200 baud; the firmware loop 10 ms
ORDER_TRIES = 4  # one second in all; then the next refresh tries again
NIGHT_EVERY_S = 600.0  # a board keeps what it was told for a month, 4 min a day wider or narrower
KEEP_SAME = 0.002  # a hello says three digits
KEEP_TRIES = 3  # a board that does not take a safe level says so in its hello
KEEP_ANSWER_S = 2.0  # writing to the flash takes 0.1 s
NO_NIGHT_S = 10.0  # the clock is not trusted yet

Ahead = tuple[int, int, int, int]
"""A night as a board is told of it, in s: until it begins, how long, and the same of the part that is surely dark."""

# a board tells units; the only ratio that one measures is presence
KNOWN = {quantity.value: quantity for quantity in Quantity}  # by name and unit: several have the unit "/"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a kind of board has: read from its board.toml."""

    kind: str
    channels: tuple[Channel, ...]
    least: float = 0.0  # the lowest signal above 0 that it gives its lamp, 0..1
    safe_level: float = 0.0  # the signal of its own safe programme in the dark

    @property
    def schema(self) -> str:
        """The hash that the board must state in its hello."""
        return wire.schema_hash([(channel.name, channel.quantity.unit) for channel in self.channels])


def load_definition(folder: Path) -> Definition:
    """Read board.toml in `folder`; raises ConfigError with file, key and cure."""
    path = folder / "board.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        channels = tuple(_channel(path, row) for row in table["channel"])
        lamp = table.get("lamp", {"least": 0.0, "safe_level": 0.0})
        return Definition(table["board"]["name"], channels, float(lamp["least"]), float(lamp["safe_level"]))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}; reinstall lampyre") from error
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: no key {error}; reinstall lampyre") from error


def _channel(path: Path, row: dict[str, Any]) -> Channel:
    quantity = KNOWN.get((row["quantity"], row["unit"]))
    if quantity is None:
        raise ConfigError(f"{path}: channel {row['name']}: no quantity {row['quantity']!r} in {row['unit']!r}")
    return Channel(row["name"], quantity, float(row["low"]), float(row["high"]))


@dataclass(frozen=True, slots=True)
class LampReport:
    """What a board says of its lamp: level now and where it goes (0..1), whether an order still holds."""

    ordered: bool
    level: float
    target: float
    left_s: float
    ours: bool = False  # it follows the newest order that we have for it
    turned: tuple[bool, list[int]] | None = None  # whether it last rose, and how many s ago it changed its direction


def _shown(level: float, least: float) -> float:
    """Return what a board makes of an ordered level."""
    return max(level, least) if level > 0.0 else 0.0


class BoardLine:
    """One board on one link. `heard(values)` and `lamp_told(report)` are called in the reader, at once."""

    holds = False  # without us it goes on by itself
    events: Mapping[str, str] | None = None  # it says nothing of its lamp but what it draws

    def __init__(
        self,
        name: str,
        url: str,
        definition: Definition,
        clock: Clock,
        heard: Callable[[Sequence[float]], None],
        lamp_told: Callable[[LampReport], None],
    ) -> None:
        self.line = Line(f"board {name}", url, clock, SILENT_S)
        self.definition = definition
        self.counts = LinkCounts()
        self.quality = LineQuality()
        self._last_seq: int | None = None  # of the board, since the line was opened
        self.facts: dict[str, str] = {}  # the last hello
        self._clock = clock
        self._heard = heard
        self._lamp_told = lamp_told
        self._seq = 0
        self._order: bytes | None = None  # body of the newest order that was not answered yet
        self._order_set = asyncio.Event()
        self._answered = asyncio.Event()
        self._known = asyncio.Event()  # the board has said where its lamp is, and nothing was lost since then
        self.night: Callable[[], Ahead | None] = lambda: None  # what the board may go by when it hears nothing more
        self.keep: float | None = None  # the safe signal (0..1) that the board shall have in its flash
        self._greeted = asyncio.Event()
        self._target = math.nan  # where the newest order leads; one from before our start may bear the same seq
        self._awaited: set[int] = set()  # seqs of all tries of the newest order: a late answer is one too

    def order(self, level: float, ramp_s: float, valid_s: float, *, even: bool = False) -> None:
        """Send this order as soon as the line is up; it replaces an older one that still waits.

        `even`: in equal ratios in equal times, as an eye sees equal steps; else in equal steps of the signal.
        """
        self._order = wire.order_body(level, round(ramp_s * 1000), round(valid_s * 1000), even)
        self._order_set.set()

    async def run(self, beat: Callable[[], None]) -> None:
        """Talk to the board for ever."""

        async def talk(link: Link) -> None:
            self._known.clear()
            self._greeted.clear()
            self._last_seq = None
            await link.send(self._frame(wire.ASK))
            await self.line.together(
                self._read(link, beat), self._write_orders(link), self._tell_night(link), self._tell_keep(link)
            )

        await self.line.run(beat, talk)

    async def _read(self, link: Link, beat: Callable[[], None]) -> None:
        decoder = wire.Decoder()
        while True:
            for kind, seq, body in decoder.feed(await self.line.hear(link)):
                if self._last_seq is not None:
                    self.counts.missed += (seq - self._last_seq - 1) & 0xFF
                self._last_seq = seq
                if self._take(kind, body):
                    self.line.up()
                else:
                    self.counts.refused += 1
            self.counts.frames, decoder.sound = self.counts.frames + decoder.sound, 0
            self.counts.broken, decoder.broken = self.counts.broken + decoder.broken, 0
            beat()

    def _take(self, kind: int, body: bytes) -> bool:
        """Believe a frame, or return False where it says something impossible."""
        if kind == wire.READINGS:
            read = wire.readings_of(body, len(self.definition.channels))
            if read is None:
                return False
            self.quality.clock.hear(read[0], self._clock.monotonic())
            self._heard(read[1])
        elif kind == wire.LAMP:
            lamp = wire.lamp_of(body)
            if lamp is None:
                return False
            mode, order_seq, level, target, left_ms = lamp
            follows = mode == wire.ORDERED and order_seq in self._awaited and abs(target - self._target) < SAME
            if follows:
                self._answered.set()
            ours = follows and not self._order_set.is_set()
            if not self._known.is_set():  # what waited was ramped from where the lamp is not
                self._order_set.clear()
                self._known.set()
            turned = wire.turns_of(body)
            self._lamp_told(LampReport(mode == wire.ORDERED, level, target, left_ms / 1000, ours, turned))
        elif kind == wire.HELLO:
            return self._greet(wire.hello_of(body))
        elif kind == wire.COUNTS:
            told = wire.counts_of(body)
            if told is None:
                return False
            self.counts.there = There(*told)
            self.quality.look(self.counts, self._clock.monotonic())
        else:
            return False
        return True

    def _greet(self, hello: tuple[dict[str, str], list[tuple[str, str]]] | None) -> bool:
        if hello is None:
            return False
        facts, _ = hello
        if facts["schema"] != self.definition.schema:
            raise LinkDown(
                f"{self.line.url}: board {facts['board']!r} build {facts.get('build')} has other channels than "
                f"{self.definition.kind}; flash the firmware that came with this version"
            )
        if facts != self.facts:
            log.info("%s: %s", self.line.name, " ".join(f"{key} {value}" for key, value in facts.items()))
        self.facts = facts
        self._greeted.set()
        return True

    async def _write_orders(self, link: Link) -> None:
        while True:
            await self._known.wait()
            await self._order_set.wait()
            if not self._known.is_set():
                continue
            self._order_set.clear()
            body = self._order
            self._awaited.clear()
            for _ in range(ORDER_TRIES):
                if body is None or await self._ordered(link, body):
                    break
                if body is not self._order:  # a newer one has come meanwhile
                    body = self._order
                    self._awaited.clear()
            else:
                self.counts.unanswered += 1
                self._known.clear()
                await link.send(self._frame(wire.ASK))

    async def _ordered(self, link: Link, body: bytes) -> bool:
        self._answered.clear()
        order = wire.order_of(body)
        self._target = math.nan if order is None else _shown(order[0], self.definition.least)
        frame = self._frame(wire.ORDER, body)
        self._awaited.add(self._seq)
        self.counts.orders += 1
        await link.send(frame)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            return False
        return True

    async def _tell_night(self, link: Link) -> None:
        while True:
            night = self.night()
            if night is not None:
                await link.send(self._frame(wire.NIGHT, wire.night_body(*night)))
            await asyncio.sleep(NIGHT_EVERY_S if night is not None else NO_NIGHT_S)

    async def _tell_keep(self, link: Link) -> None:
        """Once for each opening: a board that was exchanged or forgot learns what its safe light is."""
        await self._greeted.wait()
        if self.keep is None or "safe" not in self.facts:
            return
        for _ in range(KEEP_TRIES):
            if self.kept(self.keep):
                return
            self._greeted.clear()
            await link.send(self._frame(wire.KEEP, wire.keep_body(self.keep)))
            with suppress(TimeoutError):
                async with asyncio.timeout(KEEP_ANSWER_S):
                    await self._greeted.wait()
        if not self.kept(self.keep):
            log.warning("%s: keeps a safe level of %s, not %.3f", self.line.name, self.facts.get("safe"), self.keep)

    def kept(self, level: float) -> bool:
        """Whether the board has said that it keeps this safe level."""
        try:
            return abs(float(self.facts["safe"]) - level) < KEEP_SAME
        except (KeyError, ValueError):
            return False

    def _frame(self, kind: int, body: bytes = b"") -> bytes:
        self._seq = (self._seq + 1) & 0xFF
        return b"\x00" + wire.encode(kind, self._seq, body)  # the zero ends whatever noise came before
