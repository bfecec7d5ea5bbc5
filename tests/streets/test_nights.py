"""Whole nights of one lamp: whatever breaks, it is lit, it moves gently, and it can say why."""

import asyncio
import math
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.streets.faults import FAULTS, ODD, RESETS, RESTARTS, Fault, Mad, Night, generated
from tests.streets.lane import SAFE_RAMP_S, Lane, Moment, begin

from lampyre.act.override import Override
from lampyre.bounds import envelope_of
from lampyre.decide.inference import Model
from lampyre.records import Fine
from lampyre.settings import LampSettings
from lampyre_sim.loop import JumpingLoop

VALID_S = 60.0
FLOOR = 0.32  # P6 of a lamp that yields P4 at 0.8
LATE_S = 3.0  # a tick, a lost frame and the ramp up
LEAST = 0.1  # of the board
SEEN = 0.005
SCALED = 0.8 * 0.9  # what a new lamp of these gives of a level
BY_TRAFFIC = {"policy": "adaptive", "adaptive": {"design_flow_per_h": 60.0, "continuous": True}}
COMPENSATED = {
    "output": {"virtual": 0.8, "depreciation": [[0, 0.9], [50000, 1.0]], "ramp": "even"},
    "limits": {"most": 0.75, "curfew": {"begin": "21:30", "end": "06:00", "most": 0.5}},
}


def in_virtual_time(coroutine: Any) -> Any:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(coroutine)


async def a_night(folder: Path, says: list[float], events: list[Fault], lamp: Mapping[str, Any] | None = None) -> Night:
    lane = Lane(folder, begin(), model=cast("Model", Mad(says)), lamp=lamp)
    night = Night(lane)
    async with lane.open():
        lane.start()
        await asyncio.sleep(10)
        for event in events:
            await night.play(event)
    return night


def too_dark(shown: list[Moment], floor: float, excused: list[tuple[float, float]]) -> list[Moment]:
    """Return the moments at which the lamp had been below its floor for longer than the ramp, without excuse."""
    found: list[Moment] = []
    for below, run in groupby(shown, lambda moment: moment.level < floor - 1e-3):
        if not below:
            continue
        dark = [moment for moment in run if not _within(moment.at_s, excused)]
        found += [moment for moment in dark if moment.at_s - dark[0].at_s > LATE_S]
    return found


def _within(at_s: float, spans: list[tuple[float, float]]) -> bool:
    """Whether it lies in a span, or so shortly after it that its last order may still hold."""
    return any(begin_s <= at_s <= end_s + VALID_S + 2 * LATE_S for begin_s, end_s in spans)


def jolts(lane: Lane) -> list[tuple[Moment, Moment]]:
    """Return where the lamp moved faster than its ramps allow; a board that restarts is lit at once."""
    found = []
    safe_s = 0.0
    for before, after in pairwise(lane.kerb.shown):
        if not after.ordered or not before.ordered:
            safe_s = after.at_s
        if any(before.at_s <= reset_s <= after.at_s for reset_s in lane.kerb.resets_s):
            continue
        passed_s = after.at_s - before.at_s
        slow_s = SAFE_RAMP_S if after.at_s - safe_s <= SAFE_RAMP_S else lane.settings.ramp_down_s
        if _steep(before.level, after.level, passed_s, lane.settings, slow_s):
            found.append((before, after))
    return found


def _steep(before: float, after: float, passed_s: float, lamp: LampSettings, slow_s: float) -> bool:
    share = 1.02 * passed_s / (lamp.ramp_up_s if after > before else slow_s)
    if abs(after - before) <= share + 0.002:
        return False
    if lamp.output.ramp != "even":
        return True
    low, high = sorted((max(LEAST, before), max(LEAST, after)))  # to and from off by way of the least level
    return math.log(high / low) > math.log(1.0 / LEAST) * share + 0.002


