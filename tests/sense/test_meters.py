"""Meters on one RS-485 line: whatever one of them does, the others are read."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import isnan

import pytest
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.driver import Device, Place, Sample
from lampyre.drivers import driver_of
from lampyre.errors import LinkDown
from lampyre.link import open_link
from lampyre.sense.modbus import Answer, Question
from lampyre.sense.partyline import PartyLine
from lampyre.sense.sensor import device_of
from lampyre_sim.bench_line import BenchLine
from lampyre_sim.devices.modbus import Load, Slaves, crc, pzem004t, sdm120
from lampyre_sim.plug import Plug

# Eastron, SDM320Y user manual V1.0, pages 41 and 42: voltage, 230.2 V
VOLTS_ASKED, VOLTS = bytes.fromhex("01 04 00 00 00 02 71 CB"), bytes.fromhex("01 04 04 43 66 33 34 1B 38")
# arendst/Tasmota, xnrg_05_pzem_ac.ino: 225.7 V, 0.108 A, 24.4 W, 38 Wh, 50 Hz, 1.00
PZEM = bytes.fromhex("01 04 14 08D1 006C0000 00F40000 00260000 01F4 0064 0000 5134")
LOAD = Load()
THINKS_S = 0.03
TABLES = {"sdm120": sdm120, "pzem004t": pzem004t}
URL = "device:///dev/ttyUSB9?baud=9600"


def test_what_is_asked_and_answered_is_as_the_makers_print_it() -> None:
    question = Question(1, 0x0000, 2)
    assert question.request() == VOLTS_ASKED
    assert question.answer(VOLTS) == Answer(9, [0x4366, 0x3334])
    assert crc(VOLTS[:-2]) == VOLTS[-2:]
    answer = Question(1, 0, 10).answer(PZEM)
    assert answer is not None
    assert list(answer.registers) == list(pzem004t(Load(24.4, 225.7, 0.108, 1.0, 50.0, 38.0)).values())


@pytest.mark.parametrize("before", [b"", b"\x00", VOLTS_ASKED, b"\x01\x04\x04", b"\x02" + VOLTS[1:], b"\xff" * 300])
def test_an_answer_is_found_behind_noise_echo_and_other_slaves_words(before: bytes) -> None:
    found = Question(1, 0, 2).answer(before + VOLTS + b"\x00")
    assert found is not None
    assert list(found.registers) == [0x4366, 0x3334]


@pytest.mark.parametrize(
    "data", [VOLTS[:-1], b"\x02" + VOLTS[1:], VOLTS[:-1] + b"\x39", b"\x01\x03" + VOLTS[2:], VOLTS_ASKED, b""]
)
def test_what_is_cut_damaged_or_another_slaves_is_no_answer(data: bytes) -> None:
    assert Question(1, 0, 2).answer(data) is None


def test_a_refusal_is_told_in_words() -> None:
    for code, word in ((2, "illegal address"), (4, "device failure"), (99, "code 99")):
        body = bytes((1, 0x84, code))
        assert Question(1, 0, 2).answer(b"\x00" + body + crc(body)) == Answer(5, refusal=word)


@pytest.mark.parametrize("kind", TABLES)
def test_no_two_questions_in_a_row_have_answers_of_one_length(kind: str) -> None:
    driver = driver_of(kind)
    assert driver.make is not None
    meter = driver.make(Place("m", URL, driver.settle({}), LoopClock(), lambda _: None))
    before, table = b"", TABLES[kind](LOAD)
    for number in range(100):
        question = meter.question()  # type: ignore[attr-defined]
        assert question.answer(before) is None
        said = [table[question.first + at] for at in range(question.count)]
        body = bytes((1, 4, 2 * question.count)) + b"".join(word.to_bytes(2, "big") for word in said)
        before = body + crc(body)
        answer = question.answer(before)
        assert answer is not None
        if number % 3:  # every third one is lost
            meter.told(answer, float(number))  # type: ignore[attr-defined]
        else:
            meter.missed(float(number))  # type: ignore[attr-defined]


@in_leaps
async def test_a_meter_that_always_answers_one_question_too_late_is_never_believed() -> None:
    street = Street({1: "pzem004t", 2: "sdm120"})
    waiting: dict[int, bytes] = {}

    def too_late(answer: bytes) -> None:
        late = waiting.pop(answer[0], b"")
        waiting[answer[0]] = answer
        street.line.say(late)

    street.slaves.say = too_late
    async with street.run():
        await asyncio.sleep(3600.0)
        assert all("does not answer" in str(street.devices[at].down) for at in (1, 2))
    assert street.heard == {1: [], 2: []}


class Street:
    """Some meters, each with its device, on one line."""

    def __init__(self, kinds: dict[int, str], every_s: float = 2.0) -> None:
        self.slaves = Slaves({at: partial(TABLES[kind], LOAD) for at, kind in kinds.items()})
        self.line = BenchLine(self.slaves.hear)
        self.slaves.say = self._say
        self.heard: dict[int, list[Sample]] = {at: [] for at in kinds}
        clock = LoopClock()
        self.devices: dict[int, Device] = {}
        for at, kind in kinds.items():
            driver = driver_of(kind)
            options = driver.settle({"address": at, "every_s": every_s})
            self.devices[at] = device_of(driver, Place(f"m{at}", URL, options, clock, self.heard[at].append))

    def _say(self, answer: bytes) -> None:
        """Let the request and the answer take the time that they take at 9600 baud, and the meter its own."""
        on_wire_s = (8 + len(answer)) * 11 / 9600
        asyncio.get_running_loop().call_later(THINKS_S + on_wire_s, self.line.say, answer)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        jobs = {at: asyncio.ensure_future(one.run(lambda: None)) for at, one in self.devices.items()}
        self.jobs = jobs
        try:
            with self.line.plugged():
                yield
        finally:
            for job in jobs.values():
                job.cancel()
            await asyncio.wait(jobs.values())


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(600.0):
        while not done():
            await asyncio.sleep(0.5)


@in_leaps
async def test_both_kinds_give_the_same_quantities_from_one_line() -> None:
    street = Street({1: "sdm120", 7: "pzem004t"})
    async with street.run():
        await until(lambda: len(street.heard[1]) >= 2 and len(street.heard[7]) >= 1)
    both = [sample.values for sample in street.heard[1][:2]]
    merged = tuple(b if isnan(a) else a for a, b in zip(*both, strict=True))
    expected = (LOAD.watts, LOAD.volts, LOAD.amperes, LOAD.factor, LOAD.hertz, LOAD.watt_hours)
    assert merged == pytest.approx(expected, rel=1e-6)
    assert street.heard[7][0].values == pytest.approx(expected, rel=1e-9)
    assert street.devices[1].down is None
    assert street.devices[7].down is None


async def a_quarter(dead: set[int]) -> tuple[dict[int, int], int]:
    """Return how often each of ten meters was heard, and how often the dead ones were asked."""
    street = Street(dict.fromkeys(range(1, 11), "sdm120"))  # ten times two answers in two seconds: 1.9 s of talk
    street.slaves.dead |= dead
    async with street.run():
        await asyncio.sleep(900.0)
        assert all((street.devices[at].down is None) != (at in dead) for at in street.heard)
    return {at: len(heard) for at, heard in street.heard.items()}, sum(at in dead for at in street.slaves.asked)


@in_leaps
async def test_a_silent_meter_of_ten_costs_the_others_less_than_a_twentieth_of_their_rate() -> None:
    whole, _ = await a_quarter(set())
    assert min(whole.values()) >= 2 * 449, "the line is just fast enough for all of them"
    left, asked = await a_quarter({4})
    assert left[4] == 0
    assert 15 <= asked <= 24, "after a few tries once a minute"
    assert all(left[at] >= 0.95 * whole[at] for at in left if at != 4)


@in_leaps
async def test_a_meter_that_comes_back_is_read_within_a_minute_and_the_line_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    street = Street({1: "sdm120", 2: "sdm120"})
    street.slaves.dead.add(2)
    async with street.run():
        await asyncio.sleep(1800.0)
        down = street.devices[2].down
        assert down is not None
        assert "sdm120 m2, address 2: does not answer; check its supply, its address and its baud" in down
        street.slaves.dead.clear()
        await asyncio.sleep(62.0)
        assert street.devices[2].down is None
        assert len(street.heard[2]) > 0
    told = [record.message for record in caplog.records if "m2" in record.message]
    assert [text.split(":")[1].split(";")[0].split(" after")[0] for text in told] == [" does not answer", " back"]


@in_leaps
async def test_a_meter_of_another_kind_is_not_believed_but_named() -> None:
    street = Street({1: "pzem004t"})
    driver = driver_of("sdm120")
    options = driver.settle({"address": 1})
    wrong: list[Sample] = []
    street.devices[1] = device_of(driver, Place("m1", URL, options, LoopClock(), wrong.append))
    async with street.run():
        await until(lambda: "refuses" in (street.devices[1].down or ""))
    assert not wrong
    assert "refuses with 'illegal address'; is it of this kind?" in str(street.devices[1].down)


@in_leaps
async def test_when_the_one_who_holds_the_line_ends_another_takes_it_over() -> None:
    street = Street({1: "sdm120", 2: "sdm120"})
    async with street.run():
        await until(lambda: len(street.heard[1]) > 3)
        street.jobs[1].cancel()
        before = len(street.heard[2])
        await until(lambda: len(street.heard[2]) > before + 3)
        gone = len(street.heard[1])
        await asyncio.sleep(10.0)
        assert len(street.heard[1]) == gone


@in_leaps
async def test_a_line_that_is_unplugged_is_told_of_at_once_and_opened_again() -> None:
    street = Street({1: "sdm120", 2: "pzem004t"})
    async with street.run():
        await until(lambda: all(street.devices[at].down is None for at in (1, 2)))
        street.line.unplug()
        await until(lambda: all(street.devices[at].down is not None for at in (1, 2)))
        assert "unplugged" in str(street.devices[1].down)
        street.line.replug()
        await until(lambda: all(street.devices[at].down is None for at in (1, 2)))
    assert street.line.opened == 2
    assert street.line.held == 0


def test_devices_of_one_path_share_its_line_until_none_of_them_is_left() -> None:
    one = LoopClock()
    first = PartyLine.of("/dev/ttyUSB9", 9600, one)
    assert PartyLine.of("/dev//ttyUSB9", 9600, one) is first
    assert PartyLine.of("/dev/ttyUSB8", 9600, one) is not first


def test_a_meter_that_sends_no_number_has_measured_nothing() -> None:
    table = {**sdm120(LOAD), 0x0C: 0x7FC0, 0x0D: 0}
    heard: list[Sample] = []
    driver = driver_of("sdm120")
    assert driver.make is not None
    meter = driver.make(Place("m", URL, driver.settle({}), LoopClock(), heard.append))
    question = meter.question()  # type: ignore[attr-defined]
    meter.told(Answer(69, [table[at] for at in range(question.count)]), 0.0)  # type: ignore[attr-defined]
    assert isnan(heard[0].values[0])
    assert heard[0].values[1] == pytest.approx(LOAD.volts, rel=1e-6)


async def test_they_are_read_through_a_tty_too_and_its_holder_is_named_to_others() -> None:
    slaves = Slaves({3: partial(pzem004t, LOAD)})
    plug = Plug(None, slaves.hear)
    slaves.say = plug.write
    plug.replug()
    heard: list[Sample] = []
    come = asyncio.Event()
    driver = driver_of("pzem004t")

    def take(sample: Sample) -> None:
        heard.append(sample)
        come.set()

    place = Place("m", f"device://{plug.path}", driver.settle({"address": 3, "every_s": 0.5}), LoopClock(), take)
    running = asyncio.ensure_future(device_of(driver, place).run(lambda: None))
    try:
        async with asyncio.timeout(90.0):
            await come.wait()
        with pytest.raises(LinkDown, match=r"another program holds this port: .*\(pid \d+\)"):
            async with open_link(f"serial://{plug.path}?baud=9600"):
                pass
    finally:
        running.cancel()
        await asyncio.wait([running])
        plug.unplug()
    assert heard[0].values[0] == pytest.approx(LOAD.watts)
