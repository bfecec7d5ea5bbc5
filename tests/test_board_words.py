"""The words for boards: what answers where, what is said on the line, how well the line carries."""

import asyncio
from pathlib import Path

import pytest

from lampyre import wire
from lampyre.__main__ import main
from lampyre.board_words import ASK_SEQ, bench, decoded, flash_board, list_boards, monitor
from lampyre.clock import SystemClock
from lampyre.errors import ConfigError
from lampyre_sim.board import BoardProcess


async def test_each_port_is_told_with_who_answers_there(tmp_path: Path) -> None:
    said: list[str] = []
    async with BoardProcess(interpreter="cpython", link=tmp_path / "board", lux=1.0) as board:
        assert await list_boards([board.tty, str(tmp_path / "gone")], said.append) == 1
    assert said[0].startswith(f"{board.tty}: board lamp_bin_pico build 0.1.0 slot a id e66164084373532b ")
    assert said[1].startswith(f"{tmp_path / 'gone'}: no such port")


async def test_without_a_port_the_list_says_where_it_looked() -> None:
    said: list[str] = []
    assert await list_boards([], said.append) == 0
    assert "/dev/ttyAMA*" in said[0]


def test_the_question_of_the_list_holds_nothing_that_stops_a_repl() -> None:
    assert b"\x03" not in wire.encode(wire.ASK, ASK_SEQ)


async def test_what_the_monitor_prints_can_be_pasted_back(tmp_path: Path) -> None:
    lines: list[str] = []
    kinds = {"HELLO", "LAMP", "COUNTS", "READINGS"}
    async with BoardProcess(interpreter="cpython", lux=3.2, distance=0.8) as board:
        watching = asyncio.create_task(monitor(board.tty, SystemClock(), lines.append))
        async with asyncio.timeout(60):
            while not kinds <= {line.split(" ")[1] for line in lines}:
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.wait([watching])
    assert list(decoded(iter(["to the board", *lines]))) == ["to the board", *lines]
    told = next(line for line in lines if " READINGS " in line)
    assert "lux=3.2" in told
    assert "distance=0.8" in told
    assert "power=nan" in told


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (wire.ORDER, wire.order_body(0.25, 2000, 60_000, even=True), "ORDER 9 0.250 in 2000 ms for 60 s evenly"),
        (wire.ORDER, wire.order_body(1.5, 0, 0), "ORDER 9 impossible"),
        (wire.NIGHT, wire.night_body(60, 3600, 120, 3000), "NIGHT 9 in 60 s for 3600 s, surely in 120 s for 3000 s"),
        (wire.KEEP, wire.keep_body(0.75), "KEEP 9 0.750"),
        (wire.ASK, b"", "ASK 9 "),
        (0x7F, b"x", "0x7f 9 impossible"),
    ],
)
def test_every_kind_of_frame_is_read_aloud(kind: int, body: bytes, said: str) -> None:
    line = next(decoded(iter([f"12:00 | {wire.encode(kind, 9, body).hex()}"])))
    assert line.startswith(f"12:00 {said}")


async def test_the_bench_asks_and_tells_round_trip_and_loss() -> None:
    said: list[str] = []
    async with BoardProcess(interpreter="cpython", lux=1.0) as board:
        assert await bench(board.tty, 20, SystemClock(), said.append)
    assert said[0].startswith("round trip: least ")
    assert said[1] == "asked 20, without an answer 0; frames from the board that did not come 0"
    assert said[2].startswith("the board since its start: heard 2")


async def test_a_board_that_does_not_exist_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no board 'pico'; there are lamp_bin_esp32, lamp_bin_pico"):
        await flash_board(str(tmp_path / "none"), "pico", None, print, compiled=True)


def test_the_words_end_with_a_code_and_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "list", str(tmp_path / "gone")]) == 1
    assert "no such port" in capsys.readouterr().out
    assert main(["board", "bench", str(tmp_path / "gone")]) == 2
    assert "no such port" in capsys.readouterr().err
