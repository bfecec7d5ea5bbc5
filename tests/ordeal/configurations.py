"""kill -9 at any moment of a change, again and again: `python -m tests.ordeal.configurations [--rounds 40]`.

In each round the city sends a configuration (every third needs the whole agent anew) and confirms two of three; at a
random moment of it the agent is killed, and started again as systemd does. Then the old one or the new one holds, never
anything else; one that was answered as confirmed holds; no lamp has moved. In real time: with real firmware, a real
mosquitto and `lampyre run`.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.brokers import Mosquitto
from tests.ordeal.changing import Changing, changing

AFTER_MOST_S = 6.0  # from sending to the kill: looked at, written, answered, begun, confirmed
A_NODE = 10  # rounds on one node: it takes twelve changes a day
LEAVES_S = 3.0  # from the record of what is put back to the end of the agent that ran it
ROOM_S = 60.0  # for a node under load to say what holds


def text_of(by_hand: str, turn: int) -> str:
    """Return another configuration for each turn; it never asks for another light."""
    slower = by_hand.replace("hold_s = 2.0", f"hold_s = {1.0 + turn / 1000:.3f}", 1)
    zone = 'time_zone = "Europe/London"\n' if turn % 6 == 0 else 'time_zone = "Europe/Paris"\n'
    return slower.replace("[broker]", zone + "[broker]") if turn % 3 == 0 else slower


async def one_round(node: Changing, turn: int, chance: random.Random) -> str:
    """Return what held in the end."""
    before = await node.service.ask(ask="status")
    deaths = len(node.service.died)
    at_s = chance.uniform(0.0, AFTER_MOST_S)

    async def kill() -> None:
        await asyncio.sleep(at_s)
        assert node.service.process is not None
        with suppress(ProcessLookupError):
            node.service.process.kill()

    killing = asyncio.ensure_future(kill())
    confirmed = False
    with suppress(ValueError):  # mosquitto_rr waits in vain where nobody answers
        answer = await node.apply(text_of(node.text, turn), confirm_within_s=30.0)
        if turn % 3 and answer["status"] == "done":
            reply = await node.say("confirm-config", revision=node.revision)
            confirmed = reply["status"] == "done"
    await killing
    async with asyncio.timeout(ROOM_S):
        while len(node.service.died) == deaths or not await answers(node):
            await asyncio.sleep(0.1)
    record = node.service.record if (node.service.folder / "state/configuration.json").exists() else None
    current = None if record is None or record.current is None else record.current.revision
    if confirmed and current != node.revision:
        raise SystemExit(f"round {turn}: revision {node.revision} was confirmed, {current} holds: {record}")
    if record is not None and record.probation is not None and record.probation.sent.revision != node.revision:
        raise SystemExit(f"round {turn}: {record} is on probation")
    if node.moved():
        raise SystemExit(f"round {turn}: lamps moved: {node.moved()[:5]}")
    if [lamp["id"] for lamp in (await node.service.ask(ask="status"))["lamps"]] != [
        one["id"] for one in before["lamps"]
    ]:
        raise SystemExit(f"round {turn}: other lamps")
    if record is not None and record.probation is not None:
        return "still on probation: killed before it began"
    return "the new one, confirmed" if current == node.revision else "the old one"


async def answers(node: Changing) -> bool:
    """Whether the agent is there again."""
    try:
        told = await node.service.ask(ask="status")
    except (OSError, ValueError):
        return False
    return bool(told["uplink"]["online"])


async def ordeal(rounds: int, seed: int) -> None:
    """Play all rounds and print what came of them."""
    chance, came, began = random.Random(seed), Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        for first in range(0, rounds, A_NODE):
            async with changing(Path(name) / f"node-{first}", broker) as node:
                for turn in range(first + 1, min(rounds, first + A_NODE) + 1):
                    came[await one_round(node, turn, chance)] += 1
                    await settle(node)
                    await asyncio.sleep(LEAVES_S)
                    await settle(node)
                    print(f"\r{turn} of {rounds}", end="", flush=True)
    print(f"\r{rounds} rounds, {rounds} kills, {time.monotonic() - began:.0f} s; lamps moved: 0; what held after each:")
    for what, times in came.most_common():
        print(f"  {times:4} {what}")


async def settle(node: Changing) -> None:
    """Wait until nothing is on probation any more, and the agent is there."""
    async with asyncio.timeout(ROOM_S + 60.0):
        while (
            (node.service.folder / "state/configuration.json").exists() and node.service.record.probation is not None
        ) or not await answers(node):
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asyncio.run(ordeal(asked.rounds, asked.seed))
