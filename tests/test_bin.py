"""One bin over weeks: whoever foresees it better speaks, and the summary says who and how well."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from tests.clocks import HandClock

from lampyre.bin import KEEP, Bin
from lampyre.chance import Chance
from lampyre.decide.inference import Model, load_model
from lampyre.decide.skill import LEAST_DAYS
from lampyre.records import Features, Forecast, Quantity
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import BinSettings, NodeSettings
from lampyre_models import folder

START = datetime(2026, 12, 1, tzinfo=UTC)
DISTANCE = "b1.distance"


class Skewed:
    """The shipped model, whose fill is off by so much."""

    def __init__(self, off: float) -> None:
        self._model = load_model(folder("fill_v1"))
        self._off = off

    def predict_all(self, features: Features) -> tuple[Forecast | Chance, ...] | None:
        found = self._model.predict_all(features)
        if found is None:
            return None
        fill, *others = found
        assert isinstance(fill, Forecast)
        moved = tuple(min(one + self._off, 1.0) for one in fill.p50)
        return (replace(fill, p10=moved, p50=moved, p90=moved), *others)


class Kerbside:
    """A bin of one metre under a sensor that sees all of it."""

    def __init__(self, model: Any = None, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock(START)
        self.latest = Latest([ChannelRule(DISTANCE, Quantity.DISTANCE, 0.3, 5.0, 5.0)], self.clock)
        settings = BinSettings(id="bin-1", distance=DISTANCE, height_m=1.0, dead_zone_m=0.0, stream="paper")
        self.bin = Bin(settings, NodeSettings(site="s", id="n", latitude=47.3, longitude=5.0), self.latest)
        self.bin.model = cast("Model | None", model)

    def live(self, days: float) -> Iterator[str | None]:
        """Look every quarter of an hour at a bin that fills in two days by day and is emptied; yield who speaks."""
        for _ in range(round(days * 96)):
            self.clock.pass_s(900.0)
            hours = (self.clock.now() - START).total_seconds() / 3600
            fill = 0.6 * min(hours % 48 / 40, 1.0)
            self.latest.put([DISTANCE], [1.0 - fill])
            self.bin.step()
            assert self.bin.last is not None
            yield self.bin.last.forecast.source if self.bin.last.forecast else None


def test_a_bad_model_is_silenced_within_a_week_and_the_hours_of_scores_it_takes() -> None:
    kerb = Kerbside(Skewed(0.5))
    heard = list(kerb.live(LEAST_DAYS + 2))
    silenced = heard.index("rule: mean rate")
    assert (heard[silenced - 1] or "").startswith("fill_v1")
    assert LEAST_DAYS * 96 <= silenced <= (LEAST_DAYS + 1) * 96
    assert set(heard[silenced:]) == {"rule: mean rate"}
    summary = kerb.bin.close(START, kerb.clock.now())
    assert summary.forecast_by == "rule: mean rate"
    assert summary.skill is not None
    assert summary.skill.value is not None
    assert summary.skill.value < 0.0


def test_who_was_silenced_stays_so_over_a_restart() -> None:
    kerb = Kerbside(Skewed(0.5))
    assert list(kerb.live(LEAST_DAYS + 2))[-1] == "rule: mean rate"
    again = Kerbside(Skewed(0.5), kerb.clock)
    again.bin.restore(kerb.bin.text(), kerb.clock.now())
    assert again.bin.contest is not None
    assert kerb.bin.contest is not None
    assert again.bin.contest.skill == kerb.bin.contest.skill
    assert set(again.live(0.2)) == {"rule: mean rate"}


def test_without_a_model_the_rule_speaks_and_there_is_no_skill() -> None:
    kerb = Kerbside()
    assert set(kerb.live(1)) == {None, "rule: mean rate"}
    assert kerb.bin.close(START, kerb.clock.now()).skill is None


def test_a_sensor_in_doubt_scores_nobody() -> None:
    kerb = Kerbside(Skewed(0.5))
    kerb.latest = Latest([ChannelRule(DISTANCE, Quantity.DISTANCE, 4.0, 5.0, 5.0)], kerb.clock)
    kerb.bin._latest = kerb.latest
    list(kerb.live(2))
    assert kerb.bin.contest is not None
    assert kerb.bin.contest.skill.scored == 0


def test_a_fortnight_that_was_kept_before_there_were_scores_is_taken_up() -> None:
    kerb = Kerbside()
    now = kerb.clock.now()
    old, young = (now - KEEP - timedelta(hours=1)).timestamp(), (now - timedelta(hours=1)).timestamp()
    kerb.bin.restore(f"[[{old:.0f}, 0.1], [{young:.0f}, 0.25]]", now)
    assert [fill for _, fill in kerb.bin.watch.history] == [0.25]


@pytest.mark.parametrize("text", ['{"format": 3}', '{"format": 2, "history": []}', '"x"', "5", '{"format": 2}'])
def test_a_memory_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        Kerbside().bin.restore(text, START)
