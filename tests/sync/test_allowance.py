"""Whoever floods a node with commands costs it neither its card nor its log."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some
from tests.clocks import EVENING, HandClock

from lampyre.sync.allowance import Allowance
from lampyre.sync.commands import COMMAND_EACH_S, COMMANDS_AT_ONCE, Commands
from lampyre.sync.convert import Converter
from lampyre.sync.orders import Command
from lampyre.sync.outbox import Outbox
from lampyre.sync.topics import Topics


@given(some.lists(some.floats(0.0, 50.0), max_size=200))
def test_never_more_than_what_has_grown(pauses: list[float]) -> None:
    clock = HandClock()
    allowance = Allowance(clock, most=5, each_s=10.0)
    spent = 0
    for pause_s in pauses:
        clock.pass_s(pause_s)
        spent += allowance.spend()
    assert spent <= 5 + sum(pauses) / 10.0 + 1e-6


async def test_a_flood_of_commands_is_counted_and_an_hour_later_one_is_obeyed_again(tmp_path: Path) -> None:
    clock = HandClock()
    outbox = await Outbox.open(tmp_path / "outbox.db")
    obeyed = []

    async def obey(command: Command) -> str:
        obeyed.append(command.id)
        return "done"

    topics = Topics("dijon", "node-1")
    commands = Commands(outbox, topics, Converter("dijon", "node-1", outbox.boot, clock), clock, obey)

    async def send(number: int) -> None:
        command = {
            "id": f"c-{number}", "kind": "override", "lamps": ["l1"], "level": 50, "duration_s": 60, "by": "flood",
            "issued_at": clock.now().isoformat(), "expires_at": (clock.now() + timedelta(hours=1)).isoformat(),
        }  # fmt: skip
        topic = f"{topics.root}/command/override"
        await commands.take(topic, json.dumps(command).encode(), retained=False, reply_topic="", correlation=b"")

    for number in range(1000):
        await send(number)
    assert len(obeyed) == COMMANDS_AT_ONCE
    assert commands.flooded == 1000 - COMMANDS_AT_ONCE
    clock.pass_s(COMMAND_EACH_S)
    assert clock.now() > EVENING
    await send(1000)
    assert obeyed[-1] == "c-1000"
    await asyncio.wait_for(outbox.close(), 10)
