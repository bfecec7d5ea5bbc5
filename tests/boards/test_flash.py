"""Flashing a real MicroPython over a tty: what is written is what runs, and no cut leaves a board without firmware."""

import os
import random
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import lampyre_boards
from lampyre import wire
from lampyre.board_words import becomes_good, flash_board
from lampyre.errors import LinkDown
from lampyre.link import open_link
from lampyre_sim.board import BoardProcess

pytest.importorskip("mpremote", reason="flashing wants mpremote: pip install 'lampyre[boards]'")
from lampyre_boards.flash import FlashError, flash, pack

WIRE = Path(wire.__file__)
CHIP = Path(__file__).parent.parent / "data" / "repl"
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))


class Rig:
    """A board's REPL on a tty; the cable is cut after so many bytes from the host, and the board loses its supply."""

    def __init__(self, folder: Path, cut_at: int | None) -> None:
        self._host, self._spare = os.openpty()
        ours, self._board = os.openpty()
        for end in (self._spare, self._board):
            tty.setraw(end)
        self.port = os.ttyname(self._spare)
        env = {"MICROPYPATH": f"{CHIP}:.frozen"}
        self._process = subprocess.Popen(
            [MICROPYTHON, "-i"], stdin=ours, stdout=ours, stderr=ours, cwd=folder, env=env, start_new_session=True
        )
        os.close(ours)
        self.sent = 0
        self._cut_at = cut_at
        self._cut = False
        self._pumps = [
            threading.Thread(target=self._pump, args=ends)
            for ends in ((self._host, self._board), (self._board, self._host))
        ]
        for pump in self._pumps:
            pump.start()

    def _pump(self, source: int, to: int) -> None:
        try:
            while data := os.read(source, 256):
                if source == self._host:
                    self.sent += len(data)
                    if self._cut_at is not None and self.sent >= self._cut_at:
                        os.write(to, data[: len(data) - (self.sent - self._cut_at)])
                        self._cut = True
                        break
                os.write(to, data)
        except OSError:
            pass
        self._process.kill()
        if source == self._board and self._cut:
            os.close(self._host)  # the tty hangs up, as USB does

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._spare)
        for pump in self._pumps:
            pump.join()
        os.close(self._board)
        if not self._cut:
            os.close(self._host)


@contextmanager
def rig(folder: Path, cut_at: int | None = None) -> Iterator[Rig]:
    plugged = Rig(folder, cut_at)
    try:
        yield plugged
    finally:
        plugged.end()


def firmware(build: str, *, compiled: bool = True) -> dict[str, bytes]:
    return pack("lamp_bin_pico", WIRE, build, compiled=compiled)


def name_of(files: dict[str, bytes]) -> str:
    return files["build"].decode()


def written(folder: Path, files: dict[str, bytes], cut_at: int | None = None) -> int:
    """Flash, and return how many bytes went over the cable."""
    with rig(folder, cut_at) as plugged:
        flash(plugged.port, files, lambda _: None)
        return plugged.sent


async def started(
    folder: Path, *, speed: float = 1.0, until: Callable[[dict[str, str]], bool] = bool
) -> dict[str, str]:
    """Switch the board on and ask it until its hello is as wanted; return the hello."""
    async with (
        BoardProcess(flash=folder, flashed=True, speed=speed, presence=False, lux=1.0) as board,
        open_link(f"serial://{board.tty}") as link,
    ):
        decoder = wire.Decoder()
        while True:
            await link.send(wire.encode(wire.ASK, 1))
            for kind, _, body in decoder.feed(await link.receive()):
                hello = wire.hello_of(body) if kind == wire.HELLO else None
                if hello is not None and until(hello[0]):
                    return hello[0]


OLD = firmware("0.0.1", compiled=False)
NEW = firmware("0.0.2")


@pytest.fixture
async def board(tmp_path: Path) -> Path:
    """A board's flash with older firmware that is good."""
    written(tmp_path, OLD)
    assert await started(tmp_path, speed=60.0, until=lambda facts: facts["slot"] == "a")
    return tmp_path


