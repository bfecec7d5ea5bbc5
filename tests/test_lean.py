"""What a node never uses stays out of its memory."""

import subprocess
import sys

WHOLE_NODE = "import lampyre.__main__, lampyre.node, lampyre.report, sys; print(*sys.modules)"


def test_a_whole_node_imports_no_mail_no_web_and_no_archives() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", WHOLE_NODE], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "pydantic" in loaded
    assert "paho.mqtt.client" in loaded
    for spared in ("email", "http.client", "zipfile", "csv", "importlib.metadata"):
        assert spared not in loaded
