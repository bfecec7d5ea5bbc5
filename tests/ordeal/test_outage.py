"""The broker goes again and again, the agent dies with alarms in its hands: the light goes on, no alarm is lost."""

import asyncio
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.ordeal.kerb import DEADLINE_S, WITHIN_S, Kerb, request
from tests.sync.city import City, until

from lampyre_sim.board import BoardProcess

OUTAGES = 10
QUIET = 0.32
ALARM = "lampyre/v1/test/n01/alarm"
BIN = '[[bin]]\nid = "bin-1"\ndistance = "b1.distance"\ntemperature = "b1.temperature"\nheight_m = 1.2'
NIGHT: dict[str, Any] = {"presence": False, "lux": 2.0, "distance": 0.7, "temperature": 12.0, "power": 15.0}
COLD, FIRE = 12.0, 90.0  # degC
# ten outages in half a minute are no life for a broker: with the agent's own patience each would last a minute
# ... and a fire is not taken for out within ten minutes
HASTY = (
    "import lampyre.sync.backoff as b; b.USUAL = b.Habit(1.0, 1.5, 60.0); "
    "import lampyre.decide.bins.heat as h; h.COOL_S = 0.0; "
    "from lampyre.__main__ import main; raise SystemExit(main())"
)


def raised(kerb: Kerb) -> list[bool]:
    """Return what the agent's journal says of the fire: it starts, it is over."""
    return [word == "starts" for word in re.findall(r"bin-1: fireDetected (starts|is over)", kerb.log)]


def first_of_each(alarms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop repetitions; each must be the same message, but for the mark that it waited."""
    found: dict[int, dict[str, Any]] = {}
    for alarm in alarms:
        same = found.setdefault(alarm["seq"], alarm)
        assert {**same, "historical": None} == {**alarm, "historical": None}
    return list(found.values())


async def lives_in_outages(
    broker: Mosquitto, down: asyncio.Event, reacting: asyncio.Lock, chance: random.Random
) -> None:
    """Stop the broker at any moment, and let it come back; not while a reaction is awaited.

    Not by kill -9: mosquitto acknowledges before it writes, so what dies with it then is its loss and not the node's.
    """
    for _ in range(OUTAGES):
        await asyncio.sleep(chance.uniform(0.0, 2.0))
        broker.stop()
        down.set()
        await asyncio.sleep(chance.uniform(0.3, 1.0))
        async with reacting:
            down.clear()
        broker.start()


async def walk(board: BoardProcess, down: asyncio.Event, reacting: asyncio.Lock, reactions: list[float]) -> None:
    """Walk past whenever the broker is down and the lamp quiet, for ever; it stays down until the lamp has risen."""
    while True:
        await down.wait()
        async with reacting:
            if not down.is_set():
                continue
            await board.set(presence=True)
            reactions.append(await board.wait_level(QUIET + 0.02, 1.0))
        await board.set(presence=False)
        await board.wait_level(QUIET - 0.01, QUIET + 0.01)


async def burn(kerb: Kerb, board: BoardProcess, times: int) -> None:
    """Let the bin burn and be put out, `times` in all."""
    for number in range(times):
        await board.set(temperature=COLD if number % 2 else FIRE)
        await until(lambda number=number: len(raised(kerb)) > number, "the fire is noticed")  # type: ignore[misc]


async def test_ten_outages_of_the_broker_cost_no_alarm_no_reaction_and_no_subscription(tmp_path: Path) -> None:
    chance, down, reacting, reactions = random.Random(7), asyncio.Event(), asyncio.Lock(), list[float]()
    with Mosquitto(tmp_path / "mosquitto") as broker:
        async with (
            asyncio.timeout(DEADLINE_S),
            BoardProcess(**NIGHT) as board,
            Kerb(tmp_path / "kerb", broker.port, {"b1": board.tty}, BIN, program=("-OO", "-c", HASTY)) as kerb,
            City(broker.port) as city,
        ):
            await kerb.start()
            await board.wait_level(QUIET - 0.01, QUIET + 0.01)
            async with asyncio.TaskGroup() as group:
                walking = group.create_task(walk(board, down, reacting, reactions))
                outages = group.create_task(lives_in_outages(broker, down, reacting, chance))
                await burn(kerb, board, 6)
                await outages
                walking.cancel()
            started = raised(kerb)
            heard = await city.hears(ALARM, len(started))
            await until(lambda: len(first_of_each(city.bodies(ALARM))) == len(started), lambda: f"all alarms: {heard}")
            alarms = first_of_each(city.bodies(ALARM))
            assert [alarm["active"] for alarm in alarms] == started, "in order"
            assert [alarm["seq"] for alarm in alarms] == sorted(alarm["seq"] for alarm in alarms)
            assert reactions, "no broker, and the lamp rose"
            await obeys(broker.port)
            await board.wait_level(0.995, 1.0)
            assert "Traceback" not in kerb.log
            assert await kerb.stop() == 0


async def obeys(port: int) -> None:
    """Send an override until the agent, which may be between two sessions, answers it."""
    now = datetime.now(UTC)
    command = {
        "id": "after-all", "kind": "override", "lamps": ["lamp-b1"], "level": 100.0, "duration_s": 60.0,
        "issued_at": now.isoformat(), "expires_at": (now + timedelta(minutes=1)).isoformat(), "by": "control room",
    }  # fmt: skip
    assert (await request(port, "lampyre/v1/test/n01/command/override", command))["status"] == "done"


async def waiting(kerb: Kerb, number: int) -> None:
    """Wait until so many alarms lie in the outbox."""
    async with asyncio.timeout(WITHIN_S):
        while (await kerb.ask(ask="outbox"))["waiting"]["alarm"] != number:
            await asyncio.sleep(0.02)


async def test_alarms_that_were_just_accepted_survive_the_agents_death(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "mosquitto")
    async with (
        asyncio.timeout(DEADLINE_S),
        BoardProcess(**NIGHT) as board,
        Kerb(tmp_path / "kerb", broker.port, {"b1": board.tty}, BIN, program=("-OO", "-c", HASTY)) as kerb,
    ):
        await kerb.start()
        await burn(kerb, board, 2)
        await waiting(kerb, 2)
        await kerb.kill()
        with broker:
            async with City(broker.port) as city:
                await kerb.start()
                alarms = await city.hears(ALARM, 2)
                assert [(alarm["event"], alarm["active"]) for alarm in alarms] == [
                    ("fireDetected", True), ("fireDetected", False),
                ]  # fmt: skip
                assert alarms[0]["seq"] < alarms[1]["seq"]
                assert all(alarm["historical"] for alarm in alarms), "told as what it is: not of now"
                await waiting(kerb, 0)
                await kerb.kill()
                await kerb.start()
                assert await kerb.stop() == 0
                assert len(city.bodies(ALARM)) == 2, "what the broker has is not sent again"
