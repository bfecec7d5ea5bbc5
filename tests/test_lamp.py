"""One lamp over weeks: its light follows whoever foresees better, and the summary says who and how well."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from tests.clocks import EVENING, HandClock

import lampyre_boards
from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport, load_definition
from lampyre.decide.activity import HORIZONS_S
from lampyre.decide.inference import Model
from lampyre.decide.light.gaps import Gaps
from lampyre.decide.skill import LEAST_DAYS
from lampyre.errors import ConfigError
from lampyre.lamp import Lamp
from lampyre.records import Features, Forecast
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import LampSettings, NodeSettings

DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))
NAMES = [f"b1.{channel.name}" for channel in DEFINITION.channels]
RULE = "rule: slot of the week"
EVERY_QUARTER = 9.0  # passages: another one is likely within the longest hold


class Sure:
    """A model that is sure of one count for ever."""

    def __init__(self, count: float) -> None:
        self._count = count

    def predict(self, features: Features) -> Forecast | None:
        sure = (self._count,) * len(HORIZONS_S)
        return Forecast("count per 15 min", HORIZONS_S, sure, sure, sure, "sure 1")


class Street:
    """A lamp on a street where as many pass in every quarter of an hour."""

    def __init__(self, model: Any, country: str | None = None) -> None:
        self.clock = HandClock()
        rules = [
            ChannelRule(n, c.quantity, c.low, c.high, 5.0) for n, c in zip(NAMES, DEFINITION.channels, strict=True)
        ]
        self.latest = Latest(rules, self.clock)
        node = NodeSettings(site="s", id="n", latitude=47.3, longitude=5.0, country=country)
        line = BoardLine("b1", "serial:///dev/b1", DEFINITION, self.clock, lambda _: None, lambda _: None)
        lamp = LampSettings(id="lamp-1", board="b1")
        self.lamp = Lamp(lamp, node, line, self.latest, Overrides(Path("/nowhere")), self.clock)
        self.lamp.model = cast("Model | None", model)
        self.passed = 0.0
        self.look()
        self.lamp.told(LampReport(ordered=True, level=0.32, target=0.32, left_s=50.0))

    def look(self, presence: float = 0.0) -> None:
        values = {"presence": presence, "passages": self.passed, "lux": 0.5, "distance": 0.8, "temperature": 9.0}
        self.latest.put(NAMES, [values.get(name.removeprefix("b1."), 15.0) for name in NAMES])
        self.lamp.step()

    def live(self, days: int) -> list[str | None]:
        """Look four times a quarter; return who foresaw at the end of each quarter."""
        said = []
        for _ in range(days * 96):
            for _ in range(3):
                self.clock.pass_s(225.0)
                self.look()
            self.passed += EVERY_QUARTER
            self.clock.pass_s(225.0)
            self.look()
            said.append(self.lamp.forecast.source if self.lamp.forecast else None)
        return said


def test_a_bad_model_guides_for_a_week_of_scores_and_then_the_rule_does() -> None:
    street = Street(Sure(0.0))
    said = street.live(LEAST_DAYS + 1)
    assert said[: LEAST_DAYS * 96 - 1] == ["sure 1"] * (LEAST_DAYS * 96 - 1)
    assert set(said[LEAST_DAYS * 96 + 1 :]) == {RULE}
    summary = street.lamp.close(EVENING, street.clock.now())
    assert summary.forecast_by == RULE
    assert summary.skill is not None
    assert summary.skill.scored >= LEAST_DAYS * 96


def test_where_the_rule_speaks_the_light_is_held_for_those_it_expects_and_says_by_whom() -> None:
    street = Street(Sure(0.0))
    street.live(LEAST_DAYS + 1)
    street.look(presence=1.0)
    assert street.lamp.last is not None
    assert street.lamp.last.order.why == "presence, held 30 s by the gaps learned at this hour", "all came at once"
    street.lamp.policy.restore(Gaps().to_json())
    street.look(presence=1.0)
    assert street.lamp.last.order.why == f"presence, held 100 s by {RULE}: next passer likely"


def test_the_gaps_outlive_a_restart_and_an_older_memory_has_none() -> None:
    street = Street(Sure(EVERY_QUARTER))
    street.live(3)
    kept = street.lamp.text()
    again = Street(Sure(EVERY_QUARTER))
    again.lamp.restore(kept)
    assert again.lamp.policy.learned() == street.lamp.policy.learned() != Gaps().to_json()
    older = json.loads(kept)
    del older["gaps"]
    Street(Sure(EVERY_QUARTER)).lamp.restore(json.dumps(older))


def test_a_good_model_guides_on() -> None:
    street = Street(Sure(EVERY_QUARTER))
    assert set(street.live(LEAST_DAYS + 1)) == {"sure 1"}


def test_without_a_model_nobody_foresees_and_the_hold_is_the_configured_one() -> None:
    street = Street(None)
    assert set(street.live(1)) == {None}
    street.look(presence=1.0)
    assert street.lamp.last is not None
    assert street.lamp.last.order.why == "presence, held 30 s by rule: no forecast"
    summary = street.lamp.close(EVENING, street.clock.now())
    assert (summary.forecast_by, summary.skill) == (None, None)


def test_a_country_that_nobody_knows_is_refused_at_the_start() -> None:
    assert Street(None, "FR").lamp.site.past.calendar.holiday(HandClock().now().date().replace(day=25))
    with pytest.raises(ConfigError, match=r"node\.country"):
        Street(None, "XX")
