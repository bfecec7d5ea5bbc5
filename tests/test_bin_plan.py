"""One bin from its sensor to the lorry: by when to collect and why, what it may cost, and what people saw in it."""

from datetime import timedelta

import pytest
from tests.kerbside import START, Kerbside, due_of

from lampyre.decide.bins.sampling import Purse
from lampyre.errors import CommandRefused
from lampyre.records import Quality
from lampyre.sync.bin_parts import budget


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


def test_a_bin_that_can_afford_no_look_when_the_lid_shuts_says_what_it_knew_and_tells_nobody() -> None:
    kerb = Kerbside()
    kerb.fills(0.1, per_day=0.0, begin=0.4)
    kerb.bin.plan.sampling.looks = Purse(8760.0)
    kerb.bin.plan.sampling.looks.restore(0.0)
    before = len(kerb.states)
    kerb.see(0.4, lid=1.0, after_s=5.0)
    kerb.see(0.4, after_s=5.0)
    assert kerb.bin.last is not None
    assert kerb.bin.last.fill == pytest.approx(0.4)
    assert kerb.bin.last.status == "ok"
    assert len(kerb.states) == before


def test_no_summary_says_that_somebody_stands_there_nor_how_often() -> None:
    kerb = Kerbside()
    kerb.fills(0.1, per_day=0.0, begin=0.4)
    quiet = kerb.bin.close(START, kerb.clock.now())
    for _ in range(3):
        kerb.see(0.4, lid=1.0, after_s=5.0)
        kerb.see(0.4, after_s=5.0)
    kerb.see(0.4, lid=1.0, after_s=5.0)
    then = kerb.bin.close(START, kerb.clock.now())
    assert (then.fill, then.quality) == (quiet.fill, quiet.quality)
    said = [budget(one.spent) for one in (quiet, then)]
    assert said[0] == said[1]


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
    spent = kerb.bin.close(START, kerb.clock.now()).spent
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
        summary = kerb.bin.close(START, kerb.clock.now())
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
    summary = kerb.bin.close(START, kerb.clock.now())
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
