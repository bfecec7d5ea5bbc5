"""A kerb for tests: the real firmware behind a PTY, the agent as a process of its own, a real broker."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lampyre_sim.board import BoardProcess

WITHIN_S = 90.0  # for a process to do what a test waits for: only ends a hang; a machine under load is slow
DEADLINE_S = 400.0  # for a whole test


def midnight_longitude() -> float:
    """Return where on the equator it is midnight now, so that a real clock finds real night."""
    now = datetime.now(UTC)
    degrees = -(now.hour + now.minute / 60) * 15.0
    return degrees + 360.0 if degrees < -180.0 else degrees


@dataclass
class Kerb:
    """One node's files and processes; `async with` starts nothing but systemd's end of the notify socket."""

    folder: Path
    port: int
    boards: dict[str, str]  # id → tty
    bins: str = ""
    lamp_extra: str = "hold_s = 2.0\nhold_most_s = 2.0"
    models: str = ""
    program: tuple[str, ...] = ("-m", "lampyre")
    node: str = "n01"
    process: asyncio.subprocess.Process | None = None
    said: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "node.toml"

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.setblocking(False)
        self._systemd.bind(str(self.folder / "notify"))
        lines = [
            f'[node]\nsite = "test"\nid = "{self.node}"\nlatitude = 0.0\nlongitude = {midnight_longitude()}',
            f'clock = "rtc"\nstate_dir = "{self.folder}/state"\nruntime_dir = "{self.folder}/run"',
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.port}"',
            self.models,
        ]
        for name, tty in self.boards.items():
            kind = "maxbotix" if name.startswith("r") else "lamp_bin_pico"
            lines.append(f'[[board]]\nid = "{name}"\nkind = "{kind}"\nlink = "serial://{tty}"')
            if kind == "lamp_bin_pico":
                lines.append(f'[[lamp]]\nid = "lamp-{name}"\nboard = "{name}"\n{self.lamp_extra}')
        self.config.write_text("\n".join([*lines, self.bins]) + "\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self._systemd.close()

    async def start(self) -> None:
        """Start `lampyre run` and return when it says READY."""
        env = os.environ | {"NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "10000000"}
        env.pop("WATCHDOG_PID", None)
        log = (self.folder / "agent.log").open("ab")
        with log:
            command = [sys.executable, *self.program, "run", "--config", str(self.config)]
            self.process = await asyncio.create_subprocess_exec(*command, env=env, stdout=log, stderr=log)
        await self.until("READY=1")

    async def until(self, word: str) -> None:
        """Wait until the agent tells systemd this."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(WITHIN_S):
            while True:
                told = (await loop.sock_recv(self._systemd, 4096)).decode()
                self.said.append(told)
                if word in told:
                    return

    async def kill(self) -> None:
        """kill -9, as the kernel does when memory ends."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Stop as systemd does; return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            return await self.process.wait()

    async def ask(self, **question: object) -> dict[str, Any]:
        """Ask at the agent's door."""
        reader, writer = await asyncio.open_unix_connection(self.folder / "run" / "agent.sock")
        writer.write(json.dumps(question).encode() + b"\n")
        answer = await reader.readline()
        writer.close()
        found: dict[str, Any] = json.loads(answer)
        return found

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text()

    def memory_mb(self, kind: str) -> float:
        """Return the agent's memory in MB by its name in /proc: VmRSS (resident), RssAnon (its own, not libraries')."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(kind))
        return int(line.split()[1]) / 1024


class Trace:
    """What a lamp did, with real times."""

    def __init__(self, board: BoardProcess) -> None:
        self.levels: list[tuple[float, float]] = []
        board.on_level = lambda level: self.levels.append((time.monotonic(), level))


class Ear:
    """mosquitto_sub as a city's back end would run it."""

    def __init__(self, port: int, around: tuple[str, ...] = ()) -> None:
        self._port = port
        self._around = around  # the command that runs it where the broker is, if that is elsewhere
        self.heard: list[tuple[str, bytes]] = []
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        command = [
            *self._around,
            "mosquitto_sub",
            "-V",
            "5",
            "-p",
            str(self._port),
            "-t",
            "#",
            "-q",
            "1",
            "-F",
            "%t %p",
        ]
        self._process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def until(self, topic: str) -> dict[str, Any]:
        """Return the next message whose topic ends like this."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(WITHIN_S):
            while True:
                name, _, body = (await self._process.stdout.readline()).strip().partition(b" ")
                self.heard.append((name.decode(), body))
                if name.decode().endswith(topic):
                    found: dict[str, Any] = json.loads(body)
                    return found


async def request(port: int, topic: str, command: dict[str, Any], around: tuple[str, ...] = ()) -> dict[str, Any]:
    """Ask as a city would: mosquitto_rr sends with a response topic and prints the answer."""
    options = ["-V", "5", "-p", str(port), "-q", "1", "-W", "90"]
    answers = "/".join([*topic.split("/")[:3], "control-room/answers"])  # a node answers within its own site alone
    names = ["-t", topic, "-e", answers, "-m", json.dumps(command)]
    words = [*around, "mosquitto_rr", *options, *names]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found
