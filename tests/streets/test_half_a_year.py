"""Half a year of one lamp, minute by minute, over both changes of the clocks: one night, one on, one off."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from astral import Observer
from astral.sun import elevation
from tests.clocks import HandClock
from tests.streets.lane import DEFINITION, NAMES, RULES

from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport
from lampyre.lamp import Lamp
from lampyre.sense.latest import Latest
from lampyre.settings import LampSettings, NodeSettings
from lampyre.summarise.period import Periods
from lampyre_sim.sun import daylight


def half_a_year(latitude: float, longitude: float, folder: Path) -> list[tuple[datetime, bool]]:
    """Step one lamp once a minute from October to April; return when it went on and off."""
    at = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
    clock = HandClock(at)
    line = BoardLine("b1", "serial:///dev/b1", DEFINITION, clock, lambda _: None, lambda _: None)
    latest = Latest(RULES, clock)
    node = NodeSettings(site="s", id="n", latitude=latitude, longitude=longitude, state_dir=folder)
    lamp = Lamp(LampSettings(id="lamp-1", board="b1"), node, line, latest, Overrides(folder / "o.json"), clock)
    lamp.told(LampReport(ordered=False, level=0.0, target=0.0, left_s=0.0))
    sky = Observer(latitude, longitude, 0.0)
    periods = Periods(clock.now(), clock.monotonic())
    switched = []
    lit, ended = False, 0
    while clock.now() < datetime(2027, 4, 2, 12, 0, tzinfo=UTC):
        now = clock.now()
        lux = max(0.1, daylight(elevation(sky, now, with_refraction=False))) if now.day % 3 else math.nan
        latest.put(NAMES, [0.0, 0.0, lux, 0.8, 12.0, math.nan, 0.0, 0.0])
        news = lamp.step()
        assert news is not None
        if (news.step.order.level > 0.0) != lit:
            lit = not lit
            switched.append((now, lit))
        over = periods.over(now, clock.monotonic())
        if over is not None:
            ended += 1
            start, end = over
            assert lamp.close(start, end).start < end
        clock.pass_s(60.0)
    assert ended == 183 * 96 - 1  # the last one is still open
    return switched


def test_half_a_year_in_dijon_has_one_switch_on_and_one_switch_off_a_night(tmp_path: Path) -> None:
    switched = half_a_year(47.322, 5.041, tmp_path)
    assert [lit for _, lit in switched] == [True, False] * 183
    nights = [(at - timedelta(hours=12)).date() for at, _ in switched]
    assert nights == sorted([*set(nights), *set(nights)])


def test_half_a_year_beyond_the_polar_circle_has_no_doubled_switching(tmp_path: Path) -> None:
    switched = half_a_year(70.0, 20.0, tmp_path)
    assert [lit for _, lit in switched] == [True, False] * (len(switched) // 2)
    for (before, _), (after, _) in pairwise(switched):
        assert after - before > timedelta(minutes=15), "a short night or a short day, not a flicker"
    by_night = [(at - timedelta(hours=11)).date() for at, lit in switched if lit]
    assert len(by_night) == len(set(by_night))
    assert 100 < len(by_night) <= 183
