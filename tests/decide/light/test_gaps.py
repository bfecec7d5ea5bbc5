"""The learned hold: within its bounds whatever was learned, longer only where the next one comes soon enough."""

import json
import random
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.light.gaps import EDGES_S, KEPT, LEAST, PARTS, Gaps
from lampyre.decide.light.on_demand import Demand, OnDemand
from lampyre.records import Forecast, Quality, Quantity, Reading, Snapshot

RULE = Demand(0.32, 0.8, 30.0, 180.0, "b1.presence", "b1.passages", ZoneInfo("Europe/Paris"))
EVENING = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)  # 19:00 on the wall
SOMEBODY = Forecast("count", (900.0,), (1.0,), (2.0,), (3.0,), "activity_v1")


class Corner:
    """A sensor and the policy that looks at it once a second."""

    def __init__(self) -> None:
        self.policy = OnDemand(RULE)
        self.at_s = 0.0

    def look(self, presence: float, quality: Quality = Quality.GOOD, *, trusted: bool = True) -> str:
        at = EVENING + timedelta(seconds=self.at_s)
        reading = Reading("b1.presence", Quantity.PRESENCE, presence, at, quality)
        seen = Snapshot(at, self.at_s, trusted, MappingProxyType({"b1.presence": reading}))
        said = self.policy.decide(seen, night=True, forecast=SOMEBODY).why
        self.at_s += 1.0
        return said

    def gaps(self, times: int, gap_s: int) -> None:
        for _ in range(times):
            for _ in range(3):
                self.look(1.0)
            for _ in range(gap_s - 1):
                self.look(0.0)


def learned(gaps_s: list[float], hour: int = 19) -> Gaps:
    gaps = Gaps()
    for gap_s in gaps_s:
        gaps.learn(hour, gap_s)
    return gaps


def test_until_enough_gaps_were_seen_nothing_is_said() -> None:
    assert learned([40.0] * (LEAST - 1)).hold(19, 30.0, 180.0) is None
    assert learned([40.0] * LEAST).hold(19, 30.0, 180.0) is not None
    assert learned([40.0] * LEAST).hold(3, 30.0, 180.0) is None, "another hour"


@pytest.mark.parametrize(
    ("gaps_s", "hold_s"),
    [
        ([40.0] * 100, 45.0),  # everybody comes soon: until then, and no longer
        ([900.0] * 100, 30.0),  # nobody does: waiting is light for nobody
        ([40.0] * 50 + [900.0] * 50, 45.0),  # groups with long breaks: for the rest of the group only
        ([40.0] * 10 + [900.0] * 90, 30.0),
        ([10.0] * 100, 30.0),  # all of them within the least hold anyway
    ],
)
def test_the_hold_follows_the_gaps(gaps_s: list[float], hold_s: float) -> None:
    assert learned(gaps_s).hold(19, 30.0, 180.0) == hold_s


def test_where_people_come_at_random_it_holds_in_busy_streets_and_not_in_quiet_ones() -> None:
    chance = random.Random(5)
    busy = learned([chance.expovariate(1 / 45.0) for _ in range(KEPT)])
    quiet = learned([chance.expovariate(1 / 400.0) for _ in range(KEPT)])
    assert (busy.hold(19, 30.0, 180.0) or 0.0) >= 120.0
    assert quiet.hold(19, 30.0, 180.0) == 30.0


@given(
    st.lists(st.tuples(st.integers(0, 23), st.floats(0.0, 1e9)), max_size=300),
    st.integers(0, 23),
    st.floats(0.1, 86400.0),
    st.floats(0.0, 86400.0),
)
def test_whatever_was_learned_the_hold_stays_within_its_bounds(
    seen: list[tuple[int, float]], hour: int, least_s: float, more_s: float
) -> None:
    gaps = Gaps()
    for at, gap_s in seen:
        gaps.learn(at, gap_s)
    hold_s = gaps.hold(hour, least_s, least_s + more_s)
    assert hold_s is None or least_s <= hold_s <= least_s + more_s


@given(st.lists(st.tuples(st.integers(0, 23), st.floats(0.0, 1e4)), max_size=900))
def test_what_is_kept_is_small_and_counts_only(seen: list[tuple[int, float]]) -> None:
    gaps = Gaps()
    for at, gap_s in seen:
        gaps.learn(at, gap_s)
    kept = gaps.to_json()
    assert len(json.dumps(kept)) < 1000
    assert [len(part) for part in kept] == [len(EDGES_S) + 1] * PARTS
    again = Gaps()
    again.restore(json.loads(json.dumps(kept)))
    assert again.to_json() == kept
    assert all(again.hold(hour, 30.0, 180.0) == gaps.hold(hour, 30.0, 180.0) for hour in range(24))


@pytest.mark.parametrize(
    "kept", [None, [], [[]] * PARTS, [[-1] * 13] * PARTS, [[0.5] * 13] * PARTS, [[400] * 13] * PARTS]
)
def test_what_is_damaged_is_refused_and_nothing_is_taken_up(kept: object) -> None:
    gaps = learned([40.0] * 50)
    with pytest.raises(ValueError, match="gaps"):
        gaps.restore(kept)
    assert gaps.hold(19, 30.0, 180.0) == 45.0


def test_a_lamp_learns_the_gaps_of_its_street_and_says_that_it_goes_by_them() -> None:
    corner = Corner()
    corner.gaps(LEAST - 1, 40)
    assert corner.look(1.0) == "presence, held 30 s by activity_v1: next passer unlikely"
    corner.gaps(2, 40)
    assert corner.look(1.0) == "presence, held 45 s by the gaps learned at this hour"


def test_who_stays_leaves_no_gaps_and_a_silent_sensor_none_that_is_believed() -> None:
    corner = Corner()
    for _ in range(2000):
        corner.look(1.0)
    for _ in range(LEAST + 5):
        corner.look(1.0)
        for second in range(39):
            corner.look(0.0, Quality.STALE if second == 20 else Quality.GOOD)
    assert not any(any(part) for part in corner.policy._gaps.to_json())


def test_without_a_trusted_clock_nobody_knows_the_hour_and_nothing_is_learned() -> None:
    corner = Corner()
    for _ in range(LEAST + 5):
        corner.look(1.0, trusted=False)
        for _ in range(39):
            corner.look(0.0, trusted=False)
    assert not any(any(part) for part in corner.policy._gaps.to_json())
