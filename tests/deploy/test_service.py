"""The installed service in a real systemd, on each Debian we support: ready, watched, restarted, stopped, refused."""

import time

import pytest
from tests.deploy.conftest import NODE
from tests.deploy.machine import Machine

# the first one waits until Debian is there; one worker has the machines, for all these tests
pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("machines")]
# the same watchdog, without making the tests wait; shorter, it would bite where only the machine stalls
IMPATIENT = "[Service]\nWatchdogSec=10s\nRestartSec=200ms\n"
WITHIN_S = 180.0  # only ends a hang
DROP_IN = "/run/systemd/system/lampyre.service.d/impatient.conf"
SIGNAL_MAIN = ("systemctl", "kill", "--kill-whom=main")


def make_impatient(machine: Machine) -> None:
    machine.write(DROP_IN, IMPATIENT)
    machine.say("systemctl", "daemon-reload")
    machine.say("systemctl", "restart", "lampyre.service")


def test_the_agent_is_ready_after_boot_by_its_own_word(machine: Machine) -> None:
    unit = machine.at_boot
    assert (unit["ActiveState"], unit["Type"], unit["NRestarts"]) == ("active", "notify", "0"), machine.journal()
    assert unit["StatusText"] != ""
    assert unit["UnitFileState"] == "enabled"


def test_nothing_of_the_system_failed(machine: Machine) -> None:
    assert machine.say("systemctl", "--failed", "--no-legend", "--plain") == ""


def test_nobody_can_knock_from_outside(agent: Machine) -> None:
    assert agent.listening() == ""


def test_state_is_the_agents_own(agent: Machine) -> None:
    assert agent.say("stat", "--format=%a %U %G", "/var/lib/lampyre") == "700 lampyre lampyre"
    assert agent.say("stat", "--format=%a %U %G", "/run/lampyre") == "750 lampyre lampyre"
    assert agent.say("stat", "--format=%a %U %G", NODE) == "640 root lampyre"
    open_files = agent.say("find", "/var/lib/lampyre", "-type", "f", "-perm", "/077")
    assert open_files == ""


def test_the_agent_runs_as_nobody_special(agent: Machine) -> None:
    status = agent.read(f"/proc/{agent.show()['MainPID']}/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    assert "0" not in fields["Uid"].split()


def test_the_board_is_found_through_the_sandbox(agent: Machine) -> None:
    until = time.monotonic() + WITHIN_S
    said = ("journalctl", "--unit=lampyre", "--output=cat", "--no-pager")
    while "board mast-1: boots 1" not in (came := agent.say(*said)):
        assert time.monotonic() < until, came


def test_a_hung_agent_is_killed_and_started_again(agent: Machine) -> None:
    make_impatient(agent)
    hung = agent.show()["MainPID"]
    with agent.following() as wait:
        agent.say(*SIGNAL_MAIN, "--signal=SIGSTOP", "lampyre.service")
        wait("Watchdog timeout", WITHIN_S)
        wait("Started lampyre.service", WITHIN_S)
    unit = agent.show()
    assert unit["MainPID"] not in {"0", hung}
    assert (unit["ActiveState"], unit["NRestarts"]) == ("active", "1")


def test_a_killed_agent_is_started_again(agent: Machine) -> None:
    make_impatient(agent)
    with agent.following() as wait:
        agent.say(*SIGNAL_MAIN, "--signal=SIGKILL", "lampyre.service")
        wait("Started lampyre.service", WITHIN_S)
    assert agent.show()["ActiveState"] == "active"


def test_it_stops_by_itself_before_systemd_loses_patience(agent: Machine) -> None:
    agent.say("systemctl", "stop", "lampyre.service")
    unit = agent.show()
    assert (unit["ActiveState"], unit["Result"], unit["ExecMainStatus"]) == ("inactive", "success", "0")


def test_a_wrong_configuration_stops_it_for_good_and_says_why(agent: Machine) -> None:
    agent.write(NODE, agent.read(NODE).replace("[node]", '[node]\nwrong = "key"'))
    assert agent.run("systemctl", "restart", "lampyre.service").returncode != 0
    unit = agent.show()
    assert (unit["ActiveState"], unit["ExecMainStatus"], unit["NRestarts"]) == ("failed", "2", "0")
    assert f"{NODE}: node.wrong: no such key" in agent.journal()
