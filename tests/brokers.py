"""A real mosquitto for tests: its own folder, its own port, persistence on; `mosquitto` is the fixture."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

START_LIMIT_S = 60.0  # only ends a hang
BINARY = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")  # not on every user's path


class Mosquitto:
    """The broker as a process; `stop` and `start` keep its port and what it has persisted."""

    def __init__(self, folder: Path, *, config: str = "allow_anonymous true", host: str = "127.0.0.1") -> None:
        if BINARY is None:
            why = "mosquitto is not installed; `apt-get install mosquitto` brings it"
            pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f"listener {self.port} {host}",
            config,
            "persistence true",
            f"persistence_location {folder}/",
            "max_queued_messages 100000",
            "user root" if os.geteuid() == 0 else "",  # it would leave for a user who cannot read this folder
        ]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    @property
    def log(self) -> str:
        """What the broker has said so far."""
        return (self._folder / "mosquitto.log").read_text(errors="replace")

    def start(self) -> None:
        """Return when it takes connections."""
        command = [str(BINARY), "-v", "-c", str(self._folder / "mosquitto.conf")]
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for_port(self.port, self._process, self)

    def stop(self) -> None:
        """End it properly, so that it writes what it persists."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_LIMIT_S)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", broker: Mosquitto) -> None:
    """Return when the process listens; fail with its log if it ends or does not."""
    import time

    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    process.kill()
    process.wait()
    pytest.fail(f"mosquitto does not listen on {port}:\n{broker.log}")
