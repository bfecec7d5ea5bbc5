"""A configuration from the city in real processes: whatever is wrong, the old one is back, and no lamp moves."""

import asyncio
from pathlib import Path

import pytest
from tests.brokers import Mosquitto, free_port
from tests.ordeal.changing import changing, install_rogues
from tests.ordeal.kerb import DEADLINE_S

ROGUE = '\n[[board]]\nid = "x1"\nkind = "{}"\nlink = "device:///dev/null"\n'


async def test_only_what_changes_is_opened_anew_and_the_lamps_stay(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with asyncio.timeout(DEADLINE_S), changing(tmp_path, mosquitto) as node:
        slower = node.text.replace("hold_s = 2.0", "hold_s = 1.5", 2).replace("hold_s = 1.5", "hold_s = 2.0", 1)
        assert slower != node.text
        said = await node.apply(slower, confirm_within_s=300.0)
        assert "(lamp lamp-b2)" in said["text"]
        await node.until_reported("on_probation")
        while node.opened("b2") < 2:
            await asyncio.sleep(0.05)
        assert (await node.say("confirm-config", revision=1))["status"] == "done"
        assert (await node.until_reported("applied"))["revision"] == 1
        again = await node.apply(slower)
        assert "means what holds already" in again["text"]
        assert (node.opened("b1"), node.opened("b2"), node.service.died) == (1, 2, [])
        assert node.moved() == []


async def test_an_invalid_one_is_refused_and_one_to_a_dead_broker_is_put_back_by_itself(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with asyncio.timeout(DEADLINE_S), changing(tmp_path, mosquitto) as node:
        refused = await node.apply(node.text + "colour = 3\n")
        assert (refused["status"], "no such key" in refused["text"]) == ("refused", True)
        dead = node.text.replace(f":{mosquitto.port}", f":{free_port()}")
        assert (await node.apply(dead, confirm="by-itself"))["status"] == "done"
        told = await node.until_reported("reverted")
        assert "was not confirmed within 10 s; there was no session with the broker" in told["why"]
        assert (node.opened("b1"), node.service.died, node.moved()) == (1, [], [])


async def test_one_that_kills_the_agent_or_makes_it_fail_is_put_back_at_its_next_start(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", install_rogues(tmp_path / "rogues"))
    async with asyncio.timeout(DEADLINE_S), changing(tmp_path, mosquitto) as node:
        elsewhere = node.text.replace("[broker]", 'time_zone = "Europe/London"\n[broker]')
        for text in (node.text + ROGUE.format("dies"), elsewhere + ROGUE.format("dies")):
            assert (await node.apply(text, confirm_within_s=3600.0))["status"] == "done"
            told = await node.until_reported("reverted")
            assert "ended before it was confirmed" in told["why"]
        assert node.service.died == [-11, -11]
        assert (await node.apply(node.text + ROGUE.format("raises"), confirm_within_s=3600.0))["status"] == "done"
        await node.until_reported("reverted")
        assert len(node.service.died) == 2, "the agent began itself anew"
        assert node.moved() == []
