"""The firmware's entry: pins, the loop that never waits for anybody, and the watchdog that watches it go round."""

import select
import time

import machine
import pins
from board import Board
from lamp import MASK
from machine import ADC, PWM, UART, WDT, Pin

WATCHDOG_MS = 5000  # the loop takes 10 to 20 ms; the RP2040 allows up to 8388
WAIT_MS = 10  # how long the loop waits for bytes: presence and ramps are that fine
BOOTS = "boots.txt"


def boots() -> int:
    """Count this boot in a small file and return the count; 0 if the flash does not take it."""
    count = 0
    try:
        with open(BOOTS) as file:
            count = int(file.read())
    except (OSError, ValueError):
        pass
    try:
        with open(BOOTS, "w") as file:
            file.write(str(count + 1))
    except OSError:
        return 0
    return count + 1


def facts() -> "dict[str, str]":
    """Say who this board is and why it started."""
    return {
        "board": pins.BOARD,
        "id": "".join([f"{byte:02x}" for byte in machine.unique_id()]),
        "build": pins.BUILD,
        "boots": str(boots()),
        "cause": "watchdog" if machine.reset_cause() == machine.WDT_RESET else "power",
    }


def ticks() -> int:
    """Return the ticks in ms as a plain number that wraps at 2**30 on every port."""
    return time.ticks_diff(time.ticks_ms(), 0) & MASK


def main() -> None:
    """Run for ever; an error ends it, and then the watchdog restarts the board."""
    watchdog = WDT(timeout=WATCHDOG_MS)
    inputs = [(ADC(Pin(pin)), low, high, log) for _, pin, low, high, log in pins.INPUTS]
    switches = [Pin(pin, Pin.IN, Pin.PULL_UP) for _, pin in pins.SWITCHES]
    presence = Pin(pins.PRESENCE, Pin.IN, Pin.PULL_DOWN)
    lamp = PWM(Pin(pins.LAMP))
    lamp.freq(pins.LAMP_HZ)
    # timeout=0: neither read nor write ever waits
    uart = UART(pins.UART_ID, pins.BAUD, tx=Pin(pins.TX), rx=Pin(pins.RX), rxbuf=512, txbuf=512, timeout=0)
    poll = select.poll()
    poll.register(uart, select.POLLIN)

    def read() -> "list[float]":
        measured = [pins.to_unit(adc.read_u16(), low, high, log) for adc, low, high, log in inputs]
        return measured + [float(switch.value()) for switch in switches]

    board = Board(facts(), read(), ticks())
    came = bytearray(256)
    duty = -1
    while True:
        now = ticks()
        level = board.step(now, presence.value() == 1, read() if board.due(now) else None)
        wanted = round(level * pins.FULL)
        if wanted != duty:
            duty = wanted
            lamp.duty_u16(duty)
        if board.pending:
            board.sent(uart.write(board.pending) or 0)
        watchdog.feed()
        if poll.poll(WAIT_MS):
            count = uart.readinto(came)
            if count:
                board.hear(bytes(came[:count]), ticks())


if __name__ in ("__main__", "main"):
    main()
