"""One bin from its sensor to the lorry: by when to collect and why, what it may cost, and what people saw in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.clocks import HandClock

from lampyre.bin import Bin, BinNews
from lampyre.errors import CommandRefused
from lampyre.records import Quality, Quantity
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import BinSettings, NodeSettings

START = datetime(2026, 12, 1, 6, tzinfo=UTC)
DISTANCE, HEAT, LID = "b1.distance", "b1.temperature", "b1.lid"
NODE = NodeSettings(site="s", id="n", latitude=47.3, longitude=5.0)


class Kerbside:
    """A bin of one metre under a sensor that sees all of it."""

    def __init__(self, clock: HandClock | None = None, **settings: Any) -> None:
        self.clock = clock or HandClock(START)
        rules = [
            ChannelRule(DISTANCE, Quantity.DISTANCE, 0.0, 5.0, 5.0),
            ChannelRule(HEAT, Quantity.TEMPERATURE, -40.0, 125.0, 5.0),
            ChannelRule(LID, Quantity.OPEN, 0.0, 1.0, 5.0),
        ]
        self.latest = Latest(rules, self.clock)
        about = {"id": "bin-1", "distance": DISTANCE, "temperature": HEAT, "lid": LID, "height_m": 1.0}
        self.bin = Bin(BinSettings.model_validate(about | {"dead_zone_m": 0.0} | settings), NODE, self.latest)
        self.news: list[BinNews] = []

    def see(self, fill: float, *, cel: float = 12.0, lid: float = 0.0, after_s: float = 60.0) -> BinNews | None:
        self.clock.pass_s(after_s)
        self.latest.put([DISTANCE, HEAT, LID], [1.0 - fill, cel, lid])
        news = self.bin.step()
        if news is not None:
            self.news.append(news)
        return news

    def fills(self, days: float, *, per_day: float = 0.2, begin: float = 0.0, step_s: float = 300.0) -> None:
        for number in range(round(days * 86400 / step_s)):
            self.see(min(begin + per_day * number * step_s / 86400, 1.0), after_s=step_s)

    @property
    def states(self) -> list[BinNews]:
        return [news for news in self.news if news.changed]


def due_of(kerb: Kerbside) -> Any:
    assert kerb.bin.last is not None
    assert kerb.bin.last.due is not None
    return kerb.bin.last.due


def test_a_bin_that_fills_is_collected_before_it_is_full_at_one_of_its_rounds() -> None:
    kerb = Kerbside()
    kerb.fills(2)
    due = due_of(kerb)
    assert due.reason == "FORECAST"
    assert (due.by.hour, due.by.minute) == (11, 0)  # noon in Paris
    assert kerb.clock.now() + timedelta(days=1) < due.by < kerb.clock.now() + timedelta(days=5)
    kerb.fills(2, begin=0.6)
    late = due_of(kerb)
    assert (late.reason, late.by - kerb.clock.now() < timedelta(days=1)) == ("FULLNESS", True)


def test_before_anything_is_foreseen_nobody_is_called_and_the_sensor_is_not_blamed() -> None:
    kerb = Kerbside()
    kerb.see(0.3)
    assert (due_of(kerb).why, due_of(kerb).suppressed_because) == ("nothing foreseen yet", None)
    silent = Kerbside()
    silent.bin.step()
    assert due_of(silent).suppressed_because == "distance sensor not heard"


def test_a_bin_that_hardly_fills_calls_nobody_until_it_is_old() -> None:
    kerb = Kerbside(collection={"age_most_days": 10})
    kerb.fills(1, per_day=0.1, begin=0.4)
    kerb.fills(7, per_day=0.002, step_s=900.0)  # emptied, then hardly used
    assert kerb.bin.last is not None
    assert kerb.bin.last.emptied_at is not None
    due = due_of(kerb)
    assert due.reason == "AGE"
    assert timedelta(days=8) < due.by - kerb.bin.last.emptied_at <= timedelta(days=10)


def test_the_rounds_are_those_of_the_access_hours_and_the_threshold_is_that_of_the_file() -> None:
    kerb = Kerbside(collection={"access": "Fr 04:00-05:00"})
    low = Kerbside(full_at=0.5)
    for one in (kerb, low):
        one.fills(2)
    assert f"{due_of(kerb).by:%a %H:%M}" == "Fri 04:00"
    assert low.bin.last is not None
    assert low.bin.last.full_at == 0.5
    assert low.bin.last.hours_to_full is not None
    usual = Kerbside()
    usual.fills(2)
    assert usual.bin.last is not None
    assert usual.bin.last.hours_to_full is not None
    assert low.bin.last.hours_to_full[1] < usual.bin.last.hours_to_full[1]
    assert due_of(low).by <= due_of(usual).by


def test_a_lid_that_stands_open_for_a_while_takes_back_no_plan_and_a_silent_sensor_does() -> None:
    kerb = Kerbside()
    kerb.fills(2)
    plan = due_of(kerb)
    for _ in range(20):
        kerb.see(0.4, lid=1.0)
    assert kerb.bin.last is not None
    assert kerb.bin.last.fill is None
    assert due_of(kerb).by == plan.by
    for _ in range(90):
        kerb.see(0.4, lid=1.0)
    assert due_of(kerb).by is None
    assert "lid" in due_of(kerb).suppressed_because


def test_who_throws_something_in_is_told_to_nobody_and_a_lid_left_open_is() -> None:
    kerb = Kerbside()
    kerb.fills(0.5, per_day=0.0, begin=0.3)
    for _ in range(5):
        kerb.see(0.3, lid=1.0, after_s=5.0)
        kerb.see(0.3, after_s=5.0)
    assert {news.fill.status for news in kerb.news} == {"ok", "lidOpen"}
    assert {news.fill.status for news in kerb.states} == {"ok"}
    before = len(kerb.states)
    for _ in range(20):
        kerb.see(0.3, lid=1.0)
    assert [(news.fill.status, news.fill.faults) for news in kerb.states[before:]] == [("lidOpen", ("lidOpen",))]


def test_a_fire_is_told_at_once_and_asks_for_the_next_round() -> None:
    kerb = Kerbside(sampling={"states": 1460})
    kerb.fills(1)
    while kerb.bin.plan.sampling.states.left >= 1.0:
        kerb.bin.plan.sampling.states.spend(kerb.clock.monotonic())
    for _ in range(4):
        news = kerb.see(0.2, cel=90.0, after_s=1.0)
        if news is not None and news.alarms:
            break
    assert news is not None
    assert [alarm.event for alarm in news.alarms] == ["fireDetected"]
    assert (news.changed, news.fill.status) == (True, "burning")
    assert (due_of(kerb).reason, kerb.bin.plan.spent.urgent) == ("ALERT", 1)


def test_looks_and_states_of_a_battery_keep_to_its_year_and_their_number_is_told() -> None:
    kerb = Kerbside(sampling={"energy_wh": 1.3, "look_j": 0.5, "states": 2000})
    kerb.fills(10, step_s=60.0, per_day=0.05)
    spent = kerb.bin.close(kerb.clock.now()).spent
    assert spent is not None
    assert (spent.year, spent.looks_most, spent.states_most) == (2026, 9360, 2000)
    assert spent.looks == len(kerb.news) <= 9360 * 10 / 365 + 9360 / 52
    assert spent.states == len(kerb.states) <= 2000 * 10 / 365 + 2000 / 52
    assert spent.states >= 10


def test_what_an_emptying_took_out_is_told_in_litres_where_the_file_says_how_large_it_is() -> None:
    for litres, taken in ((1000.0, 480.0), (None, None)):
        kerb = Kerbside(litres=litres)
        kerb.fills(1, per_day=0.2, begin=0.3)
        kerb.fills(0.1, per_day=0.0, begin=0.02)
        summary = kerb.bin.close(kerb.clock.now())
        assert summary.emptied == 1
        (one,) = summary.emptyings
        assert one.after == pytest.approx(0.02)
        assert (one.litres is None) if taken is None else (one.litres == pytest.approx(taken, abs=5.0))


def test_people_who_agree_move_the_calibration_and_it_outlives_a_restart() -> None:
    kerb = Kerbside()
    kerb.fills(0.5, per_day=0.0, begin=0.5)
    assert "another one that agrees" in kerb.bin.observe(0.75, "driver")
    kerb.fills(1, per_day=0.0, begin=0.5)
    assert "two agree, and its full is moved by +5 cm" in kerb.bin.observe(0.75, "driver")
    kerb.fills(0.2, per_day=0.0, begin=0.5)
    assert kerb.bin.last is not None
    assert kerb.bin.last.fill == pytest.approx(0.5 / 0.95)
    again = Kerbside(kerb.clock)
    again.bin.restore(kerb.bin.text(), kerb.clock.now())
    assert again.bin.watch.measure.full_m == kerb.bin.watch.measure.full_m
    assert again.bin.observed.told == kerb.bin.observed.told
    summary = kerb.bin.close(kerb.clock.now())
    assert summary.observed is not None
    assert (summary.observed.count, summary.observed.error, summary.observed.bias) == (2, 0.25, -0.25)
    again.bin.calibrate("full", 0.1)
    assert again.bin.watch.measure.full_m == 0.1


def test_an_open_lid_and_an_unset_clock_refuse_what_is_seen() -> None:
    kerb = Kerbside()
    kerb.fills(0.5)
    kerb.see(0.5, lid=1.0)
    with pytest.raises(CommandRefused, match="the lid is open: nothing to hold it against"):
        kerb.bin.observe(0.8, "driver")
    kerb.see(0.5)
    kerb.clock.trusted = False
    with pytest.raises(CommandRefused, match="clock is not set"):
        kerb.bin.observe(0.8, "driver")
    assert kerb.bin.observed.told is None


def test_without_a_model_the_rule_is_scored_and_its_forecast_becomes_reliable() -> None:
    kerb = Kerbside()
    kerb.fills(2, per_day=0.05)
    assert kerb.bin.last is not None
    assert kerb.bin.last.reliability == 0.5
    kerb.fills(10, per_day=0.05, begin=0.1)
    assert kerb.bin.last.quality is Quality.GOOD
    assert kerb.bin.last.reliability > 0.8
    assert kerb.bin.contest is None


def test_an_emptying_is_told_once_whenever_the_node_is_started_anew() -> None:
    for after in (1, 20, 50, 58, 70):
        kerb = Kerbside(litres=100.0)
        kerb.fills(1.02, per_day=0.2, begin=0.5, step_s=60.0)
        for _ in range(after):
            kerb.see(0.03)
        again = Kerbside(kerb.clock, litres=100.0)
        again.bin.restore(kerb.bin.text(), kerb.clock.now())
        for _ in range(120):
            again.see(0.03)
        told = sum(one.close(one_clock).emptied for one, one_clock in ((kerb.bin, START), (again.bin, START)))
        assert told == 1, f"restarted {after} minutes after the emptying"
        assert again.bin.last is not None
        assert again.bin.last.emptied_at is not None


def test_when_it_was_emptied_is_known_longer_than_its_levels_and_over_a_restart() -> None:
    kerb = Kerbside(collection={"age_most_days": 60.0, "risk_h": 24.0})
    kerb.fills(1, per_day=0.2, begin=0.3)
    kerb.fills(40, per_day=0.001, begin=0.02, step_s=3600.0)
    assert kerb.bin.last is not None
    assert kerb.bin.last.emptied_at is not None
    again = Kerbside(kerb.clock, collection={"age_most_days": 60.0, "risk_h": 24.0})
    again.bin.restore(kerb.bin.text(), kerb.clock.now())
    again.fills(1, per_day=0.001, begin=0.06, step_s=3600.0)
    assert again.bin.last is not None
    assert again.bin.last.emptied_at == kerb.bin.last.emptied_at
    again.fills(12, per_day=0.001, begin=0.06, step_s=3600.0)
    assert due_of(again).reason == "AGE"


def test_a_bin_that_nobody_was_seen_to_empty_is_as_old_as_it_is_known() -> None:
    kerb = Kerbside(collection={"age_most_days": 10.0, "risk_h": 24.0})
    kerb.fills(3, per_day=0.0, begin=0.1, step_s=3600.0)
    assert due_of(kerb).reason == "AGE"
    assert due_of(kerb).by > START + timedelta(days=8)
    again = Kerbside(kerb.clock, collection={"age_most_days": 10.0, "risk_h": 24.0})
    again.bin.restore(kerb.bin.text(), kerb.clock.now())
    again.see(0.1)
    again.fills(0.1, per_day=0.0, begin=0.1)
    assert due_of(again).by == due_of(kerb).by, "a restart makes it no younger"


def test_who_calibrates_it_does_not_empty_it() -> None:
    kerb = Kerbside()
    kerb.bin.calibrate("full", 0.5)
    kerb.fills(3, per_day=0.0, begin=0.45)
    assert kerb.bin.last is not None
    assert kerb.bin.last.fill == pytest.approx(0.9)
    kerb.bin.calibrate("full", 0.0)
    kerb.bin.calibrate("empty", 0.75)
    again = Kerbside(kerb.clock)
    again.bin.restore(kerb.bin.text(), kerb.clock.now())
    for one in (kerb, again):
        one.fills(0.2, per_day=0.0, begin=0.45)
        assert one.bin.last is not None
        assert one.bin.last.fill == pytest.approx(0.27, abs=0.01)
        assert one.bin.last.faults == ()
        assert one.bin.last.emptied_at is None
        assert one.bin.close(START).emptied == 0


def test_what_was_foreseen_before_a_sensor_fell_silent_is_not_told_for_days() -> None:
    kerb = Kerbside()
    kerb.fills(2, per_day=0.2)
    assert kerb.bin.last is not None
    assert kerb.bin.last.hours_to_full is not None
    for _ in range(70):
        kerb.clock.pass_s(60.0)
        kerb.bin.step()
    assert kerb.bin.last.fill is None
    assert kerb.bin.last.hours_to_full is None
    assert kerb.bin.last.forecast is None
    assert kerb.bin.last.rate_per_day is not None
