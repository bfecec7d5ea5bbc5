"""A strict Sparkplug host beside an edge node whose line is cut, whose broker restarts, whose host asks anew.

python -m tests.ordeal.sparkplug [ROUNDS] [SEED]
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.faultproxy import FaultProxy
from tests.sync.city import until
from tests.sync.dialects.decoder import rebirth
from tests.sync.dialects.kerb import Ear, node
from tests.sync.dialects.natives import Leaving

from lampyre.node import Node
from lampyre.records import Alarm
from lampyre.sync import backoff

NBIRTH, HEARD = "spBv1.0/dijon/NBIRTH/node-1", "spBv1.0/dijon/"
WEIGHTS = {"cut": 3, "restart": 1, "rebirth": 3, "states": 6, "silence": 2, "voice": 2}


async def lived(rounds: int, seed: int, folder: Path) -> None:
    """Live through the rounds; the ear, a strict host, fails at the first thing that does not fit."""
    backoff.USUAL = backoff.Habit(0.1, 0.5, 0.0)  # else it would wait a minute, as it should after so many breaks
    chance, done, leaving = random.Random(seed), Counter[str](), Leaving(first=1_000_001)
    config = "allow_anonymous true\nqueue_qos0_messages true"
    with Mosquitto(folder / "broker", config=config) as broker:
        async with (
            Ear(broker.port) as ear,
            FaultProxy(broker.port) as proxy,
            node(folder, proxy.port, "[dialects.sparkplug]\n") as running,
        ):
            await ear.hears(NBIRTH)
            for _ in range(rounds):
                [what] = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
                done[what] += 1
                born = len(ear.on(NBIRTH))
                if what == "cut":
                    proxy.cut()
                elif what == "restart":
                    broker.stop()
                    broker.start()
                elif what == "rebirth":
                    await ear.say("spBv1.0/dijon/NCMD/node-1", rebirth())
                else:
                    speak(running, what, chance, leaving)
                    await asyncio.sleep(chance.uniform(0.0, 0.2))
                    continue
                if chance.random() < 0.7:  # else the next blow comes at once
                    await until(lambda born=born: len(ear.on(NBIRTH)) > born, what)  # type: ignore[misc]
            await asyncio.sleep(1.0)
            heard = Counter(one.topic.split("/")[2] for one in ear.on(HEARD))
    print(f"{dict(done)}: heard {dict(heard)}; each fits")


def speak(running: Node, what: str, chance: random.Random, leaving: Leaving) -> None:
    """Let states leave, or silence or wake the bin."""
    beside = running.city.uplink.beside
    assert beside is not None
    if what == "states":
        for _ in range(chance.randrange(40)):
            beside.say(*leaving.lamp_state(chance.random()))
        return
    for event in ("sensorSilent", "temperatureSilent"):
        running.city.alarm(Alarm("c1", event, what == "silence", "by the ordeal", EVENING))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(lived(numbers[0] if numbers else 100, numbers[1] if len(numbers) > 1 else 1, Path(place)))
    print(f"{time.monotonic() - began:.0f} s")
