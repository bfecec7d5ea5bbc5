"""Whole nights of a lamp whose programme changes its mind every minute: still lit, gentle, calm and with a reason."""

import asyncio
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from tests.streets.faults import FAULTS, Fault, Night, generated
from tests.streets.lane import Lane, begin
from tests.streets.test_nights import FLOOR, in_virtual_time, jolts, too_dark

from lampyre.decide.light.night import Almanac, NightRule
from lampyre.decide.light.programme import Mark, Period, Plan, Point, Programme
from lampyre.decide.light.timetable import Timetable
from lampyre.records import Cause

SAFE = 0.6
TEN_AT_NIGHT = 22 * 60  # local time at which the nights of the street begin
ASKED = st.tuples(st.sampled_from([0.0, 0.05, 0.32, 0.5, 0.8, 1.0]), st.booleans(), st.booleans())


def restless(asked: Sequence[tuple[float, bool, bool]]) -> Plan:
    """Return a plan with another period every minute, over and over for an hour."""
    periods = [
        Period(Point(Mark.CLOCK, TEN_AT_NIGHT + n), Point(Mark.CLOCK, TEN_AT_NIGHT + n + 1), *asked[n % len(asked)])
        for n in range(60)
    ]
    programme = Programme("restless", tuple(periods), 0.0)
    timetable = Timetable(None, (), "restless", lambda _: False)
    almanac = Almanac(47.322, 5.041, NightRule())
    return Plan(ZoneInfo("Europe/Paris"), almanac, timetable, {"restless": programme}, SAFE)


async def a_night(folder: Path, plan: Plan, events: list[Fault]) -> Night:
    lane = Lane(folder, begin(), plan=plan)
    night = Night(lane)
    async with lane.open():
        lane.start()
        await asyncio.sleep(10)
        for event in events:
            await night.play(event)
    return night


@generated(25)
@given(st.lists(ASKED, min_size=1, max_size=4), st.lists(FAULTS, min_size=3, max_size=14))
def test_whatever_a_programme_asks_and_whatever_breaks_the_lamp_is_lit_and_moves_gently(
    asked: list[tuple[float, bool, bool]], events: list[Fault]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = in_virtual_time(a_night(Path(folder), restless(asked), events))
    lane = night.lane
    assert not too_dark(lane.kerb.shown, FLOOR, night.excused)
    assert not jolts(lane)
    assert all(step.order.why and step.intent.why for step in lane.steps)
    for step in lane.steps:
        if step.night and step.intent.cause is Cause.PROGRAM and not step.seen.clock_trusted:
            assert step.intent.level == SAFE, "a programme needs the hour"
        elif step.intent.cause is Cause.PROGRAM and step.night:
            assert step.intent.level in {0.0, *(level for level, _, _ in asked)}, "and where it is known it is followed"


def test_the_lamp_follows_its_programme_minute_by_minute_and_no_lower_than_its_floor() -> None:
    wanted = [(0.8, False, False), (0.05, False, False), (0.5, False, False)]

    async def five_minutes(folder: Path) -> Lane:
        lane = Lane(folder, begin(), plan=restless(wanted))
        async with lane.open():
            lane.start()
            await asyncio.sleep(290.0)
        return lane

    with tempfile.TemporaryDirectory() as folder:
        lane = in_virtual_time(five_minutes(Path(folder)))
    levels = [round(step.order.level, 2) for step in lane.steps]
    followed = [levels[0], *(after for before, after in pairwise(levels) if before != after)]
    assert followed == [0.8, FLOOR, 0.5, 0.8, FLOOR]
