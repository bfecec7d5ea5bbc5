"""A site learns whole quarters, and nothing else: no half ones, and none with a jump of the clock inside."""

import json
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from tests.clocks import EVENING

from lampyre.decide.activity import HORIZONS_S
from lampyre.decide.calendar import Calendar
from lampyre.decide.profile import SiteProfile
from lampyre.decide.site import Site
from lampyre.records import Features, Forecast, Quantity, Reading, Snapshot

PARIS = ZoneInfo("Europe/Paris")


def seen(minute: float, count: float, *, off_minutes: float = 0.0, trusted: bool = True) -> Snapshot:
    at = EVENING + timedelta(minutes=minute + off_minutes)
    reading = Reading("b1.passages", Quantity.PASSAGES, count, at)
    return Snapshot(at, minute * 60.0, trusted, MappingProxyType({"b1.passages": reading}))


def test_a_whole_quarter_is_learned_when_it_is_over() -> None:
    site = Site("b1.passages", PARIS, Calendar())
    over = [site.quarter_over(seen(minute, minute)) for minute in range(16)]
    assert [minute for minute, ended in enumerate(over) if ended] == [0, 15]
    assert site.past.profile.learned == 1
    assert site.past.profile.expect(EVENING.astimezone(PARIS)) == 15.0


def test_a_quarter_in_whose_middle_we_began_is_not_learned() -> None:
    site = Site("b1.passages", PARIS, Calendar())
    for minute in range(7, 31):
        site.quarter_over(seen(minute, minute))
    assert site.past.profile.learned == 1, "only the second one was whole"


@pytest.mark.parametrize("jump_minutes", [-60.0, -10.0, 5.0, 60.0, 1440.0, -30_000_000.0])
def test_a_quarter_with_a_jump_of_the_clock_inside_is_not_learned(jump_minutes: float) -> None:
    site = Site("b1.passages", PARIS, Calendar())
    for minute in range(7):
        site.quarter_over(seen(minute, minute))
    for minute in range(7, 16):
        site.quarter_over(seen(minute, minute, off_minutes=jump_minutes))
    assert site.past.profile.learned == 0


def test_a_quarter_without_a_trusted_clock_is_not_over() -> None:
    site = Site("b1.passages", PARIS, Calendar())
    assert not any(site.quarter_over(seen(minute, minute, trusted=False)) for minute in range(40))


def test_a_week_of_hours_is_not_ours() -> None:
    site = Site("b1.passages", PARIS, Calendar())
    with pytest.raises(ValueError, match="3600 s"):
        site.past.restore(json.dumps(SiteProfile(3600).to_json()))
    site.quarter_over(seen(0, 0))
    site.quarter_over(seen(15, 3))
    assert site.past.profile.learned == 1


class Sure:
    """A model that is sure of one count for ever."""

    def predict(self, features: Features) -> Forecast | None:
        sure = (15.0,) * len(HORIZONS_S)
        return Forecast("count", HORIZONS_S, sure, sure, sure, "sure 1")


def test_without_a_model_nobody_foresees_and_with_one_it_is_scored_on_whole_quarters() -> None:
    site = Site("b1.passages", PARIS, Calendar())
    for minute in range(16):
        if site.quarter_over(seen(minute, minute)):
            assert site.forecast(None, seen(minute, minute).at) is None
    assert site.forecast(Sure(), seen(15, 15).at) is not None
    site.quarter_over(seen(30, 30))
    assert site.past.contest.scores[0].scored == 1
    assert site.past.contest.scores[0].model == 0.0


def test_a_forecast_made_before_the_clock_was_set_is_never_scored() -> None:
    site = Site("b1.passages", PARIS, Calendar())
    for minute in (0, 15, 30):
        if site.quarter_over(seen(minute, minute)):
            site.forecast(Sure(), seen(minute, minute).at)
    assert site.past.contest.scores[0].scored == 2
    for minute in (45, 60, 75):
        site.quarter_over(seen(minute, minute, off_minutes=-30.0))
    assert [score.scored for score in site.past.contest.scores] == [2, 1, 0, 0, 0]
