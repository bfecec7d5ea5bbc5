"""The broker goes and comes, 1,000 times, while parcels flow: `python -m tests.ordeal.broker_restarts`.

A real mosquitto, the real outbox and uplink, and a city with a session of its own. The moments are random: in the
midst of a window, during a CONNECT, before the first answer. The broker ends by SIGTERM: mosquitto acknowledges before
it writes, so what dies with it by kill -9 is its loss and not the node's. Time runs ten times faster than the wall's.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.brokers import Mosquitto
from tests.ordeal.ledger import Ledger
from tests.sync.city import ROOT, City, Node, node, until

from lampyre.sync import backoff
from lampyre_sim.pace import StreetLoop

SPEED = 10.0
STANDS_S, AWAY_S = 4.0, 1.0  # at most, by the loop's time
HASTY = backoff.Habit(0.2, 1.0, 60.0)  # with a node's own patience, a minute, most restarts would meet nobody
EACH_S = 0.2  # twenty parcels a second on four streams
WITHIN_S = 600.0  # only ends a hang


async def restarted(broker: Mosquitto, restarts: int, chance: random.Random) -> None:
    """Let the broker go and come."""
    for number in range(restarts):
        await asyncio.sleep(chance.uniform(0.0, STANDS_S))
        await asyncio.to_thread(broker.stop)
        await asyncio.sleep(chance.uniform(0.0, AWAY_S))
        await asyncio.to_thread(broker.start)
        if (number + 1) % 100 == 0:
            print(f"{number + 1} restarts", flush=True)


async def ordeal(folder: Path, restarts: int, seed: int) -> bool:
    """Return whether nothing was lost, overtaken or told differently, and commands are obeyed after it."""
    chance, began_s = random.Random(seed), time.monotonic()
    backoff.USUAL = HASTY
    with Mosquitto(folder / "broker") as broker:
        async with City(broker.port) as city, node(folder, broker.port) as running:
            ledger = Ledger(running.outbox, chance, EACH_S)
            async with asyncio.TaskGroup() as group:
                group.create_task(ledger.flow())
                await restarted(broker, restarts, chance)
                ledger.over = True
            await heard_out(ledger, city)
            verdict = ledger.verdict(city.heard)
            obeyed = await obeys(running, city)
            print(f"{restarts} restarts, seed {seed}: {verdict}")
            print(f"{running.uplink.reconnects} sessions after the first; commands heard after it: {obeyed}")
            print(f"{time.monotonic() - began_s:.0f} s")
            for what in (verdict.lost, verdict.overtaken, verdict.different):
                if what:
                    print("  ", what[:20])
            return verdict.good and obeyed


async def heard_out(ledger: Ledger, city: City) -> None:
    """Wait until the city has heard all, as long as it hears more."""
    until_s = time.monotonic() + WITHIN_S
    while not ledger.all_heard(city.heard) and time.monotonic() < until_s:
        await asyncio.sleep(5.0)


async def obeys(running: Node, city: City) -> bool:
    """Send what is no command: that it is refused shows that the node still listens."""
    await running.connected()
    before = running.uplink.commands.refused
    await city.say(f"{ROOT}/command/override", b"nonsense")
    await until(lambda: running.uplink.commands.refused > before, "the command arrives")
    return True


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--restarts", type=int, default=1000)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("mqtt").setLevel(logging.CRITICAL)  # the city's own client, at each break
    with (
        tempfile.TemporaryDirectory(prefix="lampyre-") as folder,
        asyncio.Runner(loop_factory=lambda: StreetLoop(SPEED)) as runner,
    ):
        return 0 if runner.run(ordeal(Path(folder), asked.restarts, asked.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
