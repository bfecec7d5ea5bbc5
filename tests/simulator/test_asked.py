"""A street begins when it was asked to, and its hours are as long as the sun's."""

from datetime import UTC, datetime, timedelta

from lampyre_sim.asked import ZONE, Asked, prepare
from lampyre_sim.world import World


def test_the_night_when_clocks_change_has_its_hour_more() -> None:
    plan, passages = prepare(Asked(start=datetime(2026, 10, 25, 1, 15)))  # noqa: DTZ001 - as it is typed
    assert plan.start == datetime(2026, 10, 24, 23, 15, tzinfo=UTC)
    world = World(plan, passages)
    world.now_s = timedelta(hours=2).total_seconds()
    assert world.at == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert f"{world.at.astimezone(ZONE):%H:%M %Z}" == "02:15 CET"
