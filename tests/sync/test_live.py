"""What passes between nodes over a real broker: now or never, and never in the way of anything else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiomqtt
from tests.brokers import Mosquitto
from tests.clocks import EVENING, LoopClock
from tests.faultproxy import FaultProxy
from tests.sync.city import City, Node, Obedient, until

from lampyre.sync.broker import Broker
from lampyre.sync.exchange import Hear
from lampyre.sync.live import VALID_S, Live
from lampyre.sync.outbox import Outbox
from lampyre.sync.session import WAITING_MOST
from lampyre.sync.uplink import Uplink

TO_US = "lampyre-row/v1/dijon/node-2/node-1"
FROM_US = "lampyre-row/v1/dijon/node-1/node-2"


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []

    def __call__(self, topic: str, body: bytes, retained: bool) -> None:
        self.heard.append((topic, body, retained))


@asynccontextmanager
async def node(folder: Path, port: int, hear: Hear | None) -> AsyncIterator[tuple[Node, Live]]:
    """Run node-1 of Dijon with an ear for others, or without."""
    outbox = await Outbox.open(folder / "outbox.db")
    obedient, live = Obedient(), Live("dijon", "node-1", hear)
    broker = Broker(host="127.0.0.1", port=port, client_id="node-1")
    uplink = Uplink([broker], "dijon", "node-1", outbox, LoopClock(), obedient, live)
    running = Node(outbox, uplink, obedient)
    task = asyncio.ensure_future(uplink.run(running.beat))
    try:
        await running.connected()
        yield running, live
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outbox.close()


def client(port: int, name: str) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, identifier=name, protocol=aiomqtt.ProtocolVersion.V5)


async def test_what_is_said_goes_out_once_for_seconds_and_is_kept_by_nobody(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with client(mosquitto.port, "node-2") as other, node(tmp_path, mosquitto.port, Ear()) as (running, live):
        await other.subscribe("lampyre-row/#", qos=1)
        assert live.say("node-2", b"somebody comes")
        message = await anext(aiter(other.messages))
        assert (str(message.topic), message.payload) == (FROM_US, b"somebody comes")
        assert (message.qos, message.retain) == (0, False)
        assert 0 < getattr(message.properties, "MessageExpiryInterval", 0) <= VALID_S
        assert running.outbox.stats().accepted == 0, "it never saw the outbox"
    assert not live.say("node-2", b"somebody comes"), "there is no session"
    async with client(mosquitto.port, "node-3") as late:
        await late.subscribe("lampyre-row/#", qos=1)
        await late.publish("lampyre-row/v1/end", b"")
        assert str((await anext(aiter(late.messages))).topic) == "lampyre-row/v1/end", "nothing was kept"


async def test_what_is_said_to_us_is_heard_and_what_is_said_to_others_is_not(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    ear = Ear()
    async with client(mosquitto.port, "node-2") as other, node(tmp_path, mosquitto.port, ear) as (_, live):
        for topic in (TO_US.replace("node-1", "node-3"), TO_US.replace("dijon", "beaune"), f"{TO_US}/more", TO_US):
            await other.publish(topic, b"somebody comes", qos=1)
        await until(lambda: bool(ear.heard), "it is heard")
        assert ear.heard == [(TO_US, b"somebody comes", False)]
        assert live.sender(TO_US) == "node-2"
        assert [live.sender(topic) for topic in (FROM_US, "lampyre-row/v1/dijon/node-1", "", "x/node-1")] == [""] * 4


async def test_a_node_that_no_longer_wants_to_hear_is_told_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with node(tmp_path, mosquitto.port, Ear()):
        pass
    async with client(mosquitto.port, "node-2") as other, node(tmp_path, mosquitto.port, None) as (running, _):
        await until(lambda: "Received UNSUBSCRIBE from node-1" in mosquitto.log, "it takes its asking back")
        await other.publish(TO_US, b"somebody comes", qos=1)
        assert running.uplink.commands.refused == 0
    assert "Sending PUBLISH to node-1" not in mosquitto.log


async def test_a_flood_from_a_neighbour_holds_no_command_back(mosquitto: Mosquitto, tmp_path: Path) -> None:
    ear = Ear()
    async with City(mosquitto.port) as city, node(tmp_path, mosquitto.port, ear) as (running, _):
        async with client(mosquitto.port, "node-2") as other:
            for _ in range(500):
                await other.publish(TO_US, b"x" * 300)
            command = {
                "id": "c-1", "kind": "override", "lamps": ["lamp-1"], "level": 100.0, "duration_s": 60.0,
                "issued_at": EVENING.isoformat(), "expires_at": (EVENING + timedelta(hours=1)).isoformat(),
                "by": "control room",
            }  # fmt: skip
            await city.say("lampyre/v1/dijon/node-1/command/override", json.dumps(command).encode())
            for _ in range(500):
                await other.publish(TO_US, b"x" * 300)
            await until(lambda: len(running.obedient.done) == 1, "the command is done")
        await until(lambda: len(ear.heard) > 0, "some of the flood is heard")
        assert running.uplink.commands.refused == 0


async def test_on_a_line_that_does_not_move_only_so_much_waits_and_the_rest_is_dropped(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with FaultProxy(mosquitto.port) as proxy, node(tmp_path, proxy.port, Ear()) as (_, live):
        said = [live.say("node-2", b"x" * 300) for _ in range(WAITING_MOST + 5)]
        assert said == [True] * WAITING_MOST + [False] * 5, "the loop has had no turn to write"
        await asyncio.sleep(0)
        await until(lambda: live.say("node-2", b"x" * 300), "the line moves again")
