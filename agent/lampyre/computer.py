"""The computer a node runs on: which pins its header has and what each is good for; no pin is used twice.

Definitions are files of `lampyre_boards/computers`; the running one is known by its device tree.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import normpath, realpath
from pathlib import Path
from typing import Any

import lampyre_boards
from lampyre.board_settings import BoardSettings
from lampyre.errors import ConfigError
from lampyre.link import parse_address

MODEL = Path("/proc/device-tree/model")  # of every Raspberry Pi, ended by a zero byte
WATCHDOG = Path("/sys/class/watchdog/watchdog0/state")
GPIO, PWM = "/dev/gpiochip", "/sys/class/pwm/pwmchip"


@dataclass(frozen=True, slots=True)
class Port:
    """A UART, an I2C bus, 1-Wire: what it is called, the header's pins that it takes, how config.txt enables it."""

    path: str
    pins: tuple[int, ...]
    enable: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Computer:
    """One kind of computer. Pins are GPIO numbers of its 40-pin header."""

    kind: str
    title: str
    model: tuple[str, ...]
    watchdog_s: float  # the longest that its hardware watchdog can wait
    leds: tuple[str, ...]
    console: str  # a port for the technician that takes no pin of a sensor
    label: str  # of the header's chip, as `gpiodetect` shows it
    chips: tuple[str, ...]  # its paths, over the kernels there were
    pins: int  # on the header, counted from 0
    ports: tuple[Port, ...]  # UARTs and buses; one path may be on several pins, and two paths on the same
    pwm: tuple[tuple[int, tuple[int, ...]], ...]  # channel, the pins that it may come out at


@dataclass(frozen=True, slots=True)
class Use:
    """What one board of a file takes: any one of `pins` if `one_of`, else all of them."""

    board: str
    what: str
    pins: tuple[int, ...]
    one_of: bool = False
    bus: bool = False  # others may be on it as well


def computers() -> list[str]:
    """Return the kinds of computers that we have a definition of."""
    return sorted(path.stem for path in (lampyre_boards.HERE / "computers").glob("*.toml"))


def load_computer(kind: str) -> Computer:
    """Return the definition; ConfigError, with those there are, for an unknown kind or a damaged file."""
    path = lampyre_boards.HERE / "computers" / f"{kind}.toml"
    if kind not in computers():
        raise ConfigError(f"node.computer {kind!r}: no such definition; there are {', '.join(computers())}, and auto")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        gpio = table["gpio"]
        ports = [_port(row) for row in (*table["uart"], *table["bus"])]
        pwm = tuple((int(row["channel"]), tuple(row["pins"])) for row in table["pwm"])
        about = table["title"], tuple(table["model"]), float(table["watchdog_s"]), tuple(table["leds"])
        header = gpio["label"], tuple(gpio["chips"]), int(gpio["pins"])
        return Computer(kind, *about, table["console"], *header, tuple(ports), pwm)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {error}; reinstall lampyre") from error


def computer_of(kind: str, model: Path = MODEL) -> Computer | None:
    """Return the computer that a file names, or, for `auto`, the one that we run on; None: none that we know."""
    if kind != "auto":
        return load_computer(kind)
    try:
        said = model.read_text(encoding="utf-8", errors="replace").rstrip("\0\n")
    except OSError:
        return None
    found = [load_computer(one) for one in computers()]
    return next((one for one in found if said.startswith(one.model)), None)


