"""install.sh on each Debian we support: the first time, again, as an update, and back out."""

from pathlib import Path

import pytest
from tests.deploy.conftest import NODE, Installed
from tests.deploy.machine import Machine, boot

# the first one waits until Debian is there; one worker has the machines, for all these tests
pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("machines")]
INSTALL = ("/media/lampyre/deploy/install.sh", "--wheelhouse", "/media/lampyre/wheels")
RULES = "/etc/udev/rules.d/60-lampyre.rules"
# the same program in a file of another digest
NEWER = """
import pathlib, zipfile
for wheel in pathlib.Path("/run/new").iterdir():
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.comment = b"newer"
"""


def test_install_says_what_to_do_next_in_both_languages(installed: Installed) -> None:
    _, said = installed
    assert said.returncode == 0, said.stdout + said.stderr
    assert "décrire le nœud" in said.stdout
    assert "describe the node" in said.stdout


def test_installing_again_changes_nothing_and_keeps_the_configuration(agent: Machine) -> None:
    agent.write(NODE, agent.read(NODE) + "# mine\n")
    before = agent.say("readlink", "/opt/lampyre/venv")
    assert "up to date" in agent.say(*INSTALL)
    assert agent.say("readlink", "/opt/lampyre/venv") == before
    assert agent.read(NODE).endswith("# mine")
    assert agent.show()["ActiveState"] == "active"


def test_an_update_goes_beside_the_old_program_and_is_started(installed: Installed, tmp_path: Path) -> None:
    root, _ = installed
    with boot(root, tmp_path, {}) as machine:
        machine.say("sh", "-c", "mkdir -p /run/new && cp /media/lampyre/wheels/lampyre-*.whl /run/new/")
        machine.say("python3", "-c", NEWER)
        machine.say("sh", "-c", f"{' '.join(INSTALL)} --wheel /run/new/lampyre-*.whl")
        assert machine.say("readlink", "/opt/lampyre/venv") == "b"
        unit = machine.show()
        assert unit["ActiveState"] == "active"
        assert unit["MainPID"] != machine.at_boot["MainPID"]


def test_without_root_it_says_so(machine: Machine) -> None:
    refused = machine.run("runuser", "-u", "nobody", "--", INSTALL[0])
    assert refused.returncode == 1
    assert f"needs root: sudo {INSTALL[0]}" in refused.stderr


def test_udev_understands_the_names(machine: Machine) -> None:
    if machine.run("udevadm", "verify", "--help").returncode != 0:
        pytest.skip("this release's udevadm cannot verify rules")
    machine.say("udevadm", "verify", RULES)


def test_a_mistyped_option_is_refused(machine: Machine) -> None:
    refused = machine.run(INSTALL[0], "--wheels", "/media")
    assert refused.returncode == 1
    assert "unknown option: --wheels; see --help" in refused.stderr


def test_uninstalling_keeps_configuration_and_state(installed: Installed, tmp_path: Path) -> None:
    root, _ = installed
    with boot(root, tmp_path, {}) as machine:
        machine.say(INSTALL[0], "--uninstall")
        assert machine.run("systemctl", "cat", "lampyre.service").returncode != 0
        assert machine.run("ls", "/opt/lampyre").returncode != 0
        machine.say("ls", "/var/lib/lampyre", NODE)
        machine.say(INSTALL[0], "--uninstall")
