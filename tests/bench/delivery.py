"""A parcel through the outbox to the broker, beside publishers that hold it in memory: CPU of the whole process."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiomqtt
from tests.brokers import Mosquitto
from tests.clocks import LoopClock
from tests.sync.city import Obedient

from lampyre.records import Priority
from lampyre.sync.broker import Broker
from lampyre.sync.outbox import Outbox
from lampyre.sync.uplink import Uplink

PARCELS = 2000
ROUNDS = 5  # the least of each counts: what it costs when nobody disturbs
TOGETHER = 10  # more, and aiomqtt warns at each
BODY = b"x" * 700  # a lamp's summary has 600 to 800 bytes
TOPIC = "lampyre/v1/bench/n/lamp/lamp-1/summary"


async def delivered() -> None:
    """Print what a delivered parcel costs."""
    ours, one_by_one, together = await delivery()
    for how, least in (("one by one", one_by_one), ("ten at a time", together)):
        print(f"{f'a delivered parcel, aiomqtt {how}':42s} {ours:10.1f} {least:10.1f} {'us':8s} {ours / least:6.1f}")


async def delivery() -> tuple[float, float, float]:
    """Return microseconds of CPU for each delivered parcel: ours, aiomqtt's one by one, and ten at a time."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".cache") as folder, Mosquitto(Path(folder) / "broker") as broker:
        acts: list[Callable[[], Awaitable[float]]] = [
            lambda: _uplink(Path(folder), broker.port),
            lambda: _publisher(broker.port, 1),
            lambda: _publisher(broker.port, TOGETHER),
        ]
        rounds = [[await act() / PARCELS * 1e6 for act in acts] for _ in range(ROUNDS)]  # in turn: the same disturbance
    ours, one_by_one, together = (min(costs) for costs in zip(*rounds, strict=True))
    return ours, one_by_one, together


async def _publisher(port: int, tasks: int) -> float:
    """Publish, in each task the next when the one before was acknowledged; return seconds of CPU."""
    async with aiomqtt.Client("127.0.0.1", port, identifier="least", protocol=aiomqtt.ProtocolVersion.V5) as client:

        async def share() -> None:
            for _ in range(PARCELS // tasks):
                await client.publish(TOPIC, BODY, qos=1)

        before_s = time.process_time()
        await asyncio.gather(*(share() for _ in range(tasks)))
        return time.process_time() - before_s


async def _uplink(folder: Path, port: int) -> float:
    """Put parcels into an outbox and deliver them, until it is empty on the disk too; return seconds of CPU."""
    outbox = await Outbox.open(folder / "outbox.db")
    uplink = Uplink([Broker("127.0.0.1", port, "ours")], "bench", "n", outbox, LoopClock(), Obedient(), drain_per_s=1e6)
    before_s = time.process_time()
    for _ in range(PARCELS // 100):
        await asyncio.gather(*(outbox.put(TOPIC, BODY, Priority.SUMMARY) for _ in range(100)))
    task = asyncio.ensure_future(uplink.run(lambda: None))
    while outbox.stats().summaries:
        await asyncio.sleep(0.1)
    spent_s = time.process_time() - before_s
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await outbox.close()
    return spent_s
