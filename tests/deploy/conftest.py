"""The machines of the deployment tests: one booted Debian for each release, with a simulated board."""

import asyncio
import os
import pty
import shutil
import threading
import tty
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.deploy.machine import Machine, boot
from tests.deploy.roots import CHECKOUT, PYTHONS, CannotRun, prepare_all, why_not
from tests.deploy.town import HALLES, LICES, Town

from lampyre_sim.board import BoardProcess

DIALOUT = 20  # Debian's fixed number of the group
NODE = "/etc/lampyre/node.toml"
Installed = tuple[Path, "CompletedProcess[str]"]


def give_up(reason: str) -> None:
    """Skip with the reason; in CI a machine that cannot run these tests is a failure, never a silent skip."""
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def preparing(tmp_path_factory: pytest.TempPathFactory) -> "dict[str, Future[Installed]]":
    """All releases, being made and installed side by side."""
    if reason := why_not():
        give_up(reason)
    return prepare_all(tmp_path_factory.mktemp("roots"))


@pytest.fixture(scope="session", params=PYTHONS)
def installed(request: pytest.FixtureRequest, preparing: "dict[str, Future[Installed]]") -> Installed:
    """A root with Lampyre in it, not booted, and what install.sh said."""
    try:
        return preparing[request.param].result()
    except CannotRun as reason:
        give_up(str(reason))
        raise


@contextmanager
def _board() -> Iterator[str]:
    """Run a simulated board in a thread; yields its tty, which group dialout may open."""
    ready, end, found = threading.Event(), threading.Event(), []

    async def live() -> None:
        async with BoardProcess() as board:
            found.append(board.tty)
            ready.set()
            await asyncio.to_thread(end.wait)

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert ready.wait(180), "the simulated board did not start"
        line = Path(found[0]).resolve()
        os.chown(line, 0, DIALOUT)
        line.chmod(0o660)
        yield str(line)
    finally:
        end.set()
        thread.join()


def need(tool: str, package: str) -> str:
    """Return the tool's path, or give up and name the package that brings it."""
    found = shutil.which(tool)
    if found is None:
        give_up(f"{tool} is not installed; `apt-get install {package}` brings it")
    return str(found)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town with two nodes and everybody whom the example list names, made by the guide's own commands."""
    need("openssl", "openssl")
    town = Town(tmp_path_factory.mktemp("town"))
    for node in (LICES, HALLES):
        said = town.enrol(node)
        assert f"installed: {node}, by Lampyre beaune" in said
        assert f"shown to the broker: {node}, by Lampyre beaune" in said
    for name in ("home-assistant", "ngsi-bridge", "sparkplug-host", "auditor"):
        town.certify(name)
    return town


@dataclass(frozen=True, slots=True)
class Cable:
    """A serial cable: the laptop's end is a descriptor, the node's end a tty that becomes its /dev/ttyAMA0."""

    laptop: int
    node: str


@pytest.fixture(scope="session")
def cable() -> Iterator[Cable]:
    """The technician's cable, plugged in before the machine boots."""
    mine, theirs = pty.openpty()
    tty.setraw(theirs)
    os.chown(os.ttyname(theirs), 0, DIALOUT)
    Path(os.ttyname(theirs)).chmod(0o660)
    yield Cable(mine, os.ttyname(theirs))
    os.close(theirs)
    os.close(mine)


@pytest.fixture(scope="session")
def machine(installed: Installed, cable: Cable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The booted machine; a board hangs on /dev/ttyUSB0, where node.example.toml looks for it."""
    root, said = installed
    assert said.returncode == 0, said.stdout + said.stderr
    with _board() as board:
        lines = {"/dev/ttyUSB0": board, "/dev/ttyAMA0": cable.node}
        with boot(root, tmp_path_factory.mktemp("boot"), lines) as booted:
            yield booted


@pytest.fixture
def agent(machine: Machine) -> Iterator[Machine]:
    """The machine with a running agent and the installed configuration; put back after each test."""
    machine.say("systemctl", "start", "lampyre.service")
    yield machine
    machine.write(NODE, (CHECKOUT / "deploy/node.example.toml").read_text())
    machine.run("rm", "-rf", "/run/systemd/system/lampyre.service.d")
    machine.say("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed", "lampyre.service")
