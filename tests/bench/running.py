"""The agent as a process: start, memory, wake-ups, and how long a presence takes to become an order."""

import asyncio
import tempfile
import threading
import time
from pathlib import Path

from tests.brokers import Mosquitto
from tests.ordeal.kerb import Kerb

from lampyre import wire
from lampyre_sim.plug import Plug

IDLE_S = 20
PASSAGES = 2  # a third within ten minutes, and the lamp stays up: there is no raise to measure


class Twin:
    """A board's end that answers every order at once and notes when it came."""

    def __init__(self) -> None:
        self.plug = Plug(None, self._hear)
        self.raised = asyncio.Event()
        self._decoder = wire.Decoder()
        self._level = 0.32
        self._count = 0.0

    def _hear(self, data: bytes) -> None:
        for kind, seq, body in self._decoder.feed(data):
            order = wire.order_of(body) if kind == wire.ORDER else None
            if order is not None:
                self._level = order[0]
                if order[0] > 0.7:
                    self.raised.set()
            self.plug.write(
                wire.encode(wire.LAMP, 0, wire.lamp_body(wire.ORDERED, seq, self._level, self._level, 60_000))
            )

    def show(self, presence: float) -> None:
        self._count += presence
        values = [presence, self._count, 2.0, 0.7, 11.0, 15.0, 0.0, 0.0]
        self.plug.write(wire.encode(wire.READINGS, 0, wire.readings_body(0, values)))


async def running() -> None:
    """Print the figures of one agent with a board, a broker and both models."""
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder) / "mosquitto") as broker:
        twin = Twin()
        twin.plug.replug()
        extra = "hold_s = 0.05\nhold_most_s = 0.05"
        async with Kerb(Path(folder) / "kerb", broker.port, {"b1": twin.plug.path}, lamp_extra=extra) as kerb:
            started = time.perf_counter()
            await kerb.start()
            ready_s = time.perf_counter() - started
            resident, own = kerb.memory_mb("VmRSS"), kerb.memory_mb("RssAnon")
            print(f"start to ready {ready_s:.2f} s; {resident:.1f} MB resident with both models, {own:.1f} MB its own")
            delays = sorted([await passage(twin) for _ in range(PASSAGES)])
            p50, worst = delays[len(delays) // 2], delays[-1]
            least = await asyncio.to_thread(echo_ms)
            print(f"presence frame in to order out: p50 {p50:.2f} ms, worst of {PASSAGES} {worst:.2f} ms")
            print(f"60 bytes there and back over a PTY to a bare loop: p50 {least:.2f} ms")
            assert kerb.process is not None
            before = wake_ups(kerb.process.pid)
            await asyncio.sleep(IDLE_S)
            after = wake_ups(kerb.process.pid)
            woken = sum(count - before.get(thread, 0) for thread, count in after.items()) / IDLE_S
            print(f"idle (board silent): {woken:.1f} wake-ups a second")
        twin.plug.unplug()


async def passage(twin: Twin) -> float:
    """Return the milliseconds from a presence frame to the order that raises the lamp."""
    twin.show(0.0)
    await asyncio.sleep(1.3)  # the hold is over and the tick has lowered the lamp
    twin.raised.clear()
    started = time.perf_counter()
    twin.show(1.0)
    await twin.raised.wait()
    return (time.perf_counter() - started) * 1000


def wake_ups(pid: int) -> dict[str, int]:
    """Return how often each thread of the process has waited for something so far."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("voluntary_ctxt"))
        found[task.name] = int(line.split()[1])
    return found


def echo_ms() -> float:
    """Return the median milliseconds of 60 bytes there and back over a PTY to a thread that does nothing else."""
    import os
    import tty

    ours, theirs = os.openpty()
    tty.setraw(theirs)

    def echo() -> None:
        for _ in range(201):
            os.write(theirs, os.read(theirs, 100))

    worker = threading.Thread(target=echo)
    worker.start()
    delays = []
    for _ in range(201):
        started = time.perf_counter()
        os.write(ours, b"x" * 60)
        os.read(ours, 100)
        delays.append((time.perf_counter() - started) * 1000)
    worker.join()
    os.close(ours)
    os.close(theirs)
    return sorted(delays)[100]
