"""A bin over restarts and calibrations, and while its sensor is silent: nothing twice, nothing lost, nothing stale."""

from datetime import timedelta

import pytest
from tests.kerbside import START, Kerbside, due_of


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
        told = sum(one.close(START, one_clock).emptied for one, one_clock in ((kerb.bin, START), (again.bin, START)))
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
        assert one.bin.close(START, START).emptied == 0


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


def test_a_fire_goes_on_over_a_restart_until_it_is_seen_to_be_out() -> None:
    kerb = Kerbside()
    kerb.fills(0.1, per_day=0.0, begin=0.3)
    for _ in range(5):
        kerb.see(0.3, cel=90.0, after_s=1.0)
    again = Kerbside(kerb.clock)
    again.bin.restore(kerb.bin.text(), kerb.clock.now())
    for _ in range(60):  # what fell into the fire says nothing
        kerb.clock.pass_s(60.0)
        news = again.bin.step()
        assert news is None or not [one for one in news.alarms if one.event == "fireDetected"]
    assert again.bin.last is not None
    assert (again.bin.last.status, "fireDetected" in again.bin.last.faults) == ("burning", True)
    for _ in range(15):
        again.see(0.3)
    told = [(one.event, one.active) for news in again.news for one in news.alarms if one.event == "fireDetected"]
    assert told == [("fireDetected", False)]
    assert again.bin.last.status == "ok"


def test_what_was_calibrated_and_spent_before_the_clock_was_set_is_not_taken_back() -> None:
    kerb = Kerbside(sampling={"energy_wh": 5.0})
    kerb.bin.calibrate("empty", 0.8)
    kerb.fills(0.1, per_day=0.0, begin=0.3)
    kept, before = kerb.bin.text(), kerb.bin.plan.spent
    again = Kerbside(kerb.clock, sampling={"energy_wh": 5.0})
    again.bin.calibrate("empty", 0.9)
    again.fills(0.1, per_day=0.0, begin=0.3)
    since = again.bin.plan.spent
    again.bin.restore(kept, kerb.clock.now())
    assert again.bin.watch.measure.empty_m == 0.9
    assert again.bin.plan.spent.looks == before.looks + since.looks
