"""The words for boards, on a bench or at a mast: list, flash, monitor, bench. The agent does not hold the line then."""

import asyncio
import glob
import re
import statistics
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import lampyre_boards
from lampyre import __version__, wire
from lampyre.clock import Clock
from lampyre.errors import ConfigError, LinkDown
from lampyre.link import Link, open_link

PORTS = ("/dev/serial/by-id/*", "/dev/lampyre/*", "/dev/ttyAMA*", "/dev/ttyACM*", "/dev/ttyUSB*")
ANSWER_S = 1.5  # a board says something every second, and answers at once
ABOUT = ("board", "build", "slot", "id", "boots", "cause", "safe", "test")  # of a hello, in this order
GOOD_S = 90.0  # a minute on trial, and the start
ASK_SEQ = 255  # this question has no 03 on the line: a REPL that hears it does not stop its firmware
PASTED = re.compile(r"\| ((?:[0-9a-f]{2})+)$")
KINDS = {getattr(wire, name): name for name in ("HELLO", "READINGS", "LAMP", "COUNTS", "ASK", "ORDER", "NIGHT", "KEEP")}
Say = Callable[[str], None]


def ports() -> list[str]:
    """Return the serial ports there are, each once, by its stable name if it has one."""
    found: dict[str, str] = {}
    for pattern in PORTS:
        for name in sorted(glob.glob(pattern)):  # noqa: PTH207 - patterns are absolute
            found.setdefault(str(Path(name).resolve()), name)
    return list(found.values())


async def list_boards(names: list[str], say: Say) -> int:
    """Ask each port who is there; return how many boards answered."""
    answered = 0
    for name, told in zip(names, await asyncio.gather(*(_who(name) for name in names)), strict=True):
        answered += told.startswith("board ")
        say(f"{name}: {told}")
    if not names:
        say(f"no serial port here; looked for {' '.join(PORTS)}")
    return answered


async def _who(name: str) -> str:
    try:
        async with open_link(url_of(name)) as link:
            facts = await _hello(link, ANSWER_S)
    except LinkDown as error:
        return str(error).removeprefix(f"{name}: ")
    if facts is None:
        return "nothing that speaks our wire; a board's REPL, another device, or another speed"
    return " ".join(f"{key} {facts[key]}" for key in ABOUT if key in facts)


def url_of(name: str) -> str:
    """Return a link's URL; a bare path is a serial port at the boards' speed."""
    return f"serial://{name}" if name.startswith("/") else name


async def _hello(link: Link, within_s: float) -> dict[str, str] | None:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await link.send(b"\x00" + wire.encode(wire.ASK, ASK_SEQ))
            async for kind, _, body in _frames(link):
                hello = wire.hello_of(body) if kind == wire.HELLO else None
                if hello is not None:
                    return hello[0]
    return None


async def _frames(link: Link) -> AsyncIterator[tuple[int, int, bytes]]:
    decoder = wire.Decoder()
    while True:
        for frame in decoder.feed(await link.receive()):
            yield frame


async def flash_board(port: str, kind: str, line: str | None, say: Say, *, compiled: bool) -> bool:
    """Flash the firmware of this version over a board's REPL; with its `line`, wait until the board calls it good.

    Return whether it is good, or may be. ConfigError says what went wrong; the board keeps what ran before.
    """
    from lampyre_boards.flash import FlashError, flash, pack  # noqa: PLC0415 - only this word needs it

    if kind not in lampyre_boards.kinds():
        raise ConfigError(f"no board {kind!r}; there are {', '.join(lampyre_boards.kinds())}")
    try:
        files = pack(kind, Path(wire.__file__), __version__, compiled=compiled)
        flash(port, files, say)
    except FlashError as error:
        raise ConfigError(str(error)) from error
    build = files["build"].decode()
    if line is None:
        say(f"{build} is on trial; it is good once it has run a minute and heard its node: lampyre board list says so")
        return True
    say(f"{build} is on trial; waiting for a minute")
    if await becomes_good(line, build, say):
        say(f"{build} is good")
        return True
    say(f"{build} did not become good in {GOOD_S:.0f} s; the board goes back to what ran before when it starts again")
    return False