@generated(25)
@given(st.lists(st.sampled_from(ODD), max_size=5), st.lists(FAULTS, min_size=3, max_size=14))
def test_whatever_breaks_the_lamp_is_lit_moves_gently_and_says_why(says: list[float], events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = in_virtual_time(a_night(Path(folder), says, events))
    lane = night.lane
    assert not too_dark(lane.kerb.shown, FLOOR, night.excused)
    assert not jolts(lane)
    assert all(step.order.why and step.intent.why and step.night_why for step in lane.steps)


@generated(15)
@given(st.lists(FAULTS, min_size=3, max_size=14))
def test_nor_is_a_dimmed_compensated_lamp_with_even_ramps_ever_dark_or_too_bright(events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = in_virtual_time(a_night(Path(folder), [20.0], events, COMPENSATED))
    lane = night.lane
    assert not too_dark(lane.kerb.shown, FLOOR * SCALED, night.excused)
    assert not jolts(lane)
    envelope = envelope_of(lane.settings, lane.node)
    for step in lane.steps:
        order = step.order
        if order.fine is Fine.FAILSAFE:
            continue  # what the board does of itself: no order of ours
        cap = envelope.cap(order.fine, step.seen.at if step.seen.clock_trusted else None)  # no hour, no curfew
        blind = "raised: presence sensor not heard" in order.clamps
        assert order.level <= (max(cap, envelope.safe_level) if blind else cap)


@generated(15)
@given(st.lists(st.sampled_from(ODD), max_size=5), st.lists(FAULTS, min_size=3, max_size=14))
def test_nor_is_a_lamp_that_follows_the_traffic_ever_dark(says: list[float], events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = in_virtual_time(a_night(Path(folder), says, events, BY_TRAFFIC))
    lane = night.lane
    assert not too_dark(lane.kerb.shown, FLOOR, night.excused)
    assert not jolts(lane)


def turns(shown: list[Moment]) -> list[float]:
    """Return when the lamp changed its direction, by more than anybody could see."""
    found: list[float] = []
    rising: bool | None = None
    far = shown[0].level
    for moment in shown:
        if rising is not None and (moment.level > far) is rising and moment.level != far:
            far = moment.level
        elif abs(moment.level - far) > SEEN:
            if rising is not None:
                found.append(moment.at_s)
            rising, far = moment.level > far, moment.level
    return found


@generated(15)
@given(st.one_of(st.lists(RESTARTS, min_size=30, max_size=60), st.lists(RESETS, min_size=30, max_size=60)))
def test_no_lamp_changes_direction_more_than_six_times_in_ten_minutes(events: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = in_virtual_time(a_night(Path(folder), [0.0], events))
    when, resets_s = turns(night.lane.kerb.shown), night.lane.kerb.resets_s
    for at_s in when:
        resets = sum(-1.0 <= reset_s - at_s < 600.0 for reset_s in resets_s)
        # a board that starts is at its safe level at once, and then goes where it is told
        assert sum(0.0 <= later - at_s < 600.0 for later in when) <= 6 + 2 * resets, (when, resets_s)
    assert not too_dark(night.lane.kerb.shown, FLOOR, night.excused)
    assert not jolts(night.lane)


@generated(40)
@given(
    st.sampled_from(["quiet", "somebody", "remote", "technician", "falling"]),
    st.floats(0.0, 1.0),
    st.floats(1.0, 50.0),
    st.sampled_from([0.5, 50.0, math.nan]),
    st.booleans(),
)
def test_a_restart_in_time_never_moves_the_lamp(
    doing: str, phase_s: float, dead_s: float, lux: float, trusted: bool
) -> None:
    async def night(folder: Path) -> Lane:
        lane = Lane(folder, begin(), lux)
        lane.kerb.present = doing == "somebody"
        lane.clock.set_by_ntp = trusted or doing in ("remote", "technician")  # without a clock these wait for it
        playing = Night(lane)
        async with lane.open():
            lane.start()
            await asyncio.sleep(60.0 + phase_s)
            if doing in ("remote", "technician"):
                now = lane.clock.now()
                until = now + timedelta(hours=1)
                assert lane.agent is not None
                lane.agent.overrides.put(Override("lamp-1", 0.5, until, "somebody", doing == "technician"), now)
                lane.agent.overrides.save()
                await asyncio.sleep(25.0)
            if doing == "falling":
                lane.kerb.present = True
                await asyncio.sleep(5.0)
                lane.kerb.present = False
                await asyncio.sleep(40.0)
            await playing.play(Fault("kill", True, dead_s))
            before = len(lane.kerb.shown)
            lane.start()
            await asyncio.sleep(20.0)
            lane.kerb.shown = lane.kerb.shown[before:]
        return lane

    with tempfile.TemporaryDirectory() as folder:
        lane = in_virtual_time(night(Path(folder)))
    levels = [moment.level for moment in lane.kerb.shown]
    if doing == "falling":
        assert all(after <= before + 1e-6 for before, after in pairwise(levels)), "a fall that has begun goes on"
    else:
        assert max(levels) - min(levels) < 1e-3
    assert not jolts(lane)


@generated(25)
@given(st.floats(0.3, 45.0), st.floats(0.0, 1.0), st.sampled_from(["line", "plug"]))
def test_orders_that_were_lost_do_not_make_the_lamp_jump(lost_s: float, phase_s: float, what: str) -> None:
    async def night(folder: Path) -> Lane:
        lane = Lane(folder, begin())
        playing = Night(lane)
        async with lane.open():
            lane.kerb.present = True
            lane.start()
            await asyncio.sleep(20.0 + phase_s)
            lane.kerb.present = False
            await asyncio.sleep(29.0)
            await playing.play(Fault(what, (False, False) if what == "line" else False, lost_s))
            await playing.play(Fault(what, (True, True) if what == "line" else True, 60.0))
        return lane

    with tempfile.TemporaryDirectory() as folder:
        lane = in_virtual_time(night(Path(folder)))
    assert not jolts(lane)
    assert lane.kerb.shown[-1].level == pytest.approx(0.32)


@pytest.mark.parametrize("told", [True, False])
def test_a_board_that_restarts_at_night_is_lit_and_goes_back_gently(tmp_path: Path, told: bool) -> None:
    async def night() -> Lane:
        lane = Lane(tmp_path, begin())
        playing = Night(lane)
        async with lane.open():
            lane.start()
            await asyncio.sleep(60.0)
            lane.kerb.to_host = told
            await playing.play(Fault("reset", None, 0.3))
            lane.kerb.to_host = True
            await asyncio.sleep(40.0)
        return lane

    lane = in_virtual_time(night())
    after = [moment for moment in lane.kerb.shown if moment.at_s >= 60.0]
    assert min(moment.level for moment in after) == pytest.approx(0.32)
    assert next(moment for moment in after if moment.ordered).at_s < 67.0
    assert not jolts(lane)


def test_no_order_goes_to_a_board_that_has_not_said_where_its_lamp_is(tmp_path: Path) -> None:
    async def evening() -> Lane:
        lane = Lane(tmp_path, begin())
        lane.kerb.to_host = False
        async with lane.open():
            line = lane.start().line
            line.order(0.1, 0.1, VALID_S)  # a ramp from somewhere else
            await asyncio.sleep(5.0)
            assert line.counts.orders == 0
            lane.kerb.to_host = True
            await asyncio.sleep(40.0)
            assert line.counts.orders > 0
        return lane

    lane = in_virtual_time(evening())
    assert min(moment.level for moment in lane.kerb.shown) == pytest.approx(FLOOR)
    assert not jolts(lane)
