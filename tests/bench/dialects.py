"""What dialects cost: bytes of each message beside our own, and memory of an agent that speaks them.

python -m tests.bench.dialects [--memory]
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from tests.brokers import Mosquitto
from tests.ordeal.kerb import Kerb
from tests.sync.dialects.natives import Leaving, native, settings

from lampyre.sync.dialects.announced import compact
from lampyre.sync.dialects.cloud_events import labels
from lampyre.sync.dialects.home_assistant import Discovery
from lampyre.sync.dialects.metrics import payload
from lampyre.sync.dialects.ngsi import Ngsi
from lampyre.sync.dialects.sparkplug import OF_BIN, OF_LAMP, Known, metrics_of
from lampyre.sync.dialects.standing import Standing

BIN = '[[bin]]\nid = "bin-1"\ndistance = "b1.distance"\nheight_m = 1.2\nstream = "paper"\n'
SPOKEN = {
    "none": "",
    "Home Assistant": "[dialects.home_assistant]\n",
    "NGSI-LD": "[dialects.ngsi_ld]\n",
    "Sparkplug B": "[dialects.sparkplug]\n",
    "CloudEvents": "[dialects]\ncloud_events = true\n",
    "all": "[dialects]\ncloud_events = true\n[dialects.home_assistant]\n[dialects.ngsi_ld]\n[dialects.sparkplug]\n",
}


def sizes() -> None:
    """Print the bytes of bodies."""
    leaving = Leaving()
    made = {
        "lamp state": leaving.lamp_state(), "lamp summary": leaving.lamp_summary(),
        "bin state": leaving.bin_state(), "alarm": leaving.alarm(),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        tongues = {
            f"{form}, {context}": Ngsi(
                settings(Path(folder), f'[dialects.ngsi_ld]\nform = "{form}"\ncontext = "{context}"\n'), Standing(list)
            )
            for form, context in (("normalised", "published"), ("concise", "published"), ("normalised", "inline"))
        }
        announced = Discovery(settings(Path(folder), SPOKEN["Home Assistant"])).devices()
    for name, message in made.items():
        print(f"{name}: our own {len(message[1])}")
        for tongue, ngsi in tongues.items():
            found = [len(said.body) for said in ngsi.say(native(message))]
            print(f"  NGSI-LD {tongue}: {' + '.join(map(str, found)) or 'nothing'}")
        print(f"  Sparkplug B: {len(payload(metrics_of(native(message)), 1_800_000_000_000, 1))}")
        if name == "alarm":
            print(f"  CloudEvents, beside the body: {labels(native(message), {'l1': 'lamp'}).size}")
    for name, kinds in (("lamp", OF_LAMP), ("bin", OF_BIN)):
        birth = Known(kinds).birth(1_800_000_000_000)
        print(f"Sparkplug B, birth of a {name}: {len(payload(birth, 1_800_000_000_000, 1, birth=True))}")
    for topic, device in announced.items():
        print(f"Home Assistant, {topic}: {len(compact(device))}")


async def memory() -> None:
    """Print what an agent has of its own (RssAnon) once it has spoken, by dialect."""
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder) / "broker") as broker:
        for name, dialects in SPOKEN.items():
            place = Path(folder) / re.sub(r"\W", "-", name)
            async with Kerb(place, broker.port, {"b1": str(place / "not-plugged")}, BIN + dialects) as kerb:
                await kerb.start()
                async with asyncio.timeout(60.0):
                    while " up after " not in kerb.log:
                        await asyncio.sleep(0.5)
                await asyncio.sleep(5.0)
                print(f"{name}: {kerb.memory_mb('RssAnon'):.2f} MB")
                await kerb.stop()


if __name__ == "__main__":
    asyncio.run(memory()) if sys.argv[1:] == ["--memory"] else sizes()
