"""The console's services in a real systemd: on a serial line and on a socket, apart from the agent."""

import os
import select
import time

import pytest
from tests.deploy.conftest import NODE, Cable
from tests.deploy.machine import Machine

# the first one waits until Debian is there; one worker has the machines, for all these tests
pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("machines")]
PLACE = b"beaune/rue-des-lices-1"  # of node.example.toml
ANSWER_S = 180.0  # only ends a hang
AGAIN_S = 1.0  # a key pressed before the line was open is lost


def press_until(laptop: int, key: bytes, wanted: bytes) -> bytes:
    """Press the key, again after a while, until `wanted` comes; return all that came."""
    came = b""
    until = time.monotonic() + ANSWER_S
    while wanted not in came:
        assert time.monotonic() < until, f"{wanted!r} did not come; came: {came!r}"
        os.write(laptop, key)
        while wanted not in came and select.select([laptop], [], [], AGAIN_S)[0]:
            came += os.read(laptop, 4096)
    return came


def test_a_technician_with_a_cable_gets_an_answer(agent: Machine, cable: Cable) -> None:
    agent.say("systemctl", "start", "lampyre-console@ttyAMA0.service")
    press_until(cable.laptop, b"\r", PLACE)
    assert b"mast-1" in press_until(cable.laptop, b"sensors\r", b"mast-1")
    agent.say("systemctl", "stop", "lampyre-console@ttyAMA0.service")


def test_the_console_asks_the_agent_from_this_machine(agent: Machine) -> None:
    console = f"lampyre console --config {NODE} --stdio"
    said = agent.say("sh", "-c", f"printf 'sensors\\nbye\\n' | runuser -u lampyre -- {console}")
    assert "mast-1 (lamp_bin_pico)" in said


def test_the_console_outlives_the_agent(agent: Machine) -> None:
    agent.say("systemctl", "start", "lampyre-console.service")
    console = agent.show("lampyre-console.service")["MainPID"]
    agent.say("systemctl", "restart", "lampyre.service")
    agent.say("systemctl", "stop", "lampyre.service")
    unit = agent.show("lampyre-console.service")
    assert (unit["ActiveState"], unit["MainPID"]) == ("active", console)
    assert agent.say("stat", "--format=%a %U %G", "/run/lampyre/console.sock") == "660 lampyre lampyre"
