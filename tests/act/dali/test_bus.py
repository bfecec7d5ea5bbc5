"""One DALI line: whatever the serial line does to its bytes, no wrong value is believed, and light goes first."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from tests.act.dali.wires import Cable, Mangle, byte_by_byte, cut, flipped, laid, late, line, lossy, noisy, whole
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.act.dali import frames
from lampyre.act.dali.bus import Bus, Rank
from lampyre.errors import LinkDown
from lampyre_sim.devices.dali import Twin

Work = Callable[[], Awaitable[object]]
ASK = frames.command(frames.short(3), frames.ACTUAL)


def bus() -> Bus:
    return Bus("/dev/dali", 19200, LoopClock())


async def through(one: Bus, *works: Work) -> None:
    async with one.join():
        for work in works:
            await work()


@in_leaps
async def test_a_question_is_asked_until_two_answers_agree() -> None:
    with laid(line(Twin(3, level=229.0))) as cable:
        one = bus()
        async with one.join():
            assert await one.ask(ASK, Rank.LOOK) == 229
            assert await one.ask(frames.command(frames.short(4), frames.ACTUAL), Rank.LOOK) is None
        assert cable.hat.frames == [ASK, ASK, 0x09A0, 0x09A0]
        assert one.version == "0108"


@in_leaps
async def test_a_gateway_for_several_lines_is_one_too() -> None:
    with laid(line(Twin(3, level=229.0))) as cable:
        cable.hat.many = True
        one = bus()
        async with one.join():
            assert await one.ask(ASK, Rank.LOOK) == 229
            assert one.version == "030204"


@pytest.mark.parametrize(
    ("mangle", "least", "wrong_most"),
    [
        (whole, 400, 0),
        (byte_by_byte, 400, 0),
        (lossy, 300, 0),
        (flipped, 300, 1),
        (late, 100, 0),
        (cut, 400, 0),
        (noisy, 400, 0),
    ],
)
@in_leaps
async def test_no_wrong_value_is_believed_on_a_bad_line(mangle: Mangle, least: int, wrong_most: int) -> None:
    twin = Twin(3)
    right = wrong = 0
    with laid(line(twin, mangle=mangle)):
        one = bus()
        for n in range(400):
            twin.go(1 + n * 97 % 254, 0.0)
            try:
                async with one.join():
                    found = await one.ask(ASK, Rank.LOOK)
            except LinkDown:
                continue
            right += found == twin.target
            wrong += found is not None and found != twin.target
    assert right >= least
    assert wrong <= wrong_most, "two turned digits in a row that are the same: 4e-6 of all answers with one byte in 50"


@in_leaps
async def test_light_waits_for_one_frame_only() -> None:
    with laid(line(*(Twin(n) for n in range(16)))) as cable:
        one = bus()
        async with one.join():
            loop = asyncio.get_running_loop()
            asks = [one.ask(frames.command(frames.short(n % 16), frames.ACTUAL), Rank.REST) for n in range(40)]
            asking = asyncio.gather(*asks)
            await asyncio.sleep(0.5)
            began_s = loop.time()
            await one.send(frames.arc(frames.short(3), 100), Rank.LIGHT)
            assert loop.time() - began_s <= 0.08
            await asking
        assert cable.hat.gears[3].target == 100


@in_leaps
async def test_whoever_waits_and_is_cancelled_holds_nobody_up() -> None:
    with laid(line(Twin(3))):
        one = bus()
        async with one.join():
            waiting = [asyncio.ensure_future(one.ask(ASK, Rank.LOOK)) for _ in range(10)]
            await asyncio.sleep(0.05)
            for task in waiting[:9]:
                task.cancel()
            assert await waiting[9] == 254


@in_leaps
async def test_a_gateway_that_says_nothing_is_told_with_its_cure() -> None:
    with laid(line(Twin(3))) as cable:
        cable.hat.mute = True
        one = bus()
        with pytest.raises(LinkDown, match="no DALI HAT answers; check the port"):
            await through(one)
        cable.hat.mute = False

        async def lit_by_the_mute() -> None:
            cable.hat.mute = True
            for _ in range(4):
                await one.send(frames.arc(frames.short(3), 100), Rank.LIGHT)

        with pytest.raises(LinkDown, match="the gateway says nothing"):
            await through(one, lit_by_the_mute)


@in_leaps
async def test_a_line_without_power_is_told_with_its_cure() -> None:
    with laid(line(Twin(3, kept={0x2C: 200}))) as cable:
        one = bus()

        async def lost() -> None:
            cable.hat.lose_power()
            await one.ask(ASK, Rank.LOOK)

        with pytest.raises(LinkDown, match="the DALI line has no power"):
            await through(one, lost)
        assert cable.hat.gears[3].target == 200, "its system failure level"
        with pytest.raises(LinkDown, match="the DALI line has no power"):
            await through(one)


@in_leaps
async def test_five_hundred_unplugs_leave_nothing_behind() -> None:
    with laid(line(Twin(3))) as cable:
        one = bus()

        async def pulled(after_s: float) -> None:
            asking = asyncio.gather(*(one.ask(ASK, Rank.LOOK) for _ in range(3)), return_exceptions=True)
            await asyncio.sleep(after_s)
            cable.unplug()
            assert all(isinstance(found, LinkDown | int) for found in await asking)
            await one.ask(ASK, Rank.LOOK)

        for n in range(500):
            cable.plugged = True
            with pytest.raises(LinkDown):
                await through(one, partial(pulled, 0.0003 * n))
        cable.plugged = True
        async with one.join():
            assert await one.ask(ASK, Rank.LOOK) == 254
        assert cable.opened == 501
        assert not one._queue
        assert one.members == 0


@in_leaps
async def test_noise_alone_is_no_gateway() -> None:
    with laid(line()) as cable:
        cable.hat.mute = True
        one = bus()

        async def babble(cable: Cable) -> None:
            for _ in range(4000):
                cable._say(cable._chance.randbytes(250))
                await asyncio.sleep(0.001)

        noise = asyncio.ensure_future(babble(cable))
        refused = 0
        while not noise.done():
            with pytest.raises(LinkDown, match="no DALI HAT"):
                await through(one)
            refused += 1
        assert refused >= 4
        assert len(one._lines._tail) <= 32


@in_leaps
async def test_a_bank_is_read_twice_over_and_what_is_not_there_is_none() -> None:
    with laid(line(Twin(3))):
        one = bus()
        async with one.join(), one.registers:
            assert await one.read(frames.short(3), 1, 0x15, 2) == b"\x00\x28"
            assert await one.read(frames.short(3), 208, 0x04, 2) is None
            assert await one.read(frames.short(9), 1, 0x15, 2) is None
