"""A booted Debian: systemd as PID 1 in a container on this machine's kernel, without a network, nothing kept."""

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BOOT_S = 300.0  # only ends a hang; 1 s when nothing else runs
# systemd-nspawn wants the unified hierarchy; where the machine mounts another one, take an own view of it.
UNIFIED = """
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
    mount --make-rprivate /
    umount -l /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup
fi
group=/sys/fs/cgroup/$0
"""
START = (
    UNIFIED
    + """
mkdir "$group"
echo $$ >"$group/cgroup.procs"
exec systemd-nspawn --register=no --keep-unit "$@"
"""
)
LEAVE = UNIFIED + """find "$group" -depth -type d -exec rmdir {} +"""


class Machine:
    """A running container; commands run inside it by nsenter."""

    def __init__(self, leader: int) -> None:
        self._leader = str(leader)
        self.at_boot = self.show()  # the agent's unit as the boot left it

    def _inside(self, *command: str) -> list[str]:
        clean = [
            "env",
            "-i",
            "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL=C.UTF-8",
            "SYSTEMD_PAGER=",
            "TERM=dumb",
        ]
        return ["nsenter", "--target", self._leader, "--all", *clean, *command]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(self._inside(*command), check=False, capture_output=True, text=True, timeout=300)

    def say(self, *command: str) -> str:
        """Run a command that must succeed; return what it printed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}\n{self.journal()}"
        return done.stdout.strip()

    def journal(self) -> str:
        """Return the last lines of Lampyre's log."""
        return self.run("journalctl", "--unit=lampyre*", "--lines=40", "--output=cat", "--no-pager").stdout

    @property
    def on_its_network(self) -> tuple[str, ...]:
        """The words before a command of this machine that let it run on the container's network, as nothing else."""
        return ("nsenter", "--target", self._leader, "--net")

    def listening(self) -> str:
        """Return every TCP and UDP socket that waits for somebody in the container's network."""
        sockets = ("ss", "--listening", "--numeric", "--tcp", "--udp", "--no-header")
        return subprocess.run([*self.on_its_network, *sockets], check=True, capture_output=True, text=True).stdout

    def show(self, unit: str = "lampyre.service") -> Mapping[str, str]:
        """Return systemd's properties of a unit."""
        lines = self.say("systemctl", "show", "--all", unit).splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def write(self, path: str, text: str) -> None:
        """Replace a file inside."""
        done = subprocess.run(
            self._inside("sh", "-c", 'mkdir -p "${0%/*}" && cat >"$0"', path), input=text, text=True, check=False
        )
        assert done.returncode == 0

    def read(self, path: str) -> str:
        """Return a file's text."""
        return self.say("cat", path)

    @contextmanager
    def following(self) -> Iterator[Callable[[str, float], None]]:
        """Follow the journal from here; the function waits for a message that contains a text."""
        command = ["journalctl", "--follow", "--lines=0", "--output=json"]
        with subprocess.Popen(self._inside(*command), stdout=subprocess.PIPE, bufsize=0) as follower:
            try:
                yield _waiter(follower)
            finally:
                follower.kill()


def _waiter(follower: "subprocess.Popen[bytes]") -> Callable[[str, float], None]:
    assert follower.stdout is not None
    source = follower.stdout.fileno()
    seen: list[str] = []
    rest = b""

    def wait(text: str, within_s: float) -> None:
        nonlocal rest
        until = time.monotonic() + within_s
        while not any(text in message for message in seen):
            ready, _, _ = select.select([source], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"{text!r} did not come within {within_s} s; came: {seen}"
            *lines, rest = (rest + os.read(source, 65536)).split(b"\n")
            seen.extend(_message(line) for line in lines if line)
        seen.clear()

    return wait


def _message(line: bytes) -> str:
    entry: dict[str, Any] = json.loads(line)
    return str(entry.get("MESSAGE", ""))


@contextmanager
def boot(root: Path, scratch: Path, binds: Mapping[str, str]) -> Iterator[Machine]:
    """Boot the root with files of this machine bound into it; nspawn itself tells when systemd is up."""
    name = f"lampyre-{root.name}-{os.urandom(4).hex()}"  # two may run at once
    told = scratch / f"{root.name}.notify"
    command = [f"--directory={root}", f"--machine={name}", "--boot", "--volatile=overlay", "--private-network"]
    command += ["--console=pipe", "--capability=all", "--system-call-filter=bpf", "--notify-ready=yes"]
    command += [f"--bind={outside}:{inside}" for inside, outside in binds.items()]
    surroundings = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(told), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear, (scratch / f"{root.name}.console").open("w+") as out:
        ear.bind(str(told))
        shell = ["unshare", "--mount", "sh", "-euc", START, name, *command]
        container = subprocess.Popen(shell, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=surroundings)
        leader = 0
        try:
            leader = _wait_until_up(ear, Path(out.name))
            ear.close()  # systemd goes on telling; a full socket would stop it
            yield Machine(leader)
        finally:
            _end(container, leader)
            subprocess.run(["unshare", "--mount", "sh", "-c", LEAVE, name], check=False, capture_output=True)


def _wait_until_up(ear: socket.socket, console: Path) -> int:
    leader = 0
    until = time.monotonic() + BOOT_S
    while True:
        ear.settimeout(max(0.01, until - time.monotonic()))
        try:
            told = ear.recv(4096).decode()
        except TimeoutError:
            raise AssertionError(f"no boot within {BOOT_S} s: {console.read_text()[-2000:]}") from None
        for line in told.splitlines():
            if line.startswith("X_NSPAWN_LEADER_PID="):
                leader = int(line.partition("=")[2])
        if "READY=1" in told.splitlines() and leader:
            return leader


def _end(container: "subprocess.Popen[bytes]", leader: int) -> None:
    """Pull the plug: nothing of the overlay is kept anyway."""
    if leader:
        os.kill(leader, signal.SIGKILL)
    else:
        container.terminate()
    try:
        container.wait(20)
    except subprocess.TimeoutExpired:
        container.kill()
        container.wait()
