"""The contract of every link: whatever a line does to the bytes, no wrong reading and no wrong order comes of it."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import serial
from tests.clocks import LoopClock

import lampyre_boards
from lampyre import wire
from lampyre.board import BoardLine, LampReport, load_definition
from lampyre.driver import Place
from lampyre.errors import ConfigError, LinkDown
from lampyre.link import open_link, parse_address
from lampyre.sense.burst import AGREE_M
from lampyre.sense.maxbotix import DRIVER
from lampyre.sense.sensor import device_of
from lampyre_sim.plug import Plug
from lampyre_sim.wicked import KINDS, Spoil

DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))
CHANNELS = len(DEFINITION.channels)
SENT = 300
DEADLINE_S = 90.0  # only ends a hang


def readings(number: int) -> bytes:
    """Make a frame whose values all follow from its number, so that a wrong one shows."""
    return wire.encode(wire.READINGS, number, wire.readings_body(number, [float(number + n) for n in range(CHANNELS)]))


def true(values: Sequence[float]) -> bool:
    return all(value == values[0] + n for n, value in enumerate(values)) and 0 <= values[0] < SENT + 1000


class Twin:
    """The board's end of a line: sends through a wicked link, hears orders and answers them."""

    def __init__(self, kind: str) -> None:
        self.plug = Plug(None, self._from_host)
        self.orders: list[tuple[float, int, int]] = []
        self._decoder = wire.Decoder()
        self.spoil: Spoil = KINDS[kind]()
        self._spoil_in = KINDS[kind]()

    def _from_host(self, data: bytes) -> None:
        for piece in self._spoil_in(data):
            for kind, seq, body in self._decoder.feed(piece):
                if kind == wire.ASK:
                    self.tell()
                order = wire.order_of(body) if kind == wire.ORDER else None
                if order is not None:
                    self.orders.append(order[:3])
                    self.send(
                        b"\x00"
                        + wire.encode(wire.LAMP, 0, wire.lamp_body(wire.ORDERED, seq, order[0], order[0], 60_000))
                    )

    def tell(self) -> None:
        """Say where the lamp is, as a board does when asked and every few seconds."""
        self.send(b"\x00" + wire.encode(wire.LAMP, 0, wire.lamp_body(wire.SAFE, 0, 0.6, 0.6, 0)))

    def send(self, data: bytes) -> None:
        for piece in self.spoil(data):
            self.plug.write(piece)


class Heard:
    """What came out at the agent's end."""

    def __init__(self) -> None:
        self.values: list[Sequence[float]] = []
        self.lamps: list[LampReport] = []
        self.news = asyncio.Event()

    def reading(self, values: Sequence[float]) -> None:
        self.values.append(values)
        self.news.set()

    def lamp(self, report: LampReport) -> None:
        self.lamps.append(report)
        self.news.set()

    async def more(self, within_s: float) -> None:
        """Wait for news, but not longer than this: the link may have lost it."""
        self.news.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.news.wait(), within_s)


@asynccontextmanager
async def talking(twin: Twin, heard: Heard) -> AsyncIterator[BoardLine]:
    twin.plug.replug()
    url = f"serial://{twin.plug.path}?baud=115200"
    line = BoardLine("b1", url, DEFINITION, LoopClock(), heard.reading, heard.lamp)
    task = asyncio.ensure_future(line.run(lambda: None))
    while not line.line.opened:
        await asyncio.sleep(0)
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.wait([task])
        twin.plug.unplug()


@pytest.mark.parametrize("kind", KINDS)
async def test_no_link_yields_a_wrong_reading(kind: str) -> None:
    twin, heard = Twin(kind), Heard()
    lossless = kind in {"whole", "byte by byte"}
    async with asyncio.timeout(DEADLINE_S), talking(twin, heard):
        for number in range(SENT):
            twin.send(readings(number))
            if number % 10 == 0:  # let the agent's end read before the tty is full
                heard.news.clear()
                await asyncio.sleep(0)
                while lossless and (not heard.values or heard.values[-1][0] < number):
                    await asyncio.sleep(0)
        twin.spoil = KINDS["whole"]()
        while not heard.values or heard.values[-1][0] < SENT:
            heard.news.clear()
            twin.send(b"\x00" + readings(SENT))
            await heard.news.wait()
    assert all(true(values) for values in heard.values)
    if lossless:
        assert [values[0] for values in heard.values[:SENT]] == [float(number) for number in range(SENT)]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_link_lets_the_newest_order_through_and_no_other(kind: str) -> None:
    twin, heard = Twin(kind), Heard()
    given = [(0.32, 12_000, 60_000), (0.8, 1_000, 60_000), (0.5, 2_000, 60_000)]
    async with asyncio.timeout(DEADLINE_S), talking(twin, heard) as line:
        for level, ramp_ms, valid_ms in given:
            while not any(abs(order[0] - level) < 1e-6 for order in twin.orders):
                line.order(level, ramp_ms / 1000, valid_ms / 1000)
                twin.send(readings(0))
                twin.tell()
                await heard.more(0.02)
    assert all((round(level, 3), ramp, valid) in given for level, ramp, valid in twin.orders)


