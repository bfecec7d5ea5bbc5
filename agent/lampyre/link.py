"""Byte links: `serial:///dev/ttyAMA0?baud=115200`, `tcp://host:port`. The one door of pyserial.

`device:///dev/ttyUSB0?baud=9600` is where a driver leads that opens its bus by itself; several boards may share it.
"""

import asyncio
import fcntl
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from lampyre.errors import ConfigError, LinkDown
from lampyre.holder import holder

READ_LIMIT = 4096  # bytes for one wake-up: what a tty hands out at once
SEND_LIMIT_S = 1.0  # a line that takes no bytes for that long is down; 115200 baud moves 11 kB in it
FORBIDDEN = (  # EPERM by DeviceAllow= of the unit
    "forbidden to this service: the port's driver was not loaded when it started, or is not in its DeviceAllow; "
    "`systemctl restart lampyre`, and name the driver in /etc/modules-load.d/lampyre.conf"
)
PSEUDO = range(136, 144)  # device majors of pseudo-terminals: there "alone" would outlive a killed process
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 256000, 460800, 921600)


class Link(Protocol):
    """A byte stream in both directions; both calls raise LinkDown."""

    async def send(self, data: bytes) -> None:
        """Return once the system has taken all of `data`."""

    async def receive(self) -> bytes:
        """Return the next bytes: at least one, at most READ_LIMIT."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link leads: a tty and its speed, a host and a port, or a bus that a driver opens by itself."""

    url: str
    path: str = ""
    baud: int = 0  # of a device://, 0: as its driver says
    host: str = ""
    port: int = 0
    bus: bool = False  # a driver opens path: a line that several share, an I2C bus, a GPIO chip, a file of the kernel's


def parse_address(url: str) -> Address:
    """Read a link's URL; raises ConfigError that says what is wrong with it."""
    try:
        parts = urlsplit(url)
        if parts.scheme in {"serial", "device"}:
            bus = parts.scheme == "device"
            asked = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else {}
            baud = int(asked.pop("baud", ["0" if bus else "115200"])[0])
            if parts.netloc or not parts.path or asked or (baud not in BAUDS and (baud or not bus)):
                raise ValueError
            return Address(url, path=parts.path, baud=baud, bus=bus)
        if parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path:
            return Address(url, host=parts.hostname, port=parts.port)
    except ValueError:
        pass
    raise ConfigError(
        f"link {url!r} is not understood; give serial:///dev/NAME?baud=115200 (a usual speed) or tcp://host:port; "
        "for what shares a line or a bus device:///dev/NAME, with ?baud=9600 where it has a speed"
    )


@asynccontextmanager
async def open_link(url: str) -> AsyncIterator[Link]:
    """Open the link; raises LinkDown with the reason, and locks a tty so that nobody else can share it."""
    address = parse_address(url)
    if address.bus:
        raise LinkDown(f"{address.path}: no serial line")
    if address.host:
        async with _open_tcp(address) as tcp:
            yield tcp
    else:
        with _SerialPort(address) as port:
            yield port


