"""The supervisor: every job on a leash, and a watchdog that is fed only while all vital ones beat."""

import asyncio
import logging
import math
import os
import random
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lampyre.clock import Clock

log = logging.getLogger("lampyre.supervisor")

T = TypeVar("T")

BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0  # a job that keeps failing is tried for ever, but does not burn the processor
CHECK_S = 5.0  # how often leashes are looked at where systemd sets no watchdog; one wake-up each

STOPPING, RELOADING = "STOPPING=1", "RELOADING=1"  # sd_notify(3); after the second comes READY=1 again

WELL_S = 600.0  # without a failure for so long an asset is well again

Beat = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A coroutine that runs for ever and calls its beat at least every `leash_s` seconds."""

    name: str
    run: Callable[[Beat], Awaitable[None]]
    leash_s: float
    vital: bool = False  # the watchdog starves with it


class Notifier:
    """systemd's notify protocol (sd_notify(3)); silent where nobody listens."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address if address is not None else os.environ.get("NOTIFY_SOCKET", "")

    def __call__(self, state: str) -> None:
        """Send one state, such as READY=1; a lost datagram is systemd's to notice."""
        if not self._address:
            return
        # never wait for systemd: while it is slow to read, lamps must go on
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        with socket.socket(socket.AF_UNIX, kind) as out:
            try:
                out.sendto(state.encode(), self._address.replace("@", "\0", 1))
            except OSError as error:
                log.debug("notify %s: %s", state, error)


def watchdog_s() -> float | None:
    """Return the seconds within which systemd wants a sign of life, or None."""
    wanted = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
    return int(wanted) / 1e6 if wanted.isdigit() and mine else None


