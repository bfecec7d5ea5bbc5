"""The installed node takes a configuration from the city: inside its unit and its sandbox, and back if need be."""

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.conftest import NODE, need
from tests.deploy.machine import Machine
from tests.deploy.town import DEPLOY
from tests.ordeal.kerb import Ear, request

# one release is enough: what holds does not depend on it
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.xdist_group("machines"),
    pytest.mark.parametrize("installed", ["bookworm"], indirect=True),
]
WITHIN_S = 180.0  # only ends a hang
PORT = 1883  # of the example; the machine's network is its own
PLACE = "lampyre/v1/beaune/rue-des-lices-1"  # of node.example.toml
STATE = "/var/lib/lampyre"
CONFIRM_S = 10.0  # the least there is
EXAMPLE = (DEPLOY / "node.example.toml").read_text()
LIVE = EXAMPLE.replace("hold_s = 30.0 ", "hold_s = 25.0 ", 1)
WHOLE = LIVE.replace('language = "fr"', 'language = "en"', 1)
SAME_START = ("MainPID", "ActiveState", "SubState", "NRestarts", "InvocationID", "ActiveEnterTimestampMonotonic")


class City:
    """A control room at a broker on the machine's loopback."""

    def __init__(self, machine: Machine, ear: Ear) -> None:
        self.machine = machine
        self._ear = ear
        self._said = 0

    async def say(self, kind: str, **about: Any) -> dict[str, Any]:
        """Send a command and return the node's answer."""
        self._said += 1
        now = datetime.now(UTC)
        moments = {"issued_at": now.isoformat(), "expires_at": (now + timedelta(minutes=5)).isoformat()}
        said = {"id": f"c-{self._said}", "kind": kind, "by": "control room", **moments, **about}
        return await request(PORT, f"{PLACE}/command/{kind}", said, self.machine.on_its_network)

    async def apply(self, revision: int, text: str) -> dict[str, Any]:
        """Send a revision that wants to be confirmed soon."""
        return await self.say("apply-config", revision=revision, text=text, confirm_within_s=CONFIRM_S)

    async def told(self, state: str, tried: int) -> dict[str, Any]:
        """Return what the node reports of its configuration once it is in this state."""
        while True:
            found = await self._ear.until(f"{PLACE}/config/reported")
            if (found["state"], found["tried"]) == (state, tried):
                return found


@pytest.fixture
def broker(agent: Machine, tmp_path: Path) -> Iterator[None]:
    """mosquitto on the machine's loopback, as the example has it."""
    mosquitto, config, said = need("mosquitto", "mosquitto"), tmp_path / "mosquitto.conf", tmp_path / "log"
    config.write_text(f"listener {PORT} 127.0.0.1\nallow_anonymous true\nuser root\n")
    with (
        said.open("w") as log,
        subprocess.Popen([*agent.on_its_network, mosquitto, "-c", config], stderr=log) as running,
    ):
        try:
            until = time.monotonic() + WITHIN_S
            while f":{PORT}" not in agent.listening():
                assert running.poll() is None, said.read_text()
                assert time.monotonic() < until
            yield
        finally:
            running.terminate()


@pytest.fixture
async def city(agent: Machine, broker: None) -> AsyncIterator[City]:
    """A city that the node has just met; what it sends is gone with it."""
    need("mosquitto_rr", "mosquitto-clients")
    async with Ear(PORT, agent.on_its_network) as ear:
        agent.say("systemctl", "restart", "lampyre.service")
        there = City(agent, ear)
        await there.told("by_hand", 0)
        yield there
    agent.say("systemctl", "stop", "lampyre.service")
    agent.say("sh", "-c", f"rm -f {STATE}/configuration.json {STATE}/node.*.toml")


def start(machine: Machine) -> dict[str, str]:
    """Return what tells this start of the unit from every other, once systemd has heard READY=1."""
    until = time.monotonic() + WITHIN_S
    while (unit := machine.show())["ActiveState"] == "reloading":
        assert time.monotonic() < until, machine.journal()
    return {key: unit[key] for key in SAME_START}


def changes(machine: Machine) -> int:
    """Return when systemd last heard another state of the unit, in its own microseconds."""
    return int(machine.show()["StateChangeTimestampMonotonic"])


def by_hand(machine: Machine) -> str:
    """Return what would tell that somebody wrote the technician's file, or put another in its place."""
    return machine.say("stat", "--format=%i %y %z %s", NODE)


async def test_the_city_changes_the_installed_node_and_the_unit_stands(city: City) -> None:
    machine = city.machine
    hand, begun, heard = by_hand(machine), start(machine), changes(machine)
    assert (begun["ActiveState"], begun["SubState"], begun["NRestarts"]) == ("active", "running", "0")

    answer = await city.apply(1, LIVE)
    assert answer["status"] == "done", f"{answer}\n{machine.journal()}"
    assert "lamp lamp-1" in answer["text"], answer
    await city.told("on_probation", 1)
    answer = await city.say("confirm-config", revision=1)
    assert answer["status"] == "done", answer
    assert (await city.told("applied", 1))["revision"] == 1
    assert (start(machine), changes(machine)) == (begun, heard)  # the same process, and systemd heard of nothing

    machine.say("systemctl", "restart", "lampyre.service")
    assert (await city.told("applied", 1))["revision"] == 1
    begun, heard = start(machine), changes(machine)

    answer = await city.apply(2, WHOLE)
    assert answer["status"] == "done", answer
    assert (await city.told("on_probation", 2))["revision"] == 2
    assert start(machine) == begun
    assert changes(machine) > heard  # it has begun anew, and said so
    heard = changes(machine)
    back = await city.told("reverted", 2)
    assert (back["revision"], "not confirmed within 10 s" in back["why"]) == (1, True), back
    assert start(machine) == begun
    assert changes(machine) > heard
    assert by_hand(machine) == hand
    assert machine.read(NODE) == EXAMPLE.strip()
