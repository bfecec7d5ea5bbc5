"""What can go wrong in a night: faults as data, and who plays them on a lane."""

import asyncio
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from tests.streets.lane import Lane

from lampyre.act.override import Override
from lampyre.clock import Clock
from lampyre.records import Features, Forecast

TIMES = int(os.environ.get("NIGHTS", "1"))  # a longer hunt than CI has time for


def generated(examples: int) -> Callable[[Any], Any]:
    """Return the settings of a property over so many nights, NIGHTS times as many where the environment says so."""
    return settings(max_examples=examples * TIMES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


ODD = [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e-300, 1e300, 0.5, 20.0]


class Mad:
    """A model that says what the test wants, or nothing."""

    def __init__(self, says: list[float]) -> None:
        self.says = says

    def predict(self, features: Features) -> Forecast | None:
        said = self.says.pop(0) if self.says else 0.0
        self.says.append(said)
        if math.isnan(said):
            return None
        return Forecast("count", (900.0,), (said,), (said,) if said >= 0 else (), (said,), "mad 1")


@dataclass(frozen=True)
class Fault:
    """Something happens, and then so many seconds pass."""

    what: str
    value: Any
    then_s: float


def faults(what: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Fault]:
    return st.builds(Fault, st.just(what), values, st.floats(0.3, 90.0))


FAULTS = st.one_of(
    faults("presence", st.booleans()),
    faults("presence", st.booleans()),
    faults("lux", st.sampled_from([math.nan, 0.1, 34.0, 50.0, 80.0, 5000.0, 100000.0])),
    faults("power", st.sampled_from([math.nan, 0.0, 40.0, 250.0])),
    faults("line", st.tuples(st.booleans(), st.booleans())),
    faults("line", st.just((True, True))),
    faults("plug", st.booleans()),
    faults("kill", st.booleans()),
    faults("start", st.booleans()),
    faults("reset", st.none()),
    faults("wall", st.sampled_from([None, "1970", "+1 day", "-1 hour", "+12 hours"])),
    faults("ntp", st.booleans()),
    faults("remote", st.sampled_from([0.0, 1e-9, 0.05, 0.5, 1.0, 7.0, -1.0, math.nan])),
    faults("technician", st.sampled_from([0.0, 0.2, 1.0, math.nan])),
    faults("resume", st.none()),
)


def often(what: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Fault]:
    return st.builds(Fault, st.just(what), values, st.floats(2.0, 45.0))


# what makes a lamp restless: passers, mad sensors and clocks, commands that come and go, lines that break for longer
# than an order holds
RESTLESS = st.one_of(
    often("presence", st.booleans()),
    often("presence", st.booleans()),
    often("remote", st.sampled_from([0.0, 0.5, 1.0, math.nan])),
    often("resume", st.none()),
    often("lux", st.sampled_from([math.nan, 0.1, 34.0, 50.0, 5000.0])),
    often("wall", st.sampled_from([None, "1970", "+1 day", "-1 hour"])),
    often("ntp", st.booleans()),
    faults("line", st.tuples(st.booleans(), st.booleans())),
    faults("line", st.just((True, True))),
    faults("plug", st.booleans()),
)
RESTARTS = st.one_of(RESTLESS, often("kill", st.just(True)), often("start", st.just(True)))
RESETS = st.one_of(RESTLESS, often("reset", st.none()))


JUMPS = {"+1 day": timedelta(days=1), "-1 hour": timedelta(hours=-1), "+12 hours": timedelta(hours=12)}


class Night:
    """Plays faults on a lane and remembers what excuses the dark."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.excused: list[tuple[float, float]] = []  # spans in which somebody or something may have made it dark

    async def play(self, fault: Fault) -> None:
        await cast("Any", getattr(self, f"_{fault.what}"))(fault.value)
        last = self.now()
        excused = self._may_be_dark()
        await asyncio.sleep(fault.then_s)
        if excused or self._may_be_dark():
            self.excused.append((last, self.now()))

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def _may_be_dark(self) -> bool:
        """A technician; a photocell that says day to those whom nobody has told the hour since they started; or none
        that is heard by an agent that started with a wrong clock, which it must believe.
        """
        lane = self.lane
        standing = lane.agent and lane.agent.overrides.standing("lamp-1", lane.agent.clock.now())
        lux = lane.kerb.values[0]
        knows = lane.agent is None or self._knows_the_hour(lane.agent.clock)
        deceived = math.isnan(lux) and lane.agent is not None and lane.agent.clock.trusted and not knows
        told = lane.kerb.knows_the_night and knows
        return bool(standing and standing.technician) or (lux > 35.0 and not told) or deceived

    def _knows_the_hour(self, clock: Clock) -> bool:
        """Whether an agent has a clock, and that is right: to within the hours after dusk in which a street begins."""
        off_s = (clock.now() - self.lane.clock.true()).total_seconds() % 86400.0
        return clock.trusted and (off_s < 3 * 3600.0 or off_s > 22 * 3600.0 - 60.0)

    async def _presence(self, there: bool) -> None:
        self.lane.kerb.present = there

    async def _lux(self, lux: float) -> None:
        self.lane.kerb.values[0] = lux

    async def _power(self, watts: float) -> None:
        self.lane.kerb.values[3] = watts

    async def _line(self, ways: tuple[bool, bool]) -> None:
        self.lane.kerb.to_board, self.lane.kerb.to_host = ways

    async def _plug(self, there: bool) -> None:
        if there:
            self.lane.kerb.plugged = True
        else:
            self.lane.kerb.unplug()

    async def _kill(self, keep: bool) -> None:
        await self.lane.kill()
        if not keep:
            for path in self.lane.node.state_dir.iterdir():
                path.unlink()

    async def _start(self, _: bool) -> None:
        if self.lane.agent is None:
            self.lane.start()

    async def _reset(self, _: None) -> None:
        self.lane.kerb.reset()

    async def _wall(self, to: str | None) -> None:
        clock = self.lane.clock
        if to is None:
            clock.off = timedelta(0)
        elif to == "1970":
            clock.jump_to(datetime(1970, 1, 1, tzinfo=UTC))
        else:
            clock.off += JUMPS[to]
            clock.off = max(clock.off, timedelta(hours=-2))  # earlier the sun was really up

    async def _ntp(self, there: bool) -> None:
        self.lane.clock.set_by_ntp = there

    async def _remote(self, level: float) -> None:
        self._override(level, technician=False)

    async def _technician(self, level: float) -> None:
        self._override(level, technician=True)

    def _override(self, level: float, *, technician: bool) -> None:
        if self.lane.agent is not None:
            now = self.lane.agent.clock.now()
            until = now + timedelta(seconds=40)
            self.lane.agent.overrides.put(Override("lamp-1", level, until, "somebody", technician), now)
            self.lane.agent.overrides.save()

    async def _resume(self, _: None) -> None:
        if self.lane.agent is not None:
            self.lane.agent.overrides.drop("lamp-1")