async def test_an_unplugged_line_is_told_of_and_found_again_under_its_link(tmp_path: Path) -> None:
    twin, heard = Twin("whole"), Heard()
    twin.plug = Plug(tmp_path / "board", twin._from_host)
    async with asyncio.timeout(DEADLINE_S), talking(twin, heard) as line:
        for number in range(5):
            while line.line.down is not None:
                twin.send(readings(number))
                await heard.more(0.02)
            twin.plug.unplug()
            while line.line.down is None:
                await asyncio.sleep(0)
            assert "b" in str(line.line.down)
            twin.plug.replug()
        assert line.line.opened >= 5


async def test_a_board_with_other_channels_is_refused_with_the_cure() -> None:
    twin, heard = Twin("whole"), Heard()
    async with asyncio.timeout(DEADLINE_S), talking(twin, heard) as line:
        hello = wire.hello_text({"board": "other", "build": "9"}, [("presence", "/")])
        while "flash the firmware" not in str(line.line.down):
            twin.send(wire.encode(wire.HELLO, 0, hello))
            await asyncio.sleep(0)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_link_yields_a_wrong_range(kind: str) -> None:
    spoil = KINDS[kind]()
    plug = Plug(None, lambda _: None)
    plug.replug()
    heard: list[float] = []
    place = Place("r1", f"serial://{plug.path}?baud=9600", {}, LoopClock(), lambda one: heard.append(one.values[0]))
    ranger = device_of(DRIVER, place)
    task = asyncio.ensure_future(ranger.run(lambda: None))
    async with asyncio.timeout(DEADLINE_S):
        for _ in range(SENT):
            for piece in spoil(b"R1234\r"):
                plug.write(piece)
            await asyncio.sleep(0)
        heard.clear()
        while len(heard) < 20:
            plug.write(b"R1234\r")
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    plug.unplug()
    assert all(abs(metres - 1.234) <= AGREE_M for metres in heard)


async def test_a_port_that_is_not_there_and_one_in_use_say_so_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(LinkDown, match="no such port; is the adapter plugged in"):
        async with open_link(f"serial://{tmp_path}/ttyUSB7"):
            pass
    plug = Plug(None, lambda _: None)
    plug.replug()
    async with open_link(f"serial://{plug.path}"):
        with pytest.raises(LinkDown, match=rf"another program holds this port: .* \(pid {os.getpid()}\); stop it"):
            async with open_link(f"serial://{plug.path}"):
                pass
    plug.unplug()


async def test_a_port_that_the_sandbox_forbids_says_how_to_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise serial.SerialException(errno.EPERM, "could not open port: Operation not permitted")

    monkeypatch.setattr("serial.Serial", forbidden)
    with pytest.raises(LinkDown, match=r"forbidden to this service: .* in /etc/modules-load.d/lampyre.conf"):
        async with open_link("serial:///dev/ttyUSB0"):
            pass


async def test_a_board_that_takes_no_bytes_does_not_block_the_agent() -> None:
    plug = Plug(None, lambda _: None)
    plug.replug()
    ours, _ = plug._ends or (0, 0)
    asyncio.get_running_loop().remove_reader(ours)
    async with open_link(f"serial://{plug.path}") as link:
        with pytest.raises(LinkDown, match="takes no bytes"):
            await link.send(b"x" * 1_000_000)
    plug.unplug()


@pytest.mark.parametrize(
    "url",
    [
        "/dev/ttyUSB0",
        "serial://",
        "serial:///dev/x?baud=7",
        "serial:///dev/x?speed=9600",
        "tcp://host",
        "",
        "tcp://h:x",
    ],
)
def test_a_link_that_is_not_understood_says_how_to_write_one(url: str) -> None:
    with pytest.raises(ConfigError, match="give serial:///dev/NAME"):
        parse_address(url)


async def test_a_tcp_link_carries_bytes_both_ways_and_tells_its_end() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(3))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_link(f"tcp://127.0.0.1:{port}") as link:
            await link.send(b"abc")
            assert await link.receive() == b"abc"
            with pytest.raises(LinkDown, match="closed by the other end"):
                await link.receive()
    with pytest.raises(LinkDown):
        async with open_link(f"tcp://127.0.0.1:{port}"):
            pass
