"""Starts the firmware: the slot that is known to be good, or once, on trial, the one that was just written.

It lies in the root of the flash, the firmware in the folders a and b. A trial is over once it has begun: firmware that
has not marked itself good before the next start, whatever ends it, is not tried again. Where the good slot itself ends
with an error (its files are damaged), the other one gets a trial: a lamp hangs on it.
"""

import os
import sys

import machine

SLOTS = ("a", "b")
GOOD = "good"  # the slot that starts
TRIAL = "trial"  # the slot to try once
CRASH = "crash.txt"  # what ended the firmware last


def read(name: str) -> str:
    """Return the slot that a file names, "" where it names none."""
    try:
        with open(name) as file:
            slot = file.read(8).strip()
    except OSError:
        return ""
    return slot if slot in SLOTS else ""


def choose() -> "tuple[str, bool]":
    """Return the slot to start and whether it is on trial."""
    slot = read(TRIAL)
    if slot:
        try:
            os.remove(TRIAL)
        except OSError:
            slot = ""  # it would be tried for ever
    return (slot, True) if slot else (read(GOOD) or SLOTS[0], False)


def note(name: str, text: str) -> None:
    """Write a small file, unless it says that already: a board that starts over and over must not wear its flash."""
    try:
        with open(name) as file:
            if file.read(256) == text:
                return
    except OSError:
        pass
    try:
        with open(name, "w") as file:
            file.write(text)
    except OSError:
        pass


def start() -> None:
    """Run for ever; what ends the firmware is written down, and the board starts anew."""
    slot, trial = choose()
    sys.path.insert(0, slot)
    try:
        import firmware  # noqa: PLC0415 - it lies in the slot

        firmware.main(slot, trial)
    except Exception as error:  # noqa: BLE001 - whatever it was
        note(CRASH, f"{slot}: {type(error).__name__}: {error}\n"[:256])
        other = SLOTS[1 - SLOTS.index(slot)]
        if not trial and other in os.listdir():
            note(TRIAL, other)
        machine.reset()


if __name__ in ("__main__", "main"):
    start()
