"""The board's logic under CPython: frames in, frames out, one lamp level."""

import math
from itertools import pairwise

import pytest

import lampyre_boards
from lampyre import wire
from lampyre_boards.common.board import PENDING_LIMIT, Board
from lampyre_boards.common.lamp import MASK
from lampyre_boards.lamp_bin_pico import pins

NIGHT = [0.5, 0.8, 12.0, 41.0, 0.0, 0.0]
DAY = [20_000.0, 0.8, 12.0, 0.0]
FACTS = {"board": "lamp_bin_pico", "id": "e6", "build": "0.1.0", "boots": "3", "cause": "power"}
Frame = tuple[int, int, bytes]


class Bench:
    """A board on the bench: time in ms, a finger on the presence pin, a host that reads or not."""

    def __init__(self, values: list[float], start: int = 0) -> None:
        self.board = Board(dict(FACTS), values, start)
        self.now = start
        self.values = values
        self.present = False
        self.reading = True
        self.level = math.nan
        self.frames: list[tuple[int, Frame]] = []
        self.passed = 0
        self._decoder = wire.Decoder()

    def run(self, ms: int) -> list[Frame]:
        """Let ms pass in turns of 10 ms; return the frames of that time."""
        found = []
        for _ in range(ms // 10):
            self.now = (self.now + 10) & MASK
            self.passed += 10
            due = self.board.due(self.now)
            self.level = self.board.step(self.now, self.present, self.values if due else None)
            if self.reading:
                found += self._decoder.feed(self.board.pending)
                self.board.sent(len(self.board.pending))
        return found

    def say(self, kind: int, body: bytes = b"", seq: int = 9) -> None:
        self.board.hear(wire.encode(kind, seq, body), self.now)


def of(frames: list[Frame], kind: int) -> list[bytes]:
    return [body for found, _, body in frames if found == kind]


def lamp(body: bytes) -> tuple[int, int, float, float, int]:
    told = wire.lamp_of(body)
    assert told is not None
    return told


def readings(frames: list[Frame]) -> list[list[float]]:
    found = [wire.readings_of(body, len(pins.CHANNELS)) for body in of(frames, wire.READINGS)]
    return [read[1] for read in found if read is not None]


def test_at_boot_it_says_who_it_is_and_what_the_lamp_does() -> None:
    frames = Bench(NIGHT).run(10)
    hello = wire.hello_of(of(frames, wire.HELLO)[0])
    assert hello is not None
    assert hello[1] == pins.CHANNELS
    assert FACTS.items() <= hello[0].items()
    assert lamp(of(frames, wire.LAMP)[0])[:2] == (wire.SAFE, 0)


def test_the_hello_fits_into_a_frame_whatever_it_says() -> None:
    facts = FACTS | {
        "board": max(lampyre_boards.kinds(), key=len),
        "id": "f" * 16,
        "build": "0.10.10-abcdef",
        "slot": "a?",
        "boots": "9" * 10,
        "cause": "watchdog",
    }
    facts |= {"safe": "0.600", "test": "settings+flash+code+inputs"}
    assert len(wire.hello_text(facts, pins.CHANNELS)) <= wire.BODY_LIMIT


def test_it_asks_for_nothing_and_answers_what_it_is_asked() -> None:
    bench = Bench(NIGHT)
    bench.run(10)
    bench.say(wire.ASK)
    assert [kind for kind, _, _ in bench.run(10)] == [wire.HELLO, wire.LAMP, wire.COUNTS]


@pytest.mark.parametrize("start", [0, MASK - 1500])
def test_readings_come_once_a_second_with_the_channels_in_order(start: int) -> None:
    bench = Bench(NIGHT, start)
    assert readings(bench.run(10_000)) == [pytest.approx([0.0, 0.0, *NIGHT])] * 10


def test_a_sensor_that_does_not_answer_is_nan() -> None:
    bench = Bench([0.5, math.nan, 12.0, 41.0, 0.0, 0.0])
    assert math.isnan(readings(bench.run(1000))[0][3])


def test_presence_is_told_at_once_and_counted_once() -> None:
    bench = Bench(NIGHT)
    bench.run(500)
    bench.present = True
    assert readings(bench.run(10))[0][:2] == [1.0, 1.0]
    bench.run(300)
    bench.present = False
    assert readings(bench.run(10))[0][:2] == [0.0, 1.0]


def test_a_chattering_sensor_is_told_ten_times_a_second_and_its_last_state_wins() -> None:
    bench = Bench(NIGHT)
    frames = []
    for turn in range(100):
        bench.present = turn % 2 == 0
        frames += bench.run(10)
    assert len(readings(frames)) <= 11
    frames += bench.run(100)
    assert readings(frames)[-1][:2] == [0.0, 50.0]


def test_an_order_is_answered_at_once_with_its_number() -> None:
    bench = Bench(NIGHT)
    bench.run(10)
    bench.say(wire.ORDER, wire.order_body(0.3, 0, 60_000), seq=77)
    told = lamp(of(bench.run(10), wire.LAMP)[0])
    assert list(told) == pytest.approx([wire.ORDERED, 77, 0.3, 0.3, 60_000])
    assert bench.level == pytest.approx(0.3)


def test_the_lamp_is_told_every_five_seconds_and_when_the_order_expires() -> None:
    bench = Bench(NIGHT)
    bench.run(10)
    bench.say(wire.ORDER, wire.order_body(0.3, 0, 12_000))
    modes = [lamp(body)[0] for body in of(bench.run(13_000), wire.LAMP)]
    assert modes == [wire.ORDERED, wire.ORDERED, wire.ORDERED, wire.SAFE]


@pytest.mark.parametrize("start", [0, MASK - 30_000])
@pytest.mark.parametrize(("values", "safe"), [(NIGHT, pins.SAFE_LEVEL), (DAY, 0.0), ([math.nan] * 4, pins.SAFE_LEVEL)])
def test_silence_of_the_host_ends_in_the_safe_programme(start: int, values: list[float], safe: float) -> None:
    bench = Bench(values, start)
    bench.say(wire.ORDER, wire.order_body(0.3, 0, 60_000))
    bench.run(59_990)
    assert bench.level == pytest.approx(0.3)
    bench.run(10_100)
    assert bench.level == pytest.approx(safe)


@pytest.mark.parametrize(
    "body",
    [
        wire.order_body(1.5, 0, 1000),
        wire.order_body(-0.1, 0, 1000),
        wire.order_body(math.nan, 0, 1000),
        wire.order_body(0.5, wire.RAMP_LIMIT_MS + 1, 1000),
        wire.order_body(0.5, 0, wire.VALID_LIMIT_MS + 1),
        b"",
        b"\x00" * 13,
    ],
)
def test_an_impossible_order_is_refused_and_counted(body: bytes) -> None:
    bench = Bench(NIGHT)
    bench.run(10)
    bench.say(wire.ORDER, body)
    assert of(bench.run(1000), wire.LAMP) == []
    assert bench.level == pins.SAFE_LEVEL
    assert bench.board.refused == 1


def test_every_single_damaged_bit_of_an_order_leaves_the_lamp_alone() -> None:
    bench = Bench(NIGHT)
    frame = wire.encode(wire.ORDER, 5, wire.order_body(0.0, 0, 60_000))
    for bit in range(8 * len(frame)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        bench.board.hear(bytes(damaged) + b"\x00", bench.now)
        bench.run(10)
        assert bench.level == pins.SAFE_LEVEL


def test_without_its_host_at_a_fifth_of_light_the_board_holds_until_the_order_ends_and_then_ramps_by_itself() -> None:
    bench = Bench(NIGHT)
    bench.say(wire.ORDER, wire.order_body(0.2, 0, 60_000), seq=7)
    for _ in range(5999):
        bench.run(10)
        assert bench.level == pytest.approx(0.2)
    bench.run(10)
    ramp = []
    for _ in range(pins.SAFE_UP_MS // 10):
        bench.run(10)
        ramp.append(bench.level)
    assert ramp == sorted(ramp)
    assert max(b - a for a, b in pairwise([0.2, *ramp])) < 0.01
    assert ramp[-1] == pytest.approx(pins.SAFE_LEVEL)
    bench.say(wire.ASK)
    told = lamp(of(bench.run(1000), wire.LAMP)[0])
    assert list(told[:4]) == pytest.approx([wire.SAFE, 7, pins.SAFE_LEVEL, pins.SAFE_LEVEL])
    assert bench.level == pytest.approx(pins.SAFE_LEVEL), "a host that is back and asks changes nothing"


def test_a_host_that_does_not_read_costs_whole_frames_and_nothing_else() -> None:
    bench = Bench(NIGHT)
    bench.reading = False
    bench.say(wire.ORDER, wire.order_body(0.3, 0, 60_000))
    bench.run(120_000)
    assert bench.level == pins.SAFE_LEVEL
    assert len(bench.board.pending) <= PENDING_LIMIT
    assert bench.board.dropped > 90
    bench.reading = True
    bench.say(wire.ASK)
    frames = bench.run(10)
    assert len(readings(frames)) > 10
    bench.say(wire.ASK)
    assert counts_of(bench.run(10))[3] > 90


def test_a_reading_that_an_edge_caused_bears_the_edge_s_time() -> None:
    bench = Bench(NIGHT)
    bench.run(500)
    bench.present = True
    bench.run(10)
    bench.present = False
    sent = bench.now + 10
    told = wire.readings_of(of(bench.run(200), wire.READINGS)[0], len(pins.CHANNELS))
    assert told is not None
    assert told[0] == sent, "told 90 ms later: ten a second at most"


def test_a_safe_level_is_taken_told_and_lit_but_none_below_what_the_board_was_built_with() -> None:
    bench = Bench(NIGHT)
    bench.run(10)
    bench.say(wire.KEEP, wire.keep_body(0.8))
    frames = bench.run(3000)
    assert hello_of(frames)["safe"] == "0.800"
    assert bench.level == pytest.approx(0.8)
    bench.say(wire.KEEP, wire.keep_body(pins.SAFE_LEVEL - 0.1))
    assert hello_of(bench.run(3000))["safe"] == "0.800"
    assert bench.level == pytest.approx(0.8)
    assert bench.board.refused == 1


def test_what_it_heard_and_lost_is_told_once_a_minute() -> None:
    bench = Bench(NIGHT)
    bench.run(10)
    bench.say(wire.ORDER, wire.order_body(1.5, 0, 1000))
    bench.board.hear(b"no frame\0", bench.now)
    assert [wire.counts_of(body) for body in of(bench.run(120_000), wire.COUNTS)] == [(1, 1, 1, 0)] * 2


def counts_of(frames: list[Frame]) -> tuple[int, int, int, int]:
    counts = wire.counts_of(of(frames, wire.COUNTS)[-1])
    assert counts is not None
    return counts


def hello_of(frames: list[Frame]) -> dict[str, str]:
    hello = wire.hello_of(of(frames, wire.HELLO)[-1])
    assert hello is not None
    return hello[0]


def test_frames_stay_whole_when_the_line_takes_three_bytes_at_a_time() -> None:
    bench = Bench(NIGHT)
    bench.reading = False
    decoder = wire.Decoder()
    sound = 0
    for _ in range(2000):
        bench.run(10)
        sound += len(decoder.feed(bench.board.pending[:3]))
        bench.board.sent(min(3, len(bench.board.pending)))
    assert sound > 20
    assert decoder.broken == 0