async def test_a_new_board_runs_what_was_flashed(tmp_path: Path) -> None:
    written(tmp_path, NEW)
    facts = await started(tmp_path)
    assert (facts["build"], facts["slot"], facts["board"]) == (name_of(NEW), "a?", "lamp_bin_pico")


async def test_new_firmware_is_good_after_a_minute_with_its_node(board: Path) -> None:
    written(board, NEW)
    assert (await started(board))["slot"] == "b?"
    assert (await started(board))["build"] == name_of(OLD), "it was not a minute: the one before"
    written(board, NEW)
    facts = await started(board, speed=60.0, until=lambda facts: facts["slot"] == "b")
    assert facts["build"] == name_of(NEW)
    assert (await started(board))["build"] == name_of(NEW)


@pytest.mark.parametrize("fault", [b"1 / 0\n", b"import nowhere\n", b"def main(slot, trial):\n    raise MemoryError\n"])
async def test_firmware_that_ends_is_not_tried_again(board: Path, fault: bytes) -> None:
    written(board, {"firmware.py": fault, "build": b"broken"})
    async with BoardProcess(flash=board, flashed=True) as dead:
        with pytest.raises(LinkDown, match="is off"):
            await dead.wait_level(2.0, 3.0)
    assert (board / "crash.txt").read_text().startswith("b: ")
    assert (await started(board))["build"] == name_of(OLD)


async def test_where_the_good_firmware_is_damaged_the_other_one_lights_the_lamp(board: Path) -> None:
    written(board, NEW)
    assert (await started(board))["slot"] == "b?"
    (board / "a" / "firmware.py").write_text("1 / 0")
    async with BoardProcess(flash=board, flashed=True) as dead:
        with pytest.raises(LinkDown, match="is off"):
            await dead.wait_level(2.0, 3.0)
    assert (await started(board))["build"] == name_of(NEW)


@pytest.mark.parametrize("seed", range(20))
async def test_after_any_cut_the_old_or_the_new_firmware_runs(board: Path, seed: int) -> None:
    whole = 38_000  # bytes: a little more than go over the cable
    cut_at = random.Random(seed).randrange(1, whole)
    with suppress(FlashError):  # a cut behind the last byte is none
        written(board, NEW, cut_at)
    facts = await started(board)
    assert facts["build"] in (name_of(OLD), name_of(NEW))
    assert (await started(board))["build"] == name_of(OLD), "no minute has passed"
    written(board, NEW)
    assert (await started(board))["build"] == name_of(NEW), "and it can be flashed again"


async def test_the_word_flash_waits_until_the_board_calls_its_firmware_good(board: Path) -> None:
    said: list[str] = []
    with rig(board) as plugged:
        assert await flash_board(plugged.port, "lamp_bin_pico", None, said.append, compiled=True)
    assert "on trial" in said[-1]
    async with BoardProcess(flash=board, flashed=True, speed=60.0, lux=1.0) as running:
        build = (board / "b" / "build").read_text()
        assert await becomes_good(running.tty, build, said.append)
        assert not await becomes_good(running.tty, "0.0.9-abcdef", said.append)
    assert said[-1] == f"the board runs {build}"


def test_a_port_without_micropython_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match=r"nothing: .*is it plugged in"):
        flash(str(tmp_path / "nothing"), NEW, lambda _: None)


def test_bytecode_of_another_format_is_refused_before_anything_is_written(board: Path) -> None:
    other = {name: data[:1] + b"\x05" + data[2:] if name.endswith(".mpy") else data for name, data in NEW.items()}
    with pytest.raises(FlashError, match="--source"):
        written(board, other)
    assert not (board / "b").exists()


def test_the_firmware_of_each_board_can_be_packed() -> None:
    for kind in lampyre_boards.kinds():
        files = pack(kind, WIRE, "1.0.0", compiled=True)
        assert {"pins.mpy", "wire.mpy", "firmware.mpy", "build"} <= files.keys()
