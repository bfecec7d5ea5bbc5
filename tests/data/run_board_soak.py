"""Ten minutes of a board's whole firmware in virtual time: for MicroPython (and CPython); says as JSON what happened.

usage: MICROPYTHON run_board_soak.py talks|silent|deaf    in a folder with the firmware's files
talks: the host sends 100 orders a second and reads; silent: it sends nothing; deaf: it never reads
"""

import gc
import json
import sys

sys.path.insert(0, "")
import wire

MINUTE_MS = 60_000
END_MS = 10 * MINUTE_MS
ORDER_MS = 10
PERIOD = 1 << 30
START = PERIOD - 90_000  # the ticks wrap in the second minute

way = sys.argv[1]
alloc = getattr(gc, "mem_alloc", lambda: 0)
free = getattr(gc, "mem_free", lambda: 0)


class End(BaseException):
    """The ten minutes are over."""


class Line:
    """The UART, and the host at its other end."""

    def __init__(self):
        self.decoder = wire.Decoder()
        self.waiting = b""
        self.sent = self.answers = 0
        self.counts = None

    def turn(self):
        self.waiting += wire.encode(wire.ORDER, self.sent, wire.order_body(0.2 + self.sent % 2 * 0.5, 500, 60_000))
        self.sent += 1

    def write(self, data):
        if way == "deaf":
            return None
        for kind, _, body in self.decoder.feed(data):
            if kind == wire.LAMP and wire.lamp_of(body)[1] == (self.sent - 1) & 0xFF:
                self.answers += 1
            elif kind == wire.COUNTS:
                self.counts = wire.counts_of(body)
        return len(data)

    def readinto(self, buffer):
        data, self.waiting = self.waiting, b""
        buffer[: len(data)] = data
        return len(data)


class Clock:
    """Time that passes only where the firmware waits: the stand-in for `time` and `select`, and the watchdog."""

    POLLIN = 1
    READY = ((None, 1),)
    NOTHING = ()

    def __init__(self):
        self.now = 0
        self.turns = self.grown = self.longest = self.fed = self.before = 0
        self.free = []

    def ticks_ms(self):
        return (START + self.now) % PERIOD

    def ticks_diff(self, one, other):
        return (one - other + PERIOD // 2) % PERIOD - PERIOD // 2

    def poll(self):
        return self

    def register(self, *_):
        pass

    def ipoll(self, wait_ms):
        self.now += wait_ms
        if self.now == MINUTE_MS or self.now == END_MS:  # noqa: PLR1714 - a tuple would be allocated
            gc.collect()
            self.free.append(free())
            if self.now == END_MS:
                raise End
        if way == "talks" and self.now % ORDER_MS == 0:
            line.turn()
            return self.READY
        return self.NOTHING

    def feed(self):
        self.turns += 1
        self.longest = max(self.longest, self.now - self.fed)
        self.fed = self.now
        used = alloc()
        if used > self.before:
            self.grown += 1
        self.before = alloc()


class Machine:
    """The stand-in for `machine`: every pin and converter of the board."""

    PWRON_RESET = 1
    WDT_RESET = 3
    IN = PULL_UP = PULL_DOWN = 0

    def __init__(self, *_, **__):
        pass

    def value(self):
        return 0

    def read_u16(self):
        return 20_000

    def freq(self, _):
        pass

    def duty_u16(self, _):
        pass

    def unique_id(self):
        return bytes(8)

    def reset_cause(self):
        return 1


clock = Clock()
line = Line()
board = Machine()
board.ADC = board.PWM = board.Pin = Machine
board.UART = lambda *_, **__: line
board.WDT = lambda **_: clock
sys.modules["machine"] = board
sys.modules["time"] = sys.modules["select"] = clock

import firmware  # noqa: E402 - it finds the stand-ins

try:  # noqa: SIM105 - no contextlib there
    firmware.main()
except End:
    pass
found = {"turns": clock.turns, "grown": clock.grown, "longest_ms": clock.longest, "free": clock.free}
found.update({"sent": line.sent, "answers": line.answers, "broken": line.decoder.broken, "counts": line.counts})
print(json.dumps(found))  # noqa: T201 - its answer
