"""The installed service in a real systemd, on each Debian we support: ready, watched, restarted, stopped, refused."""

import time

import pytest
from tests.deploy.conftest import NODE
from tests.deploy.machine import Machine

# the first one waits until Debian is there; one worker has the machines, for all these tests
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("machines")]
IMPATIENT = "[Service]\nWatchdogSec=3s\nRestartSec=200ms\n"  # the same watchdog, without making the tests wait
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
    assert "board mast-1: boots 1" in agent.say("journalctl", "--unit=lampyre", "--output=cat", "--no-pager")


def test_a_hung_agent_is_killed_and_started_again(agent: Machine) -> None:
    make_impatient(agent)
    hung = agent.show()["MainPID"]
    with agent.following() as wait:
        agent.say(*SIGNAL_MAIN, "--signal=SIGSTOP", "lampyre.service")
        wait("Watchdog timeout", 10)
        wait("Started lampyre.service", 30)
    unit = agent.show()
    assert unit["MainPID"] not in {"0", hung}
    assert (unit["ActiveState"], unit["NRestarts"]) == ("active", "1")


def test_a_killed_agent_is_started_again(agent: Machine) -> None:
    make_impatient(agent)
    with agent.following() as wait:
        agent.say(*SIGNAL_MAIN, "--signal=SIGKILL", "lampyre.service")
        wait("Started lampyre.service", 30)
    assert agent.show()["ActiveState"] == "active"


def test_stopping_is_quick_and_clean(agent: Machine) -> None:
    started = time.monotonic()
    agent.say("systemctl", "stop", "lampyre.service")
    assert time.monotonic() - started < 5
    unit = agent.show()
    assert (unit["ActiveState"], unit["Result"], unit["ExecMainStatus"]) == ("inactive", "success", "0")


def test_a_wrong_configuration_stops_it_for_good_and_says_why(agent: Machine) -> None:
    agent.write(NODE, agent.read(NODE).replace("[node]", '[node]\nwrong = "key"'))
    assert agent.run("systemctl", "restart", "lampyre.service").returncode != 0
    unit = agent.show()
    assert (unit["ActiveState"], unit["ExecMainStatus"], unit["NRestarts"]) == ("failed", "2", "0")
    assert f"{NODE}: node.wrong: no such key" in agent.journal()
