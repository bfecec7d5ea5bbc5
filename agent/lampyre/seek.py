"""`lampyre probe --ask`: who answers when asked: Modbus meters, chips on I2C, and what the kernel knows of by itself.

Meters are only read (function 4); of a chip one byte is read, and nothing is written to it.
"""

import asyncio
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lampyre.clock import Clock
from lampyre.driver import Driver, Place, Sample
from lampyre.drivers import driver_of, kinds
from lampyre.errors import ConfigError, LinkDown
from lampyre.gpio import chips
from lampyre.link import Link, open_link
from lampyre.probe import NO_PORT, listened, told_of
from lampyre.sense.aside import Aside
from lampyre.sense.i2c import Address, Reach
from lampyre.sense.meter import Meter
from lampyre.sense.modbus import Answer, Question
from lampyre.sense.partyline import ANSWER_S, BYTE_BITS

TRIES = 2  # noise costs one answer now and then
BUS_S = 2.0  # a byte takes 0.1 ms; the kernel gives up a hung bus after 1 s
GAP_S = 0.02  # between two questions, and after a change of speed
HEARD_MOST = 512
ABSENT = {errno.EREMOTEIO, errno.ENXIO}  # as one adapter or another says that nobody is there
SECOND_ADDRESSES = {"bh1750": (0x5C,)}  # ADDR high, ROHM's data sheet
Say = Callable[[str], None]


async def seek(
    ports: Sequence[str],
    addresses: range,
    clock: Clock,
    say: Say,
    dev: Path = Path("/dev"),
    sys: Path = Path("/sys"),
    reach: Reach = Address,
) -> int:
    """Listen at each port; ask where nobody spoke, on I2C buses too; return how many devices were found.

    `dev`, `sys` and `reach` are where the machine's own are.
    """
    speeds = sorted({driver.bus.baud for driver in _on("Modbus") if driver.bus is not None})
    heard = await listened(ports)
    found = sum(bool(kind) for kind, _ in heard)
    for port, (kind, text) in zip(ports, heard, strict=True):
        say(told_of(port, kind, text))
        if not kind:
            found += await _meters(port, speeds, addresses, clock, say)
    if not ports:
        say(NO_PORT)
    for bus in _buses(dev):
        found += await _chips(bus, reach, say)
    for line in (*_thermometers(sys / "bus/w1/devices"), *_pins(sys / "class/pwm")):
        say(line)
        found += "kind = " in line
    return found


def _buses(dev: Path) -> list[str]:
    return [str(path) for path in sorted(dev.glob("i2c-*"))]


def _on(bus: str) -> Iterator[Driver]:
    for kind in kinds():
        with suppress(ConfigError):  # a package that does not load
            driver = driver_of(kind)
            if driver.bus is not None and driver.bus.name == bus:
                yield driver


async def _meters(port: str, speeds: Sequence[int], addresses: range, clock: Clock, say: Say) -> int:
    """Ask each address at each speed; those who answer are asked as each kind is."""
    found = 0
    for baud in speeds:
        try:
            async with open_link(f"serial://{port}?baud={baud}") as link:
                for address in addresses:
                    if await _ask(link, Question(address, 0, 2), baud) is None:
                        continue
                    fit = await _which(link, port, address, baud, clock)
                    where = f"{port}: address {address} at {baud} baud"
                    for kind, volts in fit:
                        say(
                            f"{where}: {volts:.1f} V; kind = {kind!r}, link = "
                            f'"device://{port}?baud={baud}", options = {{ address = {address} }}'.replace("'", '"')
                        )
                    if not fit:
                        say(f"{where}: answers in Modbus, but as no kind that is known")
                    found += bool(fit)
        except LinkDown as error:
            say(f"{port}: not asked: {str(error).removeprefix(f'{port}: ')}")
            return found
    if not found:
        say(f"{port}: no meter at addresses {addresses[0]} to {addresses[-1]}; A and B crossed, no supply?")
    return found


async def _which(link: Link, port: str, address: int, baud: int, clock: Clock) -> list[tuple[str, float]]:
    """Return the kinds whose numbers make sense of what this address says, with the voltage."""
    fit = []
    for driver in _on("Modbus"):
        heard: list[Sample] = []
        if driver.make is None:
            continue
        options = driver.settle({"address": address})
        device = driver.make(Place("asked", f"device://{port}?baud={baud}", options, clock, heard.append))
        if not isinstance(device, Meter):
            continue
        answer = await _ask(link, device.question(), baud)
        if answer is None or answer.refusal:
            continue
        device.told(answer, 0.0)
        named = list(zip(driver.channels, heard[0].values, strict=True))
        measured = [(channel, value) for channel, value in named if value == value]  # noqa: PLR0124 - NaN is not
        if measured and all(channel.low <= value <= channel.high for channel, value in measured):
            fit.append((driver.kind, next((value for channel, value in measured if channel.name == "voltage"), 0.0)))
    return fit


async def _ask(link: Link, question: Question, baud: int) -> Answer | None:
    """Return the answer; None: nobody there says anything sound."""
    request, byte_s = question.request(), BYTE_BITS / baud
    for _ in range(TRIES):
        heard = b""
        await asyncio.sleep(GAP_S)
        await link.send(request)
        begins_s = ANSWER_S + byte_s * len(request)
        with suppress(TimeoutError):
            async with asyncio.timeout(begins_s) as limit:
                while True:
                    heard = (heard + await link.receive())[-HEARD_MOST:]
                    answer = question.answer(heard)
                    if answer is not None:
                        return answer
                    limit.reschedule(asyncio.get_running_loop().time() + byte_s * question.answer_bytes + ANSWER_S)
        if not heard:
            return None
    return None


async def _chips(path: str, reach: Reach, say: Say) -> int:
    """Read one byte at each address where a known kind may be."""
    aside, found = Aside(path), 0
    wanted: dict[int, list[str]] = {}
    for driver in _on("I2C"):
        first = next(int(option.default) for option in driver.options if option.name == "address")
        for address in (first, *SECOND_ADDRESSES.get(driver.kind, ())):
            wanted.setdefault(address, []).append(driver.kind)
    for address, fit in sorted(wanted.items()):
        try:
            await aside.do(lambda address=address: _touch(reach, path, address), BUS_S)  # type: ignore[misc]
        except LinkDown as error:
            say(str(error))
            return found
        except OSError as error:
            if error.errno in ABSENT:
                continue
            say(f"{path}: {os.strerror(error.errno or 0)}; not asked further")
            return found
        for kind in fit:
            options = f"options = {{ address = {address:#04x} }}"
            say(
                f'{path}: somebody at {address:#04x}, as a {kind}; kind = "{kind}", link = "device://{path}", {options}'
            )
        found += 1
    if not found:
        say(f"{path}: nobody at {', '.join(f'{address:#04x}' for address in sorted(wanted))}")
    return found


def _touch(reach: Reach, path: str, address: int) -> None:
    way = reach(path, address)
    try:
        way.transfer(b"", 1)
    finally:
        way.close()


def _thermometers(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("28-*")):  # 28: the family of DS18B20, its data sheet
        yield f'{path}: a DS18B20; kind = "ds18b20", link = "device://{path}"'


def _pins(pwm: Path) -> Iterator[str]:
    """Yield chips: what hangs at a pin cannot be asked."""
    with suppress(LinkDown):  # no gpiod here
        for chip in chips():
            yield f"{chip}: for gpio_presence and gpio_relay"
    for path in sorted(pwm.glob("pwmchip*")):
        with suppress(OSError):
            yield f"{path}: {(path / 'npwm').read_text().strip()} channels for pwm"