class _SerialPort:
    """A tty that pyserial opened and set up; reading and writing go straight to its descriptor."""

    def __init__(self, address: Address) -> None:
        import serial  # noqa: PLC0415 - `check` never opens a port

        try:
            # inter_byte_timeout=0 makes it VMIN=1: with VMIN=0 a line without bytes reads like one that hung up
            self._port = serial.Serial(
                address.path, address.baud, timeout=0, write_timeout=0, inter_byte_timeout=0, exclusive=True
            )
        except serial.SerialException as error:
            raise LinkDown(f"{address.path}: {_why(error, address.path)}") from error
        except (OSError, ValueError) as error:  # termios refuses some speeds on some drivers
            raise LinkDown(f"{address.path}: {error}") from error
        self._fd = self._port.fileno()
        self._name = address.path
        self._waiting: asyncio.Future[None] | None = None  # who reads
        self._watched = False
        self._alone = os.major(os.fstat(self._fd).st_rdev) not in PSEUDO
        if self._alone:
            keep_alone(self._fd)

    def __enter__(self) -> "_SerialPort":
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.remove_writer(self._fd)
        if self._alone:
            with suppress(OSError):  # unplugged
                fcntl.ioctl(self._fd, termios.TIOCNXCL)
        self._port.close()

    async def send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[os.write(self._fd, view) :]
                except BlockingIOError:
                    async with asyncio.timeout(SEND_LIMIT_S):
                        await self._writable()
        except TimeoutError:
            raise LinkDown(f"{self._name}: takes no bytes; is the other end alive?") from None
        except OSError as error:
            raise LinkDown(f"{self._name}: {error.strerror}") from error

    async def receive(self) -> bytes:
        """Wait for the system to say that there is something: so one that babbles lets the others have their turn."""
        loop = asyncio.get_running_loop()
        while True:
            self._waiting = loop.create_future()
            if not self._watched:
                loop.add_reader(self._fd, self._readable)
                self._watched = True
            try:
                await self._waiting
                data = os.read(self._fd, READ_LIMIT)
            except BlockingIOError:
                continue
            except OSError as error:
                raise LinkDown(f"{self._name}: {error.strerror}") from error
            finally:
                self._waiting = None
            if not data:
                raise LinkDown(f"{self._name}: unplugged")
            return data

    def _readable(self) -> None:
        """The descriptor stays watched from one reading to the next; only while nobody reads is it left alone."""
        if self._waiting is None:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._watched = False
        else:
            _wake(self._waiting)

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_writer(self._fd, _wake, ready)
        try:
            await ready
        finally:
            loop.remove_writer(self._fd)


def _wake(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def keep_alone(fd: int) -> None:
    """Let nobody else open this tty, not even those who ask for no lock (tty_ioctl(2), TIOCEXCL)."""
    with suppress(OSError):  # a driver that knows no such thing; the lock still holds among those who ask
        fcntl.ioctl(fd, termios.TIOCEXCL)


def _why(error: OSError, path: str) -> str:
    """Say what pyserial means, and the cure, in one line."""
    if error.errno == 2:  # ENOENT
        return "no such port; is the adapter plugged in? `ls -l /dev/serial/by-id` shows what is there"
    if error.errno == 1:  # EPERM
        return FORBIDDEN
    if error.errno == 13:  # EACCES
        return "no permission; the service's user must be in the group dialout"
    if "lock" in str(error) or error.errno == 16:  # EBUSY
        who = holder(path)
        shown = f": {who}; stop it, or give another port" if who else "; `sudo fuser -v` shows which"
        return f"another program holds this port{shown}"
    return os.strerror(error.errno) if error.errno else str(error)


class _TcpLink:
    """A serial server on the network, byte for byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        self._reader = reader
        self._writer = writer
        self._name = name

    async def send(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            async with asyncio.timeout(SEND_LIMIT_S):
                await self._writer.drain()
        except TimeoutError:
            raise LinkDown(f"{self._name}: takes no bytes; is the other end alive?") from None
        except OSError as error:
            raise LinkDown(f"{self._name}: {error}") from error

    async def receive(self) -> bytes:
        try:
            data = await self._reader.read(READ_LIMIT)
        except OSError as error:
            raise LinkDown(f"{self._name}: {error}") from error
        if not data:
            raise LinkDown(f"{self._name}: closed by the other end")
        return data


@asynccontextmanager
async def _open_tcp(address: Address) -> AsyncIterator[_TcpLink]:
    name = f"{address.host}:{address.port}"
    try:
        async with asyncio.timeout(5.0):
            reader, writer = await asyncio.open_connection(address.host, address.port)
    except (OSError, TimeoutError) as error:
        raise LinkDown(f"{name}: {error or 'no answer in 5 s'}") from error
    try:
        yield _TcpLink(reader, writer, name)
    finally:
        writer.close()
