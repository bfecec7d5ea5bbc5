"""What flashing wants of a chip, for the unix port of MicroPython: a watchdog that never bites, and the reset."""

import sys


class WDT:
    def __init__(self, timeout):
        pass

    def feed(self):
        pass


def reset():
    sys.exit(0)
