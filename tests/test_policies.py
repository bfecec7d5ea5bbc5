"""Which policy a lamp has stands in its file, and the whole lamp follows it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.streets.lane import DEFINITION, NAMES, RULES
from tests.test_nights import CALENDAR, LIGHT
from tests.test_settings import GOOD, written

from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport
from lampyre.check import explain
from lampyre.console.whys import translated
from lampyre.errors import ConfigError
from lampyre.lamp import Lamp
from lampyre.nights import as_text, coming
from lampyre.plans import night_rule, plan_of
from lampyre.records import Cause, Fine, Order
from lampyre.sense.latest import Latest
from lampyre.settings import Settings, load_settings

EVENING = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
ADAPTIVE = 'policy = "adaptive"\nadaptive = {design_flow_per_h = 120.0}\n'


def lamp_file(folder: Path, lines: str, text: str = GOOD) -> Settings:
    return load_settings(written(folder, text.replace('board = "b1"\n', f'board = "b1"\n{lines}')))


class Mast:
    """The production lamp of a file, stepped by hand; the board follows every order."""

    def __init__(self, settings: Settings, level: float = 0.8) -> None:
        self.clock = HandClock(EVENING)
        self.latest = Latest(RULES, self.clock)
        line = BoardLine("b1", "serial:///dev/b1", DEFINITION, self.clock, lambda _: None, lambda _: None)
        of, node = settings.lamp[0], settings.node
        overrides = Overrides(node.state_dir / "overrides.json")
        rule, plan = night_rule(settings.night), plan_of(settings, of)
        self.lamp = Lamp(of, node, line, self.latest, overrides, self.clock, rule, plan)
        self.lamp.told(LampReport(ordered=True, level=level, target=level, left_s=50.0))
        self.passed = 0.0

    def look(self, presence: float = 0.0) -> Order:
        values = {"presence": presence, "passages": self.passed, "lux": 0.5, "distance": 0.8, "temperature": 9.0}
        self.latest.put(NAMES, [values.get(name.removeprefix("b1."), 15.0) for name in NAMES])
        news = self.lamp.step()
        assert news is not None
        return news.step.order

    def live(self, minutes: int, each_minute: int) -> Order:
        for _ in range(minutes):
            self.passed += each_minute
            for _ in range(6):
                order = self.look()
                self.clock.pass_s(10.0)
        return order


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('policy = "adaptiv"', "lamp.0.policy"),
        ('policy = "adaptive"', "needs design_flow_per_h in [lamp.adaptive]"),
        ("adaptive = {design_flow_per_h = 120.0}", "take one of them out"),
        ('policy = "adaptive"\nadaptive = {}', "lamp.0.adaptive.design_flow_per_h: missing"),
        ('policy = "adaptive"\nadaptive = {design_flow_per_h = 0.0}', "lamp.0.adaptive.design_flow_per_h"),
        ('policy = "adaptive"\nadaptive = {design_flow_per_h = 9.0, thresholds = [0.2, 0.5]}', "each must be below"),
        ('policy = "adaptive"\nadaptive = {design_flow_per_h = 9.0, thresholds = [1.5]}', "thresholds.0"),
        ('policy = "adaptive"\nadaptive = {design_flow_per_h = 9.0, thresholds = []}', "thresholds"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_key_and_cure(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        lamp_file(tmp_path, lines + "\n")
    assert said in str(refused.value)


def test_check_says_which_traffic_asks_for_which_class(tmp_path: Path) -> None:
    said = "\n".join(explain(lamp_file(tmp_path, ADAPTIVE)))
    assert "lamp lamp-1: by traffic: P5 at 48% below 60, P6 at 32% below 30 passages an hour" in said
    assert "held" not in said
    said = "\n".join(explain(lamp_file(tmp_path, 'policy = "program"\n')))
    assert "lamp lamp-1: its class all night, whoever comes" in said


def test_no_class_is_below_the_quiet_one(tmp_path: Path) -> None:
    said = "\n".join(explain(lamp_file(tmp_path, 'quiet_class = "P5"\n' + ADAPTIVE)))
    assert "by traffic: P5 at 48% below 60 passages an hour" in said
    said = "\n".join(explain(lamp_file(tmp_path, 'quiet_class = "P4"\n' + ADAPTIVE)))
    assert "by traffic, but P4 is its class and its floor: never less" in said


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("", "32%, 80% when somebody is there  nobody here"),
        (ADAPTIVE, "32%, up to 80% as the traffic grows  no traffic"),
        ('policy = "program"\n', "80%  class level all night"),
    ],
)
def test_the_coming_nights_say_by_what_the_lamp_is_raised(policy: str, said: str, tmp_path: Path) -> None:
    settings = lamp_file(tmp_path, policy)
    lines = list(as_text(coming(settings, datetime(2026, 12, 1, 12, 0, tzinfo=UTC), 1)))
    assert lines[1].endswith(said)


def test_an_adaptive_lamp_follows_the_traffic_and_says_so(tmp_path: Path) -> None:
    mast = Mast(lamp_file(tmp_path, ADAPTIVE))
    quiet = mast.live(31, 0)
    assert quiet.level == pytest.approx(0.32)
    assert (quiet.cause, quiet.fine) == (Cause.SENSOR, Fine.ADAPTIVE)
    assert quiet.why == "traffic asks for P6"
    mast.passed += 1.0
    assert mast.look(presence=1.0).level == pytest.approx(0.32), "one passer is no traffic"
    busy = mast.live(3, 4)
    assert (busy.level, busy.why) == (0.8, "traffic asks for P4")
    assert busy.ramp_s == 1.0 or mast.lamp.governor.level(mast.clock.monotonic()) == 0.8


def test_without_steps_it_follows_each_passer(tmp_path: Path) -> None:
    mast = Mast(
        lamp_file(tmp_path, 'policy = "adaptive"\nadaptive = {design_flow_per_h = 60.0, continuous = true}\n'), 0.32
    )
    mast.look()
    levels = []
    for _ in range(5):
        mast.passed += 1.0
        levels.append(mast.look().level)
    assert levels[0] == 0.32, "six in an hour are a tenth of the design flow"
    assert levels[2:] == sorted(set(levels[2:])), levels


def test_by_programme_alone_nobody_raises_the_lamp(tmp_path: Path) -> None:
    mast = Mast(lamp_file(tmp_path, 'policy = "program"\n'))
    assert mast.look(presence=1.0).why == "class level all night"
    scheduled = lamp_file(tmp_path, 'policy = "program"\n', CALENDAR + LIGHT)
    change = next(iter(coming(scheduled, EVENING, 2)))
    assert change.raised == change.level
    mast = Mast(scheduled)
    assert mast.look(presence=1.0).level == pytest.approx(change.level)
    assert mast.look().cause is Cause.PROGRAM


def test_nights_know_what_each_policy_gives_when_nobody_comes(tmp_path: Path) -> None:
    levels = {}
    for name, lines in (("program", 'policy = "program"\n'), ("adaptive", ADAPTIVE), ("on_demand", "")):
        lit = [one for one in coming(lamp_file(tmp_path, lines), EVENING, 2) if one.night]
        levels[name] = (lit[0].level, lit[0].raised)
    assert levels == {"program": (0.8, 0.8), "adaptive": (0.32, 0.8), "on_demand": (0.32, 0.8)}


@pytest.mark.parametrize(
    "why",
    [
        "traffic asks for P5",
        "traffic asks for P6, P4 by activity_v1: more is expected",
        "traffic asks for P6, P5 for ten minutes at least",
        "traffic asks for 43%, 60% as it falls once in five minutes",
        "traffic counter does not answer",
        "class level all night",
        "no traffic",
    ],
)
def test_what_the_policies_say_is_known_in_french(why: str) -> None:
    assert translated(why, "fr") != why
    assert "{" not in translated(why, "en")
