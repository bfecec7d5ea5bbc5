"""A USB serial adapter, plugged in and pulled out: a ranger's twin speaks through QEMU, the guest's agent listens."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.hardware.guest import Guest
from tests.hardware.report import Report

from lampyre_sim.devices.words import EVERY_S, said

BOARD, KIND = "ranger-1", "maxbotix"
SILENT_MOST_S = 900.0  # only ends a hang: ten minutes of silence are an alarm
DOOR = "cd /root/code && /usr/bin/python3 -m tests.hardware.inside.door"


@contextmanager
def plugged(guest: Guest, distance_m: float) -> Iterator[None]:
    """The adapter, plugged in, with a ranger behind it that sees something so far away."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(guest.usb))
        line.setblocking(False)

        def speak() -> None:
            while not over.wait(EVERY_S[KIND]):
                with suppress(BlockingIOError):  # nobody has opened the port
                    line.send(said(KIND, distance_m))

        speaker = threading.Thread(target=speak)
        speaker.start()
        try:
            yield
        finally:
            over.set()
            speaker.join()


def play(guest: Guest, report: Report) -> None:
    """Plug and pull, and say of each test how it went."""
    with report.test("USB serial, first plug") as say:
        with plugged(guest, 1.20):
            say(f"heard {_heard(guest, 1.2):.1f} s after it was plugged in, as {_name(guest)}")
            pulled_s = time.monotonic()
        _door(guest, "stale", BOARD)
        down = _down(guest)
        say(f"pulled: not believed after {time.monotonic() - pulled_s:.1f} s, {down!r}")
    with report.test("USB serial, other number") as say:
        with plugged(guest, 0.90):
            _heard(guest, 0.9)
            first = _name(guest)
            # somebody else still has the old one open when it comes back: the kernel gives it the next number
            guest.run(f"(exec 3<>/dev/{first}; exec sleep 1000) >/dev/null 2>&1 & echo $! >/run/holder; sleep 1")
        _door(guest, "stale", BOARD)
        with plugged(guest, 1.50):
            say(f"heard again {_heard(guest, 1.5):.1f} s after it was plugged in, {first} before, {_name(guest)} now")
            assert _name(guest) != first
            guest.run("kill $(cat /run/holder)")
        _door(guest, "stale", BOARD)
    with report.test("USB serial, other socket") as say:
        guest.control("device_del", id="usb")
        guest.run("udevadm settle")
        guest.control(
            "device_add", driver="usb-serial", id="usb2", chardev="usb", serial="LAMPYRE1", bus="xhci.0", port="3"
        )
        with plugged(guest, 0.75):
            say(f"heard again after {_heard(guest, 0.75):.1f} s, by the name that follows the adapter")


def play_silence(guest: Guest, report: Report) -> None:
    """Leave it out for so long that its silence is an alarm, then plug it in; the alarm is over as long after."""
    with report.test("USB serial, long silence") as say:
        _door(guest, "stale", BOARD)
        _door(guest, "alarm", "sensorSilent", SILENT_MOST_S)
        with plugged(guest, 1.0):
            say(f"an alarm; heard again {_heard(guest, 1.0):.1f} s after it was plugged in")


def _heard(guest: Guest, distance_m: float) -> float:
    """Return after how many seconds the agent knows this distance."""
    began_s = time.monotonic()
    _door(guest, "up", BOARD)
    value = guest.run(f"{DOOR} value {BOARD}.distance")
    assert float(value) == distance_m, value
    return time.monotonic() - began_s


def _name(guest: Guest) -> str:
    return guest.run("basename $(readlink /dev/serial/by-id/*LAMPYRE1*)")


def _down(guest: Guest) -> str:
    return guest.run(f"{DOOR} down {BOARD}").removeprefix("/dev/serial/by-id/")


def _door(guest: Guest, word: str, name: str, within_s: float = 300.0) -> float:
    return float(guest.run(f"{DOOR} {word} {name} {within_s:.0f}", within_s=within_s + 60.0))
