"""`lampyre run`: everything wired together, from the file that holds to the last word to systemd."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lampyre.carried import Carried
from lampyre.clock import HintedClock, SteadyClock, SystemClock
from lampyre.configured import Held, begin, write
from lampyre.door import Door
from lampyre.errors import LampyreError
from lampyre.node import Node
from lampyre.report import Reports
from lampyre.settings import Settings
from lampyre.supervisor import CHECK_S, RELOADING, Job, Notifier, Supervisor, stop_on_signals, watchdog_s

log = logging.getLogger("lampyre")


def run(config: Path) -> int:
    """Run the node of this file until told to stop; raises LampyreError where it cannot be run.

    A configuration on probation that cannot be run is put back, and the one before it is run.
    """
    held = begin(config)
    try:
        again = asyncio.run(_serve(held))
    except LampyreError as error:
        if held.record.probation is None:
            raise
        log.warning("revision %d is put back: %s", held.record.probation.sent.revision, error)
        try:
            write(held.settings.node.state_dir, held.record.put_back(str(error)))
        except OSError as failed:  # it was counted when it began: at the next start it is put back all the same
            log.warning("%s: %s", held.settings.node.state_dir, failed.strerror)
        again = True
    if again:
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell
    log.info("stopped")
    return 0


async def _serve(held: Held) -> bool:
    """Run until told to stop, or to begin anew: then return True."""
    settings = held.settings
    hinted = HintedClock(SystemClock(rtc=settings.node.clock == "rtc"))
    clock = SteadyClock(hinted)
    carried = Carried(settings.node.runtime_dir / "clock.json", clock)
    carried.restore()
    node = Node(settings, clock, hinted.hint, held)
    await node.open()
    try:
        reports = Reports(node)
        door = Door(settings.node.runtime_dir / "agent.sock", reports.answer)
        within_s = watchdog_s()
        check_s = min(CHECK_S, within_s / 3) if within_s else CHECK_S

        def jobs() -> list[Job]:
            return [*node.jobs(door), Job("clock", carried.run, leash_s=180.0)]

        supervisor = Supervisor(jobs(), clock, Notifier(), check_s=check_s)
        _wire(node, supervisor, jobs)
        reports.supervisor = supervisor
        stop_on_signals(supervisor)
        log.info("%s/%s: %d lamps, %d bins", settings.node.site, settings.node.id, len(node.lamps), len(node.bins))
        await supervisor.run()
    finally:
        await node.close()
    return supervisor.last_word == RELOADING


def _wire(node: Node, supervisor: Supervisor, jobs: Callable[[], list[Job]]) -> None:
    """Let a configuration that comes while the node runs change what runs, or begin the whole anew."""
    ways = node.changes.ways

    def take(settings: Settings) -> None:
        node.take(settings)
        supervisor.change(jobs())

    ways.take = take
    ways.leave = partial(supervisor.stop, RELOADING)
    ways.failures = lambda: sum(supervisor.restarts.values())
