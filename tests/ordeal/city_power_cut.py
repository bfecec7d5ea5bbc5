"""A whole city comes back at once: `python -m tests.ordeal.city_power_cut [--nodes 200]` (six minutes).

Real uplinks with outboxes of their own and what waits in them, all in one process, and a real mosquitto whose log says
when each connection came; by the wall's time. First the power returns to all nodes, then the broker restarts under
them, then it is away for some minutes. Last, in virtual time, a broker that takes each in and throws it out again.
"""

import argparse
import asyncio
import logging
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from math import ceil, sqrt
from pathlib import Path

from tests.brokers import Mosquitto
from tests.clocks import LoopClock
from tests.sync.city import Obedient
from tests.sync.tinybroker import TinyBroker

from lampyre.records import Priority
from lampyre.sync.backoff import SPREAD_S, USUAL
from lampyre.sync.broker import Broker
from lampyre.sync.outbox import Outbox
from lampyre.sync.uplink import Uplink
from lampyre_sim.loop import JumpingLoop

WAITING = 10  # parcels in each outbox when the power returns
CALM_S = USUAL.stable_s + 5.0  # then a break is a new one, and nobody's waits are long already
LIVES_S, KICKED_FOR_S = 2.0, 600.0
WITHIN_S = 180.0  # only ends a hang
BAR = 60  # characters of the longest bar


class Fleet:
    """The nodes of a city; they have no power before `power`."""

    def __init__(self, uplinks: list[Uplink], outboxes: list[Outbox]) -> None:
        self._uplinks = uplinks
        self._outboxes = outboxes
        self._tasks: list[asyncio.Future[None]] = []

    def power(self) -> None:
        """Let all begin in the same moment."""
        self._tasks = [asyncio.ensure_future(uplink.run(lambda: None)) for uplink in self._uplinks]

    @property
    def online(self) -> int:
        """How many are connected."""
        return sum(uplink.online for uplink in self._uplinks)

    @property
    def waiting(self) -> int:
        """How many parcels are still to be sent."""
        return sum(outbox.stats().summaries for outbox in self._outboxes)

    async def come(self, share: float = 1.0) -> float:
        """Return after how many seconds so many are connected."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while self.online < share * len(self._uplinks):
            await asyncio.sleep(0.05)
            if loop.time() - began_s > WITHIN_S:
                raise TimeoutError(f"only {self.online} are connected")
        return loop.time() - began_s

    async def end(self) -> None:
        """Cut the power again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for outbox in self._outboxes:
            await outbox.close()


@asynccontextmanager
async def fleet(folder: Path, port: int, nodes: int) -> AsyncIterator[Fleet]:
    """Yield nodes whose outboxes hold something and who find their broker on this port."""
    uplinks, outboxes = [], []
    for number in range(nodes):
        name = f"node-{number}"
        outbox = await Outbox.open(folder / f"{name}.db")
        outboxes.append(outbox)
        topic = f"lampyre/v1/city/{name}/lamp/lamp-1/summary"
        await asyncio.gather(*(outbox.put(topic, b"{}", Priority.SUMMARY) for _ in range(WAITING)))
        where = Broker("127.0.0.1", port, name)
        uplinks.append(Uplink([where], "city", name, outbox, LoopClock(), Obedient(), spread_s=SPREAD_S))
    city = Fleet(uplinks, outboxes)
    try:
        yield city
    finally:
        await city.end()


def bound(nodes: int, over_s: float) -> int:
    """Return the most connects in a second, four sigma above the mean, of so many drawn evenly from a span."""
    mean = nodes / over_s
    return ceil(mean + 4 * sqrt(mean))


def told(what: str, seconds: Iterable[int], most: int, each_s: int = 1) -> bool:
    """Print the histogram of connects and return whether none of its seconds has more than `most`."""
    counts = Counter(seconds)
    first, peak = min(counts), max(counts.values())
    print(f"\n{what}: connects in each second, at most {peak}, by design at most {most}")
    spans = dict.fromkeys(range(0, max(counts) - first + 1, each_s), 0)
    for second, count in counts.items():
        spans[(second - first) // each_s * each_s] += count
    longest = max(spans.values())
    for start in sorted(spans):
        print(f"{start:5d} s {spans[start]:5d} {'#' * round(BAR * spans[start] / longest)}")
    return peak <= most


def connects(broker: Mosquitto, since: int) -> list[int]:
    """Return the second of each CONNECT that the broker's log tells of, after the first `since`."""
    return [int(at) for at in re.findall(r"^(\d+): New client connected from \S+ as node-", broker.log, re.MULTILINE)][
        since:
    ]


async def with_mosquitto(folder: Path, nodes: int, away_s: float) -> bool:
    """Return whether the connects of all three were bounded as designed, and all that waited was sent."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))  # each node has threads of its own
    broker, good = Mosquitto(folder / "broker"), list[bool]()

    async def act(what: str, most: int, do: Callable[[], None]) -> None:
        since = len(connects(broker, 0))
        await asyncio.to_thread(do)
        usual_s = await city.come(0.99)
        good.append(told(what, connects(broker, since), most))
        print(f"99 % connected after {usual_s:.1f} s, all {usual_s + await city.come():.1f} s")

    async def stop() -> None:
        await asyncio.to_thread(broker.stop)
        while city.online:
            await asyncio.sleep(0.05)

    with broker:
        async with fleet(folder, broker.port, nodes) as city:
            city.power()
            await act("the power is back", bound(nodes, SPREAD_S), lambda: None)
            while city.waiting:
                await asyncio.sleep(0.1)
            print(f"the {nodes * WAITING} parcels that waited are sent")
            await asyncio.sleep(CALM_S)
            after_break = bound(nodes, SPREAD_S - USUAL.first_s)
            await stop()
            await act("the broker has restarted", after_break, broker.start)
            await asyncio.sleep(CALM_S)
            await stop()
            await asyncio.sleep(away_s)
            await act(f"the broker is back after {away_s:.0f} s", after_break, broker.start)
    return all(good)


async def thrown_out(folder: Path, nodes: int) -> bool:
    """Return whether those whom a broker takes in and throws out come ever less often."""
    async with TinyBroker(lives_s=LIVES_S) as broker, fleet(folder, broker.port, nodes) as city:
        city.power()
        await asyncio.sleep(KICKED_FOR_S)
        seconds = [int(at_s) for at_s in broker.connects_s]
        what = f"each is thrown out after {LIVES_S:.0f} s, in virtual time (thirty seconds a line)"
        good = told(what, seconds, bound(nodes, SPREAD_S - USUAL.first_s), each_s=30)
        late = sum(second > KICKED_FOR_S / 2 for second in seconds) / (KICKED_FOR_S / 2)
        print(f"in the second half {late:.1f} a second; a broker that stands gets none")
        return good


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--nodes", type=int, default=200)
    words.add_argument("--away", type=float, default=150.0, help="seconds without a broker")
    asked = words.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="lampyre-") as folder:
        good = asyncio.run(with_mosquitto(Path(folder), asked.nodes, asked.away))
        kicked = Path(folder) / "thrown-out"
        kicked.mkdir()
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return 0 if runner.run(thrown_out(kicked, asked.nodes)) and good else 1


if __name__ == "__main__":
    sys.exit(main())