class Supervisor:
    """Runs jobs until told to stop; restarts what fails or falls silent, with jitter, and says so once."""

    def __init__(
        self,
        jobs: Sequence[Job],
        clock: Clock,
        notify: Callable[[str], None],
        *,
        check_s: float = CHECK_S,
        jitter: random.Random | None = None,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._notify = notify
        self._check_s = check_s
        self._jitter = jitter or random.Random()
        self._beats: dict[str, float] = {}  # job → when it last beat, or was started
        self._spoke: set[str] = set()  # jobs that have beaten since they were started
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._runners: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None  # while it runs
        self._stop = asyncio.Event()
        self.last_word = STOPPING  # what systemd is told at the end
        self.restarts = {job.name: 0 for job in jobs}

    def stop(self, word: str = STOPPING) -> None:
        """Ask every job to end; `run` returns soon after. RELOADING: we begin anew; STOPPING has the last word."""
        if not self._stop.is_set() or word == STOPPING:
            self.last_word = word
        self._stop.set()

    def beating(self, job: Job) -> bool:
        """Whether the job has beaten within its leash."""
        return job.name in self._spoke and not self._silent(job)

    def _silent(self, job: Job) -> bool:
        last = self._beats.get(job.name)
        return last is not None and self._clock.monotonic() - last > job.leash_s

    def overview(self) -> list[tuple[str, bool, int]]:
        """Return each job's name, whether it beats, and how often it was restarted."""
        return [(job.name, self.beating(job), self.restarts[job.name]) for job in self._jobs]

    async def run(self) -> None:
        """Run all jobs until `stop`; tell systemd when all vital ones beat, and go on telling it."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for job in self._jobs:
                self._begin(job)
            watch = group.create_task(self._watch(), name="leashes")
            await self._stop.wait()
            self._group = None
            self._notify(self.last_word)
            for task in (watch, *self._runners.values()):
                self._end(task)

    def change(self, jobs: Sequence[Job]) -> None:
        """From now on run these: one that is as it was goes on undisturbed, one of another kind follows its end."""
        before = {job.name: job for job in self._jobs}
        self._jobs = jobs
        kept = {job.name for job in jobs if before.get(job.name) == job}
        gone = {name: self._runners.pop(name) for name in before.keys() - kept if name in self._runners}
        for task in gone.values():
            self._end(task)
        for job in jobs:
            self.restarts.setdefault(job.name, 0)
            if job.name not in kept:
                self._forget(job.name)
                self._begin(job, gone.get(job.name))
        for name in gone.keys() - {job.name for job in jobs}:
            self._forget(name)
            del self.restarts[name]

    def _begin(self, job: Job, after: asyncio.Task[None] | None = None) -> None:
        if self._group is not None:
            self._runners[job.name] = self._group.create_task(self._keep(job, after), name=job.name)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        task.cancel()

    def _forget(self, name: str) -> None:
        self._beats.pop(name, None)
        self._spoke.discard(name)

    async def _watch(self) -> None:
        ready = False
        while True:
            alive = all(self.beating(job) for job in self._jobs if job.vital)
            if alive and not ready:
                ready = True
                self._notify("READY=1\nSTATUS=all vital jobs beat")
            if alive:
                self._notify("WATCHDOG=1")
            for job in self._jobs:
                self._pull(job)
            await asyncio.sleep(self._check_s if ready else min(0.05, self._check_s))

    def _pull(self, job: Job) -> None:
        """Cancel a job that has been silent for longer than its leash; `_keep` starts it again."""
        running = self._tasks.get(job.name)
        if running is None or not self._silent(job):
            return
        log.error("job %s: silent for more than %.0f s, restarting it", job.name, job.leash_s)
        running.cancel()

    async def _keep(self, job: Job, after: asyncio.Task[None] | None = None) -> None:
        if after is not None:  # its port must be free
            await asyncio.wait([after])
        pause_s = BACKOFF_FIRST_S
        while True:
            started = self._clock.monotonic()
            self._beats[job.name] = started
            try:
                await self._once(job)
                log.error("job %s: ended by itself, restarting it", job.name)
            except Exception:  # the one place: whatever a job dies of, the lamps go on
                log.exception("job %s: failed, restarting it", job.name)
            if asyncio.current_task() in self._ending:  # Python 3.11 tells only of a failure in the same moment
                return
            self.restarts[job.name] += 1
            lived = self._clock.monotonic() - started
            pause_s = BACKOFF_FIRST_S if lived > BACKOFF_MOST_S else min(BACKOFF_MOST_S, pause_s * 2)
            self._forget(job.name)
            await asyncio.sleep(self._jitter.uniform(0.1, pause_s))

    async def _once(self, job: Job) -> None:
        """Run the job once; a leash that was pulled ends it without an error."""

        def beat() -> None:
            self._beats[job.name] = self._clock.monotonic()
            self._spoke.add(job.name)

        async def body() -> None:
            await job.run(beat)

        async with asyncio.TaskGroup() as group:
            self._tasks[job.name] = group.create_task(body(), name=f"{job.name} (run)")
        del self._tasks[job.name]


class Ward:
    """Runs what is done for one asset at a time: what that dies of stays with that asset, and the others go on.

    A failure is logged whole, counted and told (`told(name, ill, why)`); then the asset rests, and is tried again.
    The board of a lamp that rests longer than its order holds goes by its own safe programme: lit.
    """

    def __init__(self, clock: Clock, told: Callable[[str, bool, str], None]) -> None:
        self._clock = clock
        self._told = told
        self._rests: dict[str, tuple[float, float]] = {}  # ill assets → until when it rests, and the next pause
        self.failures: dict[str, int] = {}

    def run(self, name: str, do: Callable[[], T]) -> T | None:
        """Return what `do` gives; None while the asset rests and where it fails."""
        until_s, pause_s = self._rests.get(name, (-math.inf, BACKOFF_FIRST_S))
        now_s = self._clock.monotonic()
        if now_s < until_s:
            return None
        try:
            found = do()
        except Exception as error:  # as for jobs: the other lamps go on
            log.exception("%s: failed, trying again in %.1f s", name, pause_s)
            self.failures[name] = self.failures.get(name, 0) + 1
            ill = name in self._rests
            self._rests[name] = now_s + pause_s, min(BACKOFF_MOST_S, pause_s * 2)
            if not ill:
                self._told(name, True, f"{type(error).__name__} in its decision; its traceback is in the log")
            return None
        if now_s - until_s > WELL_S and name in self._rests:
            del self._rests[name]
            self._told(name, False, "decided without a failure for ten minutes")
        return found

    def rests(self, name: str) -> bool:
        """Whether nothing is done for the asset now."""
        return name in self._rests and self._clock.monotonic() < self._rests[name][0]


def stop_on_signals(supervisor: Supervisor) -> None:
    """SIGTERM and SIGINT end the node cleanly."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
