"""Jobs on leashes: restarted when they fail or fall silent, and the watchdog starves with the vital ones."""

import asyncio
import os
import random
import socket
from pathlib import Path

import pytest
from tests.clocks import LoopClock
from tests.leaps import in_leaps

from lampyre.supervisor import Beat, Job, Notifier, Supervisor, watchdog_s


class Watched:
    """A supervisor and what it told systemd."""

    def __init__(self, *jobs: Job) -> None:
        self.told: list[tuple[float, str]] = []
        self.clock = LoopClock()
        self.supervisor = Supervisor(jobs, self.clock, self._tell, jitter=random.Random(1))

    def _tell(self, state: str) -> None:
        self.told.append((self.clock.monotonic(), state))

    async def run(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.supervisor.stop)
        await self.supervisor.run()

    def fed(self, since_s: float = 0.0) -> int:
        return sum(state == "WATCHDOG=1" for at, state in self.told if at >= since_s)


async def steady(beat: Beat) -> None:
    while True:
        beat()
        await asyncio.sleep(1.0)


@in_leaps
async def test_systemd_hears_ready_once_then_a_sign_of_life_until_the_stop() -> None:
    watched = Watched(Job("decide", steady, leash_s=5.0, vital=True))
    await watched.run(60.0)
    states = [state for _, state in watched.told]
    assert sum(state.startswith("READY=1") for state in states) == 1
    assert watched.fed() >= 10
    assert states[-1] == "STOPPING=1"


@in_leaps
async def test_ready_waits_for_every_vital_job() -> None:
    async def slow_start(beat: Beat) -> None:
        await asyncio.sleep(3.0)
        await steady(beat)

    watched = Watched(Job("decide", slow_start, leash_s=5.0, vital=True))
    await watched.run(10.0)
    ready = next(at for at, state in watched.told if state.startswith("READY=1"))
    assert 3.0 <= ready < 3.2


@in_leaps
async def test_a_job_that_fails_is_restarted_and_the_others_do_not_notice() -> None:
    beats = 0

    async def failing(beat: Beat) -> None:
        beat()
        raise OSError("cable cut")

    async def counting(beat: Beat) -> None:
        nonlocal beats
        while True:
            beats += 1
            beat()
            await asyncio.sleep(1.0)

    watched = Watched(Job("line", failing, leash_s=5.0), Job("decide", counting, leash_s=5.0, vital=True))
    await watched.run(300.0)
    assert watched.supervisor.restarts["line"] > 5, "tried again and again"
    assert watched.supervisor.restarts["line"] < 60, "but not without pause"
    assert watched.supervisor.restarts["decide"] == 0
    assert 298 <= beats <= 301


@in_leaps
async def test_a_job_that_falls_silent_is_restarted() -> None:
    starts = 0

    async def hanging(beat: Beat) -> None:
        nonlocal starts
        starts += 1
        beat()
        await asyncio.Event().wait()

    watched = Watched(Job("line", hanging, leash_s=5.0), Job("decide", steady, leash_s=5.0, vital=True))
    await watched.run(60.0)
    assert starts >= 3
    assert watched.fed() >= 10, "a job that is not vital does not starve the watchdog"


@in_leaps
async def test_the_watchdog_starves_while_a_vital_job_is_silent() -> None:
    async def dies_after_a_minute(beat: Beat) -> None:
        for _ in range(60):
            beat()
            await asyncio.sleep(1.0)
        await asyncio.sleep(1000.0)

    watched = Watched(Job("decide", dies_after_a_minute, leash_s=10.0, vital=True))
    loop = asyncio.get_running_loop()
    fed_before = 0

    def look() -> None:
        nonlocal fed_before
        fed_before = watched.fed()

    loop.call_later(69.0, look)
    await watched.run(74.9)
    assert fed_before >= 10
    assert watched.fed(70.0) == 0


def test_notify_speaks_to_a_real_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        Notifier(str(tmp_path / "notify"))("READY=1")
        assert systemd.recv(100) == b"READY=1"
        for _ in range(1000):  # a systemd that does not read must not stop us
            Notifier(str(tmp_path / "notify"))("WATCHDOG=1")
    Notifier(str(tmp_path / "gone"))("READY=1")
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    assert watchdog_s() == 30.0
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
    assert watchdog_s() is None


@in_leaps
async def test_jobs_that_stay_as_they_are_go_on_and_one_of_another_kind_follows_the_end_of_the_first() -> None:
    said: list[str] = []

    def job(name: str, kind: str) -> Job:
        async def run(beat: Beat) -> None:
            said.append(f"{name} {kind} begins")
            try:
                await steady(beat)
            finally:
                await asyncio.sleep(0)  # its port is closed a moment later
                said.append(f"{name} {kind} ends")

        return Job(name, run, leash_s=5.0, vital=True)

    first, second, third = job("a", "old"), job("b", "old"), job("c", "old")
    watched = Watched(first, second, third)
    loop = asyncio.get_running_loop()
    loop.call_later(10.0, watched.supervisor.change, [first, job("b", "new"), job("d", "new")])
    await watched.run(30.0)
    before_the_stop = said[: said.index("a old ends")] if "a old ends" in said else said
    assert before_the_stop[:3] == ["a old begins", "b old begins", "c old begins"]
    assert set(before_the_stop[3:]) >= {"b old ends", "c old ends", "b new begins", "d new begins"}
    assert said.index("b old ends") < said.index("b new begins")
    assert [name for name, _, _ in watched.supervisor.overview()] == ["a", "b", "d"]
    assert sum(watched.supervisor.restarts.values()) == 0
    assert watched.fed(12.0) >= 3, "the watchdog is fed for those that are there now"


@in_leaps
async def test_a_job_that_fails_in_the_moment_of_the_stop_does_not_outlive_it() -> None:
    async def fails(beat: Beat) -> None:
        beat()
        await asyncio.sleep(5.0)
        watched.supervisor.stop()
        raise OSError("and fails")

    watched = Watched(Job("a", fails, leash_s=60.0), Job("b", steady, leash_s=5.0, vital=True))
    async with asyncio.timeout(60.0):
        await watched.supervisor.run()
    assert watched.clock.monotonic() < 10.0
