"""The network drops every packet for a minute and says nothing: `python -m tests.ordeal.network_cut [--cuts 5]`.

In real time, with a real mosquitto. As root with `nft` the packets are dropped by the kernel, in a network namespace of
the ordeal's own (`apt-get install nftables`); else a proxy swallows bytes, which is said. In every second cut nothing
flows, so that the echo alone can notice.
"""

import argparse
import asyncio
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.brokers import Mosquitto, free_port
from tests.faultproxy import FaultProxy
from tests.ordeal.ledger import Ledger
from tests.sync.city import ROOT, City, Node, node

NAMESPACE = "LAMPYRE_NETWORK_CUT"  # set where this process has a network of its own
EACH_S = 0.4  # ten parcels a second on four streams
BACK_WITHIN_S = 150.0  # a minute of back-off and a slow machine


@dataclass(frozen=True)
class Way:
    """The network between node and broker."""

    port: int  # where the node finds its broker
    cut: Callable[[], None]
    mend: Callable[[], None]


@asynccontextmanager
async def the_way(broker: Mosquitto) -> AsyncIterator[Way]:
    """Yield a network that can be cut without a word."""
    if NAMESPACE in os.environ:
        yield Way(broker.port, lambda: _drop(broker.port), lambda: _nft("delete table inet lampyre"))
        return
    print("no root or no nft: a proxy swallows the bytes instead; its socket stays open, as one that is cut does not")
    async with FaultProxy(broker.port) as proxy:
        yield Way(proxy.port, proxy.stall, proxy.flow)


def _drop(port: int) -> None:
    rules = "".join(f"add rule inet lampyre in tcp {side} {port} drop\n" for side in ("dport", "sport"))
    _nft("add table inet lampyre\nadd chain inet lampyre in { type filter hook input priority 0; }\n" + rules)


def _nft(script: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True)


async def one_cut(way: Way, running: Node, ledger: Ledger, cut_s: float, keepalive_s: int, *, idle: bool) -> bool:
    """Cut, wait until it is noticed and until it is mended; return whether it was noticed in time."""
    loop = asyncio.get_running_loop()
    if idle:
        ledger.flowing.clear()
        await asyncio.sleep(keepalive_s / 2)
    way.cut()
    began_s, accepted, noticed_s = loop.time(), ledger.accepted, float("inf")
    if idle:  # the first second of an outage: nobody knows yet
        await asyncio.sleep(0.5)
        await ledger.put(f"{ROOT}/alarm")
    while loop.time() - began_s < cut_s:
        if not running.uplink.online and noticed_s == float("inf"):
            noticed_s = loop.time() - began_s
        await asyncio.sleep(0.02)
    during = ledger.accepted - accepted
    way.mend()
    mended_s = loop.time()
    while not running.uplink.online and loop.time() - mended_s < BACK_WITHIN_S:
        await asyncio.sleep(0.02)
    ledger.flowing.set()
    what = "idle" if idle else "busy"
    print(
        f"{what}: noticed after {noticed_s:.1f} s, keepalive {keepalive_s} s; {during} parcels meanwhile; "
        f"back {loop.time() - mended_s:.1f} s after it was mended",
        flush=True,
    )
    return noticed_s < 2 * keepalive_s


async def ordeal(folder: Path, asked: argparse.Namespace) -> bool:
    """Return whether each cut was noticed in time, and nothing was lost, overtaken or told differently."""
    chance, city_port = random.Random(asked.seed), free_port()
    config = f"allow_anonymous true\nlistener {city_port} 127.0.0.1"  # the city's own network is not cut
    with Mosquitto(folder / "broker", config=config) as broker:
        async with (
            City(city_port) as city,
            the_way(broker) as way,
            node(folder, way.port, keepalive_s=asked.keepalive) as running,
        ):
            await running.connected()
            ledger, noticed = Ledger(running.outbox, chance, EACH_S), list[bool]()
            async with asyncio.TaskGroup() as group:
                group.create_task(ledger.flow())
                for number in range(asked.cuts):
                    await asyncio.sleep(chance.uniform(1.0, asked.keepalive))
                    idle = number % 2 == 1
                    noticed.append(await one_cut(way, running, ledger, asked.seconds, asked.keepalive, idle=idle))
                ledger.over = True
            until_s = time.monotonic() + BACK_WITHIN_S
            while not ledger.all_heard(city.heard) and time.monotonic() < until_s:
                await asyncio.sleep(0.5)
            verdict = ledger.verdict(city.heard)
            print(f"{asked.cuts} cuts of {asked.seconds:.0f} s, seed {asked.seed}: {verdict}")
            return verdict.good and all(noticed)


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--cuts", type=int, default=5)
    words.add_argument("--seconds", type=float, default=60.0, help="how long each lasts")
    words.add_argument("--keepalive", type=int, default=30, help="seconds")
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    if NAMESPACE not in os.environ and os.geteuid() == 0 and shutil.which("nft") and shutil.which("unshare"):
        again = [sys.executable, "-m", "tests.ordeal.network_cut", *sys.argv[1:]]
        os.execvpe("unshare", ["unshare", "--net", *again], {**os.environ, NAMESPACE: "own"})
    if NAMESPACE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="lampyre-") as folder:
        return 0 if asyncio.run(ordeal(Path(folder), asked)) else 1


if __name__ == "__main__":
    sys.exit(main())