def explain_pins(computer: Computer | None, boards: Sequence[BoardSettings]) -> Iterator[str]:
    """Yield what is taken of the header; raises ConfigError for a pin that is not there, or taken twice."""
    if computer is not None:
        yield f"computer: {computer.title}; console at {computer.console}, LEDs {', '.join(computer.leds)}"
        yield from _watchdog(computer, WATCHDOG)
    taken: dict[int, Use] = {}
    for use in sorted(_uses(computer, boards), key=lambda use: use.one_of):  # who has a choice chooses last
        free = [pin for pin in use.pins if pin not in taken]
        wanted = free[:1] if use.one_of else list(use.pins)
        clash = use.pins[0] if use.one_of and not wanted else next((pin for pin in wanted if pin in taken), None)
        other = taken.get(clash) if clash is not None else None
        if other is not None and not (use.bus and other.what == use.what):
            raise ConfigError(
                f"board {use.board}: GPIO {clash} ({use.what}) is board {other.board}'s too ({other.what}); "
                f"plug one of them in elsewhere{_elsewhere(computer, taken)}"
            )
        taken |= dict.fromkeys(wanted, use)
    if taken:
        yield "pins: " + ", ".join(f"GPIO {pin} {taken[pin].board}" for pin in sorted(taken))


def enabled_by(computer: Computer, path: str) -> str:
    """Return the line of config.txt that makes this path be there; empty: we know of none."""
    return next((port.enable for port in computer.ports if port.path == _bus(path)), "")


def _watchdog(computer: Computer, state: Path) -> Iterator[str]:
    """Yield a line where the kernel says that nobody feeds the computer's watchdog: a hung kernel stays hung."""
    if state.exists() and state.read_text(encoding="ascii", errors="replace").strip() == "inactive":
        most = computer.watchdog_s
        yield f"! hardware watchdog: off; RuntimeWatchdogSec={most:g} in /etc/systemd/system.conf lets systemd feed it"


def _port(row: dict[str, Any]) -> Port:
    return Port(row["path"], tuple(row["pins"]), row["enable"], row.get("note", ""))


def _bus(path: str) -> str:
    """Return the bus behind a path: a 1-Wire thermometer's folder lies in that of its bus."""
    return "/sys/bus/w1" if path.startswith("/sys/bus/w1/") else normpath(path)


def _uses(computer: Computer | None, boards: Sequence[BoardSettings]) -> Iterator[Use]:
    for board in boards:
        path = parse_address(board.link).path
        number = int(board.options.get("line", board.options.get("channel", -1)))
        if path.startswith(GPIO) and number >= 0:
            chips = (GPIO + "0",) if computer is None else computer.chips
            if realpath(path) not in chips:
                continue  # an expander of the town's: its lines are none of the header's
            if computer is not None and number >= computer.pins:
                raise ConfigError(
                    f"board {board.id}: options.line {number}: the header of a {computer.title} has GPIO 0 to "
                    f"{computer.pins - 1}; give the GPIO number, not the pin's place on the header"
                )
            yield Use(board.id, f"line {number}", (number,))
        elif path.startswith(PWM) and computer is not None and number >= 0:
            pins = next((pins for channel, pins in computer.pwm if channel == number), None)
            if pins is None:
                there = ", ".join(str(channel) for channel, _ in computer.pwm)
                raise ConfigError(
                    f"board {board.id}: options.channel {number}: a {computer.title} has PWM channels {there}"
                )
            yield Use(board.id, f"PWM channel {number}", pins, one_of=True)
        elif path and computer is not None:
            at = _bus(realpath(path) if path.startswith("/dev/") else path)
            port = next((port for port in computer.ports if port.path == at), None)
            if port is not None and port.pins:
                yield Use(board.id, at, port.pins, bus=True)
            elif port is None and at.startswith("/dev/ttyAMA"):
                there = ", ".join(port.path for port in computer.ports if "/tty" in port.path)
                raise ConfigError(f"board {board.id}: {at}: a {computer.title} has no such UART; it has {there}")


def _elsewhere(computer: Computer | None, taken: dict[int, Use]) -> str:
    """Return which pins are left, in words for the end of a cure."""
    if computer is None:
        return ""
    special = {pin for port in computer.ports for pin in port.pins} | {pin for _, pins in computer.pwm for pin in pins}
    free = [pin for pin in range(computer.pins) if pin not in taken and pin not in special]
    return f"; GPIO {', '.join(map(str, free))} are nobody's" if free else ""
