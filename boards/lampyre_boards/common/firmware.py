"""The firmware: pins, the loop that never waits for anybody, and the watchdog that watches it go round."""

import gc
import os
import select
import time
from array import array

import machine
import pins
import scale
import wire
from board import Board
from keep import Keep
from lamp import MASK, since
from machine import PWM, UART, WDT, Pin

WATCHDOG_MS = 5000  # the loop takes 10 to 20 ms; the RP2040 allows up to 8388
WAIT_MS = 10  # how long the loop waits for bytes: presence and ramps are that fine
TRIAL_MS = 60_000  # new firmware that has run so long, and has understood its node, is good
GOOD = "good"  # main.py starts the slot that stands in it


def build(slot: str) -> str:
    """Return what was flashed into the slot: the version and six digits of its files' hash."""
    try:
        with open(slot + "/build") as file:
            return file.read(24).strip() or pins.BUILD
    except OSError:
        return pins.BUILD


def facts(keep: Keep, slot: str, trial: bool) -> "dict[str, str]":
    """Say who this board is and why it started."""
    causes = {machine.PWRON_RESET: "power", machine.WDT_RESET: "watchdog"}
    return {
        "board": pins.BOARD,
        "id": "".join([f"{byte:02x}" for byte in machine.unique_id()]),
        "build": build(slot),
        "slot": slot + ("?" if trial else ""),
        "boots": str(keep.boots),
        "cause": causes.get(machine.reset_cause(), "reset"),
    }


def faults(keep: Keep, inputs: "Inputs") -> "list[str]":
    """Test at power-up what can be tested without a second pair of eyes; return what is not as it should be."""
    found = [keep.fault] if keep.fault else []
    before = keep.fault
    keep.boots += 1
    if not keep.save() and before != keep.fault:
        found.append(keep.fault)
    if wire.crc16(b"123456789") != 0x29B1:  # the arithmetic, and the code as it lies in the flash
        found.append("code")
    dead = [value for value in inputs.units()[: len(pins.INPUTS)] if value != value]  # noqa: PLR0124 - NaN alone
    if dead:
        found.append("inputs")
    return found


def ticks() -> int:
    """Return the ticks in ms as a plain number that wraps at 2**30 on every port."""
    return time.ticks_diff(time.ticks_ms(), 0) & MASK


class Inputs:
    """The analog inputs and the contacts. Sampling allocates nothing; units are made when a frame wants them."""

    def __init__(self) -> None:
        """Make every buffer, once."""
        self._converters = [pins.analog(pin) for _, pin, _, _, _ in pins.INPUTS]
        self._switches = [Pin(pin, Pin.IN, Pin.PULL_UP) for _, pin in pins.SWITCHES]
        self._counts = array("H", [0 for _ in pins.INPUTS])

    def sample(self) -> None:
        """Read every converter."""
        for at in range(len(self._converters)):
            self._counts[at] = pins.counts(self._converters[at])

    def units(self) -> "list[float]":
        """Return what is measured now, in units, in the order of the channels."""
        self.sample()
        values = []
        for counts, (_, _, low, high, log) in zip(self._counts, pins.INPUTS):  # noqa: B905 - no strict there
            values.append(scale.to_unit(counts, low, high, log))
        return values + [float(switch.value()) for switch in self._switches]


def mark_good(slot: str) -> None:
    """Let main.py start this slot from now on; a cut leaves the one before."""
    try:
        with open(GOOD + ".new", "w") as file:
            file.write(slot)
        os.rename(GOOD + ".new", GOOD)
    except OSError:
        pass  # the flash is full or worn out: the one before starts again, and the host sees its build


def main(slot: str = "a", trial: bool = False) -> None:
    """Run for ever; an error ends it, and main.py or the watchdog restarts the board. `trial`: it is not good yet."""
    watchdog = WDT(timeout=WATCHDOG_MS)
    inputs = Inputs()
    presence = Pin(pins.PRESENCE, Pin.IN, Pin.PULL_DOWN)
    lamp = PWM(Pin(pins.LAMP))
    lamp.freq(pins.LAMP_HZ)
    # timeout=0: neither read nor write ever waits
    uart = UART(pins.UART_ID, pins.BAUD, tx=Pin(pins.TX), rx=Pin(pins.RX), rxbuf=512, txbuf=512, timeout=0)
    poll = select.poll()
    poll.register(uart, select.POLLIN)
    keep = Keep()
    fault = faults(keep, inputs)
    start = ticks()
    said = facts(keep, slot, trial)
    board = Board(said, inputs.units(), start, keep, fault)
    came = bytearray(256)
    shown = -1.0
    while True:
        now = ticks()
        due = board.due(now)
        level = board.step(now, presence.value() == 1, inputs.units() if due else None)
        if level != shown:
            shown = level
            lamp.duty_u16(round(level * scale.FULL))
        if board.pending:
            taken = uart.write(board.pending)
            if taken:  # a host that does not read costs nothing
                board.sent(taken)
        if due:
            gc.collect()  # once a second and short, instead of now and then and long
            if trial and board.heard and since(now, start) >= TRIAL_MS:
                mark_good(slot)
                trial = False
                said["slot"] = slot
        watchdog.feed()
        for _ in poll.ipoll(WAIT_MS):  # poll() would make a list each time
            count = uart.readinto(came)
            if count:
                board.hear(bytes(came[:count]), ticks())