async def becomes_good(line: str, build: str, say: Say) -> bool:
    """Whether the board on this line calls this build good within GOOD_S; asking is what it waits for."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOOD_S), open_link(url_of(line)) as link:
            while True:
                facts = await _hello(link, ANSWER_S)
                if facts is not None and facts.get("build") != build:
                    say(f"the board runs {facts.get('build')}")
                    return False
                if facts is not None and not facts.get("slot", "?").endswith("?"):
                    return True
                await asyncio.sleep(ANSWER_S)
    return False


async def monitor(url: str, clock: Clock, say: Say) -> None:
    """Say every frame on one line, for ever; the bytes at its end can be given to `decoded` again."""
    async with open_link(url_of(url)) as link:
        await link.send(b"\x00" + wire.encode(wire.ASK, ASK_SEQ))
        channels: list[str] = []
        async for kind, seq, body in _frames(link):
            channels = _names(kind, body) or channels
            say(f"{clock.now().isoformat(timespec='milliseconds')} {in_words(kind, seq, body, channels)}")


def decoded(lines: Iterator[str]) -> Iterator[str]:
    """Read lines of `monitor` again and yield what they say; others are passed on as they are."""
    channels: list[str] = []
    for text in lines:
        pasted = PASTED.search(text.rstrip())
        frame = wire.decode(bytes.fromhex(pasted[1])[:-1]) if pasted else None
        if frame is None:
            yield text.rstrip()
        else:
            channels = _names(frame[0], frame[2]) or channels
            yield f"{text.split(' ', 1)[0]} {in_words(*frame, channels)}"


def _names(kind: int, body: bytes) -> list[str]:
    hello = wire.hello_of(body) if kind == wire.HELLO else None
    return [name for name, _ in hello[1]] if hello is not None else []


def in_words(kind: int, seq: int, body: bytes, channels: list[str]) -> str:
    """Return a frame as a person reads it, and its bytes."""
    told = _said(kind, body, channels)
    said = "impossible" if told is None else told
    return f"{KINDS.get(kind, f'{kind:#04x}')} {seq} {said} | {wire.encode(kind, seq, body).hex()}"


def _said(kind: int, body: bytes, channels: list[str]) -> str | None:
    if kind == wire.READINGS:
        size = body[4] if len(body) > 4 else 0
        read = wire.readings_of(body, size)
        names = channels if len(channels) == size else [str(number) for number in range(size)]
        return read and f"ticks {read[0]} " + " ".join(f"{n}={v:.4g}" for n, v in zip(names, read[1], strict=True))
    if kind == wire.LAMP:
        lamp = wire.lamp_of(body)
        way = ("ordered", "safe programme")
        return lamp and f"{way[lamp[0]]} by {lamp[1]}, at {lamp[2]:.3f} to {lamp[3]:.3f}, {lamp[4] / 1000:.1f} s left"
    if kind == wire.ORDER:
        order = wire.order_of(body)
        return order and f"{order[0]:.3f} in {order[1]} ms for {order[2] / 1000:g} s{' evenly' if order[3] else ''}"
    if kind == wire.COUNTS:
        counts = wire.counts_of(body)
        return counts and "heard {} broken {} refused {} dropped {}".format(*counts)
    if kind == wire.NIGHT:
        night = wire.night_of(body)
        return night and "in {} s for {} s, surely in {} s for {} s".format(*night)
    if kind == wire.KEEP:
        level = wire.keep_of(body)
        return None if level is None else f"{level:.3f}"
    if kind == wire.HELLO:
        return body.decode() if wire.hello_of(body) is not None else None
    return "" if not body else None


async def bench(url: str, asks: int, clock: Clock, say: Say) -> bool:
    """Ask so many times, one after the other; say round trip and loss. Return whether nothing was lost."""
    took_ms: list[float] = []
    async with open_link(url_of(url)) as link:
        if await _hello(link, ANSWER_S) is None:
            raise LinkDown(f"{url}: no board answers; see: lampyre board list")
        frames = _Kept(link)
        for _ in range(asks):
            begun = clock.monotonic()
            if await frames.answered(ANSWER_S):
                took_ms.append((clock.monotonic() - begun) * 1000)
    took_ms.sort()
    lost = asks - len(took_ms)
    if took_ms:
        most = took_ms[min(len(took_ms) - 1, len(took_ms) * 99 // 100)]
        say(f"round trip: least {took_ms[0]:.1f} ms, middle {statistics.median(took_ms):.1f} ms, 99 % {most:.1f} ms")
    say(f"asked {asks}, without an answer {lost}; frames from the board that did not come {frames.missed}")
    if frames.counts is not None:
        say("the board since its start: heard {}, broken {}, refused {}, dropped {}".format(*frames.counts))
    return lost == 0 and frames.missed == 0


class _Kept:
    """The frames of one link, and the gaps in their numbers."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._decoder = wire.Decoder()
        self._last: int | None = None
        self.missed = 0
        self.counts: tuple[int, int, int, int] | None = None

    async def answered(self, within_s: float) -> bool:
        """Ask, and return whether the whole answer came: HELLO, LAMP and COUNTS."""
        try:
            async with asyncio.timeout(within_s):
                await self._link.send(wire.encode(wire.ASK, ASK_SEQ))
                while not self._take(await self._link.receive()):
                    pass
        except TimeoutError:
            return False
        return True

    def _take(self, data: bytes) -> bool:
        whole = False
        for kind, seq, body in self._decoder.feed(data):
            if self._last is not None:
                self.missed += (seq - self._last - 1) & 0xFF
            self._last = seq
            if kind == wire.COUNTS:
                self.counts = wire.counts_of(body)
                whole = True
        return whole
