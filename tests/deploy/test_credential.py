"""A broker key that systemd hands over: root's alone on the disk, the service's alone in memory."""

import subprocess
from pathlib import Path

import pytest
from tests.deploy.conftest import NODE, need
from tests.deploy.machine import Machine
from tests.deploy.town import DEPLOY

pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("machines")]
WITHIN_S = 180.0  # only ends a hang
DROP_IN = "/run/systemd/system/lampyre.service.d/credential.conf"
HANDED = "/run/credentials/lampyre.service/broker-key"
PLAIN = 'url = "mqtt://127.0.0.1:1883"'
SHOWN = """url = "mqtts://127.0.0.1:8883"
ca_file = "/etc/lampyre/node.crt"
cert_file = "/etc/lampyre/node.crt"
key_file = "credential:broker-key"
"""


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """A certificate and its key; nobody asks who has signed it, for no broker is there."""
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=n -days 2 -keyout n.key -out n.crt"
    subprocess.run([need("openssl", "openssl"), *new.split()], cwd=tmp_path, check=True, capture_output=True)
    return (tmp_path / "n.crt").read_text(), (tmp_path / "n.key").read_text()


def as_user(machine: Machine, user: str, path: str) -> bool:
    return machine.run("runuser", "--user", user, "--", "cat", path).returncode == 0


def test_the_key_comes_from_systemd_and_nobody_else_can_read_it(agent: Machine, pair: tuple[str, str]) -> None:
    certificate, key = pair
    agent.write("/etc/lampyre/node.crt", certificate)
    agent.write("/etc/lampyre/node.key", key)
    agent.say("chmod", "600", "/etc/lampyre/node.key")
    agent.say("chmod", "644", "/etc/lampyre/node.crt")
    agent.write(DROP_IN, (DEPLOY / "credential.conf").read_text().replace("#LoadCredential=", "LoadCredential="))
    config = agent.read(NODE)
    assert PLAIN in config
    agent.write(NODE, config.replace(PLAIN, SHOWN))
    agent.say("systemctl", "daemon-reload")
    with agent.following() as wait:
        agent.say("systemctl", "restart", "lampyre.service")
        wait("mqtts://127.0.0.1:8883: [Errno 111] Connection refused", WITHIN_S)  # without the key: no such file
    assert agent.read(HANDED) == key.strip()
    assert [as_user(agent, user, HANDED) for user in ("lampyre", "nobody")] == [True, False]
    assert not as_user(agent, "lampyre", "/etc/lampyre/node.key")
