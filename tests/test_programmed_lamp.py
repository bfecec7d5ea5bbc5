"""A whole lamp with a calendar: it gives what `lampyre nights` foretold, through changes of clocks and restarts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.streets.lane import DEFINITION, NAMES, RULES
from tests.test_nights import CALENDAR, LIGHT
from tests.test_settings import written

from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport
from lampyre.lamp import Lamp
from lampyre.nights import Change, coming
from lampyre.plans import night_rule, plan_of
from lampyre.records import Cause
from lampyre.sense.latest import Latest
from lampyre.settings import Settings, load_settings

BY_SUN = '\n[night]\nby = "sun"\n'


class Mast:
    """The production lamp, stepped by hand; the board follows every order."""

    def __init__(self, settings: Settings, at: datetime) -> None:
        self.clock = HandClock(at)
        self.settings = settings
        self.latest = Latest(RULES, self.clock)
        self.lamp = self.begin(0.0)

    def begin(self, level: float) -> Lamp:
        """Start an agent that knows nothing yet and hears where the lamp stands."""
        line = BoardLine("b1", "serial:///dev/b1", DEFINITION, self.clock, lambda _: None, lambda _: None)
        of, node = self.settings.lamp[0], self.settings.node
        overrides = Overrides(node.state_dir / "overrides.json")
        rule, plan = night_rule(self.settings.night), plan_of(self.settings, of)
        self.lamp = Lamp(of, node, line, self.latest, overrides, self.clock, rule, plan)
        self.lamp.told(LampReport(ordered=level > 0.0, level=level, target=level, left_s=50.0))
        return self.lamp

    def look(self, presence: float = 0.0) -> tuple[float, str]:
        values = {"presence": presence, "passages": 0.0, "lux": 9.0, "distance": 0.8, "temperature": 9.0}
        self.latest.put(NAMES, [values.get(name.removeprefix("b1."), 15.0) for name in NAMES])
        news = self.lamp.step()
        assert news is not None
        return round(news.step.order.level, 4), news.step.order.why


def foretold(changes: list[Change], at: datetime) -> Change:
    return [change for change in changes if change.at <= at][-1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(written(tmp_path, CALENDAR + LIGHT + BY_SUN))


@pytest.mark.parametrize("day", ["2026-12-23", "2027-03-27", "2027-10-30"])
def test_over_two_nights_the_lamp_gives_what_was_foretold(settings: Settings, day: str) -> None:
    start = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    changes = list(coming(settings, start, 3))
    mast = Mast(settings, start)
    for _ in range(2 * 1440):
        mast.clock.pass_s(60.0)
        assert mast.look()[0] == pytest.approx(foretold(changes, mast.clock.now()).level), mast.clock.now()


def test_presence_raises_the_lamp_to_its_class_only_where_the_programme_lets_it(settings: Settings) -> None:
    mast = Mast(settings, datetime(2026, 12, 1, 23, tzinfo=UTC))  # midnight in Paris: 0.4, whoever comes
    assert mast.look(presence=1.0) == (0.4, "programme part-night from 23:00 to 02:30, by the default of calendar town")
    mast.clock.pass_s(3 * 3600.0)  # 03:00: 0.35, raised
    assert mast.look()[0] == 0.35
    assert mast.look(presence=1.0)[0] == 0.8
    assert mast.lamp.last is not None
    assert mast.lamp.last.order.cause is Cause.SENSOR


def test_a_restart_in_the_programme_moves_nothing(settings: Settings) -> None:
    mast = Mast(settings, datetime(2026, 12, 1, 23, tzinfo=UTC))
    before = mast.look()
    mast.clock.pass_s(20.0)
    mast.begin(before[0])
    assert mast.look() == before
    assert mast.lamp.last is not None
    assert mast.lamp.last.order.ramp_s == 0.0


def test_a_clock_that_is_not_trusted_ends_the_programme_in_the_safe_level(settings: Settings) -> None:
    mast = Mast(settings, datetime(2026, 12, 1, 23, tzinfo=UTC))
    assert mast.look()[0] == 0.4
    mast.clock.trusted = False
    assert mast.look() == (0.6, "clock not trusted, so no programme: safe level")
    mast.clock.trusted = True
    assert mast.look()[0] == 0.4


def test_what_the_photocell_showed_outlives_a_restart(tmp_path: Path) -> None:
    mast = Mast(load_settings(written(tmp_path, CALENDAR + LIGHT)), datetime(2026, 12, 1, 18, tzinfo=UTC))
    mast.look()
    mast.lamp.night.cell.restore({"turns": [0.9, 1.1]})
    text, learned = mast.lamp.text(), mast.lamp.night.cell.learned()
    assert mast.begin(0.0).night.cell.learned() != learned
    mast.lamp.restore(text)
    assert mast.lamp.night.cell.learned() == learned


def test_a_period_by_day_lights_the_lamp_before_dusk(settings: Settings) -> None:
    first_sunday = datetime(2026, 12, 6, 12, tzinfo=UTC)
    changes = list(coming(settings, first_sunday, 1))
    dusk = next(change for change in changes if change.level > 0)
    mast = Mast(settings, dusk.at - timedelta(seconds=10))
    assert mast.look()[0] == 0.0
    mast.clock.pass_s(10.0)
    assert mast.look() == (1.0, "programme market from sunset-20 to sunrise+20, by rule 1 of calendar town")
    assert mast.lamp.last is not None
    assert not mast.lamp.last.night, "the sun is up, the market has begun"
