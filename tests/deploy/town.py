"""A town as deploy/ENROL.md makes it: each of its commands is run as it stands there, but for names and folders."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.test_settings import GOOD

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
LICES, HALLES = "rue-des-lices-1", "place-des-halles-2"
OURS_ALREADY = ("listener ", "persistence", "max_queued_messages")  # the test's broker sets these itself
# what needs a whole machine, in words of this one
AROUND = """set -eu
sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
systemctl() { test "$*" = "restart mosquitto"; }
lampyre() { "$PYTHON" -m lampyre "$@" --config "$NODE.toml"; }
"""


def blocks() -> list[str]:
    """Return the guide's shell blocks, which are the same in both languages."""
    french, english = (DEPLOY / "ENROL.md").read_text(encoding="utf-8").split("\n# Certificates")
    found = [re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for text in (french, english)]
    assert found[0] == found[1]
    return [str(block) for block in found[0]]


class Town:
    """The office's folder, the broker's, and as many nodes as are enrolled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.office = folder / "lampyre-ca"
        self.broker = folder / "etc/mosquitto/lampyre"
        (folder / "etc/mosquitto/conf.d").mkdir(parents=True)
        (folder / "deploy").symlink_to(DEPLOY)
        (self._authority, self._certify, self._install, self._ask, self._sign, self._answer, *self._revoke) = blocks()
        self._run(self._authority, folder)
        self._run(self._certify)
        for name in ("acl.example", "mosquitto.example.conf"):
            (self.office / name).write_bytes((DEPLOY / name).read_bytes())
        self._run(self._install)

    def enrol(self, node: str) -> str:
        """Let a node ask, the office sign, and the node install; return what `--show` says."""
        head = f'[node]\nstate_dir = "{self.state(node)}"\nsite = "beaune"\nid = "{node}"'
        text = re.sub(r'\[node\]\nsite = ".*"\nid = ".*"', head, GOOD)
        self.state(node).mkdir(parents=True, exist_ok=True)
        (self.office / f"{node}.toml").write_text(f'{text}\n[broker]\nurl = "mqtts://localhost:8883"\n')
        self._run(self._ask, node=node)
        self._run(self._sign, node=node)
        return self._run(self._answer, node=node)

    def certify(self, name: str) -> None:
        """Make a certificate for somebody who is no node, as the guide does for the control room."""
        self._run("\n".join(line.replace("control-room", name) for line in self._certify.splitlines()[2:]))

    def revoke(self, node: str) -> None:
        """Have the office revoke it and the broker told."""
        for block in self._revoke:
            self._run(block, node=node)

    def state(self, node: str) -> Path:
        """Where this node keeps its own."""
        return self._folder / "nodes" / node

    def pair(self, name: str) -> tuple[Path, Path]:
        """Return somebody's certificate and key."""
        if (self.office / f"{name}.key").exists():
            return self.office / f"{name}.crt", self.office / f"{name}.key"
        use = self.state(name) / "tls/use"
        return use / "node.crt", use / "node.key"

    def config(self) -> str:
        """Return what the broker was given, but for what the test's own broker says."""
        lines = (self._folder / "etc/mosquitto/conf.d/lampyre.conf").read_text().splitlines()
        kept = "\n".join(line for line in lines if not line.startswith(OURS_ALREADY))
        return kept.replace("/etc/mosquitto", str(self._folder / "etc/mosquitto"))

    def _run(self, block: str, place: Path | None = None, node: str = LICES) -> str:
        for theirs, ours in (
            ("/tmp/", ""),
            ("/etc/mosquitto", str(self._folder / "etc/mosquitto")),
            ("-g mosquitto ", ""),
            ("broker.example", "localhost"),
            (LICES, node),
        ):
            block = block.replace(theirs, ours)
        about = {**os.environ, "PYTHON": sys.executable, "NODE": node}
        words = ["bash", "-c", AROUND + block]
        ended = subprocess.run(words, cwd=place or self.office, env=about, check=False, capture_output=True, text=True)
        assert ended.returncode == 0, f"{block}\n{ended.stdout}{ended.stderr}"
        return ended.stdout
